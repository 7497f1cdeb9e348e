"""What the animatic costs and how steadily it moves: `python benchmarks/animatic.py [--seconds 10] [--shots 4]`.

Cost is CPU seconds of all processes (worker start included) for a second of video, at several frame sizes.  Steadiness
is measured on a known picture, a bright bar on black, whose middle is found in every frame to hundredths of a pixel:
the step from frame to frame, less the step that was planned, should be nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator
from math import exp
from pathlib import Path
from random import Random
from typing import Any

from PIL import Image

from r2v_pipeline.canonical import canonical, digest_bytes
from r2v_pipeline.providers.animatic.camera import Camera
from r2v_pipeline.providers.animatic.client import AnimaticClient
from r2v_pipeline.providers.animatic.layout import Rect
from r2v_pipeline.providers.animatic.planes import Planes
from r2v_pipeline.providers.animatic.stage import Cell
from r2v_pipeline.providers.base import Accepted, Finished, Running

SIZES = ((1280, 720), (720, 1280), (960, 960), (1920, 1080))
CELL = Rect(0, 0, 872, 488)


def main() -> None:
    """Print both tables."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=int, default=10, help="length of a shot")
    options.add_argument("--shots", type=int, default=4)
    options.add_argument("--workers", type=int, default=2)
    chosen = options.parse_args()
    print(f"{'size':>10} {'CPU s / video s':>16} {'wall s / video s':>17} {'MB / video min':>15}")
    for width, height in SIZES:
        cpu, wall, size = asyncio.run(cost(width, height, chosen.seconds, chosen.shots, chosen.workers))
        print(f"{width:>5}x{height:<4} {cpu:>16.3f} {wall:>17.3f} {size:>15.1f}")
    print(f"\n{'move':>10} {'mean step px':>16} {'step std px':>17} {'worst px':>15}")
    for move in ("right", "in", "out", "down"):
        mean, std, worst = jitter(move, chosen.seconds)
        print(f"{move:>10} {mean:>16.3f} {std:>17.4f} {worst:>15.4f}")


async def cost(width: int, height: int, seconds: int, shots: int, workers: int) -> tuple[float, float, float]:
    """CPU seconds, wall seconds and megabytes a minute of video, drawn by real worker processes."""
    with tempfile.TemporaryDirectory() as folder:
        began, spent = time.perf_counter(), _cpu()
        client = AnimaticClient(workers)
        files = [await _upload(client, path) for path in _pictures(Path(folder))]
        bodies = [canonical(_body(width, height, seconds, files, shot)) for shot in range(shots)]
        handles = [client.read(await client.send(body, str(i))) for i, body in enumerate(bodies)]
        size = 0
        for handle in handles:
            assert isinstance(handle, Accepted)
            while isinstance(answer := await client.poll(handle.handle), Running):
                await asyncio.sleep(0.02)
            assert isinstance(answer, Finished), answer
            clip = Path(folder) / "clip.mp4"
            await client.fetch(answer.output, clip)
            size += clip.stat().st_size
        await client.close()
        video = seconds * shots
        return (_cpu() - spent) / video, (time.perf_counter() - began) / video, size / video * 60 / 1e6


def jitter(move: str, seconds: int) -> tuple[float, float, float]:
    """Mean step of the bar, standard deviation and worst of its error, in pixels a frame."""
    axis = 1 if move == "down" else 0
    length = CELL[2 + axis]
    picture, middle = _bar(axis)
    cell = Cell(picture, CELL, Camera(move, 1.0, False, 0.94), seconds, 0, False)
    half = (CELL.width // 2, CELL.height // 2)
    frame = Planes(Image.new("L", CELL[2:]), Image.new("L", half), Image.new("L", half))
    found, planned = [], []
    frames = seconds * 30
    for number in range(frames):
        at = (number + 0.5) / frames
        cell.draw(frame, at, dim=False)
        start, end = (cell.path.box(at)[side + axis] for side in (0, 2))
        planned.append((middle - start) / (end - start) * length - 0.5)
        found.append(_middle(frame.y, axis, planned[-1]))
    errors = [b - a - (d - c) for a, b, c, d in zip(found, found[1:], planned, planned[1:], strict=False)]
    mean = statistics.fmean(b - a for a, b in itertools.pairwise(found))
    return mean, statistics.pstdev(errors), max(map(abs, errors))


def _bar(axis: int) -> tuple[Image.Image, float]:
    """A soft bright bar across a black picture, and its place."""
    size = (1920, 1080)
    middle = size[axis] * 0.4
    row = bytes(round(200 * exp(-(((i + 0.5 - middle) / 9) ** 2))) for i in range(size[axis]))
    line = Image.frombytes("L", (size[0], 1) if axis == 0 else (1, size[1]), row)
    return line.resize(size).convert("RGB"), middle


def _middle(plane: Image.Image, axis: int, near: float) -> float:
    """The bar's centre of light along one axis, looked for near a place."""
    line = plane.resize((plane.width, 1) if axis == 0 else (1, plane.height), Image.Resampling.BOX).tobytes()
    low = max(0, round(near) - 14)
    light = [(i, max(0, line[i] - 18)) for i in range(low, min(len(line), low + 29))]
    return sum(i * v for i, v in light) / sum(v for _, v in light)


def _pictures(folder: Path) -> Iterator[Path]:
    """Three pictures with as much fine detail as photographs have."""
    for number, size in enumerate(((1920, 1080), (1080, 1440), (1024, 1024))):
        noise = Random(number)
        grain = Image.frombytes("L", (size[0] // 3, size[1] // 3), noise.randbytes((size[0] // 3) * (size[1] // 3)))
        colour = Image.frombytes("RGB", (6, 6), noise.randbytes(108)).resize(size, Image.Resampling.BICUBIC)
        fine = Image.merge("RGB", [grain.resize(size, Image.Resampling.BICUBIC)] * 3)
        path = folder / f"{number}.png"
        Image.blend(colour, fine, 0.12).save(path, compress_level=1)
        yield path


async def _upload(client: AnimaticClient, path: Path) -> str:
    return await client.upload(path, digest_bytes(path.read_bytes()), "image")


def _body(width: int, height: int, seconds: int, files: list[str], shot: int) -> dict[str, Any]:
    """Three segments: one picture, a talk of two, three pictures."""
    ids = ("mia", "leo", "gift")
    said = [
        {
            "by": by,
            "speaker": by.title(),
            "line": "So this is where it was all along?",
            "how": "spoken",
            "speech_ms": None,
        }
        for by in ids[:2]
    ]
    third = seconds * 1000 // 3
    words = ("Mia sits by the window, waiting.", "They look at each other.", "Mia hands Leo the gift.")
    cameras = ("slow push in", "pan right", "pull back")
    return {
        "recipe": 1,
        "shot": f"shot-{shot}",
        "width": width,
        "height": height,
        "fps": 30,
        "frames": seconds * 30,
        "audio": True,
        "language": "en",
        "take": 1,
        "segments": [
            {
                "start_ms": i * third,
                "end_ms": (i + 1) * third if i < 2 else seconds * 1000,
                "action": words[i],
                "camera": cameras[i],
                "lines": said if i == 1 else [],
                "sound": "rain",
            }
            for i in range(3)
        ],
        "references": [
            {"id": name, "label": name.title(), "name": f"character{i + 1}", "kind": "image", "file": files[i]}
            for i, name in enumerate(ids)
        ],
        "first_frame": None,
        "style": "",
    }


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


if __name__ == "__main__":
    main()
