"""The still part of a board: ground, header, the words of the segment, the references.

Drawn once a segment; the stage is left for what moves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from PIL import Image, ImageDraw

from r2v_pipeline.media.fonts import remedy
from r2v_pipeline.media.typeset import Block, Typesetter
from r2v_pipeline.providers.animatic.layout import Rect, Zones
from r2v_pipeline.providers.animatic.look import (
    AMBER,
    EDGE,
    FAINT,
    GROUND,
    INK,
    SOFT,
    Words,
    camera_icon,
    frame,
    panel,
    rounded,
)
from r2v_pipeline.providers.animatic.scene import Part
from r2v_pipeline.providers.animatic.stage import backdrop


class Kit(NamedTuple):
    """What every board of one shot is drawn with.  `pictures` has None where a reference is a web address."""

    body: Mapping[str, Any]
    zones: Zones
    setter: Typesetter
    words: Words
    pictures: Sequence[Image.Image | None]
    segments: int

    def px(self, size: float) -> int:
        """A measure of the 720p board in pixels of this one."""
        return max(1, round(size * self.zones.unit))

    def type(self, size: float) -> int:
        """A type size; never so small that the encoder eats it."""
        return max(10, round(size * self.zones.unit))


class _Note(NamedTuple):
    label: str
    words: str
    move: str | None


def draw_board(kit: Kit, part: Part, ground: Image.Image | None) -> Image.Image:
    """The whole still board of a segment as RGB; `ground` is the picture that its backdrop is made of."""
    size = (kit.body["width"], kit.body["height"])
    board = Image.new("RGB", size, GROUND)
    if ground:
        board = Image.blend(backdrop(ground, *size, 0.34), board, 0.4)
    _header(board, kit, part)
    if kit.zones.panel.width:
        _panel(board, kit, part)
    if kit.zones.notes.width:
        _notes_apart(board, kit, part)
    if kit.zones.strip.width:
        _strip(board, kit, part)
    stage = kit.zones.stage
    ImageDraw.Draw(board).rectangle((stage.x - 1, stage.y - 1, stage.right, stage.bottom), outline=EDGE)
    return board


def placeholder(label: str, url: str, kit: Kit, width: int, height: int) -> Image.Image:
    """A card that stands for a reference on the web: r2v does not fetch it, the provider will."""
    card = Image.new("RGB", (width, height), (33, 38, 46))
    draw = ImageDraw.Draw(card)
    line, dash = max(2, width // 320), max(10, width // 40)
    inset = width // 24
    for x in range(inset, width - inset - dash // 2, dash):
        for y in (inset, height - inset):
            draw.line((x, y, x + dash // 2, y), fill=(92, 101, 115), width=line)
    for y in range(inset, height - inset - dash // 2, dash):
        for x in (inset, width - inset):
            draw.line((x, y, x, y + dash // 2), fill=(92, 101, 115), width=line)
    least = min(width, height)
    name = kit.setter.fit(label, width * 0.7, least * 0.2, (max(12, least // 7), 10), bold=True, max_lines=1)
    host = kit.setter.one_line(urlsplit(url).hostname or url, max(10, least // 20), width * 0.7)
    note = kit.setter.one_line(kit.words.untouched, max(10, least // 24), width * 0.7)
    y = (height - name.height - host.height - note.height) / 2
    for block, colour in ((name, INK), (host, SOFT), (note, FAINT)):
        kit.setter.draw(card, block, 0, y, colour, align="center", width=width)
        y += block.height
    return card


def _header(board: Image.Image, kit: Kit, part: Part) -> None:
    place = kit.zones.header
    bar = max(2, kit.px(4))
    board.paste(AMBER, (place.x, place.y + kit.px(5), place.x + bar, place.bottom - kit.px(5)))
    room = place.width * 0.62
    x = float(place.x + bar + kit.px(12))
    name = kit.setter.one_line(kit.body["shot"], kit.type(25), room * 0.62, bold=True)
    _on_line(board, kit, name, x, INK)
    x += name.width + kit.px(16)
    count = kit.setter.one_line(kit.words.segment.format(part.order + 1, kit.segments), kit.type(16), room * 0.5)
    _on_line(board, kit, count, x, SOFT)
    x += count.width + kit.px(14)
    span = f"{_seconds(part.start_ms)}–{_seconds(part.end_ms)} s"
    if kit.body["take"] > 1:
        span += f"   take {kit.body['take']}"
    _on_line(board, kit, kit.setter.one_line(span, kit.type(16), max(1.0, place.x + room - x)), x, FAINT)


def _on_line(board: Image.Image, kit: Kit, block: Block, x: float, colour: tuple[int, int, int]) -> None:
    """Draw one line so that its foot stands on the header's line, whatever its size."""
    foot = kit.zones.header.y + kit.zones.header.height / 2 + kit.type(25) * 0.36
    kit.setter.draw(board, block, x, round(foot) - block.leading / 2 - block.size * 0.36, colour)


def _panel(board: Image.Image, kit: Kit, part: Part) -> None:
    place, pad = kit.zones.panel, kit.px(18)
    panel(board, place, kit.px(8))
    inner = Rect(place.x + pad, place.y + round(pad * 0.8), place.width - 2 * pad, place.height - round(pad * 1.6))
    notes = _notes(kit, part) if kit.zones.wide else []
    foot = _remedy(kit, part)
    bottom = inner.bottom
    if foot:
        block = kit.setter.fit(foot, inner.width, kit.px(40), (kit.type(12), 10), max_lines=2)
        bottom -= block.height
        kit.setter.draw(board, block, inner.x, bottom, FAINT)
        bottom -= kit.px(8)
    for note in reversed(notes):
        bottom = _note_upward(board, kit, note, inner.x, bottom, inner.width) - kit.px(10)
    if notes:
        board.paste(EDGE, (inner.x, bottom, inner.right, bottom + 1))
        bottom -= kit.px(10)
    label = kit.setter.one_line(kit.words.action, kit.type(11.5), inner.width, bold=True)
    kit.setter.draw(board, label, inner.x, inner.y, FAINT)
    top = inner.y + label.height + kit.px(6)
    action = kit.setter.fit(part.action, inner.width, max(bottom - top, kit.px(40)), (kit.type(27), kit.type(12.5)))
    kit.setter.draw(board, action, inner.x, top, INK, width=inner.width)


def _notes_apart(board: Image.Image, kit: Kit, part: Part) -> None:
    """Camera, sound and style in a place of their own: columns below a wide stage, a stack beside a tall one."""
    place, notes = kit.zones.notes, _notes(kit, part)
    foot = _remedy(kit, part)
    if not kit.zones.strip.width and foot:
        notes.append(_Note("", foot, None))
    if not notes:
        return
    if kit.zones.strip.width:
        bottom = place.bottom
        for note in reversed(notes):
            bottom = _note_upward(board, kit, note, place.x, bottom, place.width) - kit.px(10)
        return
    width = (place.width - kit.px(20) * (len(notes) - 1)) // len(notes)
    for i, note in enumerate(notes):
        _note_upward(board, kit, note, place.x + i * (width + kit.px(20)), place.bottom, width)


def _notes(kit: Kit, part: Part) -> list[_Note]:
    found = [
        _Note(kit.words.camera, part.camera_words, part.camera.move),
        _Note(kit.words.sound, part.sound, None),
        _Note(kit.words.style, kit.body["style"], None),
    ]
    return [note for note in found if note.words]


def _note_upward(board: Image.Image, kit: Kit, note: _Note, x: int, bottom: int, width: int) -> int:
    """A small label with its words, standing on `bottom`; returns its upper edge."""
    text = kit.setter.fit(note.words, width, kit.px(44), (kit.type(15.5), kit.type(12)), spacing=1.3, max_lines=2)
    label = kit.setter.one_line(note.label, kit.type(11.5), width, bold=True)
    top = bottom - text.height - label.height
    kit.setter.draw(board, label, x, top, FAINT)
    if note.move is not None:
        icon = camera_icon(note.move or "in", kit.type(12.5), AMBER)
        board.paste(icon, (round(x + label.width) + kit.px(8), top + (label.height - icon.height) // 2), icon)
    kit.setter.draw(board, text, x, top + label.height, SOFT, width=width)
    return top


def _remedy(kit: Kit, part: Part) -> str:
    said = " ".join((part.action, part.camera_words, part.sound, *(n.words + n.speaker for n in part.lines)))
    lost = [c for c in kit.setter.shaper.fonts.missing(said) if c.isalpha()]
    return remedy(lost) if lost else ""


def _strip(board: Image.Image, kit: Kit, part: Part) -> None:
    """All references of the shot; those of this segment in full light."""
    place, references = kit.zones.strip, kit.body["references"]
    gap = kit.px(14)
    if kit.zones.wide:
        rows = ceil(len(references) / 8)
        columns = ceil(len(references) / rows)
        width = min((place.width - gap * (columns - 1)) // columns, kit.px(250))
        height = min((place.height - gap * (rows - 1)) // rows, kit.px(76))
    else:
        columns, rows = (1, len(references)) if len(references) <= 7 else (2, ceil(len(references) / 2))
        width = (place.width - gap * (columns - 1)) // columns
        height = min((place.height - gap * (rows - 1)) // rows, kit.px(92))
    for i in range(len(references)):
        row, column = divmod(i, columns)
        item = Rect(place.x + column * (width + gap), place.y + row * (height + gap), width, height)
        _reference(board, kit, i, item, i in part.pictures)


def _reference(board: Image.Image, kit: Kit, place: int, item: Rect, active: bool) -> None:
    """A thumbnail with the member's label and the name that binds it in the prompt."""
    reference = kit.body["references"][place]
    thumb = Rect(item.x, item.y, min(round(item.height * 1.34), round(item.width * 0.5)), item.height)
    picture = kit.pictures[place]
    face = _cropped(picture, thumb) if picture else _initial(kit, reference["label"], thumb)
    if not active:
        face = Image.blend(face, Image.new("RGB", face.size, GROUND), 0.5)
    radius = kit.px(5)
    board.paste(face, (thumb.x, thumb.y), rounded(thumb.width, thumb.height, radius))
    frame(board, thumb, radius, AMBER if active else EDGE, max(1, kit.px(2)) if active else 1)
    if reference["kind"] == "video":
        _film_mark(board, kit, thumb)
    x, room = thumb.right + kit.px(10), item.right - thumb.right - kit.px(10)
    label = kit.setter.one_line(reference["label"], kit.type(15.5), room, bold=True)
    name = kit.setter.fit(reference["name"], room, kit.px(34), (kit.type(12.5), 10), spacing=1.2, max_lines=2)
    y = item.y + (item.height - label.height - name.height) / 2
    kit.setter.draw(board, label, x, y, INK if active else SOFT)
    kit.setter.draw(board, name, x, y + label.height, SOFT if active else FAINT)


def _cropped(picture: Image.Image, place: Rect) -> Image.Image:
    ratio = place.width / place.height
    width, height = min(picture.width, picture.height * ratio), min(picture.height, picture.width / ratio)
    left, top = (picture.width - width) / 2, (picture.height - height) * 0.3
    box = (left, top, left + width, top + height)
    return picture.resize((place.width, place.height), Image.Resampling.LANCZOS, box, reducing_gap=2.0)


def _initial(kit: Kit, label: str, place: Rect) -> Image.Image:
    face = Image.new("RGB", (place.width, place.height), (40, 46, 55))
    block = kit.setter.one_line(label[:1].upper(), max(10, place.height // 2), place.width, bold=True)
    kit.setter.draw(face, block, 0, (place.height - block.height) / 2, SOFT, align="center", width=place.width)
    return face


def _film_mark(board: Image.Image, kit: Kit, thumb: Rect) -> None:
    """A small triangle: this reference moves."""
    size, k = kit.px(16), 4
    mark = Image.new("L", (size * k, size * k))
    ImageDraw.Draw(mark).ellipse((0, 0, size * k - 1, size * k - 1), fill=190)
    at = (thumb.right - size - kit.px(5), thumb.bottom - size - kit.px(5))
    board.paste(GROUND, at, mark.reduce(k))
    arrow = Image.new("L", (size * k, size * k))
    s = size * k
    ImageDraw.Draw(arrow).polygon(((s * 0.38, s * 0.28), (s * 0.38, s * 0.72), (s * 0.74, s * 0.5)), fill=255)
    board.paste(INK, at, arrow.reduce(k))


def _seconds(ms: int) -> str:
    return f"{ms / 1000:.3f}".rstrip("0").rstrip(".")
