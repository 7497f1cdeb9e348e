"""Which limits of a reference file a model states at all: what it does not state, it may refuse as well."""

from collections.abc import Callable

from r2v_pipeline.providers.catalog.media_rules import refused
from r2v_pipeline.providers.catalog.types import Entry, MediaLimit, Seen

_NONE = MediaLimit()

# One question each about a file: the part of a limit that answers it.
_FACETS: tuple[Callable[[MediaLimit], MediaLimit], ...] = (
    lambda limit: MediaLimit(formats=limit.formats),
    lambda limit: MediaLimit(bytes=limit.bytes),
    lambda limit: MediaLimit(side=(limit.side[0], 0), short_side=limit.short_side),
    lambda limit: MediaLimit(side=(0, limit.side[1])),
    lambda limit: MediaLimit(aspect=limit.aspect),
    lambda limit: MediaLimit(length_ms=(limit.length_ms[0], 0)),
    lambda limit: MediaLimit(length_ms=(0, limit.length_ms[1])),
    lambda limit: MediaLimit(alpha=limit.alpha),
)


def states_media(other: Entry, entry: Entry, seen: tuple[Seen, ...]) -> bool:
    """Whether another model has a word of its own about everything that `entry` refuses in these files."""
    for reference in seen:
        limit, info = entry.media.get(reference.visual), reference.info
        if limit is None or info is None:
            continue
        theirs = other.media.get(reference.visual, _NONE)
        for facet in _FACETS:
            if any(refused(facet(limit), info)) and facet(theirs) == _NONE:
                return False
    return all(other.media.get(kind, _NONE).total_ms for kind in _too_long_together(entry, seen))


def _too_long_together(entry: Entry, seen: tuple[Seen, ...]) -> list[str]:
    """The kinds of which all files together are longer than `entry` takes."""
    lengths = {kind: sum(s.info.duration_ms for s in seen if s.visual == kind and s.info) for kind in entry.media}
    return [kind for kind, limit in entry.media.items() if 0 < limit.total_ms < lengths[kind]]
