"""One shot with every text expanded: what the built-in wording, a custom template, the checks and a board all read.

A shot has dozens of texts, and is read several times: for the model, for people, for whom it names.  So its texts are
laid end to end (`Strip`), taken apart together once, and put together for each reading with the words of that reading.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from r2v_pipeline.compile.expand import expand, is_tidy
from r2v_pipeline.compile.filmhints import may_ask
from r2v_pipeline.compile.readings import Certain, Reading
from r2v_pipeline.compile.scope import NAME, Mention, Scope
from r2v_pipeline.compile.strip import NONE, PART, Placed, ScopeOf, Strip, is_certain, noting
from r2v_pipeline.diagnostics import Diagnostic
from r2v_pipeline.model.times import seconds_value
from r2v_pipeline.model.types import Line, Member, Segment, Shot, Text

_new = tuple.__new__

# How the texts of a shot stand in its strip: intro, prompt, style; action, camera, sound of each segment.
_FIXED, _EACH = 3, 3


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


class Described(NamedTuple):
    """The texts that describe a shot in one reading; a camera's parts stand apart by `PART`, `tones` in one row."""

    intro: str
    prompt: str
    style: str
    actions: list[str]
    cameras: list[str]
    sounds: list[str]
    tones: list[str]


class Part(NamedTuple):
    """An expanded text and where it was written; `field` names it (`intro`, `segments[1].action`)."""

    text: str
    field: str
    source: Text


class _Apart(NamedTuple):
    """The texts of a shot, taken apart.

    `lines` are those of each segment that has some; as they are heard, once they were read.  `firsts` is whom the
    action of a segment mentions first, once somebody asked.
    """

    described: Strip
    lines: dict[int, Strip | list[str]]
    negative: Strip | None
    firsts: dict[int, str]


class Texts:
    """The texts of one shot, taken apart when it is made.

    `mentioned` are the members that the shot refers to, `named` also those that are only named in a line, the negative
    prompt or by a field: both for whoever looks to fill in.  `may_ask`: they may ask for what the film does.
    """

    __slots__ = ("_apart", "_certain", "_id", "_scopes", "may_ask", "mentioned", "named", "shot")

    def __init__(self, shot: Shot, certain: Certain, scopes: "Scopes", *, id: str = "") -> None:
        """`id` is what `shot.id` gives in a text: the whole shot's for a part of one."""
        self.shot = shot
        self.mentioned: frozenset[str] = frozenset()
        self.named: frozenset[str] = frozenset()
        self._id = id or shot.id
        self._certain = certain
        self._scopes = scopes
        values = self._values()
        self.may_ask = may_ask(values, certain.innocent)
        self._apart: _Apart | None = self._take_apart(values)

    def rest(self) -> None:
        """Drops what was taken apart: whoever reads the texts once more has it made again."""
        self._apart = None

    def _parts(self) -> "_Apart":
        if self._apart is None:
            self._apart = self._take_apart(self._values())
        return self._apart

    def _take_apart(self, values: list[str]) -> "_Apart":
        shot, certain = self.shot, self._certain
        lines: dict[int, Strip | list[str]] = {}
        for number, segment in enumerate(shot.segments):
            if segment.lines:
                lines[number] = Strip([x.line.value for x in segment.lines], certain, self._said(number))
        negative = self._single(shot.negative) if shot.negative else None
        return _Apart(Strip(values, certain, self._places), lines, negative, {})

    def described(self, reading: Reading, found: list[Diagnostic] | None = None) -> Described:
        """The texts that describe the shot, in one reading; `found` gets what goes wrong.

        A template may look at the words that it is given, so a text that is right in one reading can be wrong in
        another.
        """
        texts = self._parts().described.read(reading, self._scope_of(reading.names, ignore), found)
        end = _FIXED + _EACH * len(self.shot.segments)
        columns = texts[_FIXED:end:_EACH], texts[_FIXED + 1 : end : _EACH], texts[_FIXED + 2 : end : _EACH]
        return _new(Described, (texts[0], texts[1], texts[2], *columns, texts[end:]))

    def script(self, reading: Reading, found: list[Diagnostic] | None = None) -> Script:
        """All texts in one reading; `found` gets what goes wrong."""
        intro, prompt, style, actions, cameras, sounds, tones = self.described(reading, found)
        segments = [
            _new(
                ScriptSegment,
                (
                    segment,
                    action,
                    camera.split(PART) if camera else [],
                    sound,
                    self._script_lines(number, segment, tones) if segment.lines else (),
                    self._first(number, segment) if segment.lines else "",
                ),
            )
            for number, (segment, action, camera, sound) in enumerate(
                zip(self.shot.segments, actions, cameras, sounds, strict=True)
            )
        ]
        negative = self._parts().negative
        said = negative.read(reading, self._scope_of(reading.names, ignore), found)[0] if negative else ""
        return _new(Script, (intro, prompt, style, said, segments))

    def spoken(self, number: int) -> list[str]:
        """The lines of a segment that has some, as they are heard."""
        known = self._parts().lines
        lines = known[number]
        if isinstance(lines, Strip):
            reading = self._scopes.spoken
            lines = known[number] = lines.read(reading, self._scope_of(reading.names, ignore))
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
        plain, spoken = self._scopes.plain.names, self._scopes.spoken.names
        note, aside = noting(mentioned, named), noting(None, named)
        apart = self._parts()
        found = apart.described.look(mentioned, named, self._scope_of(plain, note))
        for lines in apart.lines.values():
            assert isinstance(lines, Strip), "texts are looked at before they are read"
            found += lines.look(None, named, self._scope_of(spoken, aside))
        if apart.negative:
            found += apart.negative.look(None, named, self._scope_of(plain, aside))
        if self.shot.title_card:
            found += self._single(self.shot.title_card.text).look(None, named, self._scope_of(spoken, aside))
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
        values = [text.value or NONE if text else NONE for text in (shot.intro, shot.prompt, shot.style)]
        for segment in shot.segments:
            action, camera, sound = segment.words()
            values += (action or NONE, PART.join(camera) or NONE, sound or NONE)
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
        firsts = self._parts().firsts
        first = firsts.get(number)
        if first is None:
            first = firsts[number] = self._find_first(number, segment)
        return first

    def _find_first(self, number: int, segment: Segment) -> str:
        action, order = segment.words()[0], list[str]()
        pieces, known = NAME.split(action), self._certain.members
        if is_certain(action, pieces, self._certain):
            return next((known[name] for name in pieces[1::2] if name in known), "")
        note: Mention = lambda name, bare: order.append(name) if bare else None  # noqa: E731
        assert segment.action is not None, "it has words"
        expand(segment.action, self.scope(self._scopes.plain.names, note, number))
        return order[0] if order else ""


class Scopes(NamedTuple):
    """What texts of one storyboard may name: plain values, the cast, and how members are called by people and aloud."""

    roots: Mapping[str, Any]
    cast: Mapping[str, Member]
    plain: Reading
    spoken: Reading


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
