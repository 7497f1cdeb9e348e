"""What a shot takes from elsewhere, against what is there: the picture that opens it, a frame of another shot, the end
of the shot before it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from r2v_pipeline.diagnostics import Diagnostic, Label, error
from r2v_pipeline.model.times import seconds_text
from r2v_pipeline.model.types import Member, Shot, Storyboard

OVERLAPS = ("dissolve", "wipe")


def check_first_frame(shot: Shot, member: Member) -> Iterator[Diagnostic]:
    """R2V101 for what cannot open a clip: only one picture can."""
    if member.visual == "image":
        return
    if member.from_shot:
        has, help = f"this is the whole clip of '{member.from_shot.shot}'", "add 'frame: last', or another frame"
    elif member.visual:
        has, help = f"'{member.id}' is a video", "give an 'image:', or 'from: {shot: s03, frame: last}'"
    else:
        has, help = f"'{member.id}' has none", "give it an 'image:'"
    yield error("R2V101", f"a first frame is a picture, and {has}", shot.first_frame_span or shot.span, help)


def check_frames(storyboard: Storyboard) -> Iterator[Diagnostic]:
    """R2V306 for a frame after the end of its shot, as it is written: what a model makes beyond that is cut away."""
    every = [member.from_shot for member in storyboard.cast.values() if member.from_shot]
    timed = [(taken, taken.frame) for taken in every if isinstance(taken.frame, int)]
    lengths = {shot.id: shot.duration_ms for shot in storyboard.shots} if timed else {}
    for taken, frame in timed:
        length = lengths.get(taken.shot, 0)
        if 0 < length <= frame:
            message = f"there is no frame at {seconds_text(frame)} s: '{taken.shot}' lasts {seconds_text(length)} s"
            yield error("R2V306", message, taken.span, "take an earlier one, or write 'frame: last'")


def check_overlaps(storyboard: Storyboard) -> Iterator[Diagnostic]:
    """R2V306 for a dissolve or wipe that lasts longer than what it joins.

    A title card stands between two shots, so it is what a shot with one comes out of.
    """
    for before, shot in pairwise(storyboard.shots):
        transition, card = shot.transition, shot.title_card
        if transition is None or transition.type not in OVERLAPS:
            continue
        needs, comes_from, goes_to = transition.for_ms, card.for_ms if card else before.used_ms, shot.used_ms
        if 0 < comes_from < needs or 0 < goes_to < needs:  # 0: footage whose length nobody knows
            short = min(length for length in (comes_from, goes_to) if length)
            kind, lasts = transition.type, f"takes {seconds_text(needs)} s, what it joins lasts {seconds_text(short)} s"
            labels = (Label(transition.span, "written here"),) if transition.span else ()
            help = f"give the {kind} less time with 'for:'"
            yield error("R2V306", f"the {kind} into '{shot.id}' {lasts}", shot.span, help, labels)
