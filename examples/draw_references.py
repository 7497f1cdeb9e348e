"""Draw every reference of the example storyboards again: `python examples/draw_references.py [NAME...]`.

The files are committed; this says where they come from, and lets you change them.  It needs Pillow and PyAV, which r2v
needs too, and takes about a minute.  The same versions of both give the same bytes.
"""

from __future__ import annotations

import array
import sys
import wave
from collections.abc import Callable
from pathlib import Path

from drawing import clips, coast, parlor, room, sailors, seafaring, things, voice
from drawing.canvas import Canvas, Glow
from drawing.face import Mood
from PIL import Image

FOLDER = Path(__file__).parent / "storyboards" / "refs"
VOICE_RATE = 24000


def nora() -> Canvas:
    """The keeper, from the waist up."""
    on = clips.backdrop(720, 720, Glow("#d8dcec", "#7c86ae"), "#f1f0fa", (360, 300), 270)
    with on.at(360, 300, size=2.0):
        sailors.nora(on, Mood(smile=0.55, brow=0.3))
    return on


def finn() -> Canvas:
    """The fisherman, from the waist up."""
    on = clips.backdrop(720, 720, Glow("#d9ecea", "#6fa3a8"), "#f2faf5", (360, 300), 270)
    with on.at(360, 312, size=2.05):
        sailors.finn(on, Mood(smile=0.75, brow=0.4))
    return on


def save_voice(timbre: voice.Timbre, to: Path) -> None:
    """Three seconds of babble as a mono wav: wan2.7 takes 1 to 10 s."""
    with wave.open(str(to), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(VOICE_RATE)
        samples = array.array("h", voice.synthesise(timbre, 3.0, VOICE_RATE))
        if sys.byteorder == "big":
            samples.byteswap()
        out.writeframes(samples.tobytes())


PICTURES: dict[str, Callable[[], Canvas]] = {
    "nora.png": nora,
    "finn.png": finn,
    "gift.png": things.gift,
    "guitar.png": things.guitar,
    "lantern.png": seafaring.lantern,
    "boat.png": seafaring.boat,
    "parlor.jpg": parlor.parlor,
    "room.jpg": room.room,
    "lighthouse.jpg": coast.lighthouse,
}
CLIPS = {"mia.mp4": clips.mia, "leo.mp4": clips.leo, "jun.mp4": clips.jun}
VOICES = {"nora.wav": voice.NORA, "finn.wav": voice.FINN}


def save_picture(picture: Image.Image, to: Path) -> None:
    """JPEG for rooms and landscapes; PNG without alpha, which wan2.6 refuses, for the rest."""
    if to.suffix == ".jpg":
        picture.save(to, quality=90, optimize=True, subsampling=0)
    else:
        picture.save(to, optimize=True)


def main(wanted: list[str]) -> int:
    """Draw the named files, or all."""
    unknown = [name for name in wanted if name not in {**PICTURES, **CLIPS, **VOICES}]
    if unknown:
        print(f"no such reference: {', '.join(unknown)}", file=sys.stderr)
        return 2
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in wanted or [*PICTURES, *CLIPS, *VOICES]:
        to = FOLDER / name
        if name in PICTURES:
            save_picture(PICTURES[name]().finished(), to)
        elif name in CLIPS:
            CLIPS[name](to)
        else:
            save_voice(VOICES[name], to)
        print(f"{to.relative_to(FOLDER.parent)}  {to.stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
