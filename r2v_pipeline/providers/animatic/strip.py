"""The references on a board: thumbnails with their names, and cards for those that are only addresses."""

from __future__ import annotations

from math import ceil
from urllib.parse import urlsplit

from PIL import Image, ImageDraw

from r2v_pipeline.providers.animatic.kit import Kit
from r2v_pipeline.providers.animatic.layout import Rect
from r2v_pipeline.providers.animatic.look import AMBER, EDGE, FAINT, GROUND, INK, SOFT, frame, rounded
from r2v_pipeline.providers.animatic.scene import Part


def draw_strip(board: Image.Image, kit: Kit, part: Part) -> None:
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
        height = min((place.height - gap * (rows - 1)) // rows, kit.px(160))
        height = height if columns == 1 and height > kit.px(120) else min(height, kit.px(92))
    for i in range(len(references)):
        row, column = divmod(i, columns)
        item = Rect(place.x + column * (width + gap), place.y + row * (height + gap), width, height)
        _reference(board, kit, i, item, i in part.pictures)


def _reference(board: Image.Image, kit: Kit, place: int, item: Rect, active: bool) -> None:
    """A thumbnail with the member's label and the name that binds it in the prompt."""
    reference = kit.body["references"][place]
    stacked = item.height > kit.px(100)
    thumb = Rect(item.x, item.y, min(round(item.height * 1.34), round(item.width * 0.5)), item.height)
    if stacked:
        thumb = Rect(item.x, item.y, item.width, item.height - kit.px(42))
    picture = kit.pictures[place]
    face = _cropped(picture, thumb) if picture else _initial(kit, reference["label"], thumb)
    if not active:
        face = Image.blend(face, Image.new("RGB", face.size, GROUND), 0.5)
    radius = kit.px(5)
    board.paste(face, (thumb.x, thumb.y), rounded(thumb.width, thumb.height, radius))
    frame(board, thumb, radius, AMBER if active else EDGE, max(1, kit.px(2)) if active else 1)
    if reference["kind"] == "video":
        _film_mark(board, kit, thumb)
    x, room = (item.x, item.width) if stacked else (thumb.right + kit.px(10), item.right - thumb.right - kit.px(10))
    label = kit.setter.one_line(reference["label"], kit.type(15.5), room, bold=True)
    left = (item.bottom - thumb.bottom if stacked else item.height) - label.height
    name = kit.setter.fit(
        reference["name"], room, left, (kit.type(12.5), 10), spacing=1.2, max_lines=1 if stacked else 2
    )
    tall = label.height + (name.height if name.height <= left else 0)
    y = thumb.bottom + kit.px(2) if stacked else item.y + (item.height - tall) / 2
    kit.setter.draw(board, label, x, y, INK if active else SOFT)
    if name.height <= left:
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
    y = (height - name.height - host.height - note.height) // 2
    for block, colour in ((name, INK), (host, SOFT), (note, FAINT)):
        kit.setter.draw(card, block, 0, y, colour, align="center", width=width)
        y += block.height
    return card
