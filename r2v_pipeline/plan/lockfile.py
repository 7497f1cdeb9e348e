"""The lock as text: `<storyboard>.lock.yaml`, made to be merged by Git.

One block a shot, sorted by id, with an empty line between two: branches that change different shots change lines that
do not touch.  No times, no machine names, no order but the ids'.  A file in which Git left two versions of a block is
read as both (`Lock.rivals`): which of them holds, the storyboard decides.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from r2v_pipeline.compile.jobs import Compilation
from r2v_pipeline.diagnostics import Diagnostic, SourceText, Span, error, has_errors, warning
from r2v_pipeline.plan.lock import Approval, Entry, Lock, Piece, Take, undecided
from r2v_pipeline.plan.lockform import Form, Malformed
from r2v_pipeline.providers.base import Cost
from r2v_pipeline.source.blocks import read_yaml
from r2v_pipeline.source.nodes import Map

VERSION = 1
ENDING = ".lock.yaml"
UNREADABLE, CONFLICT = "R2V621", "R2V622"

_HEADER = """\
# Which take of which shot is in the film, and which clip that is.  Keep this file in Git and do not edit it:
# `r2v build`, `r2v pick` and `r2v approve` write it, and put it in order again after a merge.
"""
_HELP = (
    "take the file as it was from Git, or delete it: `r2v build` writes it anew from the clips that are here, "
    "without picks and approvals"
)
# What a merge leaves: ours, with some settings what both began with, theirs.
_CONFLICT = re.compile(
    r"^<{7}(?: [^\n]*)?\n(?P<ours>.*?)(?:^\|{7}(?: [^\n]*)?\n.*?)?^={7}\n(?P<theirs>.*?)^>{7}(?: [^\n]*)?(?:\n|\Z)",
    re.MULTILINE | re.DOTALL,
)
_MARK = re.compile(r"^(?:<{7}|>{7})(?: |$)", re.MULTILINE)
_PLAIN = re.compile(r"[A-Za-z](?:[A-Za-z0-9 ._@+/-]*[A-Za-z0-9._@+/-])?")
_WORDS = ("true", "false", "null", "yes", "no", "on", "off", "y", "n")


def write(lock: Lock) -> str:
    """The whole file; what a merge left undecided stands in it as Git leaves it."""
    blocks = []
    for shot in sorted(lock.shots):
        block = "".join(_block(shot, lock.shots[shot]))
        if shot in lock.rivals:
            rival = "".join(_block(shot, lock.rivals[shot]))
            block = f"<<<<<<< ours\n{block}=======\n{rival}>>>>>>> theirs\n"
        blocks.append(f"\n{block}")
    return f"{_HEADER}lock: {VERSION}\n\nshots:{'' if blocks else ' {}'}\n{''.join(blocks)}"


def read(source: SourceText) -> tuple[Lock, tuple[Diagnostic, ...]]:
    """The lock, and what is wrong with the file; a file that is wrong anywhere gives an empty lock.

    Where a merge left two versions of a block both are read.
    """
    if not _MARK.search(source.text):
        shots, found = _shots(source)
        return Lock(shots), found
    ours, theirs = (SourceText(source.name, _CONFLICT.sub(rf"\g<{side}>", source.text)) for side in ("ours", "theirs"))
    mine, found = _shots(ours)
    others, problems = _shots(theirs)
    if found or problems:
        mark = _MARK.search(source.text)
        at = Span(source, mark.start(), mark.end()) if mark else None
        message = "the lock holds two versions of a merge, and one of them is no lock by itself"
        return Lock(), (error(UNREADABLE, message, at, _HELP),)
    return Lock(mine, {shot: entry for shot, entry in others.items() if mine.get(shot) != entry}), ()


def unmerged(source: SourceText) -> Span | None:
    """Where the first mark of a merge stands that Git could not finish."""
    mark = _MARK.search(source.text)
    return Span(source, mark.start(), source.text.find("\n", mark.start())) if mark else None


def left_by_merge(lock: Lock, mark: Span, compilation: Compilation) -> tuple[Diagnostic, ...]:
    """What there is to say about a file in which a merge left two versions, from `mark` on."""
    open_picks = undecided(lock, compilation)
    if not open_picks:
        message = "a merge left two versions in the lock; of each shot the one that fits the storyboard holds"
        help = "settle the storyboard, then 'r2v build', 'r2v pick' or 'r2v approve' writes the file anew"
        return (warning(CONFLICT, message, mark, help),)
    ours, theirs = lock.shots, lock.rivals
    picks = ", ".join(f"'{shot}' take {ours[shot].take} or {theirs[shot].take}" for shot in open_picks)
    first = f"r2v pick {open_picks[0]} {ours[open_picks[0]].take}"
    help = f"say which with '{first}'; until then the first is planned with"
    return (warning(CONFLICT, f"a merge left two picks in the lock: {picks}", mark, help),)


def _block(shot: str, entry: Entry) -> Iterator[str]:
    yield f"  {shot}:\n    key: {_hex(entry.key)}\n    take: {entry.take}\n    provider: {_text(entry.provider)}\n"
    yield f"    model: {_text(entry.model)}\n" if entry.model else ""
    yield f"    seed: {entry.seed}\n" if entry.seed is not None else ""
    yield f"    prompt: {_hex(entry.prompt)}\n"
    yield "    references:\n" if entry.references else ""
    yield from (f"      {name}: {_hex(entry.references[name])}\n" for name in sorted(entry.references))
    yield "    takes:\n" if entry.takes else ""
    for take in entry.takes:
        if len(take.pieces) == 1:
            yield f"      - {{take: {take.take}, {_piece(take.pieces[0])}}}\n"
        else:
            yield f"      - take: {take.take}\n        key: {_hex(take.key)}\n        parts:\n"
            yield from (f"          - {{{_piece(piece)}}}\n" for piece in take.pieces)
    yield "    approved:\n" if entry.approved else ""
    for approval in entry.approved:
        yield f"      - {{take: {approval.take}, clip: {_hex(approval.clip)}, by: {_text(approval.by)}}}\n"


def _piece(piece: Piece) -> str:
    clip = f", clip: {_hex(piece.clip)}" if piece.clip else ""
    return f"key: {_hex(piece.key)}{clip}{_price(piece.cost)}"


def _price(cost: Cost | None) -> str:
    if cost is None or not cost.known:
        return ""
    whole, rest = divmod(cost.high_micros, 1_000_000)
    return f", cost: {whole}.{f'{rest:06d}'.rstrip('0').ljust(2, '0')} {cost.currency}"


def _hex(text: str) -> str:
    """A digest, quoted where YAML would read a number."""
    return text if re.search("[a-df]", text) else f'"{text}"'


def _text(text: str) -> str:
    plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS
    return text if plain else json.dumps(text, ensure_ascii=False)


def _shots(source: SourceText) -> tuple[Mapping[str, Entry], tuple[Diagnostic, ...]]:
    data, found = read_yaml(source)
    if has_errors(found):
        return {}, tuple(_as_lock(problem) for problem in found)
    try:
        return _entries(source, data), ()
    except Malformed as wrong:
        return {}, (error(UNREADABLE, f"this is no lock of r2v: {wrong}", wrong.span, _HELP),)


def _entries(source: SourceText, data: Any) -> dict[str, Entry]:
    if not isinstance(data, Map):
        raise Malformed("it is no map", Span(source, 0, min(len(source.text), 1)))
    top = Form(data)
    if top.whole("lock") != VERSION:
        raise Malformed(f"only version {VERSION} is known here, it may be of a newer r2v", data.value_span("lock"))
    top.only("lock", "shots")
    shots = top.map("shots")
    return {name: _entry(shots.map(name)) for name in shots.names()}


def _entry(form: Form) -> Entry:
    form.only("key", "take", "provider", "model", "seed", "prompt", "references", "takes", "approved")
    references = form.map("references") if "references" in form.data else None
    takes = [_take(one) for one in form.maps("takes")]
    approved = [_approval(one) for one in form.maps("approved")]
    if len({take.take for take in takes}) < len(takes):
        raise Malformed("a take stands in it twice", form.data.value_span("takes"))
    return Entry(
        form.digest("key"),
        form.whole("take"),
        form.text("provider"),
        form.text("model") if "model" in form.data else "",
        form.whole("seed") if "seed" in form.data else None,
        form.digest("prompt"),
        {name: references.digest(name) for name in references.data} if references else {},
        tuple(sorted(takes, key=lambda take: take.take)),
        tuple(sorted(set(approved))),
    )


def _take(form: Form) -> Take:
    if "parts" not in form.data:
        form.only("take", "key", "clip", "cost")
        return Take(form.whole("take"), form.digest("key"), (_one(form),))
    form.only("take", "key", "parts")
    return Take(form.whole("take"), form.digest("key"), tuple(_part(part) for part in form.maps("parts")))


def _part(form: Form) -> Piece:
    form.only("key", "clip", "cost")
    return _one(form)


def _one(form: Form) -> Piece:
    return Piece(form.digest("key"), form.digest("clip") if "clip" in form.data else "", form.cost("cost"))


def _approval(form: Form) -> Approval:
    form.only("take", "clip", "by")
    return Approval(form.whole("take"), form.digest("clip"), form.text("by"))


def _as_lock(problem: Diagnostic) -> Diagnostic:
    """What YAML has against a lock is no mistake in a storyboard."""
    return problem._replace(
        code=UNREADABLE, message=f"the lock cannot be read: {problem.message}", help=_HELP, edits=()
    )
