"""What `{{ mia }}` becomes, and which references a shot sends in which order.

The order is the contract with the provider (`reference_urls[i]` is `character{i+1}`), so it follows the cast block and
never the place where a name first appears in a sentence.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from r2v_pipeline.model.types import Member

if TYPE_CHECKING:
    from r2v_pipeline.providers.catalog import Naming


class Bound(NamedTuple):
    """One reference of a shot: the member, its place from 0, its name in the prompt."""

    member: Member
    position: int
    name: str


def bind(cast: Mapping[str, Member], used: Iterable[str], naming: "Naming", language: str) -> tuple[Bound, ...]:
    """The references of a shot: the used members that have a visual, in cast order."""
    wanted = set(used)
    counts = {"image": 0, "video": 0}
    bound: list[Bound] = []
    for member in cast.values():
        if member.id not in wanted or not member.visual:
            continue
        counts[member.visual] += 1
        number = counts[member.visual] if naming.per_kind else len(bound) + 1
        pattern = naming.pattern(member.visual, language)
        bound.append(Bound(member, len(bound), pattern.replace("{n}", str(number)).replace("{kind}", member.kind)))
    return tuple(bound)


def unbound_names(cast: Mapping[str, Member]) -> dict[str, str]:
    """The words for each member in a prompt that has no reference of it: its own."""
    return {member.id: member.name or member.look or member.id for member in cast.values()}


def plain_names(cast: Mapping[str, Member]) -> dict[str, str]:
    """The words for each member on a board that people read: its name, else its id as a name.

    What has no picture is read by its words, as the model reads it; a person still by a name.
    """
    return {m.id: m.name or _plain(m) for m in cast.values()}


def _plain(member: Member) -> str:
    if member.kind == "person":
        return capital(words(member.id))
    return words(member.id) if member.visual or not member.look else member.look


def spoken_names(cast: Mapping[str, Member]) -> dict[str, str]:
    """The words for each member inside a line of dialogue: `name`, else the id."""
    return {m.id: m.spoken for m in cast.values()}


def words(identifier: str) -> str:
    """An id as words: `old_boat` reads `old boat`."""
    return identifier.replace("_", " ")


def capital(text: str) -> str:
    """The text with its first letter large; names that start with a sign stay as they are."""
    return text[:1].upper() + text[1:]
