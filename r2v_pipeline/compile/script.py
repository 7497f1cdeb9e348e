"""One shot with every text expanded: what the built-in wording, a custom template, the checks and a board all read.

A shot has dozens of texts, and is read several times: for the model, for people, for whom it names.  So its texts are
laid end to end (`Strip`), taken apart together once, and put together for each reading with the words of that reading.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from r2v_pipeline.compile.expand import expand, is_tidy, tidy
from r2v_pipeline.compile.readings import Certain, Reading
from r2v_pipeline.compile.scope import NAME, Mention, Scope
from r2v_pipeline.diagnostics import Diagnostic
from r2v_pipeline.model.times import seconds_value
from r2v_pipeline.model.types import Line, Member, Segment, Shot, Text

# Stands between two texts of a strip.  Its spaces show where one of them begins or ends with another; no text of a
# storyboard without errors holds its middle.
_CUT = " \0 "

_new = tuple.__new__


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
        self.whole: dict[int, Placed] = {}
        strip = _CUT.join(values)
        if not _is_tidy(strip) or strip.count("\0") >= len(values):
            values = [" ".join(value.replace("\0", " ").split()) for value in values]
            strip = _CUT.join(values)
        self.pieces = NAME.split(strip)
        if not _is_certain(strip, self.pieces, certain):
            for at, text in enumerate(placed()):
                if not _is_certain(values[at], NAME.split(values[at]), certain):
                    values[at], self.whole[at] = "", text
            self.pieces = NAME.split(_CUT.join(values))

    def read(self, reading: Reading, scope_of: ScopeOf) -> list[str]:
        """The texts, expanded and tidy."""
        words, rest = reading.words, iter(self.pieces)
        said = [next(rest)]
        for name in rest:
            said.append(words[name])
            said.append(next(rest))
        texts = "".join(said).split(_CUT)
        language = self.certain.language
        if not reading.tidy:
            texts = [tidy(text, language) for text in texts]
        for at, (text, number) in self.whole.items():
            texts[at] = tidy(expand(text, scope_of(number))[0], language)
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
    return is_tidy(strip) if strip.isascii() else is_tidy(strip.replace("\0", "|"))


def _is_certain(value: str, pieces: list[str], certain: Certain) -> bool:
    return value.count("{") == len(pieces) - 1 and certain.names.issuperset(pieces[1::2])


class Texts:
    """The texts of one shot, taken apart when it is made.

    `mentioned` are the members that the shot refers to, `named` also those that are only named in a line, the negative
    prompt or by a field: both for whoever looks to fill in.
    """

    __slots__ = ("_certain", "_described", "_id", "_lines", "_negative", "_scopes", "_shapes", "mentioned", "named", "shot")

    def __init__(self, shot: Shot, certain: Certain, scopes: "Scopes", *, id: str = "") -> None:
        """`id` is what `shot.id` gives in a text: the whole shot's for a part of one."""
        self.shot = shot
        self.mentioned: frozenset[str] = frozenset()
        self.named: frozenset[str] = frozenset()
        self._id = id or shot.id
        self._certain = certain
        self._scopes = scopes
        self._shapes: list[tuple[bool, range, bool]] = []  # what each segment has: action, parts of a camera, sound
        self._described = Strip(self._values(), certain, self._places)
        self._lines: dict[int, Strip] = {}
        for number, segment in enumerate(shot.segments):
            if segment.lines:
                self._lines[number] = Strip([x.line.value for x in segment.lines], certain, self._said(number))
        self._negative = self._single(shot.negative) if shot.negative else None

    def script(self, reading: Reading) -> Script:
        """All texts in one reading."""
        shot, scope_of = self.shot, self._scope_of(reading.names, ignore)
        texts = self._described.read(reading, scope_of)
        texts.reverse()
        following = texts.pop  # the order is that of `_values`
        intro, prompt, style = [following() if text else "" for text in (shot.intro, shot.prompt, shot.style)]
        segments = []
        for number, (segment, (acts, angles, sounds)) in enumerate(zip(shot.segments, self._shapes, strict=True)):
            action = following() if acts else ""
            camera = [following() for _ in angles]
            sound = following() if sounds else ""
            lines: Sequence[ScriptLine] = ()
            first = ""
            if segment.lines:
                tones = [following() if line.tone else "" for line in segment.lines]
                lines = list(map(ScriptLine, segment.lines, self.spoken(number), tones))
                first = self._first(segment, number)
            segments.append(_new(ScriptSegment, (segment, action, camera, sound, lines, first)))
        negative = self._negative.read(reading, scope_of)[0] if self._negative else ""
        return Script(intro, prompt, style, negative, segments)

    def spoken(self, number: int) -> list[str]:
        """The lines of a segment that has some, as they are heard."""
        reading = self._scopes.spoken
        return self._lines[number].read(reading, self._scope_of(reading.names, ignore))

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
        for strip in self._lines.values():
            found += strip.look(aside, self._scope_of(spoken, aside))
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
        """The texts that describe the shot, in the order of `_places`."""
        shot = self.shot
        values = [text.value for text in (shot.intro, shot.prompt, shot.style) if text]
        for segment in shot.segments:
            action, camera, sound = segment.words()
            self._shapes.append((action is not None, range(len(camera)), sound is not None))
            if action is not None:
                values.append(action)
            values += camera
            if sound is not None:
                values.append(sound)
            if segment.lines:
                values += [line.tone.value for line in segment.lines if line.tone]
        return values

    def _places(self) -> Iterator[Placed]:
        shot = self.shot
        yield from (Placed(text, None) for text in (shot.intro, shot.prompt, shot.style) if text)
        for number, segment in enumerate(shot.segments):
            texts = (segment.action, *segment.camera, segment.sound, *(line.tone for line in segment.lines))
            yield from (Placed(text, number) for text in texts if text)

    def _first(self, segment: Segment, number: int) -> str:
        """The first cast member that the action of a segment mentions by a bare name, or empty."""
        value, known = segment.words().action, self._certain.members
        if value is None or segment.action is None:
            return ""
        order: list[str] = []
        pieces = NAME.split(value)
        if _is_certain(value, pieces, self._certain):
            return next((known[name] for name in pieces[1::2] if name in known), "")
        note: Mention = lambda name, bare: order.append(name) if bare else None  # noqa: E731
        expand(segment.action, self.scope(self._scopes.plain.names, note, number))
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


def words_for_model(shot: Shot) -> list[str]:
    """What `read_by_model` gives, without places."""
    words = [text.value for text in (shot.intro, shot.prompt, shot.style) if text]
    for segment in shot.segments:
        action, camera, sound = segment.words()
        words += [action or "", *camera, sound or ""]
    return words


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
