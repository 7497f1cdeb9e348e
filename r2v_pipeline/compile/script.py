"""One shot with every text expanded: what the built-in wording, a custom template, the checks and a board all read.

A shot has dozens of texts, and is read several times: for the model, for people, for whom it names.  So its texts are
laid end to end (`Strip`), taken apart together once, and put together for each reading with the words of that reading.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from r2v_pipeline.compile.expand import expand, is_tidy, tidy
from r2v_pipeline.compile.filmhints import may_ask
from r2v_pipeline.compile.readings import Certain, Reading
from r2v_pipeline.compile.scope import NAME, Mention, Scope
from r2v_pipeline.diagnostics import Diagnostic
from r2v_pipeline.model.times import seconds_value
from r2v_pipeline.model.types import Line, Member, Segment, Shot, Text

# Between two texts of a strip, between two parts of a camera, and for a text that is not there.  No text of a
# storyboard without errors holds these signs; by the spaces around them, a space at the edge of a text is a double one.
_CUT = " \0 "
_PART = " \1 "
_NONE = "\2"

_AS_PRINTED = str.maketrans("\0\1\2", "|||")
_AS_SPACES = str.maketrans("\0\1\2", "   ")

_new = tuple.__new__

# How the texts of a shot stand in its strip: intro, prompt, style; action, camera, sound of each segment.
_FIXED, _EACH = 3, 3

# The scope of a text in the segment of this number.
ScopeOf = Callable[[int | None], Scope]


class ScriptLine(NamedTuple):
    """An expanded line of dialogue."""

    written: Line
    line: str
    tone: str


class ScriptSegment(NamedTuple):
    """An expanded segment; `first` is the first cast member that its action mentions, or empty."""

    written: Segment
    action: str
    camera: list[str]
    sound: str
    lines: Sequence[ScriptLine]
    first: str


class Script(NamedTuple):
    """An expanded shot; what is not written is empty."""

    intro: str
    prompt: str
    style: str
    negative: str
    segments: list[ScriptSegment]


class Part(NamedTuple):
    """An expanded text and where it was written; `field` names it (`intro`, `segments[1].action`)."""

    text: str
    field: str
    source: Text


class Placed(NamedTuple):
    """A text of a shot, and the number of its segment."""

    text: Text
    number: int | None


class Strip:
    """Texts laid end to end and taken apart: literal, name, literal, …, all of their names certain.

    `whole` has those that only a scope can expand, by their place in the strip, where they are left out.
    """

    __slots__ = ("certain", "pieces", "whole")

    def __init__(self, values: list[str], certain: Certain, placed: Callable[[], Iterator[Placed]]) -> None:
        """`placed` gives the texts that the values are of; it is asked only when one of them needs a scope."""
        self.certain = certain
        self.whole: dict[tuple[int, int], Placed] = {}
        strip = _CUT.join(values)
        if not _is_tidy(strip) or strip.count(_CUT) >= len(values):
            values = [_PART.join([_line(part) for part in value.split(_PART)]) for value in values]
            strip = _CUT.join(values)
        self.pieces = NAME.split(strip)
        if not _is_certain(strip, self.pieces, certain):
            self.pieces = NAME.split(_CUT.join(self._without_whole(values, placed())))

    def _without_whole(self, values: list[str], placed: Iterable[Placed]) -> list[str]:
        """The values without those texts that need a scope, which are kept for themselves."""
        parts = [value.split(_PART) for value in values]
        places = [(at, number) for at, some in enumerate(parts) for number, part in enumerate(some) if part != _NONE]
        for (at, number), text in zip(places, placed, strict=True):
            part = parts[at][number]
            if not _is_certain(part, NAME.split(part), self.certain):
                parts[at][number], self.whole[at, number] = "", text
        return [_PART.join(some) for some in parts]

    def read(self, reading: Reading, scope_of: ScopeOf, found: list[Diagnostic] | None = None) -> list[str]:
        """The texts, expanded and tidy; `found` gets what goes wrong with the words of this very reading."""
        words, rest = reading.words, iter(self.pieces)
        said = [next(rest)]
        for name in rest:
            said.append(words[name])
            said.append(next(rest))
        texts = "".join(said).replace(_NONE, "").split(_CUT)
        if self.whole or not reading.tidy:
            parts = [[tidy(part, self.certain.language) for part in text.split(_PART)] for text in texts]
            for (at, part), (text, number) in self.whole.items():
                value, problem = expand(text, scope_of(number))
                parts[at][part] = tidy(value, self.certain.language)
                if problem and found is not None:
                    found.append(problem)
            texts = [_PART.join(some) for some in parts]
        return texts

    def look(self, note: Mention, scope_of: ScopeOf) -> list[Diagnostic]:
        """Tells `note` of all that the texts name; returns what is wrong with those that need a scope."""
        members, fields = self.certain.members, self.certain.fields
        for name in self.pieces[1::2]:
            if name in members:
                note(members[name], True)
            elif name in fields:
                note(fields[name], False)
        found = [expand(text, scope_of(number))[1] for text, number in self.whole.values()]
        return [problem for problem in found if problem]


def _is_tidy(strip: str) -> bool:
    """Whether all texts of a strip are tidy; sometimes False although they are."""
    return is_tidy(strip) if strip.isascii() else is_tidy(strip.translate(_AS_PRINTED))


def _line(text: str) -> str:
    """A text on one line, without the signs of a strip."""
    return text if text == _NONE else " ".join(text.translate(_AS_SPACES).split())


def _is_certain(value: str, pieces: list[str], certain: Certain) -> bool:
    return value.count("{") == len(pieces) - 1 and certain.names.issuperset(pieces[1::2])


class Texts:
    """The texts of one shot, taken apart when it is made.

    `mentioned` are the members that the shot refers to, `named` also those that are only named in a line, the negative
    prompt or by a field: both for whoever looks to fill in.  `may_ask`: they may ask for what the film does.
    """

    __slots__ = (
        *("_certain", "_described", "_firsts", "_id", "_lines", "_negative", "_scopes"),
        *("may_ask", "mentioned", "named", "shot"),
    )

    def __init__(self, shot: Shot, certain: Certain, scopes: "Scopes", *, id: str = "") -> None:
        """`id` is what `shot.id` gives in a text: the whole shot's for a part of one."""
        self.shot = shot
        self.mentioned: frozenset[str] = frozenset()
        self.named: frozenset[str] = frozenset()
        self._id = id or shot.id
        self._certain = certain
        self._scopes = scopes
        values = self._values()
        self.may_ask = may_ask(values)
        self._described = Strip(values, certain, self._places)
        self._lines: dict[int, Strip | list[str]] = {}  # of each segment that has some; as they are heard, once read
        self._firsts: dict[int, str] = {}
        for number, segment in enumerate(shot.segments):
            if segment.lines:
                self._lines[number] = Strip([x.line.value for x in segment.lines], certain, self._said(number))
        self._negative = self._single(shot.negative) if shot.negative else None

    def script(self, reading: Reading, found: list[Diagnostic] | None = None) -> Script:
        """All texts in one reading.

        A template may look at the words that it is given, so a text that is right in one reading can be wrong in
        another: `found` gets what goes wrong.
        """
        scope_of = self._scope_of(reading.names, ignore)
        texts = self._described.read(reading, scope_of, found)
        end = _FIXED + _EACH * len(self.shot.segments)
        tones = texts[end:]
        segments = [
            _new(
                ScriptSegment,
                (
                    segment,
                    action,
                    camera.split(_PART) if camera else [],
                    sound,
                    self._script_lines(number, segment, tones) if segment.lines else (),
                    self._first(number, segment) if segment.lines else "",
                ),
            )
            for number, (segment, action, camera, sound) in enumerate(
                zip(
                    self.shot.segments,
                    texts[_FIXED:end:_EACH],
                    texts[_FIXED + 1 : end : _EACH],
                    texts[_FIXED + 2 : end : _EACH],
                    strict=True,
                )
            )
        ]
        negative = self._negative.read(reading, scope_of, found)[0] if self._negative else ""
        return Script(texts[0], texts[1], texts[2], negative, segments)

    def spoken(self, number: int) -> list[str]:
        """The lines of a segment that has some, as they are heard."""
        lines = self._lines[number]
        if isinstance(lines, Strip):
            reading = self._scopes.spoken
            lines = self._lines[number] = lines.read(reading, self._scope_of(reading.names, ignore))
        return lines

    def _script_lines(self, number: int, segment: Segment, tones: list[str]) -> list[ScriptLine]:
        """The lines of a segment; `tones` has those of the whole shot that are not used yet."""
        return [
            ScriptLine(line, said, tones.pop(0) if line.tone else "")
            for line, said in zip(segment.lines, self.spoken(number), strict=True)
        ]

    def aloud(self, text: Text) -> str:
        """A line or a card as it is heard or read in the film; it belongs to no segment there."""
        reading, value = self._scopes.spoken, text.value
        if "{" not in value and is_tidy(value) and self._certain.language != "zh":
            return value
        return self._single(text).read(reading, self._scope_of(reading.names, ignore))[0]

    def scope(self, names: Mapping[str, str], mention: Mention, number: int | None = None) -> Scope:
        """The scope of a text of the shot, `number` being that of its segment."""
        shot, scopes = self.shot, self._scopes
        roots = {**scopes.roots, "shot": {**_shot_values(shot), "id": self._id}}
        if number is not None and _tells_of_itself(shot.segments[number]):
            roots["segment"] = _segment_values(shot, number)
        return Scope(roots, scopes.cast, names, mention)

    def look(self, mentioned: set[str], named: set[str]) -> list[Diagnostic]:
        """Adds whom the texts mention and name; what is wrong with those that only a scope can expand."""
        note, aside = noting(mentioned, named), noting(None, named)
        plain, spoken = self._scopes.plain.names, self._scopes.spoken.names
        found = self._described.look(note, self._scope_of(plain, note))
        for lines in self._lines.values():
            assert isinstance(lines, Strip), "texts are looked at before they are read"
            found += lines.look(aside, self._scope_of(spoken, aside))
        if self._negative:
            found += self._negative.look(aside, self._scope_of(plain, aside))
        if self.shot.title_card:
            found += self._single(self.shot.title_card.text).look(aside, self._scope_of(spoken, aside))
        return found

    def _scope_of(self, names: Mapping[str, str], mention: Mention) -> ScopeOf:
        return lambda number: self.scope(names, mention, number)

    def _single(self, text: Text) -> Strip:
        return Strip([text.value], self._certain, lambda: iter((Placed(text, None),)))

    def _said(self, number: int) -> Callable[[], Iterator[Placed]]:
        return lambda: (Placed(line.line, number) for line in self.shot.segments[number].lines)

    def _values(self) -> list[str]:
        """The texts that describe the shot: `_FIXED` of its own, `_EACH` of each segment, the tones of all lines."""
        shot = self.shot
        values = [text.value or _NONE if text else _NONE for text in (shot.intro, shot.prompt, shot.style)]
        for segment in shot.segments:
            action, camera, sound = segment.words()
            values += (action or _NONE, _PART.join(camera) or _NONE, sound or _NONE)
        for segment in shot.segments:
            if segment.lines:
                values += [line.tone.value for line in segment.lines if line.tone]
        return values

    def _places(self) -> Iterator[Placed]:
        """The texts behind the values, in their order; what is empty has none."""
        shot = self.shot
        yield from (Placed(text, None) for text in (shot.intro, shot.prompt, shot.style) if text and text.value)
        for number, segment in enumerate(shot.segments):
            texts = (segment.action, *segment.camera, segment.sound)
            yield from (Placed(text, number) for text in texts if text and text.value)
        for number, segment in enumerate(shot.segments):
            yield from (Placed(line.tone, number) for line in segment.lines if line.tone and line.tone.value)

    def _first(self, number: int, segment: Segment) -> str:
        """The first cast member that the action of a segment mentions by a bare name, or empty."""
        first = self._firsts.get(number)
        if first is None:
            first = self._firsts[number] = self._find_first(number, segment.action) if segment.action else ""
        return first

    def _find_first(self, number: int, action: Text) -> str:
        order: list[str] = []
        pieces, known = NAME.split(action.value), self._certain.members
        if _is_certain(action.value, pieces, self._certain):
            return next((known[name] for name in pieces[1::2] if name in known), "")
        note: Mention = lambda name, bare: order.append(name) if bare else None  # noqa: E731
        expand(action, self.scope(self._scopes.plain.names, note, number))
        return order[0] if order else ""


class Scopes(NamedTuple):
    """What texts of one storyboard may name: plain values, the cast, and how members are called by people and aloud."""

    roots: Mapping[str, Any]
    cast: Mapping[str, Member]
    plain: Reading
    spoken: Reading


def noting(mentioned: set[str] | None, named: set[str]) -> Mention:
    """Notes into these sets who is named; without the first, nobody is mentioned."""

    def note(name: str, bare: bool) -> None:
        named.add(name)
        if bare and mentioned is not None:
            mentioned.add(name)

    return note


def read_by_model(shot: Shot) -> list[Text]:
    """The texts of a shot that describe what its model is to show: all but its lines and its negative prompt."""
    texts = [shot.intro, shot.prompt, shot.style]
    for segment in shot.segments:
        texts.append(segment.action)
        texts.extend(segment.camera)
        texts.append(segment.sound)
    return [text for text in texts if text is not None]


def parts_of(shot: Shot, script: Script) -> Iterator[Part]:
    """The expanded texts of a shot that a model may read, with where they were written."""
    pairs: list[tuple[str, str, Text | None]] = [
        (script.intro, "intro", shot.intro),
        (script.prompt, "prompt", shot.prompt),
        (script.style, "style", shot.style),
    ]
    for number, segment in enumerate(script.segments):
        field, written = f"segments[{number}]", segment.written
        pairs.append((segment.action, f"{field}.action", written.action))
        pairs += [
            (text, f"{field}.camera", source) for text, source in zip(segment.camera, written.camera, strict=True)
        ]
        pairs += [(line.line, f"{field}.say[{at}]", line.written.line) for at, line in enumerate(segment.lines)]
        pairs.append((segment.sound, f"{field}.sound", written.sound))
    return (Part(text, field, source) for text, field, source in pairs if source is not None)


def _shot_values(shot: Shot) -> dict[str, Any]:
    """What `shot` offers in every text.  No number: inserting a shot must not change the prompts after it."""
    return {
        "id": shot.id,
        "duration": seconds_value(shot.duration_ms),
        "take": shot.take,
        "tags": list(shot.tags),
        "meta": shot.meta,
    }


def _segment_values(shot: Shot, number: int) -> dict[str, Any]:
    segment = shot.segments[number]
    return {
        "number": number + 1,
        "count": len(shot.segments),
        "start": seconds_value(segment.start_ms),
        "end": seconds_value(segment.end_ms),
        "duration": seconds_value(segment.end_ms - segment.start_ms),
    }


def _tells_of_itself(segment: Segment) -> bool:
    """Whether a text of a segment may name `segment`, which else is no candidate for a mistyped name."""
    texts = [text for text in (segment.action, *segment.camera, segment.sound) if text and "{" in text.value]
    return any("segment" in text.value for text in (*texts, *(line.line for line in segment.lines)))


def ignore(name: str, bare: bool) -> None:
    """For readings in which a mention means nothing."""
