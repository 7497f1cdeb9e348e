"""The state of a project as it is read."""

from __future__ import annotations

import json

from r2v_pipeline.report.diagnostics import Paint
from r2v_pipeline.report.status import Row, Store, line, to_json, to_text

PLAIN = Paint(False)
ROWS = (
    Row("s01", "stored", "animatic", "", 100.0, 1_234_567),
    Row("s02", "running", "wan", "wan2.6", 3_000.0, take=2),
    Row("s03", "submitting", "wan", "wan2.6", 3_540.0, note="\x1b[2Jtimed out"),
    Row("s04", "none"),
)


def test_text() -> None:
    assert """\
4 shots: 1 not built, 1 in doubt, 1 running, 1 stored.

  s01  stored     animatic            58 minutes ago  1.2 MB
  s02  running    wan wan2.6  take 2  10 minutes ago
  s03  in doubt   wan wan2.6          1 minute ago            \\x1b[2Jtimed out
  s04  not built

1 shot may exist at the provider: look there, then say which it is.
  r2v resolve s03 --found ID     it is there: fetch it
  r2v resolve s03 --never-ran    it is not there: the next build renders it
  r2v resolve s03 --resubmit     send it again, even if it is billed twice

.r2v holds 3 files, 5.0 MB, 1.0 MB of them not of this storyboard as it is now.
""" == to_text(ROWS, Store(3, 5_000_000, 1_000_000), 3_600.0, PLAIN)


def test_an_empty_project() -> None:
    assert "No shots.\n\n.r2v holds 0 files, 0 B.\n" == to_text((), Store(0, 0, 0), 0.0, PLAIN)


def test_json() -> None:
    found = to_json(ROWS[:1], Store(1, 2, 0))
    assert found == json.loads(json.dumps(found))
    assert {
        "version": 1,
        "shots": [
            {
                "shot": "s01",
                "state": "stored",
                "provider": "animatic",
                "model": "",
                "since": 100.0,
                "size": 1_234_567,
                "take": 1,
                "note": "",
                "job": "s01",
                "left": None,
                "approved": [],
                "settles": False,
            }
        ],
        "store": {"files": 1, "bytes": 2, "unused": 0},
    } == found


def test_what_a_build_finds_out_by_itself_is_left_to_it() -> None:
    doubt = ROWS[2]._replace(settles=True)
    one = to_text((doubt,), Store(0, 0, 0), 3_600.0, PLAIN)
    assert "\n\nIn doubt, since its answer was lost: the next r2v build asks again, for nothing more.\n\n" in one
    assert "resolve" not in one
    assert "their answers were lost" in to_text((doubt, doubt), Store(0, 0, 0), 3_600.0, PLAIN)
    both = to_text((doubt, ROWS[2]._replace(shot="s05")), Store(0, 0, 0), 3_600.0, PLAIN, "-f a.yaml --sandbox")
    assert "1 shot may exist at the provider" in both
    assert "  r2v resolve s05 -f a.yaml --sandbox --never-ran    it is not there" in both


def test_what_is_left_of_a_running_job() -> None:
    """Rough, and silent where nobody can tell."""
    for left, expected in ((None, ""), (0.4, "any moment now"), (39.6, "about 40 s left"), (59.5, "about 1:00 left")):
        assert line(ROWS[1]._replace(left=left)) == f"s02: running {expected}".strip()
    assert "take 2  10 minutes ago  about 1:30 left\n" in to_text(
        (ROWS[1]._replace(left=90.0),), Store(0, 0, 0), 3_600.0, PLAIN
    )


PARTS = (
    Row("harbor", "stored", "wan", "wan2.6", 100.0, 1_000, job="harbor.1"),
    Row("harbor", "submitting", "wan", "wan2.6", 3_540.0, job="harbor.2"),
    Row("after", "none"),
)


def test_parts_go_by_their_own_names() -> None:
    text = to_text(PARTS, Store(1, 1_000, 0), 3_600.0, PLAIN)
    assert "2 shots in 3 clips: 1 not built, 1 in doubt, 1 stored." == text.partition("\n")[0]
    assert ["harbor.1", "harbor.2", "after"] == [line.split()[0] for line in text.splitlines()[2:5]]
    assert "1 clip may exist at the provider" in text
    assert "r2v resolve harbor.2 --found ID" in text
    assert [("harbor", "harbor.1"), ("harbor", "harbor.2"), ("after", "after")] == [
        (row["shot"], row["job"]) for row in to_json(PARTS, Store(0, 0, 0))["shots"]
    ]
