"""`expect:`: what the author claims of the whole film, compared with what the storyboard says.

Claims about prompts are only read here; they are compared where prompts are written (compile/claims.py).
"""

from __future__ import annotations

from collections.abc import Iterator

from r2v_pipeline.diagnostics import Diagnostic, error
from r2v_pipeline.model.layers import Layers, texts
from r2v_pipeline.model.times import duration_ms, seconds_text
from r2v_pipeline.model.types import PromptClaims, Storyboard
from r2v_pipeline.source.nodes import Map

TOLERANCE_MS = 50


def film_ms(storyboard: Storyboard) -> int:
    """The film's written length: shots after `trim`, plus title cards, minus the overlaps of dissolve and wipe."""
    total = 0
    for number, shot in enumerate(storyboard.shots):
        total += shot.used_ms + (shot.title_card.for_ms if shot.title_card else 0)
        if number and shot.transition and shot.transition.type in ("dissolve", "wipe"):
            total -= shot.transition.for_ms
    return total


def check_expectations(storyboard: Storyboard, main: Map) -> Iterator[Diagnostic]:
    """R2V303 for a length or a number of shots that is not as claimed.  `max_cost` is compared where prices are."""
    expect = main.get("expect")
    if not isinstance(expect, Map):
        return
    wanted = duration_ms(expect.get("duration"))
    actual = film_ms(storyboard)
    if wanted is not None and abs(wanted - actual) > TOLERANCE_MS:
        message = f"the film is {seconds_text(actual)} s long, not {seconds_text(wanted)} s"
        yield error("R2V303", message, expect.value_span("duration"), "lengthen or shorten a shot, or mend the claim")
    shots = expect.get("shots")
    if isinstance(shots, int) and shots != len(storyboard.shots):
        message = f"the storyboard has {len(storyboard.shots)} shots, not {shots}"
        yield error("R2V303", message, expect.value_span("shots"), "add or remove a shot, or mend the claim")


def build_claims(expect: Layers) -> PromptClaims | None:
    """What an `expect:` says of prompts; None where it says nothing of them."""
    said = {key: texts(expect.holder(key), key) for key in ("mentions", "forbids")}
    mentions, forbids = (tuple([one for one in words if one.value.strip()]) for words in said.values())
    made = PromptClaims(mentions, forbids, expect.setting("max_chars") if expect.whole("max_chars") else None)
    return made if any(made) else None
