"""Plain block YAML, read by lines: maps, lists and values on one line, and nothing that could mean something else.

Whatever is not certain is declined, and the event reader reads it.  The text is known to hold no tab, no control
character and no line end but a line feed (blocks.py has looked).
"""

from __future__ import annotations

import re
from typing import Any

from r2v_pipeline.source.nodes import Map, Origin, Seq
from r2v_pipeline.source.scalars import NotANumber, plain

_DEEPEST = 20
_REMEMBERED = 8192

_KEY = re.compile(r"( *)(- +)?([A-Za-z_][A-Za-z0-9_-]{0,99})(:?)")
_ITEM = re.compile(r"( *)- +([^ #].*)")
# A block scalar all of whose lines have one indentation; empty lines may only follow it.
_BLOCK = re.compile(
    r"^( *(?:- +)?)([A-Za-z_][A-Za-z0-9_-]*: )([|>])(-?)\n( +)(?! )"
    r"(.*[^ \n]\n(?:\5(?! ).*[^ \n]\n)*+)\n*+(?!\5| +(?:\n|\Z))",
    re.MULTILINE,
)
# One token of a flow collection, with the spaces after it.
_TOKEN = re.compile(
    r"""[][{},]\ * | "[^"\\]*"\ * | '[^']*'\ * | [A-Za-z_][A-Za-z0-9_-]{0,99}:\ +
    | (?: https:// | [^\x00-')*,:-@[-^`{-\x7f-] | -(?=[A-Za-z0-9.]) ) [^][{},:?\#]*""",
    re.VERBOSE,
)

_TEXT = frozenset("ABCDEGHIJKLMOPQRSUVWXYZabcdeghijklmopqrsuvwxyz")  # no number, null or Boolean begins with these
_OTHER = frozenset("FNTfnt0123456789_./+$(~-")
_LATER: Any = object()
_new_map: Any = dict.__new__  # `Map.bare` and `Seq.bare`, of which a storyboard needs a hundred thousand
_new_seq: Any = list.__new__
_CLOSES = {"{": "}", "[": "]"}

_Place = tuple[int, int, str]  # column of the key, column of the dash before it or -1, the key; "" for a bare entry
_Open = tuple[Any, int]  # an open container, and the column of its keys or dashes


class Declined(Exception):
    """Not certain to be plain."""


class Lines:
    """Reads stretches of one file; what it learns of keys and short values serves the ones after."""

    def __init__(self) -> None:
        self._heads: dict[str, _Place] = {}  # by what stands before `: `
        self._opens: dict[str, _Place] = {}  # by a whole line that ends with the colon of a key
        self._known: dict[str, Any] = {"": _LATER}
        self._flows: dict[str, Any] = {}

    def read(self, text: str, origin: Origin) -> Map | Seq:
        """The map or list that a text holds; its containers have `origin` and no positions.

        Raises:
            Declined: when the text may mean something else.
        """
        heads, opens, known = self._heads, self._opens, self._known
        stack: list[_Open] = []
        holder: Any = None
        at, pending = -1, ""
        for line in self._lines(text):
            head, colon, value = line.partition(": ")
            place = heads.get(head) if colon else opens.get(line)
            if place is None:
                found = self._learn(line, head, colon, value)
                if found is None:
                    continue
                place, value = found
            column, dash, key = place
            if column != at or dash >= 0 or pending:
                holder, pending = _enter(stack, place, pending, origin), ""
                at = column if key else -1
            made = known.get(value, self)
            if made is self:
                made = self._value(value, origin)
            if not key:
                holder.append(made)
            elif key in holder:
                raise Declined
            elif made is _LATER:
                pending = key
            else:
                holder[key] = made
        if not stack:
            raise Declined
        if pending:
            holder[pending] = None
        root: Map | Seq = stack[0][0]
        return root

    def _lines(self, text: str) -> list[str]:
        """The lines of a text; a block scalar's are replaced by a word that stands for its value."""
        if "|" in text or ">" in text:
            text = _BLOCK.sub(self._block, text)
        return text.split("\n")

    def _block(self, found: re.Match[str]) -> str:
        before, key, style, strip, indent, lines = found.groups()
        if len(indent) <= len(before):
            raise Declined
        between = "\n" if style == "|" else " "
        word = f"\0{found.start()}"  # no text has a control character
        self._known[word] = between.join(lines[:-1].split("\n" + indent)) + ("" if strip else "\n")
        return f"{before}{key}{word}\n"

    def _learn(self, line: str, head: str, colon: str, value: str) -> tuple[_Place, str] | None:
        """Where a line belongs and its value; None for a line that says nothing."""
        found = _KEY.fullmatch(head)
        if found and bool(colon) is not bool(found[4]):
            indent, dash = len(found[1]), found[2]
            place = (indent + len(dash), indent, found[3]) if dash else (indent, -1, found[3])
            learnt = self._heads if colon else self._opens
            if len(learnt) < _REMEMBERED:
                learnt[head] = place
            return place, value
        bare = line.lstrip(" ")
        if not bare or bare[0] == "#":
            return None
        item = _ITEM.fullmatch(line)
        if item is None:
            raise Declined
        return (-2, len(item[1]), ""), item[2]

    def _value(self, written: str, origin: Origin) -> Any:
        """A value on one line; `_LATER` where it follows on the next ones, or is empty."""
        text = written.strip(" ")
        first = text[:1]
        if not first or first == "#":
            return _LATER
        if first in "\"'":
            value: Any = _quoted(text, first)
        else:
            if " #" in text:
                text = text[: text.index(" #")].rstrip(" ")
            if first in "{[":
                return self._flow(text, origin)
            if ": " in text or text[-1] == ":" or text[:2] in ("-", "- "):
                raise Declined
            if first in _TEXT or first > "\x7f":
                value = text
            elif first in _OTHER:
                value = _scalar(text)
            else:
                raise Declined
        if len(written) < 48 and len(self._known) < _REMEMBERED:
            self._known[written] = value
        return value

    def _flow(self, text: str, origin: Origin) -> Any:
        """A collection in braces or brackets.  The flat ones are remembered: a film repeats its camera moves."""
        same = self._flows.get(text)
        if same is not None:
            if same.__class__ is Map:
                again = _new_map(Map)
                again.update(same)
            else:
                again = _new_seq(Seq)
                again += same
            again.origin = origin
            return again
        tokens = _TOKEN.findall(text)
        if "".join(tokens) != text:
            raise Declined
        tokens.reverse()
        try:
            made = _collection(tokens, origin, 0)
        except IndexError:
            raise Declined from None
        if tokens:
            raise Declined
        children = made.values() if isinstance(made, Map) else made
        if len(self._flows) < _REMEMBERED and not any(isinstance(child, (Map, Seq)) for child in children):
            self._flows[text] = made
        return made


def _enter(stack: list[_Open], place: _Place, pending: str, origin: Origin) -> Any:
    """The container that a line's key or entry goes into: containers are opened and closed as its columns say."""
    column, dash, key = place
    start, kind = (column, Map) if dash < 0 else (dash, Seq)
    if not stack or (pending and (start > stack[-1][1] or dash == stack[-1][1])):
        opened = kind.bare(origin)
        if stack:
            stack[-1][0][pending] = opened
        stack.append((opened, start))
    else:
        if pending:
            stack[-1][0][pending] = None
        while stack[-1][1] > start or (stack[-1][1] == start and stack[-1][0].__class__ is not kind is Map):
            stack.pop()
            if not stack:
                raise Declined
        if stack[-1][1] != start or stack[-1][0].__class__ is not kind:
            raise Declined
    if kind is Seq and key:
        entry = _new_map(Map)
        entry.origin = origin
        stack[-1][0].append(entry)
        stack.append((entry, column))
    if len(stack) > _DEEPEST:
        raise Declined
    return stack[-1][0]


def _quoted(text: str, quote: str) -> str:
    """The characters between two quotes, when none is escaped and nothing but a comment follows."""
    end = text.find(quote, 1)
    after = text[end + 1 :]
    if end < 0 or (quote == '"' and "\\" in text[:end]) or (after and not after.lstrip(" ").startswith("#")):
        raise Declined
    if after and after[0] != " ":
        raise Declined
    return text[1:end]


def _scalar(text: str) -> Any:
    try:
        return plain(text)
    except NotANumber:
        raise Declined from None


def _collection(tokens: list[str], origin: Origin, depth: int) -> Any:
    """The collection that the last tokens open (they stand from back to front).

    Raises:
        Declined, IndexError: for what is not a collection of the simplest form.
    """
    opened = tokens.pop()[0]
    if depth > _DEEPEST:
        raise Declined
    made: Any = (Map if opened == "{" else Seq).bare(origin)
    closing = _CLOSES[opened]
    if tokens[-1][0] == closing:
        tokens.pop()
        return made
    while True:
        key = ""
        if opened == "{":
            key = tokens.pop().rstrip(" ")
            if key[-1] != ":" or key[:-1] in made:
                raise Declined
        value = _entry(tokens, origin, depth)
        if opened == "{":
            made[key[:-1]] = value
        else:
            made.append(value)
        after = tokens.pop()[0]
        if after == closing:
            return made
        if after != ",":
            raise Declined


def _entry(tokens: list[str], origin: Origin, depth: int) -> Any:
    """One value inside a collection."""
    first = tokens[-1][0]
    if first in "{[":
        return _collection(tokens, origin, depth + 1)
    text = tokens.pop().rstrip(" ")
    if first in "\"'":
        return text[1:-1]
    if first in "]},:" or text[-1] == ":":
        raise Declined
    return _scalar(text)
