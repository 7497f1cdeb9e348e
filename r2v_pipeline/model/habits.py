"""Key names that other tools, vendors and older habits use, where they have exactly one meaning here.

`r2v check --fix` writes the name of this language for them, so a name that could mean two things does not belong here
but into the guesses (guesses.py).  A kind of map is known by one key that no other kind has; below it stand the names.
"""

from __future__ import annotations

import re
from collections.abc import Collection

# Key that tells the kind of map: {name elsewhere: name here}.  The fields of vendors' requests: DashScope
# (negative_prompt, prompt_extend), WaveSpeed (aspect_ratio, enable_prompt_expansion, generate_audio), OpenRouter
# (image_url, video_url), Kling (a segment's prompt and duration); the AI SDK writes the same names in camel case.
HABITS: dict[str, dict[str, str]] = {
    "vars": {  # the storyboard, an included file
        "actors": "cast",
        "characters": "cast",
        "scenes": "shots",
        "variables": "vars",
    },
    "negative": {  # a shot, defaults, a profile
        "characters": "cast",
        "negative_prompt": "negative",
        "start_frame": "first_frame",
    },
    "segments": {  # a shot
        "beats": "segments",
        "for": "duration",
        "length": "duration",
        "seconds": "duration",
        "duration_seconds": "duration",
    },
    "for": {  # a segment, a transition, a title
        "duration": "for",
        "duration_seconds": "for",
        "length": "for",
        "seconds": "for",
    },
    "action": {  # a segment
        "camera_move": "camera",
        "camera_movement": "camera",
        "description": "action",
        "dialog": "say",
        "dialogue": "say",
        "prompt": "action",
        "sfx": "sound",
        "sound_effects": "sound",
        "time": "at",
    },
    "line": {  # a line of dialogue
        "character": "by",
        "dialog": "line",
        "dialogue": "line",
        "emotion": "tone",
        "mood": "tone",
        "speaker": "by",
        "text": "line",
        "words": "line",
    },
    "voice": {  # a cast member
        "appearance": "look",
        "description": "look",
        "reference_video": "video",
        "type": "kind",
        "video_url": "video",
        "video_urls": "video",
    },
    "image": {  # a cast member, a first frame
        "image_url": "image",
        "image_urls": "image",
        "photo": "image",
        "picture": "image",
        "reference_image": "image",
    },
    "resolution": {  # render
        "enable_audio": "audio",
        "enable_prompt_expansion": "prompt_extend",
        "generate_audio": "audio",
        "model_id": "model",
        "model_name": "model",
        "prompt_expansion": "prompt_extend",
    },
    "ratio": {"aspect": "ratio", "aspect_ratio": "ratio"},  # render, a delivery
    "type": {"kind": "type"},  # a transition
    "loudness": {  # the film
        "background_music": "music",
        "captions": "subtitles",
        "frame_rate": "fps",
        "framerate": "fps",
        "soundtrack": "music",
    },
    "max_cost": {"budget": "max_cost", "length": "duration", "scenes": "shots", "seconds": "duration"},  # expect
    "lens": {"movement": "move", "shot_size": "size"},  # the camera
}


def settled(word: str, keys: Collection[str]) -> str:
    """The key among `keys` that a name of another tool stands for, or an empty string.

    Case and word joints do not matter: `aspectRatio`, `Aspect-Ratio` and `aspect_ratio` are one name.
    """
    own = snake(word)
    if own in keys:
        return own
    return next((names[own] for mark, names in HABITS.items() if mark in keys and names.get(own) in keys), "")


def names_for(keys: Collection[str]) -> dict[str, str]:
    """Every name of other tools that has a meaning in a map with these keys, and its key."""
    found: dict[str, str] = {}
    for mark, names in HABITS.items():
        if mark in keys:
            found.update({word: key for word, key in names.items() if key in keys})
    return found


def snake(word: str) -> str:
    """`aspectRatio` and `Aspect-Ratio` as `aspect_ratio`; `ID` as `id`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[\s-]+", "_", word.strip()).lower()


def one_slip(word: str, other: str) -> bool:
    """Whether one letter too many, missing, wrong or swapped with the next turns one word into the other.

    A digit is never a slip of the pen: `740p` is not `720p`.
    """
    if len(word) > len(other):
        word, other = other, word
    at = next((i for i, (a, b) in enumerate(zip(word, other, strict=False)) if a != b), len(word))
    if len(word) < len(other):
        return len(other) - len(word) == 1 and word[at:] == other[at + 1 :] and not other[at].isdigit()
    rest, away = word[at:], other[at:]
    if not rest or any(c.isdigit() for c in rest[:1] + away[:1]):
        return False
    return rest[1:] == away[1:] or (rest[:2] == away[1::-1] and rest[2:] == away[2:])
