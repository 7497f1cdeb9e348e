"""A shot against its model: every code from a real limit, every conditional rule on both sides of its border."""

from __future__ import annotations

from typing import Any

import pytest
from catalog_cases import PLACES, SHOT_SPAN, check, codes, entry, image, shot, video
from hypothesis import given
from hypothesis import strategies as st

from r2v_pipeline.diagnostics import Diagnostic
from r2v_pipeline.media.reference import MediaInfo
from r2v_pipeline.providers.catalog import advice
from r2v_pipeline.providers.catalog.limits import check_entry
from r2v_pipeline.providers.catalog.load import entries
from r2v_pipeline.providers.catalog.types import Asked, Entry, Seen
from r2v_pipeline.providers.prompt import Prompt

R2V26 = entry("dashscope", "wan2.6-r2v")
FLASH = entry("dashscope", "wan2.6-r2v-flash")
R2V27 = entry("dashscope", "wan2.7-r2v")
HORSE = entry("dashscope", "happyhorse-1.1-r2v")
WAN3 = entry("vercel", "alibaba/wan-v3.0-video")
WAVE26 = entry("wavespeed", "alibaba/wan-2.6/reference-to-video")
KLING = entry("wavespeed", "kwaivgi/kling-video-o1/reference-to-video")


def images(count: int) -> list[Seen]:
    return [image(f"i{n}") for n in range(1, count + 1)]


def videos(count: int) -> list[Seen]:
    return [video(f"v{n}") for n in range(1, count + 1)]


def only(found: list[Diagnostic]) -> Diagnostic:
    assert len(found) == 1, found
    return found[0]


def test_a_shot_that_fits_is_silent() -> None:
    assert [] == check(R2V26, shot(2000, 3000), image(), video())


# --- how many references -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "seen", "expected"),
    [
        (R2V26, images(5), []),
        (R2V26, images(6), ["R2V501"]),
        (R2V26, videos(3) + images(2), []),
        (R2V26, videos(4), ["R2V501"]),
        (R2V27, videos(5), []),
        (R2V27, videos(3) + images(3), ["R2V501"]),
        (HORSE, images(9), []),
        (HORSE, images(10), ["R2V501"]),
        (HORSE, images(1) + videos(1), ["R2V501"]),
        (KLING, images(7), []),
        (KLING, images(8), ["R2V501"]),
        (KLING, images(4) + videos(1), []),
        (KLING, images(5) + videos(1), ["R2V501"]),
        (KLING, videos(2), ["R2V501"]),
        (WAVE26, videos(2), []),
        (WAVE26, videos(3), ["R2V501"]),
        (WAVE26, videos(1) + images(1), ["R2V501"]),
    ],
)
def test_counts_by_kind_and_in_all(model: Entry, seen: list[Seen], expected: list[str]) -> None:
    assert expected == codes(check(model, shot(), *seen))


def test_too_many_is_said_once_with_the_numbers_and_what_to_drop() -> None:
    found = only(check(R2V26, shot(), *videos(4), *images(2)))
    assert "'wan2.6-r2v' takes at most 3 videos (here 4) and at most 5 references (here 6)" == found.message
    assert found.help.startswith("drop 'v4'")
    assert SHOT_SPAN == found.span


def test_what_to_drop_is_the_last_of_the_cast_and_never_the_first_frame() -> None:
    found = only(check(R2V27, shot(first_frame="opening"), *images(7), image("opening")))
    assert "drop 'i6' and 'i7'" == found.help


def test_many_too_many_are_counted_not_named() -> None:
    assert only(check(HORSE, shot(), *images(20))).help.startswith("drop 11 of them")


@pytest.mark.parametrize(("region", "expected"), [("virginia", ["R2V501"]), ("singapore", []), ("frankfurt", [])])
def test_virginia_takes_no_images(region: str, expected: list[str]) -> None:
    found = check(R2V26, shot(region=region), image(), video())
    assert expected == codes(found)
    assert all("no images in us-east-1 (here 1)" in problem.message for problem in found)


@pytest.mark.parametrize(("first_frame", "expected"), [("opening", ["R2V501"]), ("", [])])
def test_wan3_takes_no_references_beside_a_first_frame(first_frame: str, expected: list[str]) -> None:
    seen = [image()] + ([image("opening")] if first_frame else [])
    assert expected == codes(check(WAN3, shot(first_frame=first_frame), *seen))


# --- no reference at all -----------------------------------------------------------------------------------------


def test_a_reference_model_without_a_reference_proposes_the_familys_text_model() -> None:
    found = only(check(R2V26, shot(model="wan2.6-r2v")))
    assert "R2V506" == found.code
    assert "'wan2.6-r2v' makes clips from references, and there are none" == found.message
    assert "name a cast member that has an image or a video; or model 'wan2.6-t2v' takes it" == found.help
    assert PLACES["model:"] == found.span


def test_the_text_model_is_proposed_whatever_else_is_wrong() -> None:
    found = check(R2V26, shot(audio=False, resolution="480p"))
    assert ["R2V506", "R2V507", "R2V507"] == codes(found)
    assert found[0].help.endswith("or model 'wan2.6-t2v' takes it")


def test_where_the_text_model_is_not_served_it_is_the_familys_elsewhere() -> None:
    found = only(check(R2V26, shot(region="virginia")))
    assert found.help.endswith("or model 'alibaba/wan-v2.6-t2v' of provider 'vercel' takes it")


def test_a_model_of_videos_wants_a_video() -> None:
    found = only(check(WAVE26, shot()))
    assert "'alibaba/wan-2.6/reference-to-video' makes clips from videos, and there are none" == found.message
    assert found.help.startswith("name a cast member that has a video; or ")


@pytest.mark.parametrize(
    "model", [e for e in entries() if e.makes == "reference"], ids=lambda e: f"{e.provider}:{e.id}"
)
def test_every_reference_model_wants_one(model: Entry) -> None:
    rule = model.duration_rule(Asked())
    assert rule is not None
    assert "R2V506" in codes(check(model, shot(rule.longest_ms)))


def test_an_image_to_video_model_wants_a_first_frame() -> None:
    model = entry("dashscope", "wan2.6-i2v")
    found = only(check(model, shot()))
    assert ("R2V506", "'wan2.6-i2v' sets a first frame in motion, and there is none") == (found.code, found.message)
    assert [] == check(model, shot(first_frame="opening"), image("opening"))


def test_a_text_model_takes_no_references() -> None:
    assert ["R2V501"] == codes(check(entry("dashscope", "wan2.6-t2v"), shot(), image()))


# --- texts -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "text", "expected"),
    [
        (R2V26, "a" * 1500, []),
        (R2V26, "a" * 1501, ["R2V502"]),
        (R2V26, "图" * 1500, []),
        (R2V27, "a" * 5000, []),
        (R2V27, "a" * 5001, ["R2V502"]),
        (HORSE, "a" * 5000, []),
        (HORSE, "a" * 5001, ["R2V502"]),
        (HORSE, "图" * 2500, []),
        (HORSE, "图" * 2501, ["R2V502"]),
        (HORSE, "图" * 2000 + "a" * 1000, []),
        (HORSE, "图" * 2000 + "a" * 1001, ["R2V502"]),
        (KLING, "a" * 20_000, []),
    ],
)
def test_prompts_as_long_as_a_model_reads(model: Entry, text: str, expected: list[str]) -> None:
    assert expected == codes(check(model, shot(), image(), prompt=text))


def test_a_long_prompt_names_the_numbers_and_a_model_that_reads_it() -> None:
    found = only(check(R2V26, shot(), image(), prompt="a" * 1812))
    assert "the prompt has 1812 characters, 'wan2.6-r2v' reads 1500 and cuts the rest" == found.message
    assert "shorten it by 312 characters; or model 'wan2.7-r2v' takes it" == found.help


def test_a_chinese_character_counts_twice_for_happyhorse() -> None:
    found = only(check(HORSE, shot(), image(), prompt="图" * 2600))
    assert "the prompt has 5200 characters (a Chinese character counts 2)" in found.message


@pytest.mark.parametrize(("length", "expected"), [(500, []), (501, ["R2V503"])])
def test_negative_prompts_as_long_as_a_model_reads(length: int, expected: list[str]) -> None:
    found = check(R2V27, shot(negative="r" * length), image())
    assert expected == codes(found)
    assert all(problem.span == PLACES["negative:"] for problem in found)


# --- lengths -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "seen", "ms", "expected"),
    [
        (R2V26, images(1), 10_000, []),
        (R2V26, images(1), 10_001, ["R2V504"]),
        (R2V27, images(1), 15_000, []),
        (R2V27, images(1), 15_001, ["R2V504"]),
        (R2V27, videos(1), 10_000, []),
        (R2V27, videos(1), 10_001, ["R2V504"]),
        (WAN3, [], 30_000, []),
        (WAN3, [], 30_001, ["R2V504"]),
        (HORSE, images(1), 1500, []),
        (HORSE, images(1), 1499, ["R2V510"]),
        (KLING, images(1), 5001, []),
        (KLING, images(1), 10_001, ["R2V504"]),
        (KLING, images(1), 2499, ["R2V510"]),
    ],
)
def test_the_lengths_that_a_model_makes(model: Entry, seen: list[Seen], ms: int, expected: list[str]) -> None:
    assert expected == codes(check(model, shot(ms), *seen))


@pytest.mark.parametrize(("region", "expected"), [("virginia", ["R2V510"]), ("singapore", [])])
def test_virginia_makes_five_or_ten_seconds(region: str, expected: list[str]) -> None:
    found = check(R2V26, shot(2000, region=region), video())
    assert expected == codes(found)
    assert all("clips of 5 or 10 s in us-east-1" in problem.message for problem in found)


def test_a_long_shot_is_offered_a_split_and_a_model_that_can() -> None:
    found = only(check(R2V26, shot(6000, 6000), image()))
    assert "the shot lasts 12 s, 'wan2.6-r2v' makes at most 10 s" == found.message
    assert (
        "add 'split: auto' to the shot: it becomes several jobs, cut between segments; or model 'wan2.7-r2v' takes it"
        == found.help
    )
    assert SHOT_SPAN == found.span


def test_a_long_segment_cannot_be_split() -> None:
    found = only(check(R2V27, shot(12_000, 6000), video()))
    assert "the shot lasts 18 s, 'wan2.7-r2v' makes at most 10 s beside a reference video" == found.message
    assert found.help.startswith("write segments of at most 10 s, and 'split: auto' to cut between them")


def test_a_part_that_cannot_be_made_is_told_by_its_number() -> None:
    found = only(check(R2V26, shot(4000, 12_000, split="auto"), image(), durations_ms=(4000, 12_000)))
    assert "part 2 of the shot lasts 12 s, 'wan2.6-r2v' makes at most 10 s" == found.message


def test_an_exact_length_that_no_clip_has() -> None:
    found = only(check(R2V26, shot(2500, fit="exact"), image()))
    assert "'wan2.6-r2v' makes no clip of 2.5 s, only clips of 2 to 10 whole seconds" == found.message
    assert found.help.startswith("write a length that it makes, or 'fit: trim' to cut 3 s to it")
    assert PLACES["fit:"] == found.span
    assert [] == check(R2V26, shot(3000, fit="exact"), image())


def test_waste_is_a_warning_with_the_seconds() -> None:
    found = only(check(KLING, shot(2000), image()))
    assert ("R2V510", "warning") == (found.code, found.severity)
    assert (
        "3 of 5 s are paid for and thrown away: the shot lasts 2 s, "
        "'kwaivgi/kling-video-o1/reference-to-video' makes clips of 5 or 10 s" == found.message
    )


def test_each_cause_once_however_many_parts() -> None:
    found = check(KLING, shot(1000, 1000), image(), durations_ms=(1000, 1000))
    assert ["R2V510"] == codes(found)


# --- settings ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "written", "expected"),
    [
        (R2V26, {"resolution": "480p"}, "'wan2.6-r2v' has no resolution '480p', only 720p and 1080p"),
        (R2V26, {"ratio": "21:9"}, "'wan2.6-r2v' has no ratio '21:9', only 16:9, 9:16, 1:1, 4:3 and 3:4"),
        (R2V26, {"audio": False}, "'wan2.6-r2v' always makes sound"),
        (R2V26, {"prompt_extend": True}, "'wan2.6-r2v' rewrites no prompts"),
        (R2V26, {"seed": -1}, "'wan2.6-r2v' takes a seed from 0 to 2147483647, not -1"),
        (R2V27, {"shot_type": "multi"}, "'wan2.7-r2v' has no setting 'shot_type'"),
        (HORSE, {"seed": 2**31}, "'happyhorse-1.1-r2v' takes a seed from 0 to 2147483647, not 2147483648"),
        (KLING, {"resolution": "720p"}, "'kwaivgi/kling-video-o1/reference-to-video' has no setting 'resolution'"),
        (KLING, {"watermark": True}, "'kwaivgi/kling-video-o1/reference-to-video' has no switch for a watermark"),
    ],
)
def test_a_setting_that_the_model_does_not_have(model: Entry, written: dict[str, Any], expected: str) -> None:
    found = only(check(model, shot(**written), image()))
    assert ("R2V507", expected) == (found.code, found.message)


@pytest.mark.parametrize(
    ("model", "written"),
    [
        (R2V26, {"resolution": "1080p", "ratio": "3:4", "audio": True, "shot_type": "multi", "seed": 0}),
        (R2V26, {"prompt_extend": False, "watermark": True}),
        (FLASH, {"audio": False}),
        (R2V27, {"shot_type": "auto", "prompt_extend": True}),
        (KLING, {"watermark": False, "prompt_extend": False, "shot_type": "auto"}),
    ],
)
def test_what_a_model_has_may_be_written(model: Entry, written: dict[str, Any]) -> None:
    assert [] == check(model, shot(**written), image())


def test_a_silent_clip_is_offered_the_model_that_makes_one() -> None:
    found = only(check(R2V26, shot(audio=False), image()))
    assert "leave it out; or model 'wan2.6-r2v-flash' takes it" == found.help


def test_nothing_is_said_of_what_nobody_wrote() -> None:
    """A model that always makes sound, asked by a shot whose `audio` is only r2v's own default."""
    silent = shot()._replace(render=shot().render._replace(audio=False, watermark=True, prompt_extend=True))
    assert [] == check(R2V26, silent, image())


def test_a_pair_that_the_model_does_not_have() -> None:
    found = only(check(WAN3, shot(resolution="480p", ratio="4:3")))
    assert "'alibaba/wan-v3.0-video' has no 4:3 at 480p" == found.message
    assert found.help.startswith("it has 16:9, 9:16 and 1:1 there")
    assert PLACES["ratio:"] == found.span
    assert [] == check(WAN3, shot(resolution="480p", ratio="1:1"))


def test_a_first_frame_and_a_negative_prompt_are_settings_too() -> None:
    found = check(HORSE, shot(first_frame="opening", negative="rain"), image(), image("opening"))
    assert ["R2V507", "R2V507"] == codes(found)
    assert ["'happyhorse-1.1-r2v' takes no first frame", "'happyhorse-1.1-r2v' reads no negative prompt"] == [
        problem.message for problem in found
    ]
    assert [] == check(R2V27, shot(first_frame="opening", negative="rain"), image(), image("opening"))


def test_settings_name_no_shot() -> None:
    """Equal mistakes of many shots are told once, so nothing in them may tell the shots apart."""
    for written in ({"resolution": "480p"}, {"audio": False}):
        one, other = shot(4000, **written), shot(5000, **written)._replace(id="other")
        assert check(R2V26, one, image("a")) == check(R2V26, other, image("b"))


# --- files -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "good", "bad", "expected"),
    [
        (R2V26, {"format": "webp"}, {"format": "gif"}, "it is gif, it takes jpeg, png, bmp and webp"),
        (R2V26, {"alpha": False}, {"alpha": True}, "it has transparent parts"),
        (R2V26, {"width": 240}, {"width": 239}, "it is 239x1024, each side has to have at least 240 pixels"),
        (R2V26, {"width": 8000}, {"width": 8001}, "it is 8001x1024, no side may have more than 8000 pixels"),
        (R2V26, {"bytes": 20 << 20}, {"bytes": (20 << 20) + 1}, "it has 20.1 MB, it takes at most 20 MB"),
        (R2V27, {"width": 8000, "height": 1000}, {"width": 2001, "height": 250}, "one side may be at most 8 times"),
        (HORSE, {"width": 400}, {"width": 399}, "the shorter side has to have at least 400 pixels"),
    ],
)
def test_pictures_on_both_sides_of_a_limit(
    model: Entry, good: dict[str, Any], bad: dict[str, Any], expected: str
) -> None:
    assert [] == check(model, shot(), image(**good))
    found = only(check(model, shot(), image(**bad)))
    assert "R2V508" == found.code
    assert found.message.startswith(f"'{model.id}' refuses the image of 'mia': ")
    assert expected in found.message
    assert PLACES["media:"] == found.span


@pytest.mark.parametrize(
    ("model", "good", "bad", "expected"),
    [
        (R2V26, {"ms": 1000}, {"ms": 999}, "it lasts 0.999 s, at least 1 s are wanted"),
        (R2V26, {"ms": 30_000}, {"ms": 30_001}, "it lasts 30.001 s, it takes at most 30 s"),
        (R2V26, {"format": "mov"}, {"format": "webm"}, "it is webm, it takes mp4 and mov"),
        (R2V26, {"bytes": 100 << 20}, {"bytes": 101 << 20}, "it has 101.0 MB, it takes at most 100 MB"),
        (R2V27, {"width": 4096}, {"width": 4097}, "no side may have more than 4096 pixels"),
        (KLING, {"ms": 3000}, {"ms": 2999}, "at least 3 s are wanted"),
    ],
)
def test_videos_on_both_sides_of_a_limit(
    model: Entry, good: dict[str, Any], bad: dict[str, Any], expected: str
) -> None:
    assert [] == check(model, shot(), video(**good))
    found = only(check(model, shot(), video(**bad)))
    assert ("R2V508", True) == (found.code, expected in found.message)


def test_a_file_of_another_kind_is_told_whatever_the_model() -> None:
    picture = Seen("mia", "image", video().info, PLACES["media:"])
    found = only(check(KLING, shot(), picture))
    assert ("R2V508", "'mia' is written as an image, its file is a video") == (found.code, found.message)
    assert "write it as 'video:'" == found.help


@pytest.mark.parametrize(("ms", "expected"), [(10_000, []), (10_001, ["R2V508"])])
def test_a_voice_as_long_as_the_model_takes(ms: int, expected: list[str]) -> None:
    """A voice is no numbered reference; its file is looked at all the same."""
    sound = MediaInfo("audio", "wav", 0, 0, (0, 1), ms, True, 1000)
    seen = (image(), Seen("mia", "voice", sound, PLACES["media:"]))
    question = Asked(region="ap-southeast-1", images=1, resolution="720p", ratio="16:9")
    found = check_entry(R2V27, shot(), Prompt("Hi.", "", ()), question, seen, (5000,))
    assert expected == codes(found)


@pytest.mark.parametrize(("last_ms", "expected"), [(5000, []), (5001, ["R2V508"])])
def test_videos_together(last_ms: int, expected: list[str]) -> None:
    found = check(WAN3, shot(), video("leo", 10_000), video("ida", last_ms))
    assert expected == codes(found)
    assert all("the videos 'leo' and 'ida' last 15.001 s" in problem.message for problem in found)


def test_what_nobody_can_look_at_is_believed() -> None:
    assert [] == check(R2V26, shot(), Seen("mia", "image", None, SHOT_SPAN), Seen("leo", "video", None, SHOT_SPAN))


# --- ways out ----------------------------------------------------------------------------------------------------


def test_the_way_out_is_the_cheapest_that_takes_the_shot_as_it_is() -> None:
    """Both wan2.6-r2v and its flash make 10 s from images; the flash costs half."""
    found = only(check(R2V27, shot(shot_type="multi"), image()))
    assert "leave it out; or model 'wan2.6-r2v-flash' takes it" == found.help


def test_the_way_out_may_be_the_family_elsewhere() -> None:
    """WaveSpeed's wan2.7 takes no first frame, and no other model of it does."""
    model = entry("wavespeed", "alibaba/wan-2.7/reference-to-video")
    found = only(check(model, shot(first_frame="opening"), image(), image("opening")))
    assert found.help.endswith("or model 'wan2.7-r2v' of provider 'dashscope' takes it")


def test_the_way_out_is_served_in_the_shots_region() -> None:
    """Virginia has no other model that takes 6 videos; Beijing's is not proposed."""
    found = only(check(R2V26, shot(region="virginia"), *videos(6)))
    assert found.help == "drop 'v4', 'v5' and 'v6'"


def proposed_in(problem: Diagnostic, model: Entry) -> Entry | None:
    """The model that a help proposes, if it proposes one."""
    _, _, tail = problem.help.partition("model '")
    if not tail:
        return None
    _, _, where = tail.partition("of provider '")
    return entry(where.partition("'")[0] if where else model.provider, tail.partition("'")[0])


def test_nothing_is_proposed_that_would_be_refused() -> None:
    """Whatever is proposed is silent about the shot."""
    for model in entries():
        for seen in (images(1), images(8), videos(2), videos(4) + images(4)):
            for problem in check(model, shot(6000, 6000, 6000), *seen):
                if other := proposed_in(problem, model):
                    assert [] == check(other, shot(6000, 6000, 6000), *seen)


def test_the_nearest_kin_goes_before_what_is_cheaper() -> None:
    """Seedance mini would cost a third of it; who asked for Wan gets the next Wan."""
    found = only(check(WAVE26, shot(2000), video(ms=2000)))
    assert (
        "make it longer, or join it with another; or model 'alibaba/wan-2.7/reference-to-video' takes it" == found.help
    )


def test_against_waste_only_what_is_no_dearer_is_proposed() -> None:
    """5 s of Kling O1 cost 0.56 USD; 3 s of Kling 4 0.47, with a video 0.94."""
    assert only(check(KLING, shot(2000), image())).help.endswith(
        "or model 'kwaivgi/kling-v4.0/reference-to-video' takes it"
    )
    dearer = entry("wavespeed", "kwaivgi/kling-video-o1-std/reference-to-video")
    assert "kling-v4.0" not in only(check(dearer, shot(2000), image(), video())).help


@pytest.mark.parametrize(
    ("model", "seen", "prompt", "expected"),
    [
        (R2V26, image(width=160, height=120), "", "use a larger one"),
        (R2V26, video(ms=500), "", "use a longer one"),
        (R2V26, image(format="gif"), "", "convert it to jpeg"),
        (WAN3, image(), "a" * 20_001, "shorten it by 1 character"),
    ],
)
def test_a_model_that_does_not_state_the_limit_is_not_proposed(
    model: Entry, seen: Seen, prompt: str, expected: str
) -> None:
    """WaveSpeed's flash says nothing of sides, lengths and formats: that is no promise."""
    found = [d for d in check(model, shot(), seen, prompt=prompt or "Mia sits.") if d.code in ("R2V502", "R2V508")]
    assert expected == only(found).help


@pytest.mark.parametrize("model", entries(), ids=lambda e: f"{e.provider}:{e.id}")
def test_what_is_proposed_states_the_limit(model: Entry) -> None:
    """Nobody is sent where the same may be wrong, only unsaid."""
    for seen, prompt in ((images(40), "a"), (videos(12), "a"), ([image(), video()], "a" * 21_000)):
        for problem in check(model, shot(40_000, negative="r" * 501), *seen, prompt=prompt):
            other = proposed_in(problem, model)
            if other is None:
                continue
            bounded = {rule.of for rule in other.counts if rule.at_most is not None}
            states = {
                "R2V501": bool(bounded),
                "R2V502": other.prompt is not None,
                "R2V503": other.negative is not None,
                "R2V504": bool(other.durations),
            }
            assert states.get(problem.code, True), (problem, other.id)


def test_shots_that_ask_the_same_are_one_question(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten thousand shots that are too long for one model would else be held against all others ten thousand times."""
    asked: list[str] = []
    monkeypatch.setattr(advice, "_answers", {})
    monkeypatch.setattr(advice, "_find", lambda *question: asked.append(question[2]) or "model 'x' takes it")
    for number in range(50):
        found = only(check(R2V26, shot(12_000)._replace(id=f"s{number}"), image(), prompt=f"Wave {number}."))
        assert found.help.endswith("or model 'x' takes it")
    assert ["R2V504"] == asked
    check(R2V26, shot(12_000), image(), prompt="a" * 1600)
    check(R2V26, shot(13_000), image())
    check(FLASH, shot(12_000), image())
    check(R2V26, shot(12_000, ratio="9:16"), image())
    assert ["R2V504", "R2V502", "R2V504", "R2V504", "R2V504", "R2V504"] == asked


# --- anything ----------------------------------------------------------------------------------------------------

INFO = st.builds(
    MediaInfo,
    kind=st.sampled_from(["image", "video", "audio"]),
    format=st.sampled_from(["png", "jpeg", "gif", "mp4", "mov", "webm", "wav", "flac"]),
    width=st.integers(0, 10_000),
    height=st.integers(0, 10_000),
    fps=st.just((30, 1)),
    duration_ms=st.integers(0, 60_000),
    has_audio=st.booleans(),
    bytes=st.integers(0, 1 << 28),
    alpha=st.booleans(),
)
SEEN = st.builds(
    Seen,
    id=st.sampled_from(["mia", "leo", "opening"]),
    visual=st.sampled_from(["image", "video", "voice"]),
    info=st.one_of(st.none(), INFO),
    span=st.just(SHOT_SPAN),
)
ASKED = st.builds(
    Asked,
    region=st.sampled_from(["", "us-east-1", "cn-beijing", "paris"]),
    images=st.integers(0, 40),
    video_ms=st.lists(st.one_of(st.none(), st.integers(0, 60_000)), max_size=12).map(tuple),
    first_frame=st.booleans(),
    resolution=st.sampled_from(["", "480p", "720p", "1080p", "4k"]),
    ratio=st.sampled_from(["", "16:9", "4:3", "21:9"]),
    audio=st.booleans(),
)
WRITTEN = st.fixed_dictionaries(
    {},
    optional={
        "model": st.text(max_size=8),
        "region": st.sampled_from(["", "virginia", "paris"]),
        "resolution": st.sampled_from(["480p", "720p", "1080p", "8k"]),
        "ratio": st.sampled_from(["16:9", "4:3", "21:9", ""]),
        "audio": st.booleans(),
        "watermark": st.booleans(),
        "prompt_extend": st.booleans(),
        "seed": st.integers(-5, 2**32),
        "shot_type": st.sampled_from(["auto", "single", "multi"]),
        "fit": st.sampled_from(["trim", "exact"]),
    },
)
KNOWN = {"R2V501", "R2V502", "R2V503", "R2V504", "R2V505", "R2V506", "R2V507", "R2V508", "R2V510"}


@given(
    st.sampled_from(entries()),
    WRITTEN,
    st.lists(st.integers(1, 40_000), min_size=1, max_size=4),
    st.sampled_from(["never", "auto"]),
    st.sampled_from(["", "opening"]),
    st.tuples(st.sampled_from([0, 10, 1500, 1501, 6000, 21_000]), st.sampled_from(["a", "图", "𠀀"])),
    st.sampled_from(["", "rain", "r" * 501]),
    ASKED,
    st.lists(SEEN, max_size=6).map(tuple),
)
def test_no_shot_makes_it_fail(
    model: Entry,
    written: dict[str, Any],
    lengths: list[int],
    split: str,
    first_frame: str,
    text: tuple[int, str],
    negative: str,
    question: Asked,
    seen: tuple[Seen, ...],
) -> None:
    of = shot(*lengths, split=split, first_frame=first_frame, negative=negative, **written)
    prompt = Prompt(text[1] * text[0], negative, ())
    parts = tuple(lengths) if split == "auto" else (sum(lengths),)
    for found in check_entry(model, of, prompt, question, seen, parts):
        assert found.code in KNOWN
        assert ("warning" if found.code == "R2V510" else "error") == found.severity
        assert found.span is not None
        assert found.message
        assert "  " not in found.message
        assert found.help == found.help.strip()


@given(st.sampled_from(entries()), ASKED, st.integers(1, 40_000))
def test_a_covering_clip_is_legal_and_the_shortest(model: Entry, question: Asked, length: int) -> None:
    rule = model.duration_rule(question)
    assert rule is not None
    made = rule.covering(length)
    if made is None:
        assert length > rule.longest_ms
        return
    assert made >= length
    assert made == rule.covering(made), "what is asked for is itself a length that is made"
    shorter = [c for c in range(rule.least_ms, made, rule.step_ms) if c >= length and c in (rule.choices_ms or (c,))]
    assert [] == shorter


@given(st.sampled_from(entries()), ASKED)
def test_counts_are_refused_exactly_outside_the_rules(model: Entry, question: Asked) -> None:
    """R2V501 is there if and only if some rule's upper end is passed, whatever else is asked."""
    numbers = {"image": question.images, "video": len(question.video_ms)}
    numbers["all"] = sum(numbers.values())
    over = any(
        rule.at_most is not None and numbers[rule.of] > rule.at_most
        for rule in model.counts
        if rule.when.holds(question)
    )
    found = check_entry(model, shot(), Prompt("", "", ()), question, (), (5000,))
    assert over is ("R2V501" in codes(found))
