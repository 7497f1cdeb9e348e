"""What is told of one change: words, references, settings, clips, prices, the film, templates."""

from __future__ import annotations

from pathlib import Path

import pytest
from repos import BOARD, REFS, Repo
from versions import compared, keys, version

from r2v_pipeline.review.compare import review
from r2v_pipeline.review.types import Bill, Review, ShotChange


@pytest.fixture
def folder(repo: Repo, monkeypatch) -> Path:
    monkeypatch.chdir(repo.root)
    return repo.root


def edited(folder: Path, *replacements: tuple[str, str], board: str = BOARD) -> Review:
    """A storyboard against itself with words replaced."""
    now = board
    for old, new in replacements:
        assert old in now
        now = now.replace(old, new)
    return compared(folder, board, now)


def the_one(found: Review) -> ShotChange:
    (shot,) = found.shots
    return shot


def dollars(bill: Bill) -> list[str]:
    return [f"{cost.high_micros / 1e6:.2f} {cost.currency}" for cost in bill.known]


def settings(shot: ShotChange) -> dict[str, tuple]:
    return {d.path: (d.before, d.after) for d in shot.settings}


def test_words_of_the_prompt_and_their_places(folder: Path) -> None:
    shot = the_one(edited(folder, ("dawn", "dusk")))
    assert ("open", "changed", "renders") == (shot.shot, shot.change, shot.clip)
    assert shot.prompt
    assert [("del", "dawn"), ("ins", "dusk")] == [(p.op, p.text) for p in shot.prompt.parts if p.op != "equal"]
    assert ["film.yaml:11:68"] == [str(p.span) for p in shot.prompt.parts if p.op == "ins"]
    assert (["0.50 USD"], ["0.50 USD"]) == (dollars(shot.cost_before), dollars(shot.cost_after))


def test_chinese_is_compared_by_character(folder: Path) -> None:
    board = BOARD.replace("title: A gift", "title: A gift\nlanguage: zh").replace(
        "{{ Lamp }} alone on a table.", "{{ Lamp }}在桌上发光"
    )
    shot = the_one(edited(folder, ("发光", "熄灭"), board=board))
    assert shot.prompt
    assert [("del", "发光"), ("ins", "熄灭")] == [(p.op, p.text) for p in shot.prompt.parts if p.op != "equal"]


def test_a_variable_reaches_the_shots_that_say_it(folder: Path) -> None:
    found = edited(folder, ("winter", "summer"))
    assert ["open"] == [shot.shot for shot in found.shots]


def test_a_comment_is_no_change(folder: Path) -> None:
    assert edited(folder, ("shots:", "# all three\nshots:"), ("r2v: 1", "r2v: 1 ")).is_empty


def test_a_renamed_shot_keeps_its_clip(folder: Path) -> None:
    found = edited(folder, ("id: open", "id: snow"))
    shot = the_one(found)
    assert ("snow", "open", "renamed", "kept") == (shot.shot, shot.was, shot.change, shot.clip)
    assert (None, (), (), ()) == (shot.prompt, shot.references, shot.settings, shot.in_film)
    assert (0, Bill((), 0)) == (len(found.renders), found.to_pay)
    assert ((), True) == (found.film, found.joined)


def test_a_renamed_shot_is_drawn_again_where_its_name_is_on_the_board(folder: Path) -> None:
    """The animatic's board shows the id, so its picture is another one; that is all that is said of it."""
    board = BOARD.replace("provider: dashscope", "provider: animatic")
    shot = the_one(edited(folder, ("id: open", "id: snow"), board=board))
    assert ("renamed", "renders", True) == (shot.change, shot.clip, shot.drawn_again)
    assert (None, ()) == (shot.prompt, shot.settings)


def test_a_shot_that_is_renamed_and_reworded_is_followed(folder: Path) -> None:
    shot = the_one(edited(folder, ("id: open", "id: snow"), ("dawn", "dusk")))
    assert ("snow", "open", "renamed", "renders") == (shot.shot, shot.was, shot.change, shot.clip)
    assert shot.prompt


def test_another_shot_in_the_place_of_one_is_not_taken_for_it(folder: Path) -> None:
    last = '  - id: last\n    prompt: "{{ Lamp }} alone on a table."\n'
    found = edited(folder, (last, '  - id: storm\n    prompt: "Waves break over {{ lamp }} at night."\n'))
    assert [("last", "removed"), ("storm", "added")] == sorted((s.shot, s.change) for s in found.shots)


def test_two_shots_that_change_names_keep_both_clips(folder: Path) -> None:
    found = edited(folder, ("id: open", "id: x"), ("id: last", "id: open"), ("id: x", "id: last"))
    assert ["other", "other"] == [shot.clip for shot in found.shots]
    assert Bill((), 0) == found.to_pay


def test_shots_in_another_order_render_nothing(folder: Path) -> None:
    head, first, *others = BOARD.split("  - id: ")
    now = "  - id: ".join([head, *(o if o.endswith("\n") else o + "\n" for o in others), first])
    found = compared(folder, BOARD, now)
    assert ((), ["order"], True) == (found.shots, [d.path for d in found.film], found.joined)
    assert [["open", "find", "last"], ["find", "last", "open"]] == [found.film[0].before, found.film[0].after]


def test_a_removed_shot_stands_where_it_was(folder: Path) -> None:
    now = BOARD.replace(BOARD[BOARD.index("  - id: find") : BOARD.index("  - id: last")], "")
    found = compared(folder, BOARD, now.replace("alone", "forgotten"))
    assert [("find", "removed"), ("last", "changed")] == [(shot.shot, shot.change) for shot in found.shots]
    assert (["1.50 USD"], ["1.00 USD"]) == (dollars(found.before), dollars(found.after))


def test_other_bytes_of_a_reference(folder: Path) -> None:
    before = version(folder, BOARD)
    (folder / "refs" / "gift.png").write_bytes((REFS / "nora.png").read_bytes())
    found = review(before, version(folder, BOARD), lambda _: False)
    assert ["open", "find"] == [shot.shot for shot in found.shots]
    assert [["references.gift.content"]] * 2 == [[d.path for d in shot.references] for shot in found.shots]
    assert [()] * 2 == [shot.settings for shot in found.shots]


def test_a_reference_under_another_name_is_the_same(folder: Path) -> None:
    (folder / "refs" / "box.png").write_bytes((REFS / "gift.png").read_bytes())
    assert edited(folder, ("refs/gift.png", "refs/box.png")).is_empty


def test_a_setting_is_told_as_it_was_written(folder: Path) -> None:
    found = edited(folder, ("resolution: 720p", "resolution: 1080p"))
    assert [{"resolution": ("720p", "1080p")}] * 3 == [settings(shot) for shot in found.shots]
    assert ["film.yaml:7"] * 3 == [str(shot.settings[0].span).rpartition(":")[0] for shot in found.shots]
    assert (["1.50 USD"], ["2.25 USD"], ["2.25 USD"]) == tuple(
        dollars(bill) for bill in (found.before, found.after, found.to_pay)
    )


def test_another_provider_is_one_difference(folder: Path) -> None:
    """The body of another provider is another body: none of its fields is worth a line."""
    found = edited(folder, ("provider: dashscope", "provider: animatic"))
    assert [{"provider"}] * 3 == [
        set(settings(shot)) - {"audio", "resolution", "ratio", "region"} for shot in found.shots
    ]
    assert (["1.50 USD"], []) == (dollars(found.before), dollars(found.after))


def test_a_region_changes_the_price_and_nothing_else(folder: Path) -> None:
    """No key has the region in it, so the clip is the same, and the price may not be."""
    found = edited(folder, ("resolution: 720p", "resolution: 720p, region: cn-beijing"))
    assert [("kept", {"region"})] * 3 == [(shot.clip, set(settings(shot))) for shot in found.shots]
    assert dollars(found.before) != dollars(found.after)


def test_what_only_the_film_makes_of_a_clip(folder: Path) -> None:
    found = edited(folder, ("    duration: 5s", "    duration: 5s\n    trim: 1-3s"))
    shot = the_one(found)
    assert ("kept", [("trim", None, "1-3s")]) == (shot.clip, [(d.path, d.before, d.after) for d in shot.in_film])
    assert found.joined


def test_the_films_own_settings(folder: Path) -> None:
    found = edited(folder, ("title: A gift", "title: Two gifts\nfilm: {fps: 24}"))
    assert [("title", "A gift", "Two gifts"), ("fps", 30, 24)] == [(d.path, d.before, d.after) for d in found.film]
    assert ((), True, False) == (found.shots, found.joined, found.is_empty)


def test_a_clip_that_was_built_before_is_there(folder: Path) -> None:
    before, now = version(folder, BOARD), version(folder, BOARD.replace("dawn", "dusk"))
    built = set(keys(now)["open"])
    shot = the_one(found := review(before, now, built.__contains__))
    assert ("there", False, Bill((), 0)) == (shot.clip, shot.renders, found.to_pay)


def test_a_clip_that_a_lock_claims_is_priced_all_the_same(folder: Path) -> None:
    """A stranger's pull request may write any lock: it must not hide a price."""
    before, now = version(folder, BOARD), version(folder, BOARD.replace("dawn", "dusk"))
    shot = the_one(found := review(before, now, lambda _: False, lambda _: True))
    assert ("renders", True, ["0.50 USD"]) == (shot.clip, shot.locked, dollars(found.to_pay))


def test_a_picture_from_a_shot_that_changes(folder: Path) -> None:
    board = BOARD.replace("  lamp:", "  end: {kind: place, from: {shot: open, frame: last}}\n  lamp:")
    board = board.replace("{{ Lamp }} alone", "{{ Lamp }} alone in {{ end }}")
    found = edited(folder, ("dawn", "dusk"), board=board)
    assert ["open", "last"] == [shot.shot for shot in found.shots]
    assert ["references.end.content"] == [d.path for d in found.shots[1].references]


def test_a_split_shot_has_the_words_of_all_its_parts(folder: Path) -> None:
    beats = "\n".join(f'      - {{for: 5s, action: "{{{{ Gift }}}} number {n} lies in snow."}}' for n in range(4))
    board = BOARD.replace("  - id: open\n", f"  - id: long\n    split: auto\n    segments:\n{beats}\n  - id: open\n")
    shot = the_one(edited(folder, ("number 3", "number 7"), board=board))
    assert (2, 2, "renders") == (len(shot.before), len(shot.after), shot.clip)
    assert shot.prompt
    assert [("del", "3"), ("ins", "7")] == [(p.op, p.text) for p in shot.prompt.parts if p.op != "equal"]
    assert shot.prompt.after == "".join(p.text for p in shot.prompt.parts if p.op != "del")


def test_a_template_and_the_shots_that_it_reaches(repo: Repo, folder: Path) -> None:
    board = BOARD.replace("    prompt:", "    template: wide.j2\n    prompt:")
    repo.write("templates/wide.j2", "{{ shot.prompt }} {% include 'light.j2' %}\n")
    repo.write("templates/light.j2", "Soft light.\n")
    before = version(folder, board)
    repo.write("templates/light.j2", "Hard light.\n")
    found = review(before, version(folder, board), lambda _: False)
    assert [("templates/light.j2", "changed", ("last",), ("last",))] == [tuple(reached) for reached in found.templates]


def test_a_template_whose_change_nobody_reads(repo: Repo, folder: Path) -> None:
    board = BOARD.replace("    prompt:", "    template: wide.j2\n    prompt:")
    repo.write("templates/wide.j2", "{{ shot.prompt }}")
    before = version(folder, board)
    repo.write("templates/wide.j2", "{# as it is written #}{{ shot.prompt }}")
    found = review(before, version(folder, board), lambda _: False)
    assert [("templates/wide.j2", "changed", ("last",), ())] == [tuple(reached) for reached in found.templates]
    assert found.is_empty
