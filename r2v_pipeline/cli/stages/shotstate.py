"""What is kept of a storyboard between runs, shot by shot, and how a changed file is laid against it.

A file that is read stretch by stretch (source/blocks.py) is a head, entries of `shots:` one after the other, and a
tail.  Kept are digests of these, and of `_TOGETHER` entries at once: what stands before an edit or follows it is found
to be the same without being cut or decoded.

All is bytes, numbers and texts, because it is written with marshal.
"""

from __future__ import annotations

import marshal
from collections.abc import Iterable
from itertools import accumulate, chain, islice, pairwise
from typing import NamedTuple
from zlib import crc32

from r2v_pipeline.cli import cache
from r2v_pipeline.source.document import MARK
from r2v_pipeline.source.signature import Signature

_TOGETHER = 64

# What a shot is, beside its text.
LINKED = 1  # it takes something from another shot, or gives it
SENT = 2  # it goes to a provider, so files are looked at more closely

# One entry of `shots:`: how many bytes, their digest, its id, whom it names (a number in `State.named`), what it is.
Row = tuple[int, bytes, str, int, int]


class Block(NamedTuple):
    """Entries that follow each other, and how many bytes they are together."""

    length: int
    digest: bytes
    rows: tuple[Row, ...]


class Sheet(NamedTuple):
    """One file.  `dash` is what begins each entry but the first, with the line end before it."""

    path: str
    head: int
    head_digest: bytes
    tail: int
    tail_digest: bytes
    dash: bytes
    blocks: tuple[Block, ...]

    @property
    def rows(self) -> list[Row]:
        return list(chain.from_iterable(block.rows for block in self.blocks))


class State(NamedTuple):
    """A clean run.  `looked` are the files beside the sheets; `told` is what was said of each shot, one after the
    other, and `sizes` how many bytes that is."""

    identity: bytes
    root: str
    looked: dict[str, Signature]
    sheets: tuple[Sheet, ...]
    named: tuple[tuple[str, ...], ...]
    sizes: tuple[int, ...]
    told: bytes | memoryview

    def texts(self) -> list[memoryview]:
        """What was said of each shot."""
        view = memoryview(self.told)
        return [view[start:end] for start, end in pairwise(accumulate(self.sizes, initial=0))]


class Laid(NamedTuple):
    """The entries of a changed file: for each the number of the row of the same bytes, or -1, and where it stands.

    `starts` has one more, where the last entry ends; blocks before `first` and from `last` on are as they were.
    """

    data: bytes
    rows: list[int]
    starts: list[int]
    first: int
    last: int

    def entry(self, number: int) -> bytes:
        return self.data[self.starts[number] : self.starts[number + 1]]


def lay(sheet: Sheet, data: bytes) -> Laid | None:
    """A file's bytes against its sheet; None where anything but entries has changed, or none is left."""
    data = data.removeprefix(MARK)
    end = len(data) - sheet.tail
    if end < sheet.head or cache.digest_bytes(data[: sheet.head]) != sheet.head_digest:
        return None
    if cache.digest_bytes(data[end:]) != sheet.tail_digest or (sheet.tail and data[end - 1 : end] != b"\n"):
        return None
    blocks = sheet.blocks
    if not blocks:
        return Laid(data, [], [end], 0, 0) if end == sheet.head else None
    first, last, at, stop = _unchanged(sheet, data, end)
    if not first and not data.startswith(sheet.dash[1:], at):
        return None
    firsts = list(accumulate((len(block.rows) for block in blocks), initial=0))
    before, after = range(firsts[first]), range(firsts[last], firsts[-1])
    entries = _entries(data[at:stop], sheet.dash)
    rows = sheet.rows
    known = {rows[number][1]: number for number in range(firsts[first], firsts[last])}
    between = [known.get(cache.digest_bytes(entry), -1) for entry in entries]
    lengths = chain((rows[n][0] for n in before), map(len, entries), (rows[n][0] for n in after))
    starts = list(accumulate(lengths, initial=sheet.head))
    return Laid(data, [*before, *between, *after], starts, first, last)


def _unchanged(sheet: Sheet, data: bytes, end: int) -> tuple[int, int, int, int]:
    """The blocks that are as they were: those before the first number, which ends at an offset, and those from the
    second on, which begin at another."""
    blocks, first, last, at, stop = sheet.blocks, 0, len(sheet.blocks), sheet.head, end
    while first < last and _is_at(data, at, blocks[first]) and at + blocks[first].length <= stop:
        at += blocks[first].length
        first += 1
    # What follows has to begin as an entry does, else it belongs to the entry before it.
    while first and at < stop and not (data[at - 1 : at] == b"\n" and data.startswith(sheet.dash[1:], at)):
        first -= 1
        at -= blocks[first].length
    while last > first and _is_at(data, start := stop - blocks[last - 1].length, blocks[last - 1]) and start >= at:
        last -= 1
        stop = start
    while last < len(blocks) and data[stop - 1 : stop] != b"\n":
        stop += blocks[last].length
        last += 1
    return first, last, at, stop


def _is_at(data: bytes, start: int, block: Block) -> bool:
    return start >= 0 and cache.digest_bytes(data[start : start + block.length]) == block.digest


def _entries(data: bytes, dash: bytes) -> list[bytes]:
    """The entries of a stretch of a list, cut as `blocks` cuts them."""
    if not data:
        return []
    first, *others = data.split(dash)
    found = [first, *(dash[1:] + other for other in others)]
    return [*(entry + b"\n" for entry in found[:-1]), found[-1]]


def blocks_of(rows: list[Row], entries: Iterable[bytes]) -> list[Block]:
    """Rows in blocks; `entries` are their bytes."""
    data, made = iter(entries), []
    for at in range(0, len(rows), _TOGETHER):
        some = rows[at : at + _TOGETHER]
        whole = b"".join(next(data) for _ in some)
        made.append(Block(len(whole), cache.digest_bytes(whole), tuple(some)))
    return made


def relaid(sheet: Sheet, laid: Laid, rows: list[Row]) -> Sheet:
    """The sheet of a changed file; `rows` are all of its rows."""
    left = iter(rows)

    def kept(blocks: tuple[Block, ...]) -> list[Block]:
        return [block._replace(rows=tuple(islice(left, len(block.rows)))) for block in blocks]

    before, after = kept(sheet.blocks[: laid.first]), sheet.blocks[laid.last :]
    start = sum(len(block.rows) for block in before)
    stop = len(rows) - sum(len(block.rows) for block in after)
    made = blocks_of(list(islice(left, stop - start)), map(laid.entry, range(start, stop)))
    blocks = [*before, *made, *kept(after)]
    if len(blocks) > 2 * (len(rows) // _TOGETHER) + 8:  # many edits have left many small ones
        blocks = blocks_of(rows, map(laid.entry, range(len(rows))))
    return sheet._replace(blocks=tuple(blocks))


def load(path: str) -> State | None:
    """The state that is kept at a place; None where there is none, or it is not whole."""
    try:
        data = cache.read(path)
        view, size = memoryview(data), int.from_bytes(data[4:8], "big")
        if crc32(view[8:]) != int.from_bytes(data[:4], "big"):
            return None
        identity, root, looked, sheets, named, sizes = marshal.loads(view[8 : 8 + size])
        read = tuple([Sheet._make((*rest, tuple(map(Block._make, blocks)))) for *rest, blocks in sheets])
    except (OSError, ValueError, EOFError, TypeError):
        return None
    return State(identity, root, looked, read, named, sizes, view[8 + size :])


def save(path: str, state: State, told: list[bytes | memoryview]) -> None:
    """Keeps a state, best effort; `told` is its text in pieces."""
    sheets = [(*sheet[:-1], list(map(tuple, sheet.blocks))) for sheet in state.sheets]
    try:
        index = marshal.dumps((state.identity, state.root, state.looked, sheets, state.named, state.sizes))
    except ValueError:  # what marshal has no form for
        return
    check = crc32(index)
    for piece in told:
        check = crc32(piece, check)
    cache.write(path, check.to_bytes(4, "big"), len(index).to_bytes(4, "big"), index, *told)
