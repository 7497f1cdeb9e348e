"""What lies over the moving picture: captions, name tags, the light on who speaks; and words where no picture is."""

from __future__ import annotations

from PIL import Image

from r2v_pipeline.providers.animatic.kit import Kit
from r2v_pipeline.providers.animatic.layout import Rect
from r2v_pipeline.providers.animatic.look import INK, SOFT, Colour, rounded, voice_colour
from r2v_pipeline.providers.animatic.planes import Overlay, overlay
from r2v_pipeline.providers.animatic.scene import Part, Spoken

_SHADE = (8, 9, 11)


def caption(kit: Kit, line: Spoken) -> Overlay:
    """A line of dialogue at the foot of the stage: the speaker in their colour, then the words."""
    stage, pad = kit.zones.stage, kit.px(14)
    room = min(stage.width - 4 * kit.px(14), round(stage.width * 0.9)) - 2 * pad
    sizes = (kit.type(23), kit.type(13))
    text = kit.setter.fit(
        line.words, room, stage.height * 0.4, sizes, bold=True, spacing=1.28, balance=True, max_lines=4
    )
    name = kit.setter.one_line(line.speaker, kit.type(14), room * 0.6, bold=True)
    how = kit.words.how.get(line.how, "")
    manner = kit.setter.one_line(how, kit.type(13), max(kit.px(20), room - name.width - kit.px(10))) if how else None
    head = name.width + (kit.px(8) + manner.width if manner else 0)
    width, height = round(max(text.width, head)) + 2 * pad, name.height + text.height + round(pad * 1.2)
    box = Rect(0, 0, width + width % 2, height + height % 2)
    picture = Image.new("RGBA", (box.width, box.height), (*_SHADE, 0))
    picture.putalpha(rounded(box.width, box.height, kit.px(9)).point([round(v * 0.8) for v in range(256)]))
    y, x = pad * 0.5, (box.width - head) / 2
    speakers = [r["id"] for r in kit.body["references"]]
    kit.setter.draw(picture, name, x, y, voice_colour(speakers, line.by))
    if manner:
        kit.setter.draw(picture, manner, x + name.width + kit.px(8), y + (name.height - manner.height) / 2, SOFT)
    kit.setter.draw(picture, text, 0, y + name.height, INK, align="center", width=box.width)
    left = stage.x + (stage.width - box.width) // 2
    top = stage.bottom - kit.px(16) - box.height
    return overlay(picture, left // 2 * 2, top // 2 * 2)


def tag(kit: Kit, label: str, cell: Rect) -> Overlay:
    """A name in the corner of a picture that shares the stage with others."""
    pad = kit.px(8)
    text = kit.setter.one_line(label, kit.type(13.5), max(1, cell.width - 4 * pad), bold=True)
    width, height = round(text.width) + 2 * pad, text.height + kit.px(4)
    picture = Image.new("RGBA", (width + width % 2, height + height % 2), (*_SHADE, 0))
    picture.putalpha(rounded(*picture.size, kit.px(5)).point([round(v * 0.66) for v in range(256)]))
    kit.setter.draw(picture, text, pad, kit.px(2), INK)
    return overlay(picture, (cell.x + pad) // 2 * 2, (cell.y + pad) // 2 * 2)


def card(kit: Kit, part: Part) -> Overlay:
    """The action in large type, for a shot without references."""
    stage = kit.zones.stage
    room, high = stage.width * 0.82, stage.height * (0.56 if part.lines else 0.76)
    sizes = (kit.type(58), kit.type(14))
    text = kit.setter.fit(part.action or kit.body["shot"], room, high, sizes, bold=True, spacing=1.24, balance=True)
    picture = Image.new("RGBA", (stage.width, (text.height + 3) // 2 * 2), (*_SHADE, 0))
    kit.setter.draw(picture, text, (stage.width - room) / 2, 0, INK, align="center", width=room)
    top = stage.y + (high - text.height) / 2 + stage.height * 0.12
    return overlay(picture, stage.x, int(top) // 2 * 2)


def lit(kit: Kit, line: Spoken, cell: Rect) -> list[tuple[Rect, Colour]]:
    """Four bars in the speaker's colour along the edges of their picture."""
    colour = voice_colour([r["id"] for r in kit.body["references"]], line.by)
    thick = max(2, kit.px(4) // 2 * 2)
    return [
        (Rect(cell.x, cell.y, cell.width, thick), colour),
        (Rect(cell.x, cell.bottom - thick, cell.width, thick), colour),
        (Rect(cell.x, cell.y, thick, cell.height), colour),
        (Rect(cell.right - thick, cell.y, thick, cell.height), colour),
    ]


def ground_for_words(kit: Kit) -> Image.Image:
    """The picture behind large type: a plain field with the thirds and the frame's corners, so that a move is seen."""
    width, height = kit.zones.stage.width, kit.zones.stage.height
    image = Image.new("RGB", (width, height), (28, 32, 39))
    line, arm = max(2, kit.px(2)), kit.px(46)
    for i in (1, 2):
        x, y = width * i // 3, height * i // 3
        image.paste((44, 49, 58), (x, 0, x + max(1, line // 2), height))
        image.paste((44, 49, 58), (0, y, width, y + max(1, line // 2)))
    left, top = round(width * 0.13), round(height * 0.15)
    for x in (left, width - left):
        for y in (top, height - top):
            across = (x, x + arm) if x == left else (x - arm, x)
            down = (y, y + arm) if y == top else (y - arm, y)
            image.paste((104, 112, 126), (across[0], y, across[1], y + line))
            image.paste((104, 112, 126), (x, down[0], x + line, down[1]))
    return image
