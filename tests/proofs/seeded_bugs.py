"""Mistakes that somebody could make in the protocol, one by one put into the production code.

Each is a small change of what a build does, made for the time of a `with` block.  The crash proofs must notice every
one of them; `shows` says where, and in which words.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

from crash_scene import (
    ANSWERS,
    DOWN,
    ERRORS,
    FAR_TOO_LATE,
    FINDABLE,
    IDEMPOTENT,
    LAGS,
    OPAQUE,
    REFUSED_AGAIN,
    REQUESTS,
    RESUBMITS,
    Scene,
)
from crash_world import Place

from r2v_pipeline.execute import (
    blobs,
    disk,
    journal,
    journal_file,
    journal_schema,
    outputs,
    recovery,
    render,
    resolving,
    state_dir,
    states,
    submit,
    waiting,
)
from r2v_pipeline.execute.answers import plain
from r2v_pipeline.execute.budget import Budget
from r2v_pipeline.execute.journal import Journal
from r2v_pipeline.execute.records import Attempt, Change, Intent
from r2v_pipeline.providers.base import Accepted, Answer, Client, Found, Lost, Refused, Sought, Unknown
from r2v_pipeline.providers.fake.client import FakeClient

Patch = Any


class Bug(NamedTuple):
    """`break_` gives the patches for a place; `scenes` are tried in order; `shows` must be part of what is found.

    `after`: it takes two crashes, and the first is at a moment of that name.
    """

    what: str
    break_: Callable[[Place], list[Patch]]
    scenes: tuple[Scene, ...]
    shows: str
    after: str = ""


@contextlib.contextmanager
def broken(bug: Bug, place: Place) -> Iterator[None]:
    """The production code with a bug in it."""
    with contextlib.ExitStack() as stack:
        for change in bug.break_(place):
            stack.enter_context(change)
        yield


def _post_first(_: Place) -> list[Patch]:
    async def submitted(journal: Journal, client: Client, intent: Intent, budget: Budget) -> Attempt:
        token = journal_token(intent.job_key, 1)
        said = await client.send(intent.request, token)
        attempt = journal.answered(journal.intend(intent, budget), plain(said))
        return submit.settle(journal, client, attempt)

    journal_token = journal.token
    return [patch.object(render, "submit", submitted)]


def _no_sync(_: Place) -> list[Patch]:
    opened = journal_file.open_for_writing

    def careless(path: Path) -> sqlite3.Connection:
        db = opened(path)
        db.execute("PRAGMA synchronous = NORMAL")
        return db

    return [patch.object(journal_file, "open_for_writing", careless)]


async def _in_memory(_: Journal, attempt: Attempt, answer: str) -> Attempt:
    return attempt._replace(answer=answer)


def _answer_dropped(_: Place) -> list[Patch]:
    return [patch.object(submit, "_write_down", _in_memory)]


def _id_after_the_poll(_: Place) -> list[Patch]:
    settle, ended = submit.settle, waiting.ended

    def remembered(journal: Journal, client: Client, attempt: Attempt) -> Attempt:
        said = client.read(Answer(**{"headers": (), **_kept(attempt)})) if attempt.answer else None
        if isinstance(said, Accepted):
            return attempt._replace(state=states.RUNNING, handle=said.handle)
        return settle(journal, client, attempt)

    async def late(bench: Any, account: Any, job: Any, attempt: Attempt, **how: Any) -> Any:
        said = await ended(bench, account, job, attempt, **how)
        if bench.journal.attempt(attempt.id).state == states.SUBMITTING:
            bench.journal.move(attempt._replace(state=states.SUBMITTING), states.RUNNING, Change(handle=attempt.handle))
        return said

    return [
        patch.object(submit, "_write_down", _in_memory),
        patch.object(submit, "settle", remembered),
        patch.object(recovery, "settle", remembered),
        patch.object(waiting, "ended", late),
    ]


def _kept(attempt: Attempt) -> Mapping[str, Any]:
    ((kind, fields),) = json.loads(attempt.answer or "{}").items()
    return {"status": fields["status"], "body": fields["body"]} if kind == "answer" else {"status": 500, "body": ""}


def _token_each_time(_: Place) -> list[Patch]:
    ask, sent = submit.ask, iter(range(1_000_000))

    async def asked(journal: Journal, client: Client, attempt: Attempt) -> Attempt:
        other = attempt._replace(token=f"{next(sent):064x}")
        return await ask(journal, client, other)

    return [patch.object(submit, "ask", asked), patch.object(recovery, "ask", asked)]


def _token_without_number(_: Place) -> list[Patch]:
    token = journal.token
    return [patch.object(journal, "token", lambda key, _: token(key, 1))]


def _replay_for_ever(_: Place) -> list[Patch]:
    return [patch.object(recovery, "replayable", lambda *_: True)]


def _retry_when_lost(_: Place) -> list[Patch]:
    async def insistent(client: FakeClient, body: bytes, token: str, *more: Any) -> Any:
        said = await send(client, body, token, *more)
        return await send(client, body, token, *more) if isinstance(said, Lost) else said

    send = FakeClient.send
    return [patch.object(FakeClient, "send", insistent)]


def _adopt_any(_: Place) -> list[Patch]:
    async def any_job(client: FakeClient, sought: Sought) -> Found:
        times = f"since_ms={int(sought.since * 1000)}&until_ms={int(sought.until * 1000)}"
        told = await client._channel.ask("GET", f"{client._mode}/v1/jobs?{times}")
        rows = [{"job": row["id"]} for row in told.data["jobs"]]
        free = [row for row in rows if journal.handle_text(row) not in sought.claimed]
        return Found(tuple(free[:1]), complete=True)

    return [patch.object(FakeClient, "find", any_job)]


def _reserve_apart(_: Place) -> list[Patch]:
    intend = Journal.intend

    def apart(book: Journal, intent: Intent, budget: Budget) -> Attempt:
        attempt = intend(book, intent, budget)
        with book.transaction() as db:
            db.execute(
                "INSERT OR IGNORE INTO balance (run, month, currency) VALUES (?, '2027-01', ?)",
                (intent.run, intent.estimate.currency),
            )
            db.execute("UPDATE balance SET micros = micros + ?", (intent.estimate.high_micros,))
        return attempt

    schema = _without(journal_schema.SCHEMA, "CREATE TRIGGER attempt_fits", "\nEND;\n")
    return [patch.object(journal_schema, "SCHEMA", schema), patch.object(Journal, "intend", apart)]


def _without(schema: str, begin: str, end: str) -> str:
    start = schema.index(begin)
    return schema[:start] + schema[schema.index(end, start) + len(end) :]


def _two_open(_: Place) -> list[Patch]:
    opened = Journal.open_attempts

    def answered_only(book: Journal) -> dict[str, Attempt]:
        return {key: attempt for key, attempt in opened(book).items() if attempt.state != states.SUBMITTING}

    schema = _without(journal_schema.SCHEMA, "CREATE UNIQUE INDEX one_open_attempt", ";\n")
    return [patch.object(journal_schema, "SCHEMA", schema), patch.object(Journal, "open_attempts", answered_only)]


def _nothing(*_: Any) -> None:
    pass


def _blob_unsynced(_: Place) -> list[Patch]:
    return [patch.object(blobs, "sync_file", _nothing)]


def _name_unsynced(_: Place) -> list[Patch]:
    return [patch.object(blobs, "sync_folder", _nothing)]


def _found_blob_unsynced(_: Place) -> list[Patch]:
    return [patch.object(blobs.Blobs, "_make_safe", _nothing)]


def _folder_unsettled(_: Place) -> list[Patch]:
    return [patch.object(journal_file, "settle_folder", _nothing)]


def _output_unsynced(_: Place) -> list[Patch]:
    return [patch.object(outputs, "sync_file", _nothing)]


def _error_is_refusal(_: Place) -> list[Patch]:
    read = FakeClient.read

    def hopeful(client: FakeClient, answer: Answer, *more: Any) -> Accepted | Refused | Unknown:
        return Refused("500", "it failed", again=True) if answer.status >= 500 else read(client, answer, *more)

    return [patch.object(FakeClient, "read", hopeful)]


def _forget_the_unanswered(_: Place) -> list[Patch]:
    recover = recovery.recover

    async def forgetful(book: Journal, account: Any, quota: Any, stop: Any, attempt: Attempt) -> Attempt:
        if attempt.answer is None:
            return book.move(attempt, states.REJECTED, Change(reason="never answered", again=True))
        return await recover(book, account, quota, stop, attempt)

    return [patch.object(render, "recover", forgetful)]


def _second_refusal_counts(_: Place) -> list[Patch]:
    settle = submit.settle

    def believing(book: Journal, client: Client, attempt: Attempt) -> Attempt:
        return settle(book, client, attempt._replace(code=""))

    return [patch.object(recovery, "settle", believing)]


def _absent_is_never_ran(_: Place) -> list[Patch]:
    look_for = recovery._look_for

    async def sure(book: Journal, account: Any, stop: Any, attempt: Attempt) -> Attempt:
        attempt = await look_for(book, account, stop, attempt)
        if attempt.state != states.SUBMITTING:
            return attempt
        return book.move(attempt, states.REJECTED, Change(reason="it is not listed", again=True))

    return [patch.object(recovery, "_look_for", sure)]


def _resolve_sends(place: Place) -> list[Patch]:
    resubmit = resolving.resubmit

    def eager(book: Journal, attempt: Attempt) -> str:
        said = resubmit(book, attempt)
        headers = {"idempotency-key": journal.token(attempt.job_key, attempt.no + 1)}
        asyncio.run(place.channel().send_once(f"{place.scene.way}/v1/jobs", attempt.request, headers))
        return said

    return [patch.object(resolving, "resubmit", eager)]


def doubt_is_free(*_: Place) -> list[Patch]:
    careless = journal_schema.SCHEMA
    for row in ("NEW", "OLD"):
        words = f"{row}.state = 'rejected' OR {row}.billed IS 0 THEN 0"
        assert words in careless
        careless = careless.replace(words, words.replace("= 'rejected'", "IN ('rejected', 'submitting')"))
    return [patch.object(journal_schema, "SCHEMA", careless)]


def _half_written_texts(_: Place) -> list[Patch]:
    def replace_text(path: Path, text: str) -> None:
        if path.exists():
            return
        temp = path.with_name(f"{path.name}.{uuid.uuid4().hex[:8]}")
        temp.write_text(text)
        disk.sync_file(temp)
        temp.replace(path)

    return [patch.object(state_dir, "replace_text", replace_text)]


EVERYWHERE = tuple(Scene(way) for way in (IDEMPOTENT, FINDABLE, OPAQUE))
NAMELESS, TWICE, TORN = "the journal cannot name it", "bought twice", "is not there whole"

KNOWN, OURS = "though its answer was on the disk", "was not made by r2v"
IN_A_NETWORK = Scene(IDEMPOTENT, ANSWERS)
LATE, REFUSED = Scene(IDEMPOTENT, ANSWERS, hours=FAR_TOO_LATE), Scene(IDEMPOTENT, REFUSED_AGAIN)
RENAMED = "blob.renamed (kept)"

BUGS = (
    Bug("the request is sent before its row is committed", _post_first, EVERYWHERE, NAMELESS),
    Bug("commits of the journal are not synced", _no_sync, EVERYWHERE, NAMELESS),
    Bug("the raw answer is not kept", _answer_dropped, EVERYWHERE[2:], KNOWN),
    Bug("the id is written after the first poll", _id_after_the_poll, EVERYWHERE[2:], KNOWN),
    Bug("each try has a token of its own", _token_each_time, (IN_A_NETWORK,), TWICE),
    Bug("the token leaves the attempt's number out", _token_without_number, (Scene(OPAQUE, DOWN),), "IntegrityError"),
    Bug("a token is used after its life", _replay_for_ever, (LATE,), TWICE),
    Bug("a lost submit is sent again", _retry_when_lost, (Scene(OPAQUE, ANSWERS),), TWICE),
    Bug("a job that is not exactly ours is adopted", _adopt_any, (Scene(FINDABLE, REQUESTS),), "another film"),
    Bug("what is not listed never ran", _absent_is_never_ran, (Scene(FINDABLE, LAGS),), TWICE),
    Bug("the price is reserved after the row", _reserve_apart, EVERYWHERE, "the sums say"),
    Bug("what is in doubt costs nothing", doubt_is_free, EVERYWHERE, "the sums say"),
    Bug("a key may have two open attempts", _two_open, (Scene(OPAQUE),), TWICE),
    Bug("the unanswered are forgotten", _forget_the_unanswered, (Scene(OPAQUE),), TWICE),
    Bug("a server error counts as a refusal", _error_is_refusal, (Scene(OPAQUE, ERRORS),), TWICE),
    Bug("a refusal of the second try counts for the first", _second_refusal_counts, (REFUSED,), TWICE),
    Bug("resolve sends, and so does the next build", _resolve_sends, (Scene(OPAQUE, ANSWERS, RESUBMITS),), TWICE),
    Bug("a clip is on record before its bytes are synced", _blob_unsynced, EVERYWHERE[:1], TORN),
    Bug("a clip is on record before its name is synced", _name_unsynced, EVERYWHERE[:1], TORN),
    Bug("a film is on record before its bytes are synced", _output_unsynced, EVERYWHERE[:1], OURS),
    Bug("half-written texts are left behind", _half_written_texts, EVERYWHERE[:1], "left behind"),
    Bug("what a killed build renamed is taken as it lies", _found_blob_unsynced, EVERYWHERE[:1], TORN, RENAMED),
    Bug("a folder that a killed build made is taken as it is", _folder_unsettled, EVERYWHERE[2:], NAMELESS, "fsync"),
)
