"""A user's mistakes are values: collected, returned, printed together.

A `Span` is two character offsets into one `SourceText`; lines and columns are worked out when somebody looks, so that
a storyboard of 10,000 shots can carry a position on every node and pay for none of them.
"""

from bisect import bisect_right
from collections.abc import Callable
from typing import Any, NamedTuple


class SourceText:
    """One text file as it was read: the name it is shown under, and its characters (no byte order mark)."""

    __slots__ = ("_lines", "name", "text")

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self._lines: list[int] | None = None

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of a character offset, both counted from 1, in characters."""
        starts = self._starts()
        line = bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line counted from 1, without its line break; empty past the end."""
        starts = self._starts()
        if not 1 <= number <= len(starts):
            return ""
        end = starts[number] if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r\n")

    def _starts(self) -> list[int]:
        if self._lines is None:
            starts, at = [0], self.text.find("\n")
            while at >= 0:
                starts.append(at + 1)
                at = self.text.find("\n", at + 1)
            self._lines = starts
        return self._lines


class Span:
    """Where something was written: `source.text[start:end]`.

    Nearly no span is ever looked at, so one may be made `late`: without its offsets, and with whom to ask for them.
    """

    __slots__ = ("_end", "_find", "_source", "_start")

    def __init__(self, source: SourceText, start: int, end: int) -> None:
        self._source = source
        self._start = start
        self._end = end
        self._find: tuple[Callable[[Any], Span], Any] | None = None

    @classmethod
    def late(cls, find: Callable[[Any], "Span"], what: Any) -> "Span":
        """The span that `find` gives for `what`; it is called when the span is first looked at."""
        made = object.__new__(cls)
        made._find = (find, what)
        return made

    @property
    def source(self) -> SourceText:
        return self._found()._source

    @property
    def start(self) -> int:
        return self._found()._start

    @property
    def end(self) -> int:
        return self._found()._end

    def _found(self) -> "Span":
        if self._find is not None:
            find, what = self._find
            found = find(what)
            self._source, self._start, self._end, self._find = found.source, found.start, found.end, None
        return self

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Span):
            return NotImplemented
        return self.source is other.source and self.start == other.start and self.end == other.end

    def __hash__(self) -> int:
        return hash((self.source, self.start, self.end))

    def __repr__(self) -> str:
        return f"Span({self.source.name!r}, {self.start}, {self.end})"

    @property
    def file(self) -> str:
        return self.source.name

    @property
    def line(self) -> int:
        return self.source.position(self.start)[0]

    @property
    def column(self) -> int:
        return self.source.position(self.start)[1]

    @property
    def end_line(self) -> int:
        return self.source.position(max(self.start, self.end))[0]

    @property
    def end_column(self) -> int:
        """One past the last character, as editors and SARIF count."""
        return self.source.position(max(self.start, self.end))[1]

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Label(NamedTuple):
    """A second place that belongs to a diagnostic, with a word on why it is shown."""

    span: Span
    text: str


class Edit(NamedTuple):
    """A replacement in a source file: the characters of `span` become `text`."""

    span: Span
    text: str


class Diagnostic(NamedTuple):
    """One mistake.

    `code` is stable (`R2V104`), `severity` is `error` or `warning`, `message` says what is wrong, `help` what to do.
    `span` is None only for what has no place in a file (an unreadable path given on the command line).  `edits` mend it
    where there is one right answer; without one they are empty.
    """

    code: str
    severity: str
    message: str
    span: Span | None
    help: str = ""
    labels: tuple[Label, ...] = ()
    edits: tuple[Edit, ...] = ()


def error(
    code: str,
    message: str,
    span: Span | None,
    help: str = "",
    labels: tuple[Label, ...] = (),
    edits: tuple[Edit, ...] = (),
) -> Diagnostic:
    """A diagnostic that stops the build."""
    return Diagnostic(code, "error", message, span, help, labels, edits)


def warning(code: str, message: str, span: Span | None, help: str = "", labels: tuple[Label, ...] = ()) -> Diagnostic:
    """A diagnostic that is shown and lets the build go on."""
    return Diagnostic(code, "warning", message, span, help, labels)


def has_errors(diagnostics: tuple[Diagnostic, ...] | list[Diagnostic]) -> bool:
    """Whether any of them stops the build."""
    return any(d.severity == "error" for d in diagnostics)


def in_order(diagnostics: tuple[Diagnostic, ...] | list[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Sorted as a reader meets them: by file, place, code; each cause once."""

    def place(d: Diagnostic) -> tuple[str, int, str, str]:
        return (d.span.file, d.span.start, d.code, d.message) if d.span else ("", 0, d.code, d.message)

    unique: dict[tuple[str, str, Span | None], Diagnostic] = {}
    for d in diagnostics:
        # A value that the reader refused has the wrong form for the schema too: the first said is the cause.
        unique.setdefault((d.code, "" if d.code == "R2V101" else d.message, d.span), d)
    return tuple(sorted(unique.values(), key=place))


# What is compared letter by letter: a thousand mistakes beside a thousand names would take as long as a million.
_MOST_GUESSES = 30
_LONGEST_GUESS = 100


def nearest(word: str, candidates: list[str] | tuple[str, ...]) -> str:
    """The candidate that a typist most likely meant, or an empty string.

    difflib is imported only here: a storyboard without mistakes never pays for it.
    """
    from difflib import get_close_matches

    if len(word) > _LONGEST_GUESS:
        return ""
    word = word.lower()
    folded = {c.lower(): c for c in sorted(candidates) if len(c) <= 2 * _LONGEST_GUESS}
    names = list(folded)
    if len(names) > _MOST_GUESSES:
        pairs = [word[at : at + 2] for at in range(len(word) - 1)]
        names.sort(key=lambda name: -sum(pair in name for pair in pairs))
        del names[_MOST_GUESSES:]
    close = get_close_matches(word, names, n=1, cutoff=0.6)
    return folded[close[0]] if close else ""


def did_you_mean(word: str, candidates: list[str] | tuple[str, ...], what: str = "") -> str:
    """A help line for a name that nothing declares: the near miss, else the whole (shortened) list."""
    near = nearest(word, candidates)
    if near:
        return f"did you mean '{near}'?"
    if not candidates:
        return ""
    names = sorted(candidates)
    shown = ", ".join(names[:12]) + (f", … ({len(names)} in all)" if len(names) > 12 else "")
    return f"{what or 'known'}: {shown}"
