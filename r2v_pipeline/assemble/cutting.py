"""Which packets make the film's picture: copied where that is exact, encoded where it is not.

Packets of two clips may stand in one track only behind the same parameter sets.  So the largest group of clips that
share theirs is copied, and each odd stretch (another size or rate, a cut that no packet border allows, a title card) is
encoded, if some style yields the very parameter sets of the group: one of ours, or the one that made the clips, as far
as it can be told.  When none does, everything is encoded in the house format: a file with two sets of parameters plays
in ffmpeg and not everywhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from r2v_pipeline.assemble.conform import MATRICES, OWN, House, Report, Style, conform, sample, still
from r2v_pipeline.assemble.footage import Footage
from r2v_pipeline.assemble.timeline import Cut, Timeline
from r2v_pipeline.errors import MediaTrouble
from r2v_pipeline.media.boxes import Probe, probe
from r2v_pipeline.media.samples import read_samples
from r2v_pipeline.media.stitch import Part
from r2v_pipeline.media.x264 import alike, settings

if TYPE_CHECKING:
    from PIL.Image import Image

DrawCard = Callable[[str, int, int], "Image"]

# What plays everywhere.  `hev1` and `avc3` carry parameter sets among the pictures, where the sample entry is not all.
_COPIED = ("avc1", "hvc1")
_UNTOLD, _FULL_RANGE = 2, 2  # a matrix and a range, ITU-T H.273


class Picture(NamedTuple):
    """The stretches of the film in order, and how many of its frames were encoded for it."""

    parts: tuple[Part, ...]
    encoded: int


class Job(NamedTuple):
    """One stretch to make: a card (`card` not empty) or the clip of `cut`."""

    cut: Cut
    card: str
    frames: int


def copyable(clip: Footage, cut: Cut, film: Timeline) -> Part | None:
    """The packets of a cut, when copying them is exact: same size, square and upright pixels, the film's constant
    rate, every frame shown from 0 on, and a stretch that decodes by itself."""
    boxes = clip.boxes
    if boxes is None or boxes.codec not in _COPIED or boxes.rotation or boxes.sar != (1, 1):
        return None
    if (boxes.width, boxes.height, boxes.fps) != (film.width, film.height, (film.fps, 1)):
        return None
    if not (boxes.cfr and boxes.whole) or not cut.frames or cut.first + cut.frames > boxes.frames:
        return None
    packets = read_samples(clip.path)
    if packets is None or not packets.even or not packets.may_cut(cut.first, cut.frames):
        return None
    if cut.first and not (boxes.codec == "avc1" and packets.starts_clean(clip.path, cut.first)):
        return None
    return Part(clip.path, packets, cut.first, cut.frames)


def picture(
    film: Timeline,
    footage: Mapping[str, Footage],
    house: House,
    draw_card: DrawCard | None,
    *,
    digests: Mapping[str, str],
    report: Report,
) -> Picture:
    """Every stretch of the film as packets of some file, encoding what must be.  `house` has the default style.

    `draw_card` may be None for a film without cards.

    Raises:
        MediaTrouble, DiskTrouble: as `conform`.
    """
    copies = {cut.shot: part for cut in film.cuts if (part := copyable(footage[cut.shot], cut, film))}
    group = _largest_group(film.cuts, copies, footage)
    jobs = _jobs(film.cuts)
    odd = [job for job in jobs if job.card or job.cut.shot not in group]
    if odd and group:
        style = _matching_style(house, footage[min(group)])
        house, group = (house._replace(style=style), group) if style else (house, frozenset())
        odd = [job for job in jobs if job.card or job.cut.shot not in group]
    total, done = sum(job.frames for job in odd), 0
    parts: list[Part] = []
    for job in jobs:
        if not job.card and job.cut.shot in group:
            parts.append(copies[job.cut.shot])
            continue

        def told(fraction: float, before: int = done, frames: int = job.frames) -> None:
            report((before + fraction * frames) / total)

        parts.append(_whole(_made(job, footage, house, draw_card, digests, told), job.frames))
        done += job.frames
        report(done / total)
    _check_one_entry(parts)
    return Picture(tuple(parts), total)


def _check_one_entry(parts: Sequence[Part]) -> None:
    """All packets must be decodable with the first part's parameter sets; presets are compared by one sample only."""
    first = probe(parts[0].path)
    for path in {part.path for part in parts}:
        other = probe(path)
        if first is None or other is None or not first.same_stream(other):
            raise MediaTrouble(f"{path.name} cannot stand in one track with {parts[0].path.name}")


def _jobs(cuts: Sequence[Cut]) -> list[Job]:
    jobs = []
    for cut in cuts:
        if cut.card:
            jobs.append(Job(cut, cut.card.text, cut.card.frames))
        if cut.frames:
            jobs.append(Job(cut, "", cut.frames))
    return jobs


def _made(
    job: Job,
    footage: Mapping[str, Footage],
    house: House,
    draw_card: DrawCard | None,
    digests: Mapping[str, str],
    report: Report,
) -> Path:
    if job.card:
        assert draw_card is not None, "a film with cards comes with what draws them"
        return still(house, draw_card(job.card, house.width, house.height), job.frames, report)
    shot = job.cut.shot
    return conform(house, footage[shot], job.cut.first, job.frames, digests.get(shot, ""), report)


def _whole(piece: Path, frames: int) -> Part:
    packets = read_samples(piece)
    if packets is None or not packets.even or not packets.may_cut(0, frames):
        raise MediaTrouble(f"{piece.name}: ffmpeg made a piece that cannot be joined")
    return Part(piece, packets, 0, frames)


def _largest_group(cuts: Sequence[Cut], copies: Mapping[str, Part], footage: Mapping[str, Footage]) -> frozenset[str]:
    """The shots with one set of parameters that hold the most frames; the first of equals."""
    groups: list[list[Cut]] = []
    for cut in cuts:
        if cut.shot in copies:
            boxes = _boxes(footage[cut.shot])
            home = next((g for g in groups if _boxes(footage[g[0].shot]).same_stream(boxes)), None)
            if home is None:
                groups.append([cut])
            else:
                home.append(cut)
    largest = max(groups, key=lambda group: sum(cut.frames for cut in group), default=[])
    return frozenset(cut.shot for cut in largest)


def _matching_style(house: House, clip: Footage) -> Style | None:
    """The style whose pieces have the parameter sets of a clip; None when there is none."""
    boxes = _boxes(clip)
    if boxes.codec != "avc1":
        return None
    return next((s for s in _styles(clip) if sample(house._replace(style=s)).same_stream(boxes)), None)


def _styles(clip: Footage) -> Iterator[Style]:
    """Ours, then the clip's own, with the two choices that x264's note on itself leaves open."""
    from r2v_pipeline.media.pyav import describe

    yield from OWN.values()
    packets = read_samples(clip.path)
    told = settings(clip.path, packets) if packets else {}
    if packets is None or not told:
        return
    *colour, extent = describe(clip.path).colour
    if extent == _FULL_RANGE or colour[2] not in (*MATRICES, _UNTOLD):
        return
    for constant_rate in (False, True):
        options = alike(told, packets, constant_rate)
        for square in (False, True):
            if options:
                yield Style(tuple(options.items()), (colour[0], colour[1], colour[2]), square)


def _boxes(clip: Footage) -> Probe:
    assert clip.boxes is not None
    return clip.boxes
