"""Which model a shot is sent to, what is asked of it, and what stands against it.

The model's limits hold under every provider, the animatic too: a preview that the real model would refuse helps nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from r2v_pipeline.compile.names import Bound
from r2v_pipeline.compile.preflight import Preflight
from r2v_pipeline.compile.split import cover, parts
from r2v_pipeline.diagnostics import Diagnostic, Span, did_you_mean, error
from r2v_pipeline.model.types import Member, Shot
from r2v_pipeline.providers.base import FREE, Cost, worst
from r2v_pipeline.providers.catalog import known_models
from r2v_pipeline.providers.catalog.asking import asked_for
from r2v_pipeline.providers.catalog.choose import find, region_of, served
from r2v_pipeline.providers.catalog.limits import check_entry
from r2v_pipeline.providers.catalog.load import entries, providers
from r2v_pipeline.providers.catalog.prices import price
from r2v_pipeline.providers.catalog.types import Asked, Entry, Seen
from r2v_pipeline.providers.prompt import Prompt

LOCAL = ("animatic",)  # renders whatever the model, needs none, and takes nothing

# Names of providers that neither r2v nor its catalog knows of; they too render whatever the model, and may need none.
Further = Callable[[], tuple[str, ...]]
_UNKNOWN = Cost(0, 0, "", known=False)


class Target(NamedTuple):
    """The model of a shot at its provider, and what a job of it asks for.

    `others` are those of the providers that are asked when the first one refuses.
    """

    entry: Entry
    asked: Asked
    seen: tuple[Seen, ...]
    others: tuple[Target, ...] = ()

    def refusals(self, shot: Shot, prompt: Prompt) -> Iterator[Diagnostic]:
        """R2V501 to R2V508 and R2V510: what the model's limits have against one job; R2V102 for an empty prompt."""
        if not prompt.text:
            yield error("R2V102", f"the prompt of '{shot.id}' is empty", shot.span, "write what happens in it")
        for target in (self, *self.others):
            yield from check_entry(target.entry, shot, prompt, target.asked, target.seen, (shot.duration_ms,))

    def jobs(self, shot: Shot) -> tuple[Shot, ...]:
        """The shot, or the shorter shots that it is rendered as where it may be split and is too long as one."""
        rule = self.entry.duration_rule(self.asked)
        if shot.split != "auto" or rule is None or rule.covering(shot.duration_ms) is not None:
            return (shot,)
        lengths = [segment.end_ms - segment.start_ms for segment in shot.segments]
        sizes = cover(lengths, self._cost, longest_ms=rule.longest_ms)
        return parts(shot, sizes) if sizes else (shot,)

    def costs(self, jobs: Iterable[tuple[Shot, Prompt]]) -> Iterator[Cost]:
        """What each of a shot's renders costs at the dearest provider that it may be sent to; a local one takes
        nothing, and what one outside the catalog takes is not said here."""
        for part, _ in jobs:
            yield worst([target._priced(part, name) for name, target in self._at(part)])

    def _at(self, part: Shot) -> Iterator[tuple[str, Target]]:
        """Who may be asked for a render, each with its target; one outside the catalog has the first one's."""
        there = {target.entry.provider: target for target in self.others}
        for name in part.render.provider:
            yield name, there.get(name, self)

    def _priced(self, part: Shot, provider: str) -> Cost:
        if provider in LOCAL:
            return FREE
        if provider not in providers():
            return _UNKNOWN
        rule = self.entry.duration_rule(self.asked)
        billed = (rule.covering(part.duration_ms) if rule else None) or part.duration_ms
        return price(self.entry, self.asked, billed)

    def _cost(self, length_ms: int) -> int | None:
        """The price of one job that covers a length; where nobody knows the price, the seconds count."""
        rule = self.entry.duration_rule(self.asked)
        billed = rule.covering(length_ms) if rule else length_ms
        if billed is None:
            return None
        cost = price(self.entry, self.asked, billed)
        return cost.high_micros if cost.known else billed


def aim(
    shot: Shot, bound: Sequence[Bound], opening: Member | None, preflight: Preflight
) -> tuple[Target | None, list[Diagnostic]]:
    """The target of a shot whose model is known to the catalog; None when its provider does not have the model.

    `bound` are its numbered references, `opening` its first frame.
    """
    target, found = _aim(shot, bound, opening, preflight)
    others = []
    for name in shot.render.provider[1:]:
        if name in providers():
            other, problems = _aim(at_provider(shot, name), bound, opening, preflight)
            found += problems
            others += [other] if other else []
    return target._replace(others=tuple(others)) if target else None, found


def at_provider(shot: Shot, name: str) -> Shot:
    """A shot as another provider is asked for it: in the region that is written where that provider has it."""
    region = shot.render.region
    if name in providers() and region_of(name, region) is None:
        region = ""
    return shot._replace(render=shot.render._replace(provider=(name,), region=region))


def _aim(
    shot: Shot, bound: Sequence[Bound], opening: Member | None, preflight: Preflight
) -> tuple[Target | None, list[Diagnostic]]:
    """The target at the first provider of a shot."""
    provider = shot.render.provider[0]
    entry = find(shot.render.model, provider, references=bool(bound), first_frame=opening is not None)
    if entry is None:
        return None, [_not_there(shot, provider)]
    found: list[Diagnostic] = []
    if provider in providers():
        found += _region(shot, entry)
        found += _unsent(shot, entry, [*(b.member for b in bound), *([opening] if opening else [])])
    members = [b.member for b in bound]
    video_ms = tuple(preflight.video_ms(m) for m in members if m.visual == "video")
    asked = asked_for(entry, shot, sum(m.visual == "image" for m in members), video_ms)
    seen = [_seen(m, preflight) for m in (*members, *([opening] if opening else []))]
    if "voice" in entry.settings:
        seen += [Seen(m.id, "voice", preflight.info(m.voice.path), m.voice.span) for m in members if m.voice]
    return Target(entry, asked, tuple(seen)), found


def provider_trouble(shot: Shot, further: Further) -> Diagnostic | None:
    """A provider that nobody knows (R2V509), or one that is paid and gets no model (R2V102)."""
    setting = shot.render.settings.get("provider")
    span = (setting.span if setting else None) or shot.span
    drawn = [name for name in shot.render.provider if name in LOCAL]
    if drawn and len(shot.render.provider) > 1:
        message = f"'{drawn[0]}' stands in for nobody: its clip would be kept as the one that was to be bought"
        return error("R2V509", message, span, "'r2v build --fill animatic' draws what is not bought yet")
    for name in shot.render.provider:
        if name in LOCAL or (name not in providers() and name in further()):
            continue
        if name not in providers():
            known = (*LOCAL, *providers(), *further())
            near = did_you_mean(name, known, "providers")
            help = f"{near} ('r2v build --preview' makes the animatic of any storyboard)"
            return error("R2V509", f"this r2v has no provider '{name}'", span, help)
        if not shot.render.model:
            return error("R2V102", f"'{name}' needs to be told which model", span, f"add 'model:', {_some(name)}")
    return None


def unknown_model(shot: Shot) -> Diagnostic:
    """R2V509 for a model that the catalog has under no name."""
    near = did_you_mean(shot.render.model, known_models(), "models")
    return error("R2V509", f"no model is called '{shot.render.model}'", _model_span(shot), near)


def _seen(member: Member, preflight: Preflight) -> Seen:
    media = member.media
    span = media.span if media else member.from_shot.span if member.from_shot else member.span
    return Seen(member.id, member.visual, preflight.info(media.path) if media else None, span)


def _region(shot: Shot, entry: Entry) -> Iterator[Diagnostic]:
    """R2V509 for a region that the provider, or the model at the provider, does not have."""
    wanted = shot.render.region
    region = region_of(entry.provider, wanted)
    setting = shot.render.settings.get("region")
    span = (setting.span if setting else None) or _model_span(shot)
    if region is None:
        all_of_them = [r.id for r in providers()[entry.provider].regions if r.id]
        near = did_you_mean(wanted, all_of_them, "regions") or "take 'region:' out: there is none to choose"
        yield error("R2V509", f"'{entry.provider}' has no region '{wanted}'", span, near)
    elif not served(entry, region):
        where = ", ".join(entry.regions)
        yield error("R2V509", f"'{entry.id}' is not served in {region.id}", span, f"it is served in {where}")


def _unsent(shot: Shot, entry: Entry, members: Iterable[Member]) -> Iterator[Diagnostic]:
    """R2V508 for what lies on this machine and cannot be brought to a region that keeps no files."""
    region = region_of(entry.provider, shot.render.region)
    if region is None or region.uploads:
        return
    why = f"cannot be sent: '{entry.provider}' keeps no files in {region.id}"
    help = "name an https address of it; or take another region"
    for member in members:
        limit, media = entry.media.get(member.visual), member.media
        local = media.path if media else f"shot:{member.from_shot.shot}" if member.from_shot else ""
        if local and not (limit and limit.inline):
            yield error("R2V508", f"'{local}' {why}", media.span if media else member.span, help)
        if member.voice and member.voice.path and "voice" in entry.settings:
            yield error("R2V508", f"'{member.voice.path}' {why}", member.voice.span, help)


def _not_there(shot: Shot, provider: str) -> Diagnostic:
    """R2V509 for a model that others have, who are named."""
    model = shot.render.model
    asked = ((True, False), (False, False), (False, True))
    others = [p for p in providers() if any(find(model, p, references=r, first_frame=f) for r, f in asked)]
    help = f"{' and '.join(others)} {'has' if len(others) == 1 else 'have'} it; or take another, {_some(provider)}"
    help = help if others else _some(provider)
    return error("R2V509", f"'{provider}' has no model '{model}'", _model_span(shot), help)


def _some(provider: str) -> str:
    """A few models of a provider, for one to be chosen."""
    names = [entry.names[0] if entry.names else entry.id for entry in entries() if entry.provider == provider]
    first = list(dict.fromkeys(names))[:4]
    return f"for example {', '.join(first)}; 'r2v models --provider {provider}' lists them all"


def _model_span(shot: Shot) -> Span:
    setting = shot.render.settings.get("model")
    return (setting.span if setting else None) or shot.span
