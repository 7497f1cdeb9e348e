"""`r2v watch`: what it says after each save, that it survives what is saved in between, and that it cannot buy."""

from __future__ import annotations

import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from repos import Repo

from r2v_pipeline.cli import beside, previewing
from r2v_pipeline.cli.making import gate
from r2v_pipeline.cli.making.builder import Settings
from r2v_pipeline.cli.making.consent import Asked
from r2v_pipeline.cli.stages.front import Options
from r2v_pipeline.cli.stages.planning import prices, ready
from r2v_pipeline.errors import DecisionNeeded
from r2v_pipeline.execute import session
from r2v_pipeline.plan.planner import plan


class Watch:
    """A running `r2v watch` without a terminal, and what it said so far."""

    def __init__(self, cwd: Path, environ: dict[str, str], *words: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "r2v_pipeline", "watch", *words],
            cwd=cwd,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        self.lines: queue.Queue[str] = queue.Queue()
        self.said = ""
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.put(line)

    def until(self, words: str, timeout_s: float = 60) -> str:
        """What is said from now on, up to a line with these words."""
        end, said = time.monotonic() + timeout_s, ""
        while words not in said:
            try:
                said += self.lines.get(timeout=max(end - time.monotonic(), 0.01))
            except queue.Empty:
                raise AssertionError(f"it never said {words!r}, but {self.said + said!r}") from None
        self.said += said
        return said

    def end(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(30)


@pytest.fixture
def watch(repo: Repo, environment: dict[str, str]) -> Iterator[Callable[..., Watch]]:
    started: list[Watch] = []

    def start(*words: str, cwd: Path | None = None) -> Watch:
        started.append(Watch(cwd or repo.root, environment, *words))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.process.kill()
        each.process.wait()
        assert each.process.stdout
        each.process.stdout.close()


def test_each_save_is_told_against_head(repo: Repo, watch) -> None:
    seen = watch("film.yaml", "--no-preview")
    seen.until("Nothing changes: both sides compile to the same requests.")
    repo.change("dawn", "dusk")
    assert "1 of 3 shots renders again, about $0.50." in seen.until("[-dawn-]{+dusk+}")
    (repo.root / "refs" / "lantern.png").write_bytes((repo.root / "refs" / "gift.png").read_bytes())
    assert "refs/lantern.png has other bytes" in seen.until("3 of 3 shots") + seen.until("the film is joined again")
    repo.commit()
    seen.until("Nothing changes")
    assert 130 == seen.end()


def test_a_storyboard_with_mistakes_is_waited_for(repo: Repo, watch) -> None:
    seen = watch("film.yaml", "--no-preview")
    seen.until("Nothing changes")
    repo.write("film.yaml", "shots: [")
    seen.until("film.yaml: ")
    seen.until("error[R2V002]")
    (repo.root / "film.yaml").unlink()
    seen.until("does not exist")
    repo.git("checkout", "--quiet", "film.yaml")
    seen.until("3 shots, no errors")
    assert 130 == seen.end()


def test_includes_and_templates_are_watched_too(repo: Repo, watch) -> None:
    repo.write("templates/wide.j2", "{{ shot.prompt }} Soft.\n")
    repo.change("    duration: 5s", "    duration: 5s\n    template: wide.j2")
    repo.change("vars:", "include: [more.yaml]\nvars:")
    repo.write("more.yaml", 'shots: [{id: first, prompt: "{{ Gift }} alone.", duration: 5s}]\n')
    repo.commit()
    seen = watch("film.yaml", "--no-preview")
    seen.until("Nothing changes")
    repo.write("templates/wide.j2", "{{ shot.prompt }} Hard.\n")
    seen.until("templates/wide.j2 changed: reaches 1 shot: last")
    repo.change("alone", "lost", "more.yaml")
    seen.until("[-alone-]{+lost+}")
    assert 130 == seen.end()


def test_outside_of_git_mistakes_are_told_all_the_same(repo: Repo, tmp_path: Path, watch) -> None:
    folder = tmp_path / "no-git"
    folder.mkdir()
    (folder / "s.yaml").write_text("r2v: 1\ntitle: x\nshots: [{id: a, prompt: A boat., duration: 2s}]\n", "utf-8")
    seen = watch("s.yaml", "--no-preview", cwd=folder)
    seen.until("nothing to compare with: ")
    seen.until("s.yaml: 1 shot, no errors")
    (folder / "s.yaml").write_text("r2v: 1\ntitle: x\n", "utf-8")
    seen.until("error[R2V102]")
    assert 130 == seen.end()
    assert repo.root.exists()


def test_a_base_with_mistakes_is_only_said(repo: Repo, watch) -> None:
    repo.change("{{ season }}", "{{ saeson }}")
    repo.commit()
    repo.change("{{ saeson }}", "{{ season }}")
    seen = watch("film.yaml", "--no-preview")
    seen.until("nothing to compare with: HEAD does not compile (1 error)")
    seen.until("3 shots, no errors")
    assert 130 == seen.end()


def test_an_unknown_revision_is_refused(watch) -> None:
    assert 2 == watch("film.yaml", "--against", "nowhere").process.wait(60)


def test_the_preview_follows(repo: Repo, watch) -> None:
    """Paid shots are drawn, for nothing; the newest words win; nothing of the preview is left when it ends."""
    for old, new in (
        ("for: 5s", "for: 2s"),
        ("duration: 5s", "duration: 2s"),
        ('{for: 2s, action: "{{ Lamp', '{for: 1s, action: "{{ Lamp'),
    ):
        repo.change(old, new)
    repo.change("- {for: 3s", "- {for: 1s")
    repo.commit()
    seen = watch("film.yaml")
    seen.until("preview: build/film@preview/film.mp4", 90)
    film = repo.root / "build" / "film@preview" / "film.mp4"
    first = film.stat().st_mtime_ns
    repo.change("dawn", "dusk")
    seen.until("preview: build/film@preview/film.mp4", 90)
    assert film.stat().st_mtime_ns > first
    assert 130 == seen.end()
    assert not re.search("there is no preview|Traceback", seen.said)


def drawing(file: Path, options: Options) -> tuple[previewing.Drawing, object]:
    made = ready(str(file), options)
    assert made
    front, compilation = made
    settings = Settings(None, 1, False, "", None, Asked(), "r2v watch")
    builder = previewing.Drawing(front, compilation, settings)
    ledger = session.look(Path(front.disk.root))
    assert front.expanded
    whole = plan(compilation, ledger, output="x", selection=None, price=prices(front.expanded))
    return builder, whole


def test_what_draws_has_no_client_that_buys(repo: Repo, monkeypatch) -> None:
    """Given a plan that buys, which no preview makes, it has nobody to buy from and nothing to spend."""
    monkeypatch.chdir(repo.root)
    builder, paid = drawing(repo.root / "film.yaml", Options())
    with pytest.raises(DecisionNeeded, match="a preview only draws, and this asks dashscope"):
        builder._clients(paid, None, None)
    assert gate.NOTHING == builder._allowed(paid, None)
    builder, free = drawing(repo.root / "film.yaml", Options(provider="animatic", preview=True))
    assert ["animatic"] == list(builder._clients(free, None, None))


def test_what_draws_knows_no_secret() -> None:
    given = {"DASHSCOPE_API_KEY": "sk", "GITHUB_TOKEN": "t", "X_SECRET": "s", "R2V_FAKE_URL": "u", "PATH": "/bin"}
    assert {"PATH": "/bin"} == beside.environment(given)


def test_what_watches_knows_no_client(environment: dict[str, str]) -> None:
    """Everything that could send is loaded, if at all, in the process that draws."""
    code = "import sys, r2v_pipeline.cli.watch; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert "r2v_pipeline.cli.diff" in loaded
    making = ("cli.making.builder", "cli.asking.desks", "execute.runner")
    ours = (*making, "providers.http.channel", "providers.animatic.client")
    assert [] == [name for name in ("httpx", *(f"r2v_pipeline.{name}" for name in ours)) if name in loaded]
