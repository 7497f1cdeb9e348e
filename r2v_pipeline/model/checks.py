"""Rules across fields: names resolve, times add up, files are there, claims hold.

Everything here needs only the storyboard and the file tree.  What needs expanded templates is checked in compile/, what
a model can do in the provider's dialect.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from r2v_pipeline.diagnostics import Diagnostic, Label, Span, did_you_mean, error, nearest
from r2v_pipeline.model.claims import check_expectations
from r2v_pipeline.model.links import check_first_frame, check_frames, check_overlaps
from r2v_pipeline.model.sanity import check_id, check_words, film_sounds
from r2v_pipeline.model.sharing import agreed
from r2v_pipeline.model.timing import check_segments
from r2v_pipeline.model.types import Media, Shot, Storyboard
from r2v_pipeline.source.document import Document
from r2v_pipeline.source.files import Files, Missing, Unreadable, check_media


def check_storyboard(
    storyboard: Storyboard, document: Document, files: Files, *, complete: bool
) -> tuple[list[Diagnostic], frozenset[str]]:
    """Every cross-field mistake, and the shots in which something is wrong.

    `complete` False: the schema refused parts, so claims about the whole are not compared, and of the shots that it
    hurt only the names are looked at: anything else would say the same thing twice.
    """
    found: list[Diagnostic] = []
    hurt = set(storyboard.hurt)
    main = document.main.data
    if complete and not storyboard.shots:
        span = main.key_span("shots") if "shots" in main else main.key_span("r2v")
        found.append(error("R2V102", "a storyboard needs at least one shot", span, "add one under 'shots:'"))
    for shot in storyboard.shots:
        before = len(found)
        if storyboard.names_known and not all(name in storyboard.cast for name in names_used(shot)):
            found.extend(_check_names(shot, storyboard))
        if shot.id not in storyboard.hurt:
            if not _is_timed(shot):
                found.extend(check_segments(shot))
                found.extend(_check_trim(shot))
            found.extend(_check_card(shot))
            found.extend(_check_footage(shot, files))
            if shot.first_frame in storyboard.cast:
                found.extend(check_first_frame(shot, storyboard.cast[shot.first_frame]))
            found.extend(check_id(shot))
            found.extend(check_words(shot))
        if len(found) > before:
            hurt.add(shot.id)
    if storyboard.names_known:
        found.extend(_check_cast(storyboard))
        found.extend(check_frames(storyboard))
    found.extend(_check_files(storyboard, document, files))
    if complete:
        found.extend(check_overlaps(storyboard))
        found.extend(check_expectations(storyboard, main))
    return agreed(found, (part.data for part in document.parts)), frozenset(hurt)


def uses(shot: Shot) -> Iterator[tuple[str, Span]]:
    """Every cast id that a shot names outside its texts, with the place."""
    for setting in shot.cast:
        yield str(setting.value), setting.span or shot.span
    if shot.first_frame:
        yield shot.first_frame, shot.first_frame_span or shot.span
    for segment in shot.segments:
        for line in segment.lines:
            yield line.by, line.span
            if line.to:
                yield line.to, line.to_span or line.span


def names_used(shot: Shot) -> Iterator[str]:
    """Every cast id that a shot names outside its texts."""
    for setting in shot.cast:
        yield str(setting.value)
    if shot.first_frame:
        yield shot.first_frame
    for segment in shot.segments:
        for line in segment.lines:
            yield line.by
            if line.to:
                yield line.to


def _check_names(shot: Shot, storyboard: Storyboard) -> Iterator[Diagnostic]:
    seen: set[tuple[str, Span]] = set()
    for name, span in uses(shot):
        if name not in storyboard.cast and (name, span) not in seen:
            seen.add((name, span))
            yield error("R2V201", f"no cast member is called '{name}'", span, _who(name, shot, storyboard))


def _who(name: str, shot: Shot, storyboard: Storyboard) -> str:
    """Whom a name may have meant; a first frame that is a file has a form of its own."""
    if name == shot.first_frame and ("/" in name or "." in name):
        return f"for a file write 'first_frame: {{image: {name}}}'"
    declared = [id for id in storyboard.cast if "." not in id]  # those with a dot are first frames written in place
    return did_you_mean(name, declared, "cast") or "declare it under 'cast:'"


def _is_timed(shot: Shot) -> bool:
    """Whether the times of a shot are as nearly all are: segments end to end from 0, no trim, no length by itself."""
    clock = 0
    for segment in shot.segments:
        if segment.start_ms != clock or segment.end_ms <= clock:
            return False
        clock = segment.end_ms
    return clock > 0 and not shot.trim_ms


def _check_trim(shot: Shot) -> Iterator[Diagnostic]:
    if shot.prompt and shot.duration_ms <= 0:
        yield error("R2V101", f"the shot '{shot.id}' has no length", shot.span, "give it a 'duration:' such as 5s")
    if shot.trim_ms and shot.trim_ms[1] <= shot.trim_ms[0]:
        place = shot.trim_span or shot.span
        yield error("R2V301", "trim ends where it starts, or before", place, "write it as trim: 1-3s")
    elif shot.trim_ms and shot.duration_ms and shot.trim_ms[1] > shot.duration_ms:
        end, length = shot.trim_ms[1] / 1000, shot.duration_ms / 1000
        message = f"trim ends at {end:g} s, but the shot lasts {length:g} s"
        yield error("R2V301", message, shot.trim_span or shot.span)


def _check_footage(shot: Shot, files: Files) -> Iterator[Diagnostic]:
    """A still, or a file whose length cannot be read, lasts as long as is written."""
    if shot.clip and shot.clip.path and shot.duration_ms <= 0 and _is_there(shot.clip.path, files):
        message = f"the length of '{shot.clip.path}' cannot be read from the file"
        yield error("R2V102", message, shot.clip.span, "write how long the shot lasts: 'duration: 3s'")


def _check_card(shot: Shot) -> Iterator[Diagnostic]:
    """Cards merge key by key over profile and defaults, so only here is it known that no layer gave a text."""
    if shot.title_card and not shot.title_card.text.value.strip():
        yield error("R2V102", f"the title card of '{shot.id}' has no 'text'", shot.title_card.span, "add 'text: ...'")


def _check_cast(storyboard: Storyboard) -> Iterator[Diagnostic]:
    shots = [s.id for s in storyboard.shots]
    known = set(shots)
    for member in storyboard.cast.values():
        if member.from_shot and member.from_shot.shot not in known:
            near = did_you_mean(member.from_shot.shot, shots, "shots")
            yield error("R2V201", f"no shot is called '{member.from_shot.shot}'", member.from_shot.span, near)


def _media(storyboard: Storyboard, document: Document) -> Iterator[tuple[str, Media, str, bool]]:
    """Every file: what it is called, its place, its kind, whether it goes to a provider."""
    sent = any(name != "animatic" for shot in storyboard.shots for name in shot.render.provider)
    for member in storyboard.cast.values():
        if member.media:
            owner, _, opening = member.id.partition(".")
            what = f"the first frame of shot '{owner}'" if opening else f"the {member.visual} of '{owner}'"
            yield what, member.media, member.visual, sent
        if member.voice:
            yield f"the voice of '{member.id}'", member.voice, "audio", sent
    for shot in storyboard.shots:
        if shot.clip:
            yield f"the clip of shot '{shot.id}'", shot.clip, "video", False
        if shot.audio and shot.audio.file:
            yield f"the sound of shot '{shot.id}'", shot.audio.file, "audio", False
    for what, media in film_sounds(document):
        yield what, media, "audio", False


def _check_files(storyboard: Storyboard, document: Document, files: Files) -> Iterator[Diagnostic]:
    """Missing or unusable files, each place once (defaults reach many shots)."""
    seen: set[Span] = set()
    for what, media, kind, sent in _media(storyboard, document):
        if media.span in seen:
            continue
        seen.add(media.span)
        if media.problem:
            yield error("R2V203", f"{what} {media.problem}", media.span, "use a relative path inside the project")
        elif media.path:
            try:
                check_media(files, media.path, kind, sent=sent)
            except Unreadable as why:
                near = _near_file(media, files) if isinstance(why, Missing) else ""
                yield error("R2V203", f"{what}: '{media.path}' {why}", media.span, near)


def _is_there(path: str, files: Files) -> bool:
    try:
        files.check(path)
    except Unreadable:
        return False
    return True


def _near_file(media: Media, files: Files) -> str:
    """A file beside it of nearly the same name; that folder and suffix are the same makes no name a near one."""
    folder, _, name = media.path.rpartition("/")
    beside = {_stem(path): path for path in islice(files.walk(folder), 500)} if folder else {}
    near = nearest(_stem(name), list(beside))
    return f"did you mean '{beside[near]}'?" if near else ""


def _stem(path: str) -> str:
    name = path.rpartition("/")[2]
    return name.rpartition(".")[0] or name


def cycles(edges: dict[str, list[str]], storyboard: Storyboard) -> Iterator[Diagnostic]:
    """One R2V204 for each ring of shots that wait for each other through `from:`.

    compile/ calls this, because only expanded texts say which members a shot uses.  No recursion: a chain of shots may
    be thousands long.
    """
    state: dict[str, int] = {}
    for start in edges:
        trail: list[tuple[str, Iterator[str]]] = []
        if not state.get(start):
            trail.append((start, iter(edges[start])))
            state[start] = 1
        while trail:
            here, following = trail[-1]
            step = next(following, None)
            if step is None:
                state[here] = 2
                trail.pop()
            elif state.get(step) == 1:
                names = [n for n, _ in trail]
                yield _ring(names[names.index(step) :], storyboard)
            elif step in edges and not state.get(step):
                state[step] = 1
                trail.append((step, iter(edges[step])))


def _ring(ring: list[str], storyboard: Storyboard) -> Diagnostic:
    spans = {s.id: s.span for s in storyboard.shots}
    way = " -> ".join([*ring, ring[0]])
    labels = tuple(Label(spans[name], "and this one") for name in ring[1:])
    help = "a shot can only use a picture of a shot that does not need it"
    return error("R2V204", f"shots wait for each other: {way}", spans[ring[0]], help, labels)
