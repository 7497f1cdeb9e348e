"""Yes or no: whether data has the form that the JSON Schema asks for.

Generated from the schema by `python -m r2v_pipeline.model.generate`: change the schema, never this.
"""

# fmt: off
# ruff: noqa
from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

Judge = Callable[[Any], bool]


class _Matchers(dict[int, Any]):
    """Patterns by number, each compiled when first asked for.  All are anchored in front, so `match` is `search`."""

    def __missing__(self, number: int) -> Any:
        self[number] = matcher = re.compile(_PATTERNS[number]).match
        return matcher


_match = _Matchers()


def _text(v: Any) -> bool:
    return isinstance(v, str)


def _closed(v: dict[str, Any], judge_of: Callable[[str], Judge | None]) -> bool:
    """Every key of a map is known and its value right, or is private."""
    for k, x in v.items():
        judge = judge_of(k)
        if judge is _text:  # most are any text: no call for them
            if x.__class__ is not str:
                return False
        elif not (judge(x) if judge else k[:2] == "x-"):
            return False
    return True


def _named(v: dict[str, Any], pattern: int, judge: Judge) -> bool:
    """Every key of a map has the form of a name and its value is right, or is private."""
    match = _match[pattern]
    for k, x in v.items():
        if not (judge(x) if match(k) else k[:2] == "x-"):
            return False
    return True

def _1(v: Any) -> bool:
    return isinstance(v, str) and len(v) >= 1

def _attached(v: Any) -> bool:
    return (len(v) >= 1 if isinstance(v, str) else all(map(_1, v)) if isinstance(v, list) else False)

def _4(v: Any) -> bool:
    return isinstance(v, str) and v in ("person", "animal", "object", "place", "style", "camera",)

def _media(v: Any) -> bool:
    return isinstance(v, str) and _match[1](v) is not None

def _7(v: Any) -> bool:
    return (_match[2](v) is not None if isinstance(v, str) else v <= 999999 and v >= 0 if (type(v) is int or type(v) is float) else False)

_keys_1: dict[str, Judge] = {
    "shot": _1, "frame": _7
}

def _from(v: Any) -> bool:
    return isinstance(v, dict) and _closed(v, _keys_1.get) and "shot" in v

def _sha256(v: Any) -> bool:
    return isinstance(v, str) and _match[3](v) is not None

def _meta(v: Any) -> bool:
    return isinstance(v, dict)

_keys_0: dict[str, Judge] = {
    "kind": _4, "image": _media, "video": _media, "from": _from, "voice": _media, "look": _text, "name": _text,
    "sha256": _sha256, "meta": _meta
}

def _member(v: Any) -> bool:
    return isinstance(v, dict) and _closed(v, _keys_0.get) and ("video" not in v and "from" not in v if "image" in v else ("from" not in v if "video" in v else True))

def _cast(v: Any) -> bool:
    return isinstance(v, dict) and _named(v, 0, _member)

def _said(v: Any) -> bool:
    return (len(v) >= 1 if isinstance(v, str) else all(map(_1, v)) if isinstance(v, list) else False)

def _max_chars(v: Any) -> bool:
    return type(v) is int and v >= 1

_keys_2: dict[str, Judge] = {
    "mentions": _said, "forbids": _said, "max_chars": _max_chars
}

def _claims(v: Any) -> bool:
    return isinstance(v, dict) and _closed(v, _keys_2.get)

def _15(v: Any) -> bool:
    return isinstance(v, str) and _match[4](v) is not None

def _ratio(v: Any) -> bool:
    return isinstance(v, str) and _match[5](v) is not None

def _17(v: Any) -> bool:
    return isinstance(v, str) and v in ("crop", "pad", "blur",)

_keys_3: dict[str, Judge] = {
    "name": _15, "ratio": _ratio, "fit": _17
}

def _delivery(v: Any) -> bool:
    return isinstance(v, dict) and _closed(v, _keys_3.get) and "name" in v and "ratio" in v

def _duration(v: Any) -> bool:
    return (_match[6](v) is not None if isinstance(v, str) else v > 0 and v <= 999999 if (type(v) is int or type(v) is float) else False)

def _file(v: Any) -> bool:
    return isinstance(v, str) and _match[7](v) is not None

def _21(v: Any) -> bool:
    return isinstance(v, str) and _match[8](v) is not None

def _22(v: Any) -> bool:
    return type(v) is int and v <= 120 and v >= 1

def _transition_type(v: Any) -> bool:
    return isinstance(v, str) and v in ("cut", "dissolve", "fade", "wipe",)

_keys_5: dict[str, Judge] = {
    "type": _transition_type, "for": _duration
}

def _transition(v: Any) -> bool:
    return (isinstance(v, str) or isinstance(v, dict)) and (_transition_type(v) if isinstance(v, str) else (_closed(v, _keys_5.get) if isinstance(v, dict) else True))

def _gain(v: Any) -> bool:
    return isinstance(v, str) and _match[9](v) is not None

def _time(v: Any) -> bool:
    return (_match[10](v) is not None if isinstance(v, str) else v <= 999999 and v >= 0 if (type(v) is int or type(v) is float) else False)

_keys_6: dict[str, Judge] = {
    "file": _file, "gain": _gain, "duck": _gain, "fade_in": _time, "fade_out": _time
}

def _25(v: Any) -> bool:
    return isinstance(v, dict) and _closed(v, _keys_6.get)

_keys_7: dict[str, Judge] = {
    "file": _file, "at": _time, "gain": _gain
}

def _28(v: Any) -> bool:
    return isinstance(v, dict) and _closed(v, _keys_7.get)

def _29(v: Any) -> bool:
    return isinstance(v, str) and _match[11](v) is not None

def _subtitle_file(v: Any) -> bool:
    return isinstance(v, str) and v in ("srt", "vtt",)

def _31(v: Any) -> bool:
    return (isinstance(v, str) or isinstance(v, list)) and ((all(map(_subtitle_file, v)) if isinstance(v, list) else True) if isinstance(v, list) else _subtitle_file(v))

def _33(v: Any) -> bool:
    return (v is True or v is False)

_keys_8: dict[str, Judge] = {
    "files": _31, "soft": _33, "burn": _33
}

def _30(v: Any) -> bool:
    return isinstance(v, dict) and _closed(v, _keys_8.get)

_keys_9: dict[str, Judge] = {
    "text": _1, "at": _time, "for": _duration
}

def _title(v: Any) -> bool:
    return isinstance(v, dict) and _closed(v, _keys_9.get) and "text" in v and "at" in v and "for" in v

def _34(v: Any) -> bool:
    return isinstance(v, list) and all(map(_title, v))

def _36(v: Any) -> bool:
    return isinstance(v, list) and all(map(_delivery, v))

_keys_4: dict[str, Judge] = {
    "size": _21, "fps": _22, "transition": _transition, "music": _25, "voice_over": _28, "loudness": _29,
    "subtitles": _30, "titles": _34, "chapters": _33, "deliver": _36, "meta": _meta
}

def _film(v: Any) -> bool:
    return isinstance(v, dict) and _closed(v, _keys_4.get)

_keys_10: dict[str, Judge] = {
    "image": _media, "from": _from, "sha256": _sha256
}

def _first_frame(v: Any) -> bool:
    return (len(v) >= 1 if isinstance(v, str) else _closed(v, _keys_10.get) if isinstance(v, dict) else False) and (("from" not in v if isinstance(v, dict) else True) if ("image" in v if isinstance(v, dict) else True) else ("from" in v if isinstance(v, dict) else True))

def _includes(v: Any) -> bool:
    return (len(v) >= 1 if isinstance(v, str) else all(map(_1, v)) if isinstance(v, list) else False)

def _41(v: Any) -> bool:
    return (isinstance(v, str) or (type(v) is int or type(v) is float) or (v is True or v is False) or isinstance(v, list) or isinstance(v, dict))

def _vars(v: Any) -> bool:
    return isinstance(v, dict) and _named(v, 12, _41)

def _range(v: Any) -> bool:
    return isinstance(v, str) and _match[13](v) is not None

_keys_14: dict[str, Judge] = {
    "size": _text, "angle": _text, "lens": _text, "move": _text
}

def _48(v: Any) -> bool:
    return (True if isinstance(v, str) else _closed(v, _keys_14.get) if isinstance(v, dict) else False)

def _52(v: Any) -> bool:
    return isinstance(v, str) and v in ("spoken", "whispered", "shouted", "mouthed", "off_screen", "voice_over",)

_keys_15: dict[str, Judge] = {
    "by": _1, "line": _1, "to": _1, "how": _52, "tone": _text, "speech": _duration
}

def _long_line(v: Any) -> bool:
    return isinstance(v, dict) and _closed(v, _keys_15.get) and "by" in v and "line" in v

def _short_line(v: Any) -> bool:
    return isinstance(v, dict) and all(map(_1, v.values())) and len(v) <= 1 and len(v) >= 1

def _line(v: Any) -> bool:
    return isinstance(v, dict) and (_long_line(v) if "line" in v else (_long_line(v) if "by" in v else _short_line(v)))

def _49(v: Any) -> bool:
    return (isinstance(v, dict) or isinstance(v, list)) and ((all(map(_line, v)) if isinstance(v, list) else True) if isinstance(v, list) else _line(v))

_keys_13: dict[str, Judge] = {
    "for": _duration, "at": _range, "action": _text, "camera": _48, "say": _49, "sound": _text, "meta": _meta
}

def _segment(v: Any) -> bool:
    return isinstance(v, dict) and _closed(v, _keys_13.get) and ("for" not in v if "at" in v else "for" in v)

def _54(v: Any) -> bool:
    return ("at" in v if isinstance(v, dict) else True)

def _timed_by_at(v: Any) -> bool:
    return ("for" not in v if isinstance(v, dict) else True)

def _timed_by_for(v: Any) -> bool:
    return ("at" not in v if isinstance(v, dict) else True)

def _segments(v: Any) -> bool:
    return isinstance(v, list) and all(map(_segment, v)) and len(v) >= 1 and (all(map(_timed_by_at, v)) if (not v or _54(v[0])) else all(map(_timed_by_for, v)))

def _60(v: Any) -> bool:
    return (len(v) >= 1 if isinstance(v, str) else all(map(_1, v)) and len(v) >= 1 if isinstance(v, list) else False)

def _61(v: Any) -> bool:
    return isinstance(v, str) and v in ("480p", "720p", "1080p",)

def _62(v: Any) -> bool:
    return type(v) is int and v <= 4294967295 and v >= 0

def _63(v: Any) -> bool:
    return isinstance(v, str) and v in ("auto", "single", "multi",)

def _64(v: Any) -> bool:
    return isinstance(v, str) and v in ("trim", "exact",)

_keys_16: dict[str, Judge] = {
    "provider": _60, "region": _1, "model": _1, "resolution": _61, "ratio": _ratio, "audio": _33,
    "watermark": _33, "seed": _62, "prompt_extend": _33, "shot_type": _63, "fit": _64
}

def _render(v: Any) -> bool:
    return isinstance(v, dict) and _closed(v, _keys_16.get)

def _template(v: Any) -> bool:
    return isinstance(v, str) and len(v) >= 1

def _quiet_word(v: Any) -> bool:
    return isinstance(v, str) and v in ("dialogue", "music",)

def _quiet(v: Any) -> bool:
    return (isinstance(v, str) or isinstance(v, list)) and ((all(map(_quiet_word, v)) if isinstance(v, list) else True) if isinstance(v, list) else _quiet_word(v))

def _split(v: Any) -> bool:
    return isinstance(v, str) and v in ("auto", "never",)

def _take(v: Any) -> bool:
    return type(v) is int and v <= 999999 and v >= 1

_keys_17: dict[str, Judge] = {
    "text": _1, "for": _duration
}

def _title_card(v: Any) -> bool:
    return isinstance(v, dict) and _closed(v, _keys_17.get)

_keys_18: dict[str, Judge] = {
    "mute": _33, "gain": _gain, "file": _file
}

def _shot_audio(v: Any) -> bool:
    return isinstance(v, dict) and _closed(v, _keys_18.get)

def _tags(v: Any) -> bool:
    return (len(v) >= 1 if isinstance(v, str) else all(map(_1, v)) if isinstance(v, list) else False)

_keys_12: dict[str, Judge] = {
    "id": _15, "intro": _text, "segments": _segments, "prompt": _1, "duration": _duration,
    "first_frame": _first_frame, "cast": _attached, "style": _text, "negative": _text, "render": _render,
    "template": _template, "quiet": _quiet, "split": _split, "take": _take, "transition": _transition,
    "trim": _range, "title_card": _title_card, "clip": _file, "audio": _shot_audio, "expect": _claims,
    "tags": _tags, "meta": _meta
}

def _shot(v: Any) -> bool:
    return isinstance(v, dict) and _closed(v, _keys_12.get) and "id" in v and ("prompt" not in v and "duration" not in v if "segments" in v else ("duration" in v if "prompt" in v else (True if "clip" in v else "segments" in v)))

def _shots(v: Any) -> bool:
    return isinstance(v, list) and all(map(_shot, v))

_keys_11: dict[str, Judge] = {
    "include": _includes, "vars": _vars, "cast": _cast, "shots": _shots, "meta": _meta
}

def _include(v: Any) -> bool:
    return isinstance(v, dict) and _closed(v, _keys_11.get)

def _private(v: Any) -> bool:
    return True

_keys_19: dict[str, Judge] = {
    "intro": _text, "first_frame": _first_frame, "cast": _attached, "style": _text, "negative": _text,
    "render": _render, "template": _template, "quiet": _quiet, "split": _split, "take": _take,
    "transition": _transition, "trim": _range, "title_card": _title_card, "audio": _shot_audio, "expect": _claims,
    "tags": _tags, "film": _film, "meta": _meta
}

def _profile(v: Any) -> bool:
    return isinstance(v, dict) and _closed(v, _keys_19.get)

def _76(v: Any) -> bool:
    return type(v) is int and v in (1,)

def _77(v: Any) -> bool:
    return isinstance(v, str) and v in ("en", "zh",)

_keys_21: dict[str, Judge] = {
    "intro": _text, "first_frame": _first_frame, "cast": _attached, "style": _text, "negative": _text,
    "render": _render, "template": _template, "quiet": _quiet, "split": _split, "take": _take,
    "transition": _transition, "trim": _range, "title_card": _title_card, "audio": _shot_audio, "expect": _claims,
    "tags": _tags, "meta": _meta
}

def _78(v: Any) -> bool:
    return isinstance(v, dict) and _closed(v, _keys_21.get)

def _79(v: Any) -> bool:
    return isinstance(v, dict) and _named(v, 0, _profile)

def _81(v: Any) -> bool:
    return type(v) is int and v >= 0

def _82(v: Any) -> bool:
    return isinstance(v, str) and _match[14](v) is not None

_keys_22: dict[str, Judge] = {
    "duration": _duration, "shots": _81, "max_cost": _82, "mentions": _said, "forbids": _said,
    "max_chars": _max_chars
}

def _80(v: Any) -> bool:
    return isinstance(v, dict) and _closed(v, _keys_22.get)

_keys_20: dict[str, Judge] = {
    "r2v": _76, "title": _1, "language": _77, "include": _includes, "vars": _vars, "cast": _cast, "defaults": _78,
    "profiles": _79, "shots": _shots, "film": _film, "expect": _80, "meta": _meta
}

def _storyboard(v: Any) -> bool:
    return isinstance(v, dict) and _closed(v, _keys_20.get) and "r2v" in v and "title" in v

_PATTERNS = (
    '^[a-z][a-z0-9_]*$(?!\\n)',
    '^(https://[^\\s/?#@\\\\]+([/?#][^\\s\\\\]*)?|(?![A-Za-z][A-Za-z0-9+.-]+:)[^\\x00-\\x1f\\x7f]+)$(?!\\n)',
    '^(first|last|[0-9]{1,6}(\\.[0-9]{1,6})?s?|[0-9]{1,4}:[0-5][0-9](\\.[0-9]{1,6})?)$(?!\\n)',
    '^[0-9a-f]{64}$(?!\\n)',
    '^[a-z][a-z0-9_-]*$(?!\\n)',
    '^[1-9][0-9]{0,3}:[1-9][0-9]{0,3}$(?!\\n)',
    '^(?=.*[1-9])([0-9]{1,6}(\\.[0-9]{1,6})?s?|[0-9]{1,4}:[0-5][0-9](\\.[0-9]{1,6})?)$(?!\\n)',
    '^(?![A-Za-z][A-Za-z0-9+.-]+:)[^\\x00-\\x1f\\x7f]+$(?!\\n)',
    '^[1-9][0-9]{0,3}[02468]x[1-9][0-9]{0,3}[02468]$(?!\\n)',
    '^[+-]?[0-9]{1,2}(\\.[0-9]{1,2})? ?dB$(?!\\n)',
    '^([0-9]{1,6}(\\.[0-9]{1,6})?s?|[0-9]{1,4}:[0-5][0-9](\\.[0-9]{1,6})?)$(?!\\n)',
    '^-[0-9]{1,2}(\\.[0-9]{1,2})? ?LUFS$(?!\\n)',
    '^[A-Za-z][A-Za-z0-9_]*$(?!\\n)',
    '^([0-9]{1,6}(\\.[0-9]{1,6})?s?|[0-9]{1,4}:[0-5][0-9](\\.[0-9]{1,6})?)-([0-9]{1,6}(\\.[0-9]{1,6})?s?|[0-9]{1,4}:[0-5][0-9](\\.[0-9]{1,6})?)$(?!\\n)',
    '^[0-9]{1,9}(\\.[0-9]{1,6})? [A-Z]{3}$(?!\\n)',
)

# By definition of the schema; `storyboard` is the whole.
VALID: dict[str, Judge] = {
    "attached": _attached, "cast": _cast, "claims": _claims, "delivery": _delivery, "duration": _duration,
    "file": _file, "film": _film, "first_frame": _first_frame, "from": _from, "gain": _gain, "include": _include,
    "includes": _includes, "intro": _text, "line": _line, "long_line": _long_line, "max_chars": _max_chars,
    "media": _media, "member": _member, "meta": _meta, "negative": _text, "private": _private,
    "profile": _profile, "quiet": _quiet, "quiet_word": _quiet_word, "range": _range, "ratio": _ratio,
    "render": _render, "said": _said, "segment": _segment, "segments": _segments, "sha256": _sha256,
    "short_line": _short_line, "shot": _shot, "shot_audio": _shot_audio, "shots": _shots, "split": _split,
    "storyboard": _storyboard, "style": _text, "subtitle_file": _subtitle_file, "tags": _tags, "take": _take,
    "template": _template, "time": _time, "timed_by_at": _timed_by_at, "timed_by_for": _timed_by_for,
    "title": _title, "title_card": _title_card, "transition": _transition, "transition_type": _transition_type,
    "trim": _range, "vars": _vars
}
