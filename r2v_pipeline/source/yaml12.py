"""Our YAML reader: one loop over PyYAML's C event stream.

Neither PyYAML's constructor nor its composer runs.  They resolve YAML 1.1, keep the last of two equal keys, lose
positions, crash the interpreter on deep nesting and expand merge bombs; a loop over events does none of that, gives
every key and value its offsets, and is several times faster.  Limits are held before anything is built.
"""

from __future__ import annotations

from typing import Any

from r2v_pipeline.source.libyaml import EventParser, ReaderError, YAMLError  # isort: split

from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

from r2v_pipeline.diagnostics import Diagnostic, Label, SourceText, Span, error
from r2v_pipeline.source.nodes import Map, Seq, pack, shift
from r2v_pipeline.source.scalars import plain, tagged

MAX_DEPTH = 50
MAX_SCALAR = 1 << 20
MAX_KEY = 128
EXPANSION = 20


# Characters that no text of a storyboard may hold: they would reach terminals, captions and vendors.
def _has_control(text: str) -> bool:
    if text.isprintable():
        return False
    return any((code < 32 and char not in "\n\t") or 127 <= code <= 159 for char in text if (code := ord(char)) < 160)


class Refused(Exception):
    """Stops the reading of one file: after this diagnostic nothing sensible can follow."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        self.diagnostic = diagnostic


def load_yaml(source: SourceText) -> tuple[Any, tuple[Diagnostic, ...]]:
    """The value of a YAML text, and what is wrong with it; the value is None when the text cannot be read at all.

    Containers are `Map` and `Seq`; scalars str, int, float, bool or None; keys always text.
    """
    reader = _Reader(source, source.text, 0)
    try:
        return reader.read(), tuple(reader.found)
    except Refused as refused:
        return None, (*reader.found, refused.diagnostic)
    except YAMLError as problem:
        return None, (*reader.found, _not_yaml(source, problem))


def read_part(source: SourceText, start: int, end: int, depth: int) -> Any:
    """The value of a stretch of a text that is YAML by itself, its positions those of the whole.

    `depth` is how many containers of the whole stand around it.  None when anything is wrong with it, or it holds
    nothing: what is wrong is said of the whole text, never of a part.
    """
    reader = _Reader(source, source.text[start:end], depth)
    try:
        value = reader.read()
    except (Refused, YAMLError):
        return None
    if reader.found:
        return None
    shift(value, start)
    return value


class _Reader:
    """One pass over one file.

    The stack holds the open containers; `key` is the pending key of the innermost map, None when a key is due.
    `sizes` counts what each container holds once every alias in it is followed, `merged` what was merged into it, equal
    keys counted each time: the expansion limit is checked when an alias or merge is met, so a bomb is refused before it
    is built.
    """

    def __init__(self, source: SourceText, text: str, depth: int) -> None:
        """`text` is what is read of the source; `depth` counts the containers around it."""
        self.source = source
        self.depth = depth
        self.found: list[Diagnostic] = []
        self.text = text
        self.parser = EventParser(text)
        self.anchors: dict[str, Any] = {}
        self.sizes: dict[int, int] = {}
        self.merged: dict[int, int] = {}
        self.own = 0
        self.extra = 0
        self.widest: Span | None = None
        self.cache: dict[str, Any] = {}

    def read(self) -> Any:
        get = self.parser.get_event
        event = get()
        while event.__class__ is not DocumentStartEvent:
            if event.__class__ is StreamEndEvent:
                raise self._refuse("R2V002", "the file is empty", 0, 0, "start with 'r2v: 1', or run 'r2v init'")
            event = get()
        value = self._node(get())
        self._check_expansion()
        get()
        event = get()
        if event.__class__ is not StreamEndEvent:
            at = event.start_mark.index
            raise self._refuse(
                "R2V002", "a second YAML document in one file", at, at + 3, "put it into a file of its own"
            )
        return value

    def _node(self, event: Any) -> Any:
        """Builds one value with an explicit stack: nesting never becomes recursion.

        Most of the time of reading a storyboard is spent in this loop, so the common scalar and the common key are
        dealt with in place; whatever is special about one goes to a method.
        """
        get, known = self.parser.get_event, self.cache
        stack: list[tuple[Any, tuple[str, int] | None]] = []
        holder: Any = Seq(self.source, 0)
        key: tuple[str, int] | None = None
        while True:
            kind = event.__class__
            self.own += 1
            if kind is ScalarEvent:
                start, text = event.start_mark.index, event.value
                if key is None and holder.__class__ is Map:
                    special = event.style == '"' or event.tag is not None or len(text) > MAX_KEY
                    key, event = self._key(event) if special else (text, start), get()
                    continue
                plain_text = not event.style and event.tag is None and event.anchor is None
                value = known.get(text, self) if plain_text else self
                value, end = self._scalar(event) if value is self else value, event.end_mark.index
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                self.own -= 1
                value, start, end = holder, holder.start, self._close(holder, event)
                holder, key = stack.pop()
            else:
                self._no_complex_key(holder, key, event)
                if kind is not AliasEvent:
                    stack.append((holder, key))
                    holder, key, event = self._open(event, len(stack) + self.depth), None, get()
                    continue
                value, start, end = self._alias(event, stack, holder), event.start_mark.index, event.end_mark.index
            if key is None:
                holder.append(value)
                holder.origin.marks.append(pack(0, start, end))
            elif key[0] in holder or key[0] == "<<":
                self._put(holder, key, value, start, end)
            else:
                holder[key[0]] = value
                holder.origin.marks[key[0]] = (key[1] << 64) | (start << 32) | end  # pack(), in place
            key = None
            if not stack:
                return holder[0]
            event = get()

    def _open(self, event: Any, depth: int) -> Map | Seq:
        start = event.start_mark.index
        if depth > MAX_DEPTH:
            raise self._refuse("R2V001", f"nested deeper than {MAX_DEPTH} levels", start, start + 1)
        if event.tag not in (None, "!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"):
            self._tag_trouble(f"the tag {event.tag} is not one of YAML's core types", event)
        made: Map | Seq = (Map if event.__class__ is MappingStartEvent else Seq)(self.source, start)
        if event.anchor:
            self._name(event, made)
        return made

    def _close(self, holder: Map | Seq, event: Any) -> int:
        end = int(event.end_mark.index)
        if end == event.start_mark.index:  # a block ends where the next token starts: give back the white space
            marks = holder.marks  # empty where all that a map has was merged into it
            last = (marks[next(reversed(marks))] if isinstance(marks, dict) else marks[-1]) if marks else 0
            end = max(holder.start, last & 0xFFFFFFFF)
        holder.end = end
        if self.anchors:
            children = holder.values() if isinstance(holder, dict) else holder
            own = 1 + sum(self.sizes.get(id(c), 1) for c in children)
            self.sizes[id(holder)] = own + self.merged.get(id(holder), 0)
        return end

    def _key(self, event: Any) -> tuple[str, int]:
        text, start = event.value, event.start_mark.index
        if len(text) > MAX_KEY:
            raise self._refuse("R2V001", f"a key of {len(text)} characters", start, start + 20)
        if event.style == '"' and _has_control(text):
            self._control(event)
        if event.tag is not None and event.tag != "tag:yaml.org,2002:str":
            self._tag_trouble("a key is plain text", event)
        return text, start

    def _scalar(self, event: Any) -> Any:
        text = event.value
        if len(text) > MAX_SCALAR:
            at = event.start_mark.index
            raise self._refuse("R2V001", f"a text of {len(text):,} characters (at most {MAX_SCALAR:,})", at, at + 1)
        value = text
        if event.tag is not None:
            try:
                value = tagged(event.tag, text)
            except ValueError as why:
                self._tag_trouble(str(why), event)
        elif event.implicit[0] and event.style != "'":
            value = self.cache.get(text, self)
            if value is self:
                value = self.cache[text] = self._plain(text, event)
        elif event.style == '"' and _has_control(text):
            self._control(event)
        if event.anchor:
            self._name(event, value)
        return value

    def _name(self, event: Any, value: Any) -> None:
        """Notes what an anchor stands for; a second of the same name would change what the aliases after it mean."""
        if event.anchor in self.anchors:
            raise self._refuse_at("R2V002", f"the anchor &{event.anchor} is given twice", self._span(event))
        self.anchors[event.anchor] = value

    def _plain(self, text: str, event: Any) -> Any:
        try:
            return plain(text)
        except ValueError as why:
            self.found.append(error("R2V101", str(why), self._span(event), "put it in quotes if it is meant as text"))
            return text

    def _put(self, holder: Map, key: tuple[str, int], value: Any, start: int, end: int) -> None:
        name, at = key
        if name == "<<":
            self._merge(holder, value, Span(self.source, start, end))
            return
        if name in holder.marks:
            first = holder.key_span(name)
            here = Span(self.source, at, at + len(name))
            self.found.append(
                error(
                    "R2V003", f"the key '{name}' is given twice", here, "keep one", (Label(first, "first given here"),)
                )
            )
            return
        if holder.merged:
            holder.merged.pop(name, None)
        holder[name] = value
        holder.marks[name] = pack(at, start, end)

    def _alias(self, event: Any, stack: list[Any], holder: Any) -> Any:
        name = event.anchor
        if name not in self.anchors:
            raise self._refuse_at("R2V002", f"the alias *{name} has no anchor &{name} before it", self._span(event))
        value = self.anchors[name]
        if value is holder or any(value is open_ for open_, _ in stack):
            raise self._refuse_at("R2V002", f"the alias *{name} stands inside its own anchor", self._span(event))
        self.extra += self.sizes.get(id(value), 1) - 1
        self.widest = self.widest or self._span(event)
        if self.extra > 1 << 20:  # far past any real file; the exact limit is checked when the node count is known
            self._check_expansion(final=False)
        return value

    def _merge(self, holder: Map, value: Any, span: Span) -> None:
        sources = value if isinstance(value, Seq) else [value]
        for origin in sources:
            if not isinstance(origin, Map):
                self.found.append(error("R2V101", "'<<' merges a mapping, or a list of mappings", span))
                return
            size = self.sizes.get(id(origin), len(origin))
            self.merged[id(holder)] = self.merged.get(id(holder), 0) + size
            self.extra += size
            self.widest = self.widest or span
            if self.extra > 1 << 16:
                self._check_expansion(final=False)
            for name, item in origin.items():
                if name not in holder:
                    holder[name] = item
                    holder.merged = holder.merged or {}
                    holder.merged[name] = origin

    def _check_expansion(self, final: bool = True) -> None:
        """Growth is limited to `EXPANSION` times the own nodes; before the end is known, the length bounds those."""
        own = self.own if final else len(self.source.text)
        if self.extra + own > EXPANSION * own:
            raise self._refuse_at(
                "R2V001",
                f"aliases and merges expand this file to {self.extra + self.own:,} nodes,"
                f" more than {EXPANSION} times its own",
                self.widest or Span(self.source, 0, 0),
            )

    def _no_complex_key(self, holder: Any, key: tuple[str, int] | None, event: Any) -> None:
        if holder.__class__ is not Map or key is not None:
            return
        at = event.start_mark.index
        if event.__class__ is MappingStartEvent and self.text[at - 1 : at + 1] == "{{":
            message = "a text that begins with '{{' needs quotes: without them YAML reads a map"
            raise self._refuse("R2V002", message, at - 1, at + 1, 'write it as "{{ … }} …"')
        raise self._refuse_at("R2V101", "a key must be text", self._span(event))

    def _control(self, event: Any) -> None:
        self.found.append(
            error("R2V101", "control characters have no place in a storyboard", self._span(event), "remove the escape")
        )

    def _tag_trouble(self, message: str, event: Any) -> None:
        self.found.append(error("R2V101", message, self._span(event), "leave the tag out"))

    def _span(self, event: Any) -> Span:
        return Span(self.source, event.start_mark.index, event.end_mark.index)

    def _refuse(self, code: str, message: str, start: int, end: int, help: str = "") -> Refused:
        return Refused(error(code, message, Span(self.source, start, end), help))

    def _refuse_at(self, code: str, message: str, span: Span) -> Refused:
        return Refused(error(code, message, span))


def _not_yaml(source: SourceText, problem: Any) -> Diagnostic:
    """PyYAML's trouble in our form: its own words, our place."""
    length = len(source.text)
    if isinstance(problem, ReaderError):
        at = min(problem.position if isinstance(problem.position, int) else 0, max(length - 1, 0))
        which = f" (U+{ord(source.text[at]):04X})" if length else ""
        message = f"not YAML: a character that no YAML file may hold{which}"
        return error("R2V002", message, Span(source, at, at + 1), "remove it")
    mark = getattr(problem, "problem_mark", None) or getattr(problem, "context_mark", None)
    at = min(mark.index, length) if mark else 0
    context = getattr(problem, "context", None)
    words = getattr(problem, "problem", None) or context or "cannot be read"
    opened = getattr(problem, "context_mark", None)
    labels: tuple[Label, ...] = ()
    if context and opened and opened.index < at:
        labels = (Label(Span(source, opened.index, opened.index + 1), context),)
    line = source.line(source.position(at)[0])
    return error("R2V002", f"not YAML: {words}", Span(source, at, min(at + 1, length)), _hint(words, line), labels)


def _hint(words: str, line: str) -> str:
    """What most often mends it; `line` is the line that the parser could not read."""
    if "tab" in words or "cannot start any token" in words:
        return "indent with spaces, never with tabs"
    if "mapping values are not allowed" in words:
        return "a text with ': ' in it needs quotes"
    if "did not find expected" in words and "{{" in line:
        return 'a text with {{ … }} in it needs quotes: "{{ … }} …"'
    if "did not find expected" in words:
        return "check the indentation and the closing quotes and brackets above"
    return ""
