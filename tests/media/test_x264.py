"""Reading what x264 says of itself, from files that nobody vouches for."""

from __future__ import annotations

from pathlib import Path

import pytest
from making import convert, make_clip

from r2v_pipeline.media.samples import Samples, read_samples
from r2v_pipeline.media.x264 import alike, settings


def packets(path: Path) -> Samples:
    found = read_samples(path)
    assert found is not None
    return found


def test_our_own_settings_are_read_back(clip: Path) -> None:
    told = settings(clip, packets(clip))
    assert ("20.0", "3", "1") == (told["crf"], told["bframes"], told["cabac"])
    assert not {"threads", "analyse", "me", "deblock"} & set(told)


def test_they_become_options(clip: Path) -> None:
    options = alike({"crf": "24.0", "psy_rd": "1.00:0.15", "ref": "3", "qp": "1"}, packets(clip), False)
    assert {"preset", "threads", "x264-params"} == set(options)
    params = dict(pair.split("=", 1) for pair in options["x264-params"].split(":"))
    assert ("24.0", "1.00,0.15", "3", "11") == tuple(params[name] for name in ("crf", "psy-rd", "ref", "level"))
    assert "0,9999999,b=2.00" == params["zones"]
    assert not {"qp", "force-cfr"} & set(params)
    assert "force-cfr=1" in alike({"qp": "20"}, packets(clip), True)["x264-params"]


def test_what_nobody_can_tell_is_not_guessed(clip: Path, tmp_path: Path) -> None:
    silent = convert(clip, tmp_path / "x.mp4", "-c", "copy", "-bsf:v", "filter_units=remove_types=6")
    other = convert(clip, tmp_path / "y.mp4", "-c:v", "mpeg4")
    assert [{}, {}] == [settings(path, packets(path)) for path in (silent, other)]
    assert {} == alike({"ref": "3"}, packets(clip), False)
    assert {} == alike({"crf": "20"}, packets(other), False)


@pytest.mark.parametrize(
    "said",
    [
        b"ref=3:qpfile=a/passwd",
        b"ref=3 stats=a crf=1e9 qp=$(id)",
        b"crf=20.0:sar=9:9 level=99",
        b"dump-yuv=x crf=nan ref=",
        b"\xff\xfe=\xff crf=-",
        b"= == crf ref",
    ],
)
def test_a_forged_note_gives_numbers_or_nothing(clip: Path, tmp_path: Path, said: bytes) -> None:
    """x264 has options that open files; none of them, and no second option inside a value, gets through."""
    data = clip.read_bytes()
    at = data.index(b"options: ") + 9
    path = tmp_path / "x.mp4"
    path.write_bytes(data[:at] + said.ljust(300, b" ") + data[at + 300 :])
    told = settings(path, packets(path))
    assert {} == {name: value for name, value in told.items() if not value.replace(".", "").isdigit()}
    assert not {"qpfile", "stats", "dump-yuv", "sar", "level"} & set(told)


def test_a_note_cut_short_by_the_end_of_the_packet(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "x.mp4", 1)
    found = packets(path)
    assert {} == settings(path, found._replace(sizes=type(found.sizes)("Q", [40])))
