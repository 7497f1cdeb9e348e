"""What a director's words say about the camera: how it moves, how briskly, and how much it sees.

Tables, not a parser.  English words are matched whole, Chinese ones anywhere.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

DEFAULT_FRAMING = 0.94

# The phrase that stands first in the text decides, the longer of two that begin together ("tilt down" before "tilt").
_MOVES: dict[str, tuple[str, ...]] = {
    "static": (
        *("static", "locked", "locked off", "lock off", "fixed camera", "fixed shot", "still camera", "tripod"),
        *("no camera movement", "no movement", "camera holds", "固定", "静止", "定镜", "机位不动"),
    ),
    "in": (
        *("push in", "pushes in", "pushing in", "push", "dolly in", "dollies in", "zoom in", "zooms in", "zooming in"),
        *("crash zoom", "move in", "moves in", "moves closer", "closes in", "creeps in"),
        *("推近", "推进", "推镜", "前推", "缓推", "推"),
    ),
    "out": (
        *("pull back", "pulls back", "pulling back", "pull out", "pulls out", "pulling out", "zoom out", "zooms out"),
        *("zooming out", "dolly out", "dolly back", "dollies out", "widens", "moves back", "backs away"),
        *("拉远", "拉开", "拉镜", "后拉", "缓拉", "拉出", "后退"),
    ),
    "left": (
        *("pan left", "pans left", "panning left", "track left", "tracks left", "tracking left", "truck left"),
        *("dolly left", "slide left", "slides left", "moves left", "right to left", "左摇", "左移", "向左", "往左"),
    ),
    "right": (
        *("pan right", "pans right", "panning right", "track right", "tracks right", "tracking right", "truck right"),
        *("dolly right", "slide right", "slides right", "moves right", "left to right", "右摇", "右移", "向右", "往右"),
    ),
    "up": (
        *("tilt up", "tilts up", "tilting up", "crane up", "cranes up", "boom up", "pedestal up", "rises", "ascends"),
        *("上摇", "仰摇", "上升", "升镜", "向上", "上移"),
    ),
    "down": (
        *("tilt down", "tilts down", "tilting down", "crane down", "cranes down", "boom down", "pedestal down"),
        *("descends", "lowers", "下摇", "俯摇", "下降", "降镜", "向下", "下移"),
    ),
    "arc": ("orbit", "orbits", "orbiting", "arc", "arcs", "circles", "circling", "360", "revolves", "环绕", "旋转"),
    "track": (
        *("tracking", "tracking shot", "track", "tracks", "follow", "follows", "following", "steadicam", "gimbal"),
        *("跟拍", "跟随", "跟镜", "移动", "横移", "移镜"),
    ),
}
# Words that name a machine or a bare turn, believed only where no phrase above says more.
_BARE: dict[str, tuple[str, ...]] = {
    "in": ("dolly", "zoom", "变焦"),
    "track": ("truck", "slider"),
    "up": ("tilt", "crane", "boom", "jib", "drone"),
    "right": ("pan", "pans", "panning", "whip pan", "swish pan", "摇"),
}
_PACES: tuple[tuple[float, tuple[str, ...]], ...] = (
    (0.65, ("slow", "slowly", "gentle", "gently", "subtle", "subtly", "creeping", "缓", "慢", "轻")),
    (2.2, ("fast", "quick", "quickly", "rapid", "rapidly", "whip", "crash", "snap", "swift", "快", "急", "甩", "迅")),
)
_HELD = ("handheld", "hand held", "shaky", "documentary", "手持", "晃动")
# How much of the picture is seen, against all of it that the frame's shape allows.
_FRAMINGS: tuple[tuple[float, tuple[str, ...]], ...] = (
    (0.46, ("extreme close up", "extreme closeup", "ecu", "macro", "insert", "大特写", "极特写", "微距")),
    (0.72, ("medium close up", "medium closeup", "mcu", "中近景")),
    (0.58, ("close up", "closeup", "close ups", "cu", "tight on", "tight", "特写", "近景")),
    (1.0, ("extreme wide", "wide", "wide shot", "long shot", "establishing", "full shot", "aerial", "drone", "ws")),
    (1.0, ("全景", "远景", "大远景", "广角", "航拍")),
    (0.8, ("medium", "mid shot", "medium shot", "waist", "two shot", "over the shoulder", "ms", "中景", "过肩")),
)


class Camera(NamedTuple):
    """How one segment is filmed.

    `move` is in, out, left, right, up, down, track, arc, static, or empty where the words name none; `pace` multiplies
    the usual speed; `held`: by hand; `framing` is the part of the picture that is seen, 1 for all.
    """

    move: str
    pace: float
    held: bool
    framing: float


def read_camera(camera: str, action: str) -> Camera:
    """The camera of a segment from its `camera` words.

    The action is read for the framing ("Close-up as Mia …"), and for a move only where it speaks of the camera: a
    person may pan, follow and zoom too.
    """
    words = _plain(camera)
    described = _plain(action)
    about = words if words else described if re.search(r"\bcamera\b|镜头", described) else ""
    move = _first(about, _MOVES) or _first(about, _BARE)
    pace = next((pace for pace, keys in _PACES if _has(about, keys)), 1.0)
    framing = next((f for text in (words, described) for f, keys in _FRAMINGS if _has(text, keys)), DEFAULT_FRAMING)
    return Camera(move, pace, _has(about, _HELD), framing)


def _plain(text: str) -> str:
    """Lower case, with hyphens as spaces: close-up, push-in."""
    return re.sub(r"[\s\-‐‑–_]+", " ", text.lower())


def _first(text: str, table: dict[str, tuple[str, ...]]) -> str:
    """The row whose phrase begins first in the text, the longest of several; empty when none is in it."""
    hits = [(m.start(), -len(m.group()), move) for move, keys in table.items() for m in _pattern(keys).finditer(text)]
    return min(hits)[2] if hits else ""


def _has(text: str, keys: tuple[str, ...]) -> bool:
    return bool(text) and _pattern(keys).search(text) is not None


@lru_cache(maxsize=64)
def _pattern(keys: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(keys, key=len, reverse=True)
    return re.compile("|".join(rf"\b{re.escape(k)}\b" if k.isascii() else re.escape(k) for k in longest_first))
