"""Which rules of a model one shot breaks, as plain findings: limits.py makes diagnostics of them, advice.py asks here
whether another model would do.

What a setting causes names no shot, so that equal findings of many shots can be told once.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from r2v_pipeline.diagnostics import Span
from r2v_pipeline.model.times import seconds_text
from r2v_pipeline.model.types import Shot
from r2v_pipeline.providers.catalog.media_rules import broken_by_media
from r2v_pipeline.providers.catalog.types import Asked, CountRule, DurationRule, Entry, Seen, TextLimit, When
from r2v_pipeline.providers.catalog.wording import joined, lengths, plural
from r2v_pipeline.providers.prompt import Prompt

# What a model does whatever is asked for.
_FIXED = {
    ("audio", True): "always makes sound",
    ("audio", False): "makes no sound",
    ("watermark", False): "has no switch for a watermark",
    ("prompt_extend", False): "rewrites no prompts",
}


class Case(NamedTuple):
    """One shot as the rules see it.

    `durations_ms` are the lengths of its jobs (several when it is split), `seen` its references and what their files
    are; a first frame may be among `seen` and is not counted in `asked`.
    """

    shot: Shot
    prompt: Prompt
    asked: Asked
    seen: tuple[Seen, ...]
    durations_ms: tuple[int, ...]


class Broken(NamedTuple):
    """A rule that a shot breaks; `mend` is what helps without another model, empty where nothing does."""

    code: str
    message: str
    span: Span | None
    mend: str = ""
    severity: str = "error"


def broken(entry: Entry, case: Case) -> Iterator[Broken]:
    """Everything in a shot that a model refuses, cuts silently or wastes."""
    yield from _counts(entry, case)
    yield from _texts(entry, case)
    yield from _durations(entry, case)
    yield from _settings(entry, case)
    for code, message, span, mend in broken_by_media(entry, case.shot.span, case.seen):
        yield Broken(code, message, span, mend)


def _counts(entry: Entry, case: Case) -> Iterator[Broken]:
    """R2V501 for too many references, R2V506 for none where the model is made of them."""
    rules = [rule for rule in entry.counts if rule.when.holds(case.asked)]
    over = [rule for rule in rules if rule.at_most is not None and number(rule.of, case.asked) > rule.at_most]
    if over:
        yield _too_many(entry, case, [_tightest(over, kind) for kind in ("image", "video", "all")])
        return
    under = [rule for rule in rules if number(rule.of, case.asked) < rule.at_least]
    if under:
        what, one = {"image": ("images", "an image"), "video": ("videos", "a video")}.get(
            under[0].of, ("references", "an image or a video")
        )
        message = f"'{entry.id}' makes clips from {what}, and there are none"
        yield Broken("R2V506", message, _setting(case.shot, "model"), f"name a cast member that has {one}")
    elif entry.makes == "frame" and not case.asked.first_frame:
        message = f"'{entry.id}' sets a first frame in motion, and there is none"
        yield Broken("R2V506", message, _setting(case.shot, "model"), "write 'first_frame:'")


def number(of: str, asked: Asked) -> int:
    """How many references of a kind, or in all, a job has."""
    if of == "image":
        return asked.images
    return len(asked.video_ms) + (asked.images if of == "all" else 0)


def _tightest(rules: list[CountRule], kind: str) -> CountRule | None:
    of_kind = [rule for rule in rules if rule.of == kind]
    return min(of_kind, key=lambda rule: rule.at_most or 0, default=None)


def _too_many(entry: Entry, case: Case, rules: list[CountRule | None]) -> Broken:
    """All counts that are too high in one sentence; `drop` names what goes, the last of the cast first."""
    told, drop = [], 0
    kind = ""
    for rule in rules:
        if rule is None or rule.at_most is None:
            continue
        has = number(rule.of, case.asked)
        noun = {"image": "image", "video": "video", "all": "reference"}[rule.of]
        most = f"at most {plural(rule.at_most, noun)}" if rule.at_most else f"no {noun}s"
        told.append(f"{most}{_under(rule.when)} (here {has})")
        if has - rule.at_most > drop:
            drop, kind = has - rule.at_most, "" if rule.of == "all" else rule.of
    counted = [s.id for s in case.seen if s.visual == kind or (not kind and s.visual in ("image", "video"))]
    last = [name for name in counted if name != case.shot.first_frame][-drop:]
    named = len(last) == drop <= 3
    mend = f"drop {joined([repr(name) for name in last], 'and')}" if named else f"drop {drop} of them"
    return Broken("R2V501", f"'{entry.id}' takes {joined(told, 'and')}", case.shot.span, mend)


def _under(when: When) -> str:
    """A rule's conditions as the end of a sentence."""
    words = {
        ("videos", "some"): " beside a reference video",
        ("images", "some"): " beside a reference image",
        ("first_frame", True): " beside a first frame",
    }
    parts = [
        words.get((name, wanted[0]), f" in {joined([str(w) for w in wanted], 'or')}") for name, wanted in when.facts
    ]
    return "".join(parts)


def _texts(entry: Entry, case: Case) -> Iterator[Broken]:
    """R2V502 and R2V503: vendors cut what is too long, say nothing, and bill."""
    for code, what, text, limit, span in (
        ("R2V502", "prompt", case.prompt.text, entry.prompt, case.shot.span),
        ("R2V503", "negative prompt", case.prompt.negative, entry.negative, _negative(case.shot)),
    ):
        if limit is None or len(text) * limit.han <= limit.at_most:  # no need to weigh it
            continue
        weight = weigh(text, limit)
        if weight > limit.at_most:
            han = f" (a Chinese character counts {limit.han})" if weight != len(text) else ""
            message = f"the {what} has {weight} characters{han}, '{entry.id}' reads {limit.at_most} and cuts the rest"
            yield Broken(code, message, span, f"shorten it by {plural(weight - limit.at_most, 'character')}")


def weigh(text: str, limit: TextLimit) -> int:
    """The length of a text as a model counts it."""
    if limit.han == 1:
        return len(text)
    return len(text) + (limit.han - 1) * sum(_is_han(ord(char)) for char in text)


def _is_han(code: int) -> bool:
    return 0x3400 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF or 0x20000 <= code <= 0x3FFFF


def _durations(entry: Entry, case: Case) -> Iterator[Broken]:
    """R2V504, R2V505 and R2V510, for the first job of the shot that has each."""
    rule = entry.duration_rule(case.asked)
    if rule is None:
        return
    told: set[str] = set()
    for part, length in enumerate(case.durations_ms, 1):
        found = _duration(entry, case, rule, length, part)
        if found and found.code not in told:
            told.add(found.code)
            yield found


def _duration(entry: Entry, case: Case, rule: DurationRule, length: int, part: int) -> Broken | None:
    split = len(case.durations_ms) > 1
    clip = rule.covering(length)
    if clip is None:
        what = f"part {part} of the shot" if split else "the shot"
        most = f"'{entry.id}' makes at most {seconds_text(rule.longest_ms)} s{_under(rule.when)}"
        return Broken("R2V504", f"{what} lasts {seconds_text(length)} s, {most}", case.shot.span, _shorter(case, rule))
    if case.shot.render.fit == "exact" and clip != length:
        message = f"'{entry.id}' makes no clip of {seconds_text(length)} s, only {lengths(rule)}{_under(rule.when)}"
        mend = f"write a length that it makes, or 'fit: trim' to cut {seconds_text(clip)} s to it"
        return Broken("R2V505", message, _setting(case.shot, "fit"), mend)
    if (clip - length) * 2 > clip:
        what = f"part {part} of the shot" if split else "the shot"
        message = (
            f"{seconds_text(clip - length)} of {seconds_text(clip)} s are paid for and thrown away: "
            f"{what} lasts {seconds_text(length)} s, '{entry.id}' makes {lengths(rule)}{_under(rule.when)}"
        )
        return Broken("R2V510", message, case.shot.span, "make it longer, or join it with another", severity="warning")
    return None


def _shorter(case: Case, rule: DurationRule) -> str:
    """How a shot that is too long can be made: cut between its segments, else with shorter ones."""
    pieces = [s.end_ms - s.start_ms for s in case.shot.segments]
    longest = max(pieces or case.durations_ms)
    if rule.covering(longest) is None and pieces and case.shot.split == "auto":
        return f"it is cut between segments: divide the one of {seconds_text(longest)} s"
    if rule.covering(longest) is None:
        return f"write segments of at most {seconds_text(rule.longest_ms)} s, and 'split: auto' to cut between them"
    if case.shot.split != "auto" and len(pieces) > 1:
        return "add 'split: auto' to the shot: it becomes several jobs, cut between segments"
    return "make its segments shorter"


def _settings(entry: Entry, case: Case) -> Iterator[Broken]:
    """R2V507: only what somebody wrote."""
    shot = case.shot
    for name in ("resolution", "ratio", "audio", "watermark", "seed", "prompt_extend", "shot_type"):
        written = shot.render.settings.get(name)
        if written is None or (name == "shot_type" and written.value == "auto"):
            continue
        message = _unfit(entry, name, written.value)
        if message:
            yield Broken("R2V507", message, written.span or shot.span, "leave it out")
    if entry.sizes and (case.asked.resolution, case.asked.ratio) not in entry.sizes and _both_fit(entry, case.asked):
        message = f"'{entry.id}' has no {case.asked.ratio} at {case.asked.resolution}"
        yield Broken(
            "R2V507", message, _setting(shot, "ratio"), f"it has {_ratios(entry, case.asked.resolution)} there"
        )
    if shot.first_frame and "first_frame" not in entry.settings:
        span = shot.first_frame_span or shot.span
        yield Broken("R2V507", f"'{entry.id}' takes no first frame", span, "leave 'first_frame' out")
    if case.prompt.negative and "negative" not in entry.settings:
        yield Broken("R2V507", f"'{entry.id}' reads no negative prompt", _negative(shot), "leave 'negative' out")


def _unfit(entry: Entry, name: str, value: Any) -> str:
    """Why a model cannot do what a setting says; empty when it can."""
    values = entry.settings.get(name)
    if values is None:
        return f"'{entry.id}' has no setting '{name}'"
    if name == "seed":
        least, most = values
        fits = isinstance(value, int) and least <= value <= most
        return "" if fits else f"'{entry.id}' takes a seed from {least} to {most}, not {value}"
    if value in values:
        return ""
    fixed = _FIXED.get((name, values[0])) if len(values) == 1 else None
    if fixed:
        return f"'{entry.id}' {fixed}"
    return f"'{entry.id}' has no {name} '{value}', only {joined([str(v) for v in values], 'and')}"


def _both_fit(entry: Entry, asked: Asked) -> bool:
    """Whether resolution and ratio are each the model's, so that only the pair is wrong."""
    return asked.resolution in entry.settings.get("resolution", ()) and asked.ratio in entry.settings.get("ratio", ())


def _ratios(entry: Entry, resolution: str) -> str:
    return joined([ratio for tier, ratio in entry.sizes if tier == resolution], "and")


def _setting(shot: Shot, name: str) -> Span:
    """The place that wrote a setting, else the shot."""
    written = shot.render.settings.get(name)
    return (written.span if written else None) or shot.span


def _negative(shot: Shot) -> Span:
    return shot.negative.span if shot.negative else shot.span
