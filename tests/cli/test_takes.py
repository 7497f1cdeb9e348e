"""All clips of a shot: nothing that was ever bought is forgotten."""

from __future__ import annotations

import json

import pytest

from r2v_pipeline.execute.clips import Clip
from r2v_pipeline.report.diagnostics import Paint
from r2v_pipeline.report.takes import to_text


def clips(ran):
    assert 0 == ran.rc, ran.err
    return json.loads(ran.out)["clips"]


def test_every_clip_of_a_shot(studio, vendor, r2v, change) -> None:
    assert 0 == r2v("build", "s.yaml", "--yes", cwd=studio).rc
    change("  - id: first\n", "  - id: first\n    take: 2\n")
    assert 0 == r2v("build", "s.yaml", "--yes", cwd=studio).rc
    assert 0 == r2v("build", "s.yaml", "--preview", cwd=studio).rc
    found = clips(r2v("takes", "first", "--format", "json", cwd=studio))
    assert [1, 2, 2] == [clip["take"] for clip in found]
    assert ["fake-opaque", "fake-opaque", "animatic"] == [clip["provider"] for clip in found]
    assert [0.1, 0.1, 0] == [clip["price"] for clip in found]
    assert [[], ["build/s"], ["build/s@preview"]] == [clip["used_by"] for clip in found]
    for clip in found:
        assert clip["size"] == (studio / clip["file"]).stat().st_size
    text = r2v("takes", "first", cwd=studio).out
    assert text.startswith("first: 3 clips, 1 in use.\n")
    assert 2 == sum(line.startswith("  *") for line in text.splitlines())
    assert 3 == len(vendor.ledger()["jobs"])


def test_a_clip_that_is_gone_says_so(studio, r2v) -> None:
    assert 0 == r2v("build", "s.yaml", "--preview", cwd=studio).rc
    for blob in (studio / ".r2v/cas/sha256").glob("??/*"):
        blob.unlink()
    assert "gone from the store" in r2v("takes", "first", cwd=studio).out
    assert [None] == [clip["file"] for clip in clips(r2v("takes", "first", "--format", "json", cwd=studio))]


@pytest.mark.usefixtures("vendor")
def test_a_shot_without_a_clip(studio, r2v) -> None:
    ran = r2v("takes", "first", cwd=studio)
    assert (0, "first has no clip yet.\n") == (ran.rc, ran.out)


@pytest.mark.usefixtures("vendor")
def test_a_shot_that_nobody_knows(studio, r2v) -> None:
    ran = r2v("takes", "frist", cwd=studio)
    assert (2, "") == (ran.rc, ran.out)
    assert "error: no shot is called 'frist'\n  help: did you mean 'first'?\n" == ran.err


@pytest.mark.usefixtures("vendor")
def test_own_footage_has_no_takes(studio, r2v, change) -> None:
    segments = '    segments: [{for: 1s, action: "{{ Gift }} lies in the snow."}]'
    change(segments, "    clip: refs/gift.png\n    duration: 1s")
    ran = r2v("takes", "first", cwd=studio)
    assert (0, "first shows own footage: refs/gift.png\n") == (ran.rc, ran.out), ran.err


def test_a_broken_storyboard_hides_no_clips(studio, r2v) -> None:
    assert 0 == r2v("build", "s.yaml", "--preview", cwd=studio).rc
    with (studio / "s.yaml").open("a") as board:
        board.write("{")
    assert 1 == len(clips(r2v("takes", "first", "-f", "s.yaml", "--format", "json", cwd=studio)))
    ran = r2v("takes", "third", "-f", "s.yaml", cwd=studio)
    assert (2, True) == (ran.rc, "has errors" in ran.err)


def test_no_such_storyboard(studio, r2v) -> None:
    ran = r2v("takes", "first", "-f", "no.yaml", cwd=studio)
    assert (2, True) == (ran.rc, "there is no storyboard 'no.yaml'" in ran.err)


def test_clips_of_the_parts_of_a_shot_go_by_their_names(tmp_path) -> None:
    one = Clip("s", "s.1", "ab" * 32, None, 0.0, "wan", "w", None, "USD", "cd" * 32, 5, tmp_path, ("build/s",), True)
    two = one._replace(job="s.2", outputs=())
    text = to_text("s", (one, two), 60.0, Paint(False))
    assert "s: 2 clips, 1 in use." == text.splitlines()[0]
    assert ["*", "s.1", "take", "?", "1", "minute", "ago", "wan", "w", "price", "unknown"] == text.split("\n")[
        2
    ].split()[:11]
