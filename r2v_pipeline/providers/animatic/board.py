"""The still part of a board: ground, header, the words of the segment, the references.

Drawn once a segment; the stage is left for what moves.
"""

from __future__ import annotations

from typing import NamedTuple

from PIL import Image, ImageDraw

from r2v_pipeline.media.fonts import remedy
from r2v_pipeline.media.typeset import Block
from r2v_pipeline.providers.animatic.kit import Kit
from r2v_pipeline.providers.animatic.layout import Rect
from r2v_pipeline.providers.animatic.look import (
    AMBER,
    EDGE,
    FAINT,
    GROUND,
    INK,
    SOFT,
    camera_icon,
    panel,
    tinted,
)
from r2v_pipeline.providers.animatic.scene import Part
from r2v_pipeline.providers.animatic.strip import draw_strip


class _Note(NamedTuple):
    label: str
    words: str
    move: str = ""


def draw_board(kit: Kit, part: Part, ground: Image.Image | None) -> Image.Image:
    """The whole still board of a segment as RGB; `ground` is the picture that lends it its hue."""
    size = (kit.body["width"], kit.body["height"])
    board = Image.new("RGB", size, tinted(ground) if ground else GROUND)
    _header(board, kit, part)
    if kit.zones.panel.width:
        _panel(board, kit, part)
    if kit.zones.notes.width:
        _notes_apart(board, kit, part)
    if kit.zones.strip.width:
        draw_strip(board, kit, part)
    stage = kit.zones.stage
    ImageDraw.Draw(board).rectangle((stage.x - 1, stage.y - 1, stage.right, stage.bottom), outline=EDGE)
    return board


def _header(board: Image.Image, kit: Kit, part: Part) -> None:
    place = kit.zones.header
    bar = max(2, kit.px(4))
    board.paste(AMBER, (place.x, place.y + kit.px(5), place.x + bar, place.bottom - kit.px(5)))
    room = place.width - kit.px(190)  # the timecode stands at the other end
    x = float(place.x + bar + kit.px(12))
    name = kit.setter.one_line(kit.body["shot"], kit.type(25), room * 0.62, bold=True)
    _on_line(board, kit, name, x, INK)
    x += name.width + kit.px(16)
    span = f"{_seconds(part.start_ms)}–{_seconds(part.end_ms)} s"
    if kit.body["take"] > 1:
        span += f"   take {kit.body['take']}"
    for words, colour in ((kit.words.segment.format(part.order + 1, kit.segments), SOFT), (span, FAINT)):
        block = kit.setter.one_line(words, kit.type(16), place.width)
        if x + block.width <= place.x + room:
            _on_line(board, kit, block, x, colour)
            x += block.width + kit.px(14)


def _on_line(board: Image.Image, kit: Kit, block: Block, x: float, colour: tuple[int, int, int]) -> None:
    """Draw one line so that its foot stands on the header's line, whatever its size."""
    foot = kit.zones.header.y + kit.zones.header.height / 2 + kit.type(25) * 0.36
    kit.setter.draw(board, block, x, round(foot) - block.leading / 2 - block.size * 0.36, colour)


def _panel(board: Image.Image, kit: Kit, part: Part) -> None:
    place, pad = kit.zones.panel, kit.px(18)
    panel(board, place, kit.px(8))
    inner = Rect(place.x + pad, place.y + round(pad * 0.8), place.width - 2 * pad, place.height - round(pad * 1.6))
    notes = _notes(kit, part) if kit.zones.wide else []
    if part.next_action and place.height > kit.px(110) * (len(notes) + 1.6):
        notes.append(_Note(kit.words.next, part.next_action))
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
    action = kit.setter.fit(
        part.action,
        inner.width,
        max(bottom - top, kit.px(40)),
        (kit.type(31 if kit.zones.wide else 37), kit.type(12.5)),
    )
    kit.setter.draw(board, action, inner.x, top, INK, width=inner.width)


def _notes_apart(board: Image.Image, kit: Kit, part: Part) -> None:
    """Camera, sound and style in a place of their own: columns below a wide stage, a stack beside a tall one."""
    place, notes = kit.zones.notes, _notes(kit, part)
    foot = _remedy(kit, part)
    if not kit.zones.strip.width and foot:
        notes.append(_Note("", foot))
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
        _Note(kit.words.sound, part.sound),
        _Note(kit.words.style, kit.body["style"]),
    ]
    return [note for note in found if note.words]


def _note_upward(board: Image.Image, kit: Kit, note: _Note, x: int, bottom: int, width: int) -> int:
    """A small label with its words, standing on `bottom`; returns its upper edge."""
    icon = camera_icon(note.move, kit.type(22), AMBER) if note.move else None
    room = width - (icon.width + kit.px(12) if icon else 0)
    sizes = (kit.type(15.5), kit.type(12))
    text = kit.setter.fit(note.words, room, kit.px(44), sizes, spacing=1.3, max_lines=2)
    label = kit.setter.one_line(note.label, kit.type(11.5), room, bold=True)
    top = bottom - text.height - label.height
    kit.setter.draw(board, label, x, top, FAINT)
    if icon:
        board.paste(icon, (x + width - icon.width, top + kit.px(4)), icon)
    kit.setter.draw(board, text, x, top + label.height, SOFT, width=room)
    return top


def _remedy(kit: Kit, part: Part) -> str:
    said = " ".join((part.action, part.camera_words, part.sound, *(n.words + n.speaker for n in part.lines)))
    lost = [c for c in kit.setter.shaper.fonts.missing(said) if c.isalpha()]
    return remedy(lost) if lost else ""


def _seconds(ms: int) -> str:
    return f"{ms / 1000:.3f}".rstrip("0").rstrip(".")
