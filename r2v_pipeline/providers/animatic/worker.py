"""The process that draws: one JSON line in, one clip out, JSON lines about it on the way.

In:  ``{"id": "…", "body": {…}, "files": {placeholder: path}, "to": path}``
Out: ``{"id": "…", "progress": 0.25}``, and at the end ``{"id": "…", "done": true}`` or
``{"id": "…", "failed": {"code": "…", "message": "…"}}``.

It ends when its input ends, so it never outlives the build that started it, however that died.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from r2v_pipeline.errors import DiskTrouble, R2VError
from r2v_pipeline.providers.animatic.pictures import Unreadable
from r2v_pipeline.providers.animatic.render import Artist

_Job = dict[str, Any]


def main() -> int:
    """Draw until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the build decides what stops
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)  # whatever a library prints must not pass for an answer
    jobs: queue.Queue[_Job] = queue.Queue()
    at_work: list[Path] = []
    threading.Thread(target=_listen, args=(sys.stdin.buffer, jobs, at_work), daemon=True).start()
    artist = Artist()
    while True:
        job = jobs.get()
        at_work[:] = [Path(job["to"])]
        _answer(answers.write, job, artist)
        at_work.clear()


def _listen(source: BinaryIO, jobs: queue.Queue[_Job], at_work: list[Path]) -> None:
    """Read jobs; at the end of the input leave at once, with nothing half-drawn behind."""
    for line in source:
        jobs.put(json.loads(line))
    for path in at_work:
        for part in path.parent.glob(f".{path.name}.*.part"):
            with contextlib.suppress(OSError):
                part.unlink()
    os._exit(0)


def _answer(write: Callable[[str], object], job: _Job, artist: Artist) -> None:
    def tell(**message: Any) -> None:
        write(json.dumps({"id": job["id"], **message}) + "\n")

    try:
        artist.draw(job["body"], job["files"], Path(job["to"]), lambda part: tell(progress=part))
    except Unreadable as problem:
        tell(failed={"code": "reference", "message": str(problem)})
    except R2VError as trouble:
        code = "disk" if isinstance(trouble, DiskTrouble) else "encoder"
        tell(failed={"code": code, "message": trouble.message})
    except Exception as error:  # whatever it is, the build must learn of it, and this process must live on
        traceback.print_exc()
        tell(failed={"code": "bug", "message": f"the animatic could not be drawn ({type(error).__name__}: {error})"})
    else:
        tell(done=True)


if __name__ == "__main__":
    sys.exit(main())
