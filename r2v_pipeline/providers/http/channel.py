"""What a vendor's client holds: one provider, one account, and the ways of asking it.

`send_once` is for what costs money; `ask` for what costs nothing and may be asked again; `upload` and `download` move
files.  Each has its deadline, by a clock that nobody can set.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from r2v_pipeline.errors import NetworkTrouble
from r2v_pipeline.providers.client import ANSWER_BYTES, Answer, Lost, NotSent
from r2v_pipeline.providers.http import transfer
from r2v_pipeline.providers.http.exchange import Broken, Patience, Reply, exchange
from r2v_pipeline.providers.http.hosts import Base, agree, refusal
from r2v_pipeline.providers.http.lines import Lines
from r2v_pipeline.providers.http.reading import ACCOUNT, LATER, PASSING, REFUSED, kept, parsed, retry_after
from r2v_pipeline.providers.http.secrets import Key, Redactor

# Questions and files on their way at once; more wait here, where their deadline has not begun.
_ASKING, _MOVING = 8, 4

# Tries that may fail before a client stops repeating questions: in an outage each is asked once, not four times.
_QUOTA = 50

_T = TypeVar("_T")


class Form(NamedTuple):
    """What goes before a file that is sent as the last part of a form: its fields, the file's name and content type."""

    fields: tuple[tuple[str, str], ...]
    file: str
    kind: str


class Told(NamedTuple):
    """The answer to a question: its status, harmless headers, and the JSON in it (None where there is none)."""

    status: int
    headers: Mapping[str, str]
    data: Any


class Channel:
    """All that goes to and comes from one provider.  `title` is what people call it, `help` what to do when it refuses
    whoever asks.  Without a key only what anybody may ask can be asked.

    Raises:
        EnvironmentTrouble: the key is not one for this address.
    """

    def __init__(
        self, title: str, base: Base, key: Key | None, patience: Patience | None = None, help: str = ""
    ) -> None:
        if key is not None:
            agree(key, base)
        self.title, self.base = title, base
        self._help = help or (f"check {key.variable}, and the account" if key else "a key may be wanted now")
        self.patience = patience or Patience()
        self.redactor = Redactor([key] if key else [])
        self._key = key
        self._quota = _QUOTA
        self._made: list[Lines] = []

    @property
    def account(self) -> str:
        """Who pays, as the journal knows it."""
        return self._key.fingerprint if self._key else ""

    async def send_once(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer | NotSent | Lost:
        """POST a body exactly as given, once, over a connection of its own, and bring back what came.

        An answer that broke off counts as lost, unless its status alone says that the job was refused.
        """
        got = await exchange(
            self._submits, "POST", self._url(path), headers=self._headers(headers), content=body,
            deadline_s=self.patience.submit_s, most=ANSWER_BYTES,
        )  # fmt: skip
        if isinstance(got, Broken):
            message = self.redactor.line(got.message)
            return Lost(message) if got.sent else NotSent(got.code, message, got.again)
        shown, body_text = self._shown(got), self.redactor.clean(got.body.decode("utf-8", "replace"))
        if got.cut and got.status not in REFUSED:
            return Lost(self._in_part(got, dict(shown).get("x-request-id", ""), body_text))
        return Answer(got.status, shown, body_text)

    async def ask(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        paced: bool = False,
        most: int = ANSWER_BYTES,
        deadline_s: float = 0.0,
    ) -> Told:
        """Ask what costs nothing, again where that may help.

        `paced`: the caller keeps the account's limit of questions and asks again himself (polls), so a "too many" is
        given back to him at once.  `most` bytes may come, where a result may be a part of the answer: one longer than
        4 MiB is not searched for keys, and nothing of it may be shown.  `deadline_s`: instead of the usual one.

        Answers are 2xx with JSON, or a refusal of this one question (400, 404, 410 …) for the caller to read.

        Raises:
            NetworkTrouble: no answer that can be read after all tries; or one about the account; or a wait asked for
                that is longer than a question may take.
        """
        url, sent = self._url(path), self._headers(headers or {})

        async def once() -> Told | NetworkTrouble:
            async with self._asking:
                got = await exchange(
                    self._questions, method, url, headers=sent, content=body,
                    deadline_s=deadline_s or self.patience.ask_s, most=most,
                )  # fmt: skip
            return self._read(got, most)

        return await self._again(once, paced=paced)

    async def upload(self, method: str, path: str, file: Path, sha256: str, headers: Mapping[str, str]) -> Told:
        """Send a file, again where that may help; never one that is not, to the last byte, what `sha256` says.

        Raises:
            NetworkTrouble: as `ask`.
            EnvironmentTrouble: the file is not what it was, or cannot be read.
        """
        url, sent = self._url(path), self._headers(headers)

        async def once() -> Told | NetworkTrouble:
            async with self._moving:
                got = await transfer.send_file(self._files, method, url, file, sha256, sent, self.patience)
            return self._read(got)

        return await self._again(once)

    async def deliver(
        self, method: str, url: str, file: Path, sha256: str, headers: Mapping[str, str], form: Form | None = None
    ) -> Told:
        """Send a file to an address that the provider named for it; no key goes along.  Otherwise as `upload`.

        With a `form` the file is its last part.  A status of 409 is an answer: such addresses take a file once, and an
        earlier try may have brought it.

        Raises:
            NetworkTrouble: as `ask`; or it is not an address that may be followed.
            EnvironmentTrouble: the file is not what it was, or cannot be read.
        """
        if why := refusal(url, local=self.base.local):
            raise NetworkTrouble(f"{self.title} names {why} for a file: nothing is sent there", again=False)
        kind, frame = transfer.form_around(*form) if form else ("", (b"", b""))
        sent = {**headers, **({"content-type": kind} if form else {})}

        async def once() -> Told | NetworkTrouble:
            async with self._moving:
                got = await transfer.send_file(
                    self._files, method, url, file, sha256, sent, self.patience, frame, self.base.local
                )
            if isinstance(got, Broken) or not (200 <= got.status < 300 or got.status == 409):
                return self._not_taken(got)
            return Told(got.status, dict(self._shown(got)), None)

        return await self._again(once)

    def _not_taken(self, got: Reply | Broken) -> NetworkTrouble:
        if isinstance(got, Broken):
            return NetworkTrouble(self.redactor.line(got.message), again=got.again)
        said = f"the store of {self.title} answered {got.status} to a file"
        return NetworkTrouble(said, again=got.status in PASSING, status=got.status)

    async def download(self, url: str, to: Path) -> None:
        """Write a result to a file: the whole of it, a film by its first bytes, from where results may lie.

        No key goes along.  What came before a connection broke is not asked for again where the host can go on.

        Raises:
            NetworkTrouble: it cannot be had; with one of `transfer.EXPIRED` for a status its address has expired, and a
                new one may be had from the provider.
            DiskTrouble: it cannot be written.
        """
        job = transfer.Download(self._results, url, to, self.base.local, self.patience)

        async def once() -> NetworkTrouble | None:
            async with self._moving:
                return await job.run()

        await self._again(once)

    async def close(self) -> None:
        """Let go of every connection."""
        while self._made:
            await self._made.pop().aclose()

    async def _again(self, once: Callable[[], Awaitable[_T | NetworkTrouble]], *, paced: bool = False) -> _T:
        """What `once` brings, tried again after each pause, as long as that may help."""
        pauses = iter(self.patience.pauses_s)
        while True:
            got = await once()
            if not isinstance(got, NetworkTrouble):
                self._quota = min(_QUOTA, self._quota + 1)
                return got
            pause, after_s = next(pauses, None), got.after_s or 0.0
            vain = not got.again or got.status in transfer.EXPIRED or (paced and got.status in LATER)
            if pause is None or vain or self._quota < 1 or after_s > self.patience.longest_wait_s:
                raise got
            self._quota -= 1
            # Anywhere in the pause, so that what failed together is not repeated together; never sooner than told.
            await asyncio.sleep(max(after_s, random.uniform(0.5, 1.0) * pause))

    def _read(self, got: Reply | Broken, most: int = ANSWER_BYTES) -> Told | NetworkTrouble:
        if isinstance(got, Broken):
            return NetworkTrouble(self.redactor.line(got.message), again=got.again)
        headers = dict(self._shown(got))
        if got.status in ACCOUNT:
            return NetworkTrouble(f"{self.title} answered {got.status}", self._help, again=False, status=got.status)
        if got.status in PASSING:
            after_s = retry_after(headers)
            return NetworkTrouble(f"{self.title} answered {got.status}", after_s=after_s, status=got.status)
        if not 200 <= got.status < 300 and not 400 <= got.status < 500:
            return NetworkTrouble(f"{self.title} answered {got.status}", again=False, status=got.status)
        try:
            text = got.body.decode()
            text = self.redactor.clean(text) if len(text) <= ANSWER_BYTES else text
            data = None if got.cut else parsed(text, most)
        except ValueError:
            data = None
        if data is None and got.status < 300:
            why = f": {got.cut}" if got.cut else ""
            return NetworkTrouble(f"{self.title} answered what cannot be read{why}", status=got.status)
        return Told(got.status, headers, data)

    def _in_part(self, got: Reply, request_id: str, body_text: str) -> str:
        """What came of an answer that broke off: a person may find the job by it."""
        which = f"status {got.status}" + (f", request {request_id}" if request_id else "")
        began = f"; it began {body_text[:200]}" if body_text else ""
        return self.redactor.line(f"the answer did not come whole ({which}): {got.cut}{began}")

    def _shown(self, got: Reply) -> tuple[tuple[str, str], ...]:
        return tuple((name, self.redactor.clean(value)) for name, value in kept(got.headers))

    def _url(self, path: str) -> str:
        return f"{self.base.url}/{path.lstrip('/')}"

    def _headers(self, more: Mapping[str, str]) -> dict[str, str]:
        return {"authorization": f"Bearer {self._key.reveal()}", **more} if self._key else dict(more)

    def _lines(self, kept: int) -> Lines:
        self._made.append(Lines(local=self.base.local, kept=kept))
        return self._made[-1]

    # A submit never reuses a connection: one that the server closes at that moment looks like a lost answer.
    @cached_property
    def _submits(self) -> Lines:
        return self._lines(0)

    @cached_property
    def _questions(self) -> Lines:
        return self._lines(_ASKING)

    @cached_property
    def _files(self) -> Lines:
        return self._lines(_MOVING)

    @cached_property
    def _results(self) -> Lines:
        return self._lines(_MOVING)

    @cached_property
    def _asking(self) -> asyncio.Semaphore:
        return asyncio.Semaphore(_ASKING)

    @cached_property
    def _moving(self) -> asyncio.Semaphore:
        return asyncio.Semaphore(_MOVING)
