"""`r2v models NAME`: one entry of the catalog whole, every rule in words."""

from __future__ import annotations

from collections.abc import Sequence

from r2v_pipeline.providers.catalog.types import Entry, Provider
from r2v_pipeline.report.diagnostics import Paint
from r2v_pipeline.report.rules import billing, counts, lengths, media_limit, rate, ruled, text_limit, values
from r2v_pipeline.report.safe import safe

_MAKES = {
    "reference": "a clip from references",
    "frame": "a clip from a first frame",
    "text": "a clip from words",
}

# Settings that a model either has or lacks.
_EXTRAS = {"negative": "a negative prompt", "first_frame": "a first frame", "voice": "voices"}


def to_text(entry: Entry, provider: Provider, elsewhere: Sequence[Entry], paint: Paint, width: int) -> str:
    """An entry whole, every rule in words."""
    from textwrap import wrap

    facts = [fact for fact in _facts(entry, provider, elsewhere) if fact[1]]
    edge = max(len(name) for name, _ in facts) + 4
    lines = [paint.bold(safe(f"{entry.id}: {entry.title}"))]
    for name, texts in facts:
        label = f"  {name}"
        for text in texts:
            for part in wrap(safe(text), width - edge, break_on_hyphens=False, break_long_words=False):
                lines.append(f"{label:<{edge}}{part}")
                label = ""
    return "\n".join(lines) + "\n"


def _facts(entry: Entry, provider: Provider, elsewhere: Sequence[Entry]) -> list[tuple[str, list[str]]]:
    served = [region for region in provider.regions if not entry.regions or region.id in entry.regions]
    regions = [r.id + (" (unless another is written)" if r.id == provider.default_region else "") for r in served]
    settings = [f"{name}: {values(name, allowed)}" for name, allowed in entry.settings.items() if name not in _EXTRAS]
    extras = [words for name, words in _EXTRAS.items() if name in entry.settings]
    return [
        ("provider", [f"{entry.provider} ({provider.title})"]),
        ("makes", [_MAKES[entry.makes]]),
        ("written as", [", ".join(dict.fromkeys((*entry.names, entry.id)))]),
        ("family", [entry.family]),
        ("references", [ruled(counts(rule), rule.when) for rule in entry.counts]),
        ("images", [media_limit(entry.media["image"])] if "image" in entry.media else []),
        ("videos", [media_limit(entry.media["video"])] if "video" in entry.media else []),
        ("voices", [media_limit(entry.media["voice"])] if "voice" in entry.media else []),
        ("length", [ruled(lengths(rule), rule.when) for rule in entry.durations]),
        ("prompt", [f"at most {text_limit(entry.prompt)}"] if entry.prompt else []),
        ("negative", [f"at most {text_limit(entry.negative)}"] if entry.negative else []),
        ("settings", settings),
        ("takes also", [", ".join(extras)] if extras else []),
        ("regions", regions if len(provider.regions) > 1 else []),
        ("price", [ruled(rate(r), r.when) for r in entry.rates] or ["unknown"]),
        ("also billed", billing(entry.billing)),
        ("notes", list(entry.notes)),
        ("elsewhere", [f"{other.provider}: {other.id}" for other in elsewhere]),
        ("sources", [f"{what} (checked {day})" for what, day in entry.sources]),
    ]
