"""Whole templates, rendered where they can do no harm: what `{{ dotted.names }}` alone does not need.

The rendering itself is in render.py and runs in a process of its own (process.py).  Here a scope becomes
plain data, the answer becomes text and mentions, and what one storyboard may spend on templates is counted.
"""

from __future__ import annotations

import marshal
import os
import re
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from r2v_pipeline.compile.jinja.process import CannotStart, Died, Process
from r2v_pipeline.compile.scope import Scope, Trouble, unknown
from r2v_pipeline.errors import EnvironmentTrouble

if TYPE_CHECKING:
    from r2v_pipeline.compile.jinja.render import Renderer

# Seconds of processor time.  One template gets MOST.  The rendering of all templates of a storyboard shares FIRST and a
# little for each: several times what one takes that writes a prompt.  When one had to be killed the storyboard is
# refused anyway, and the others share LAST to be looked at.
MOST = 0.5
FIRST = 1.0
EACH = 0.0005
EACH_FILE = 0.001
LAST = 0.25
_MOST_DEATHS = 3
_TOGETHER = "the templates of this storyboard take too long together"

_AGAIN = 10  # times MOST, for a template that has been rendered before

# The form of marshalled values that depends on nothing but the values.
_PLAIN = 2
_WORD = re.compile(r"[^\W\d]\w*")
_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_REMEMBERED = 4 << 20

Source = Callable[[str], "str | None"]
# Text, values of names, words for cast members, file name: what render.Request holds.
_Request = tuple[str, dict[str, Any], dict[str, str], str]


class Placed(NamedTuple):
    """A trouble and the template file it is in; empty for the text itself."""

    trouble: Trouble
    file: str


class _Answer(NamedTuple):
    text: str
    mentions: list[tuple[str, bool]]
    failure: tuple[str, str, int, str] | None


def expand_template(text: str, scope: Scope) -> tuple[str, Trouble | None]:
    """An inline text with template syntax, expanded."""
    words = set(_WORD.findall(text))
    words |= {word[:1].lower() + word[1:] for word in words}
    values = {name: scope.roots[name] for name in words if name in scope.roots}
    names = {name: scope.names[name] for name in words if name in scope.members}
    answer = _answer(scope, (text, values, names, ""), _no_files)
    if answer.failure and answer.failure[0] == "absent":
        place = line_range(text, answer.failure[2])
        return "", Trouble("R2V402", "template: a text includes no files", *place, "a 'template:' of the project may")
    return answer.text, _trouble(answer.failure, text, scope) if answer.failure else None


def expand_file(name: str, text: str, scope: Scope, source: Source) -> tuple[str, Placed | None]:
    """A template file's text.  `source` gives the text of a file that it includes, by name, or None."""
    answer = _answer(scope, (text, dict(scope.roots), dict(scope.names), name), source)
    if not answer.failure:
        return answer.text, None
    file = answer.failure[3]
    own = text if file in ("", name) else source(file) or ""
    return "", Placed(_trouble(answer.failure, own, scope), "" if file == name else file)


def _answer(scope: Scope, request: _Request, source: Source) -> _Answer:
    """What a template gives; whom it mentions is told to the scope."""
    with _lock:
        if not _metered or _metered[0].members is not scope.members:
            _metered[:] = [_Meter(scope)]
        answer = _metered[0].answer(request, source)
    for mention in answer.mentions:
        scope.mention(*mention)
    return answer


def in_haste() -> bool:
    """Whether the templates of the last storyboard used up half of what they have together: of whether they are done
    in time nothing can be said then."""
    board = _renderer.board
    return board is not None and board.left < FIRST / 2


def _no_files(_name: str) -> None:
    return None


class _Meter:
    """One storyboard's templates: what they have in common, what they have cost, what is known of them already.

    A storyboard is told from another by its cast.
    """

    def __init__(self, scope: Scope) -> None:
        self.members = scope.members
        self.shared = {name: value for name, value in scope.roots.items() if name not in ("shot", "segment")}
        self.cast = {id: member.fields for id, member in scope.members.items()}
        self.left = FIRST
        self.deaths = 0
        self.told = False
        self.known: dict[bytes, _Answer] = {}
        self.size = 0
        self.fine: set[int] = set()

    def answer(self, request: _Request, source: Source) -> _Answer:
        """What a template gives; the same template with the same words is rendered once."""
        text, values, words, file = request
        own = {name: value for name, value in values.items() if self.shared.get(name) is not value}
        request = (text, own, words, file)
        key = marshal.dumps(request, _PLAIN)
        if key not in self.known:
            before = hash(marshal.dumps((text, own, file), _PLAIN))
            answer = self._again(request, source) if before in self.fine else self._rendered(request, source)
            if not answer.failure:
                self.fine.add(before)
            self.size += len(key) + len(answer.text)
            if self.size > _REMEMBERED:
                self.known.clear()
                self.size = 0
            self.known[key] = answer
        return self.known[key]

    def _rendered(self, request: _Request, source: Source) -> _Answer:
        if not self.told:
            self.left += EACH_FILE if request[3] else EACH
        if self.left <= 0 or self.deaths >= _MOST_DEATHS:
            return self._refused(_TOGETHER)
        allowed = min(MOST, self.left)
        try:
            text, mentions, failure, took = _renderer.render(self, allowed, request, source)
        except Died as why:
            self.deaths += 1
            self.left = min(self.left - allowed, LAST)
            long = f"takes longer than {MOST:g} s" if allowed == MOST else _TOGETHER
            return self._refused(long if why.too_long else "cannot be rendered: it grows too large or too deep")
        self.left -= took
        return _Answer(text, mentions, failure)

    def _refused(self, message: str) -> _Answer:
        """The first that is cut off is the one that is told of; which others share its fate is chance."""
        if self.told:
            return _Answer("", [], None)
        self.told = True
        return _Answer("", [], ("slow", message, 1, ""))

    def _again(self, request: _Request, source: Source) -> _Answer:
        """The same template with other names for the cast, or after its answer was forgotten: it has been found fine.

        Raises:
            EnvironmentTrouble: it is not done in many times what it may take.  No text of a prompt is ever left out.
        """
        try:
            text, mentions, failure, _ = _renderer.render(self, _AGAIN * MOST, request, source)
        except Died:
            raise EnvironmentTrouble("this machine is too busy to render the templates", "try again later") from None
        return _Answer(text, mentions, failure)


class _Renderer:
    """The place where templates render: another process, or this one where there can be none."""

    def __init__(self) -> None:
        self.process: Process | None = None
        self.here: Renderer | None = None
        self.source: Source = _no_files
        self.board: _Meter | None = None

    def render(self, meter: _Meter, seconds: float, request: _Request, source: Source) -> Any:
        """As `Process.render`, for a template of the storyboard that `meter` belongs to."""
        try:
            self._prepare(meter)
            if self.process:
                return self.process.render(seconds, request, source)
            return self._alarmed(seconds, request, source)
        except BaseException:  # an interrupt too: the next template must not read this one's answer
            self.process = self.board = None
            raise

    def _prepare(self, meter: _Meter) -> None:
        """Sees that there is a place to render in, and that it knows the storyboard."""
        if self.process and self.process.owner != os.getpid():  # after a fork the pipes belong to the parent
            self.process = None
        if self.process and self.board is not meter:
            try:
                self.process.board(meter.shared, meter.cast)
            except Died:  # while it was idle, by no fault of a template
                self.process = None
        if self.process is None and self.here is None:
            try:
                self.process = Process()
                self.process.board(meter.shared, meter.cast)
            except CannotStart:
                self.here = self._in_this_process()
        if self.here and self.board is not meter:
            self.here.board(meter.shared, meter.cast)
        self.board = meter

    def _in_this_process(self) -> Renderer:
        from r2v_pipeline.compile.jinja.render import Renderer

        return Renderer(lambda name: self.source(name))

    def _alarmed(self, seconds: float, request: _Request, source: Source) -> Any:
        from r2v_pipeline.compile.deadline import TooLong, at_most
        from r2v_pipeline.compile.jinja.render import Request

        assert self.here is not None
        self.source = source
        try:
            with at_most(seconds):
                text, mentions, failure = self.here.render(Request(*request))
        except TooLong:
            raise Died(True) from None
        return text, mentions, failure, self.here.took


_renderer = _Renderer()
_metered: list[_Meter] = []
_lock = threading.Lock()


def _trouble(failure: tuple[str, str, int, str], text: str, scope: Scope) -> Trouble:
    """A failure as a trouble at its line, or at its very word where there is one."""
    kind, message, line, _ = failure
    start, end = line_range(text, line)
    if kind == "undefined":
        return _undefined(text, message, start, end, scope)
    if kind == "absent":
        return Trouble("R2V404", f"no template is called '{message}'", *_word_range(text, message, start, end), "")
    help = "loop over less" if kind == "slow" else ""
    return Trouble("R2V402", f"template: {message}", start, end, help)


def line_range(text: str, line: int) -> tuple[int, int]:
    """The characters of a line counted from 1, without white space around them."""
    starts = [0, *(found.end() for found in _LINE_BREAK.finditer(text))]
    start = starts[min(max(line, 1), len(starts)) - 1]
    content = _LINE_BREAK.split(text[start:], maxsplit=1)[0]
    indent = len(content) - len(content.lstrip())
    return start + indent, start + max(len(content.rstrip()), indent + 1)


def _undefined(text: str, message: str, start: int, end: int, scope: Scope) -> Trouble:
    names = re.findall(r"'([^']*)'", message)
    name = names[-1] if names else ""
    if "is undefined" in message and names:
        name = names[0]
    start, end = _word_range(text, name, start, end)
    if "is undefined" in message:
        return unknown(name, scope)._replace(start=start, end=end)
    return Trouble("R2V401", f"there is no field '{name}' here", start, end, "")


def _word_range(text: str, word: str, start: int, end: int) -> tuple[int, int]:
    """The characters of a word within a stretch of text; the whole stretch where it is not in it."""
    found = re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text[start:end]) if word else None
    return (start + found.start(), start + found.end()) if found else (start, end)
