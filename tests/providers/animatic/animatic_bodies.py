"""Request bodies and reference pictures for the animatic's tests: small frames, short shots, real files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PIL import Image

from r2v_pipeline.canonical import digest_bytes

SIZE = (416, 240)


def line(by: str, words: str, how: str = "spoken", speech_ms: int | None = None) -> dict[str, Any]:
    return {"by": by, "speaker": by.title(), "line": words, "how": how, "speech_ms": speech_ms}


def segment(start_ms: int, end_ms: int, action: str = "", camera: str = "", *said: dict[str, Any]) -> dict[str, Any]:
    return {
        "start_ms": start_ms,
        "end_ms": end_ms,
        "action": action,
        "camera": camera,
        "lines": list(said),
        "sound": "",
    }


def reference(id: str, file: str = "", kind: str = "image", label: str = "") -> dict[str, Any]:
    file = file or f"r2v-file:sha256:{id}"
    return {"id": id, "label": label or id.title(), "name": f"name-of-{id}", "kind": kind, "file": file}


def body(segments: list[dict[str, Any]], *references: dict[str, Any], **changed: Any) -> dict[str, Any]:
    made = {
        "recipe": 1,
        "shot": "unboxing",
        "width": SIZE[0],
        "height": SIZE[1],
        "fps": 12,
        "audio": False,
        "language": "en",
        "take": 1,
        "segments": segments,
        "references": list(references),
        "first_frame": None,
        "style": "",
        **changed,
    }
    return {"frames": segments[-1]["end_ms"] * made["fps"] // 1000, **made}


def picture(path: Path, colour: tuple[int, int, int], size: tuple[int, int] = (320, 180)) -> Path:
    """A picture of one colour."""
    Image.new("RGB", size, colour).save(path)
    return path


def hashed(path: Path) -> str:
    return digest_bytes(path.read_bytes())
