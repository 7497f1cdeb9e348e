"""What clients have uploaded, by the address that they were given for it.  The bytes lie under their digest."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import NamedTuple

from r2v_pipeline.sandbox.log import Log


class Stored(NamedTuple):
    """One upload.

    `address` is `oss://KEY`, `/blob/STORE/PATH` or `/media/ID/NAME`.  `model` and `account` are who may use it where
    the service binds it to them; `name` is the file's own.
    """

    address: str
    service: str
    account: str
    name: str
    content_type: str
    sha256: str
    size: int
    at: float
    model: str = ""
    region: str = ""


class Files:
    """Every upload.  The same bytes lie on the disk once."""

    def __init__(self, state: Path) -> None:
        self._folder = state / "files"
        self._folder.mkdir(exist_ok=True)
        self._log = Log(state / "files.jsonl")
        self.known: dict[str, Stored] = {}
        for line in self._log.lines:
            if "gone" in line:
                self.known.pop(line["gone"], None)
            else:
                self.known[line["address"]] = Stored(**line)

    def put(self, body: bytes, stored: Stored) -> Stored:
        """Keep a file; its digest and size are filled in."""
        whole = stored._replace(sha256=hashlib.sha256(body).hexdigest(), size=len(body))
        path = self.path(whole)
        if not path.exists():
            part = path.with_suffix(".part")
            with part.open("wb") as file:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        self._log.add(whole._asdict())
        self.known[whole.address] = whole
        return whole

    def remove(self, address: str) -> None:
        """Forget an address until it is written again; other addresses may mean the same bytes."""
        self._log.add({"gone": address})
        self.known.pop(address, None)

    def path(self, stored: Stored) -> Path:
        """Where the bytes are."""
        return self._folder / stored.sha256

    def close(self) -> None:
        """Let go of the index."""
        self._log.close()
