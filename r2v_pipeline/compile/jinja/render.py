"""Renders the templates of one storyboard after another, from plain data to plain data.

The same code runs in the process that is made for it (child.py) and, where none can be made, in r2v's own.
Compiled templates are kept.  A text is kept by its tags alone, its prose taken out: ten thousand sentences with
`{% if night %}` around some words of theirs are one template.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jinja2
from jinja2.exceptions import SecurityError

from r2v_pipeline.compile.jinja.env import MAX_OUTPUT, WITH_CAST, Environment, MemberName

_KEPT = 500

_NEWLINE = re.compile(r"\r\n|\r|\n")
# A tag without braces in it and with none but simple texts: no reading of it can differ.
_INSIDE = r"""(?:[^{}'"\\]|'[^'{}\\]*'|"[^"{}\\]*")*"""
_TAG = re.compile(rf"(\{{\{{{_INSIDE}\}}\}}|\{{%{_INSIDE}%\}})")
# What changes the prose beside it, or how it is read.
_SPECIAL = re.compile(r"\{[{%][-+]|[-+][}%]\}|\{#|\{\{\{|\}\}\}|\b(?:raw|autoescape)\b")
# Stands in a context for a stretch of prose, with its number.
_PROSE = "r2v_prose_"


class Failure(NamedTuple):
    """What is wrong with a template.

    `kind` is one of `undefined`, `absent` (a template file), `wrong`; `line` counts from 1 in the template file `name`,
    which is empty for the text itself.
    """

    kind: str
    message: str
    line: int
    name: str


class Answer(NamedTuple):
    """A template's text, the cast members that it named (each once for its bare name and once for a field, in the
    order of the first time), and why there is no text."""

    text: str
    mentions: list[tuple[str, bool]]
    failure: Failure | None


class Request(NamedTuple):
    """A template to render.

    `values` are its names beside those of the whole storyboard; `words` what each cast member is called, for all that
    it can name; `file` is the name of the file that the text is, empty for a text of the storyboard.
    """

    text: str
    values: dict[str, Any]
    words: dict[str, str]
    file: str


class Renderer:
    """`ask` gives the text of a template file by its name, or None.

    `took` are the seconds of processor time of the last rendering, without the reading of the template: that takes as
    long as its text is, while rendering may take any time.
    """

    def __init__(self, ask: Callable[[str], str | None]) -> None:
        self.took = 0.0
        self._ask = ask
        self._shared: dict[str, Any] = {}
        self._cast: Mapping[str, Mapping[str, Any]] = {}
        self._words: Mapping[str, str] = {}
        self._mentions: dict[tuple[str, bool], None] = {}
        self._files: dict[str, str | None] = {}
        self._compiled: dict[str, jinja2.Template] = {}
        self._environment = Environment(_Loader(self._source), self._member)

    def board(self, shared: dict[str, Any], cast: Mapping[str, Mapping[str, Any]]) -> None:
        """Begins another storyboard: the names that all its texts share, and the fields of its cast."""
        self._shared = {name: value for name, value in shared.items() if _member_id(name, cast) is None}
        self._cast = cast
        self._files.clear()
        assert self._environment.cache is not None
        self._environment.cache.clear()
        self._compiled.clear()

    def render(self, request: Request) -> Answer:
        """One template's output, at most a million characters."""
        self._words, self._mentions = request.words, {}
        own = {name: value for name, value in request.values.items() if _member_id(name, self._cast) is None}
        names = {**self._shared, **own, WITH_CAST: True}
        text, failure, self.took = "", None, 0.0
        try:
            text = self._generated(request, names)
        except _Placed as placed:
            failure = placed.failure
        return Answer(text, list(self._mentions), failure)

    def _generated(self, request: Request, names: dict[str, Any]) -> str:
        text, prose = (request.text, []) if request.file else tags(request.text)
        for number, stretch in enumerate(prose):
            names[f"{_PROSE}{number}"] = stretch
        size, out = 0, []
        with _Placing(request.file):
            template = self._template(text)
            begun, looked = time.process_time(), time.perf_counter()
            try:
                for piece in template.generate(names):
                    size += len(piece)
                    if size > MAX_OUTPUT:
                        raise SecurityError("the text would be too long")
                    out.append(piece)
            finally:
                # Some systems count processor time in coarse ticks, and on a busy one the clock runs for others too.
                self.took = max(time.process_time() - begun, (time.perf_counter() - looked) / 2)
        return "".join(out)

    def _template(self, text: str) -> jinja2.Template:
        if text not in self._compiled:
            if len(self._compiled) >= _KEPT:
                self._compiled.clear()
            self._compiled[text] = self._environment.from_string(text)
        return self._compiled[text]

    def _member(self, name: str) -> MemberName | None:
        id = _member_id(name, self._cast)
        if id is None:
            return None
        word = self._words.get(id, id)
        return MemberName(id, word if id == name else word[:1].upper() + word[1:], self._cast[id], self._note)

    def _note(self, id: str, bare: bool) -> None:
        self._mentions[id, bare] = None

    def _source(self, name: str) -> str | None:
        if name not in self._files:
            self._files[name] = self._ask(name)
        return self._files[name]


class _Loader(jinja2.BaseLoader):
    """Template files by name.  The name is the file name of the compiled code, so a failure can say where it is."""

    def __init__(self, source: Callable[[str], str | None]) -> None:
        self._source = source

    def get_source(self, _: jinja2.Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        text = self._source(template)
        if text is None:
            raise jinja2.TemplateNotFound(template)
        return text, _FILE + template, lambda: True


_TEXT, _FILE = "<template>", "<template> "


class _Placed(Exception):
    """A failure whose place is known."""

    def __init__(self, failure: Failure) -> None:
        self.failure = failure


class _Placing:
    """Turns what a template raises into a `_Placed`, in the file `name` unless in one that it includes."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, problem: BaseException | None, trace: object) -> None:
        told = self._told(problem)
        if told:
            raise _Placed(told) from None

    def _told(self, problem: BaseException | None) -> Failure | None:
        line, name = _place(problem) if problem else (1, "")
        if isinstance(problem, jinja2.TemplateSyntaxError):
            line, name = problem.lineno, (problem.filename or "").removeprefix(_TEXT).removeprefix(" ")
            return self._failure("wrong", problem.message or "", line, name)
        if isinstance(problem, jinja2.TemplateNotFound):
            return self._failure("absent", str(problem.name), line, name)
        if isinstance(problem, jinja2.UndefinedError):
            return self._failure("undefined", str(problem.message), line, name)
        if isinstance(problem, MemoryError):
            return self._failure("wrong", "grows too large", line, name)
        if isinstance(problem, SyntaxError):  # Python refuses what Jinja wrote: hundreds of blocks in each other
            return self._failure("wrong", "nested too deeply", 1, "")
        if isinstance(problem, RecursionError):
            return self._failure("wrong", "nested too deeply, or it calls itself without end", line, name)
        if isinstance(problem, Exception):
            # A template that divides by zero or compares text with numbers is the author's mistake, not a bug of r2v.
            return self._failure("wrong", str(problem), line, name)
        return None

    def _failure(self, kind: str, message: str, line: int, name: str) -> Failure:
        return Failure(kind, message[:500], line, name or self._name)


def _place(problem: BaseException) -> tuple[int, str]:
    """Line and file of the innermost template frame: Jinja puts them into the traceback."""
    line, name, trace = 1, "", problem.__traceback__
    while trace:
        file = trace.tb_frame.f_code.co_filename
        if file.startswith(_TEXT):
            line, name = trace.tb_lineno, file.removeprefix(_TEXT).removeprefix(" ")
        trace = trace.tb_next
    return line, name


def _member_id(name: str, cast: Mapping[str, Any]) -> str | None:
    """The cast member that a name means, as written or with a capital."""
    if name in cast:
        return name
    small = name[:1].lower() + name[1:]
    return small if small in cast else None


def tags(text: str) -> tuple[str, list[str]]:
    """A template with its prose taken out, and the prose; each line break stays in its place.

    Where a tag could be read in two ways, the template is left whole.
    """
    if _SPECIAL.search(text) or _PROSE in text:
        return text, []
    parts = _TAG.split(_ending(text))
    if any("{{" in part or "{%" in part for part in parts[0::2]):
        return text, []
    prose: list[str] = []
    for number in range(0, len(parts), 2):
        part = parts[number]
        if part:
            parts[number] = f"{{{{ {_PROSE}{len(prose)}{chr(10) * part.count(chr(10))} }}}}"
            prose.append(part)
    return "".join(parts), prose


def _ending(text: str) -> str:
    """A text as Jinja reads it: one kind of line break, and none at its very end."""
    lines = _NEWLINE.split(text)
    if not lines[-1]:
        lines.pop()
    return "\n".join(lines)
