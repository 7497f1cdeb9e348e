"""The catalog's rules in words: conditions, counts, lengths, limits, prices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from r2v_pipeline.providers.catalog.types import (
    Billing,
    CountRule,
    DurationRule,
    MediaLimit,
    Plus,
    Rate,
    TextLimit,
    When,
)
from r2v_pipeline.report.words import counted, money, number, seconds

_NOUNS = {"image": "image", "video": "video", "all": "reference"}
_FACTS = {
    ("images", "some"): "with images",
    ("images", "none"): "without images",
    ("videos", "some"): "with reference videos",
    ("videos", "none"): "without reference videos",
    ("references", "some"): "with references",
    ("references", "none"): "without references",
    ("first_frame", True): "with a first frame",
    ("first_frame", False): "without a first frame",
    ("audio", True): "with sound",
    ("audio", False): "silent",
}


def condition(when: When) -> str:
    """`with reference videos, in us-east-1`; empty where a rule always holds."""
    return ", ".join(_fact(name, wanted) for name, wanted in when.facts)


def _fact(name: str, wanted: tuple[object, ...]) -> str:
    known = [_FACTS.get((name, value)) for value in wanted]
    if all(known):
        return either(str(words) for words in known)
    before = {"region": "in", "resolution": "at"}.get(name, "for")
    return f"{before} {either(str(value) for value in wanted)}"


def either(words: Iterable[str]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    listed = list(words)
    return " or ".join(filter(None, (", ".join(listed[:-1]), listed[-1]))) if listed else ""


def counts(rule: CountRule) -> str:
    """`1 to 5 references`, `at most 3 videos`, `no images`."""
    noun = _NOUNS[rule.of]
    if rule.at_most is None:
        return f"at least {counted(rule.at_least, noun)}"
    if rule.at_most == 0:
        return f"no {noun}s"
    if rule.at_least == rule.at_most:
        return f"exactly {counted(rule.at_most, noun)}"
    if rule.at_least == 0:
        return f"at most {counted(rule.at_most, noun)}"
    return f"{rule.at_least} to {counted(rule.at_most, noun)}"


def lengths(rule: DurationRule) -> str:
    """`2 to 10 s`, `5 or 10 s`, `2 to 12 s in steps of 0.5 s`."""
    if rule.choices_ms:
        return f"{either(str(number(ms, 1000)) for ms in rule.choices_ms)} s"
    if rule.least_ms == rule.most_ms:
        return seconds(rule.least_ms)
    steps = "" if rule.step_ms == 1000 else f" in steps of {seconds(rule.step_ms)}"
    return f"{number(rule.least_ms, 1000)} to {seconds(rule.most_ms)}{steps}"


def text_limit(limit: TextLimit) -> str:
    """`1500 characters`."""
    han = f"; a Han character counts as {limit.han}" if limit.han != 1 else ""
    return f"{limit.at_most} characters{han}"


def media_limit(limit: MediaLimit) -> str:
    """What a file may be, in one line; empty where nothing is stated."""
    least, most = limit.side
    short, long = limit.length_ms
    parts = (
        ", ".join(limit.formats),
        f"at most {limit.bytes >> 20} MiB" if limit.bytes else "",
        f"{least} to {most} pixels a side" if most else f"at least {least} pixels a side" if least else "",
        f"shorter side at least {limit.short_side} pixels" if limit.short_side else "",
        f"sides at most 1:{limit.aspect:g}" if limit.aspect else "",
        f"{number(short, 1000)} to {seconds(long)}" if long else "",
        f"{seconds(limit.total_ms)} together" if limit.total_ms else "",
        "" if limit.alpha else "not transparent",
    )
    return "; ".join(filter(None, parts))


def rate(of: Rate) -> str:
    """`$0.10 a second`."""
    return f"{money(of.micros, of.currency)} a second"


def billing(of: Billing) -> list[str]:
    """Every reason why other seconds are billed than those of the clip; none: only those."""
    lines = [f"{seconds(of.fixed_ms)} are billed whatever is asked for"] if of.fixed_ms else []
    lines += [ruled(_plus(plus), plus.when) for plus in of.plus if plus.most_ms]
    if of.caps_ms:
        perhaps = "" if of.input_certain else "perhaps "
        lines.append(f"{perhaps}each reference video, up to {_caps(of)}")
    if of.input_at_least_clip:
        lines.append("a reference video that is shorter than the clip counts as long as the clip")
    return lines


def _caps(of: Billing) -> str:
    """What is billed of one video at most, by how many references there are."""
    if len(set(of.caps_ms)) == 1:
        return seconds(of.caps_ms[0])
    among = "references" if of.over == "all" else "reference videos"
    each = ", ".join(str(number(ms, 1000)) for ms in of.caps_ms)
    return f"{each} s for {', '.join(map(str, range(1, len(of.caps_ms) + 1)))} {among}"


def _plus(plus: Plus) -> str:
    sure = plus.least_ms == plus.most_ms
    return f"{'' if sure else 'up to '}{seconds(plus.most_ms)} more for every clip"


def values(name: str, allowed: Sequence[Any]) -> str:
    """What a setting may be, as a storyboard says it: `720p or 1080p`, `0 to 2147483647`, `only false`."""
    if name == "seed":
        return f"{allowed[0]} to {allowed[-1]}"
    words = [str(value).lower() if isinstance(value, bool) else str(value) for value in allowed]
    return f"only {words[0]}" if len(words) == 1 else either(words)


def ruled(text: str, when: When) -> str:
    """A rule with its condition behind it."""
    words = condition(when)
    return f"{text}, {words}" if words else text
