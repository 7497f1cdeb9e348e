"""The small words of the catalog's sentences."""

from collections.abc import Sequence

from r2v_pipeline.model.times import seconds_text
from r2v_pipeline.providers.catalog.types import DurationRule


def joined(words: Sequence[str], last: str) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}" if words else ""


def plural(count: int, noun: str) -> str:
    """`1 image`, `2 images`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def lengths(rule: DurationRule) -> str:
    """The clips that a model makes: `clips of 5 or 10 s`, `clips of 2 to 15 whole seconds`."""
    if rule.choices_ms:
        return f"clips of {joined([seconds_text(choice) for choice in rule.choices_ms], 'or')} s"
    least, most = seconds_text(rule.least_ms), seconds_text(rule.most_ms)
    if rule.step_ms == 1000:
        return f"clips of {least} to {most} whole seconds"
    return f"clips of {least} to {most} s in steps of {seconds_text(rule.step_ms)} s"
