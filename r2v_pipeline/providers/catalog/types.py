"""What the catalog knows of a model: limits as rules with conditions, prices, the fields of its request.

Everything is a figure out of a YAML file beside this module, with its source and the day it was checked; a new model of
a known dialect is a new entry there and no code.  Times are milliseconds, prices millionths of a currency.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from r2v_pipeline.diagnostics import Span

if TYPE_CHECKING:  # pathlib and the probing code would cost a check more than all its limits
    from r2v_pipeline.media.reference import MediaInfo
else:  # a quoted annotation of a NamedTuple is compiled at import, for a millisecond
    MediaInfo = Any


class Asked(NamedTuple):
    """What one job asks of a model: the facts that rules have conditions on.

    `video_ms` are the lengths of its reference videos in order, None where nobody can tell (a URL).
    """

    region: str = ""
    images: int = 0
    video_ms: tuple[int | None, ...] = ()
    first_frame: bool = False
    resolution: str = ""
    ratio: str = ""
    audio: bool = True


class When(NamedTuple):
    """Conditions that must all hold: (fact, wanted values), as in `when: {videos: some, region: us-east-1}`."""

    facts: tuple[tuple[str, tuple[Any, ...]], ...] = ()

    def holds(self, asked: Asked) -> bool:
        """Whether a rule with these conditions applies to a job."""
        return not self.facts or all(_fact(name, asked) in wanted for name, wanted in self.facts)


def _fact(name: str, asked: Asked) -> Any:
    """The value of a fact: counts are `some` or `none`, everything else as it is."""
    if name == "images":
        return "some" if asked.images else "none"
    if name == "videos":
        return "some" if asked.video_ms else "none"
    if name == "references":
        return "some" if asked.images or asked.video_ms else "none"
    return getattr(asked, name)


class CountRule(NamedTuple):
    """How many references of one kind (`image`, `video`) or in all (`all`) a job may have."""

    of: str
    at_least: int
    at_most: int | None
    when: When


class DurationRule(NamedTuple):
    """Clip lengths: the listed ones, or every `step_ms` from the least to the most.  The first that applies decides."""

    choices_ms: tuple[int, ...]
    least_ms: int
    most_ms: int
    step_ms: int
    when: When

    def covering(self, length_ms: int) -> int | None:
        """The shortest legal clip that is at least so long; None when the model makes none."""
        if self.choices_ms:
            return next((choice for choice in self.choices_ms if choice >= length_ms), None)
        steps = -(-(max(length_ms, self.least_ms) - self.least_ms) // self.step_ms)
        asked = self.least_ms + steps * self.step_ms
        return asked if asked <= self.most_ms else None

    @property
    def longest_ms(self) -> int:
        """The longest clip."""
        return self.choices_ms[-1] if self.choices_ms else self.most_ms


class TextLimit(NamedTuple):
    """Characters that a model reads; the rest is cut silently and billed.  A Han character counts `han` times."""

    at_most: int
    han: int = 1


class MediaLimit(NamedTuple):
    """What a reference file of one kind may be.  0 or empty: not stated.

    `side` and `length_ms` are (least, most); `short_side` is the least shorter side, in pixels; `aspect` the largest
    ratio of the longer to the shorter side; `total_ms` bounds all files of the kind together; `alpha` False: a
    transparent picture is refused; `inline`: it may stand in the body itself, as a `data:` address.
    """

    formats: tuple[str, ...] = ()
    bytes: int = 0
    side: tuple[int, int] = (0, 0)
    short_side: int = 0
    aspect: float = 0.0
    length_ms: tuple[int, int] = (0, 0)
    total_ms: int = 0
    alpha: bool = True
    inline: bool = False


class Rate(NamedTuple):
    """A price a second, in millionths of `currency`; the first rate that applies decides."""

    micros: int
    currency: str
    when: When


class Plus(NamedTuple):
    """Time that is billed beside every clip: certainly `least_ms`, at most `most_ms`."""

    least_ms: int
    most_ms: int
    when: When


class Billing(NamedTuple):
    """Which seconds are billed beside the clip's own.

    `caps_ms[n - 1]` bounds each reference video when n references are counted (`over` is `all` or `video`); empty: no
    input seconds.  `input_certain` False: nobody says whether input seconds are billed on, so they only raise the upper
    end.  The first of `plus` that applies is added to every clip.  `input_at_least_clip`: reference videos are billed
    as long as the clip where they are shorter.  `fixed_ms` is billed whatever is asked for.
    """

    caps_ms: tuple[int, ...] = ()
    over: str = "all"
    input_certain: bool = True
    input_at_least_clip: bool = False
    plus: tuple[Plus, ...] = ()
    fixed_ms: int = 0


class Field(NamedTuple):
    """One field of the request body: its dotted path, and what is written there.

    `source` is a word of the vocabulary in catalog.schema.json (`prompt`, `references`, `size`, …), or `value` with the
    constant in `value`.  `form` says how a list or a word is spelled (see the schema).  What is empty is left out,
    unless `always`.
    """

    path: tuple[str, ...]
    source: str
    value: Any = None
    form: str = ""
    always: bool = False


class Entry(NamedTuple):
    """One model at one provider.

    `id` is the provider's own; `names` are the names that a storyboard may use for it under any provider that has an
    entry with the same name.  `makes` is `reference` (needs a reference), `frame` (needs a first frame) or `text`.
    `settings` maps a setting (`resolution`, `ratio`, `audio`, `watermark`, `seed`, `prompt_extend`, `shot_type`,
    `negative`, `first_frame`, `voice`) to the values it may have, the preferred first where there is no rule (`seed`:
    the least and the largest); a setting that is missing the model does not have.
    `sizes` maps (resolution, ratio) to the vendor's own size text.  `sources` are (what, day checked).
    """

    id: str
    provider: str
    family: str
    names: tuple[str, ...]
    makes: str
    title: str
    regions: tuple[str, ...]
    counts: tuple[CountRule, ...]
    durations: tuple[DurationRule, ...]
    prompt: TextLimit | None
    negative: TextLimit | None
    media: Mapping[str, MediaLimit]
    settings: Mapping[str, tuple[Any, ...]]
    sizes: Mapping[tuple[str, str], str]
    rates: tuple[Rate, ...]
    billing: Billing
    fields: tuple[Field, ...]
    sources: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()

    def duration_rule(self, asked: Asked) -> DurationRule | None:
        """The rule for clip lengths of a job; None: the catalog knows none, any length is asked for as it is."""
        return next((rule for rule in self.durations if rule.when.holds(asked)), None)


class Region(NamedTuple):
    """Where a provider can be asked: the names that a storyboard may use, and the base address of its API.

    In an address `{workspace}` stands for the account's own name.  `hosts` are further hosts of the region, which an
    address that the user sets may lead to.
    """

    id: str
    names: tuple[str, ...]
    base: str
    uploads: bool
    hosts: tuple[str, ...] = ()


class Provider(NamedTuple):
    """A service that sells clips.

    `submit` is its submit class (`idempotent`, `findable`, `opaque`).  The environment variables that may hold: `keys`
    the key, `addresses` another address of the API, `workspaces` the account's own name.  `caps` are (what, number)
    such as ("submits_a_minute", 300); `kept_s` how long (results, uploads) live; `pace_s` how the service is asked
    (`poll_every`, `usual`, `settle`, `key_life`).  `sandbox` is its name at `r2v sandbox`.
    """

    id: str
    title: str
    submit: str
    keys: tuple[str, ...]
    regions: tuple[Region, ...]
    default_region: str
    caps: Mapping[str, int]
    kept_s: Mapping[str, int]
    pace_s: Mapping[str, int]
    addresses: tuple[str, ...]
    workspaces: tuple[str, ...]
    sandbox: str
    sources: tuple[tuple[str, str], ...]


class Seen(NamedTuple):
    """A reference as the limits see it: who it is, its kind, what its file is (None where nobody can look)."""

    id: str
    visual: str
    info: MediaInfo | None
    span: Span
