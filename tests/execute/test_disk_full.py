"""A disk that is full, for real: a limit on file sizes that the kernel enforces on a child process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from scripted import clip_of, names

from r2v_pipeline.execute.journal_view import read

HERE = Path(__file__).parent

SCRIPT = """
import resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from scripted import PAID, REPLAYED, Billed, build, clip_of, plan_of, render_job, states
from r2v_pipeline.errors import DiskTrouble
from r2v_pipeline.execute import submit
from r2v_pipeline.execute.session import hold

submit.KEEP_TRYING = (0.0,)
limit, size = int(sys.argv[3]), int(sys.argv[4])

class Big(Billed):
    async def fetch(self, output, to):
        to.write_bytes(clip_of(output["shot"]) + b"." * size)

try:
    with hold(Path(sys.argv[1])) as session:
        if limit:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        jobs = [render_job(f"s{n}", provider="vendor", prompt="x" * 3000) for n in range(3)]
        client = Big(Path(sys.argv[1]).with_suffix(".bill"), REPLAYED._replace(running=1))
        run = build(session, plan_of(*jobs, cost=PAID), client)
        print(*states(run).values())
except DiskTrouble as trouble:
    print("DiskTrouble", trouble.message)
    sys.exit(7)
"""


def run(project: Path, environment: dict[str, str], limit: int, size: int) -> subprocess.CompletedProcess[str]:
    project.with_suffix(".bill").touch()
    return subprocess.run(
        [sys.executable, "-c", SCRIPT, str(project), str(HERE), str(limit), str(size)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("limit", [70_000, 100_000, 120_000, 160_000, 200_000, 250_000])
def test_a_full_disk_stops_the_build_and_the_next_one_finishes_it(
    project: Path, environment: dict[str, str], limit: int
) -> None:
    """Small limits hit the journal, also between a submit and its answer; the larger ones a clip.  Either way nothing
    is bought twice, and an answer that could not be written is asked for again with the same token."""
    full = run(project, environment, limit, 300_000)
    assert 7 == full.returncode, full.stderr
    assert full.stdout.startswith("DiskTrouble ")
    assert "Traceback" not in full.stderr
    done = run(project, environment, 0, 300_000)
    assert "stored stored stored\n" == done.stdout, done.stderr
    bought = [line.split()[0] for line in project.with_suffix(".bill").read_text().splitlines()]
    assert ["s0", "s1", "s2"] == bought
    digests = read(project / ".r2v" / "state.db", "SELECT blob FROM attempt WHERE state = 'stored'")
    assert 3 == len(digests)
    assert [] == [name for name in names(project / ".r2v") if name.startswith("tmp/")]
    assert clip_of("s0") in b"".join(
        path.read_bytes() for path in (project / ".r2v" / "cas").rglob("*") if path.is_file()
    )
