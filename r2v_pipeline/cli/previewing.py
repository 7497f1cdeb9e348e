"""The animatic of a storyboard, made beside `r2v watch` by a process that cannot buy.

`python -m r2v_pipeline.cli.previewing FILE …` is a build that knows one client, the one that draws, has no address and
no key of a paid service, and may spend nothing: should it come to a purchase all the same, there is nobody to buy from,
and the journal refuses the row.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from r2v_pipeline.cli.making import gate
from r2v_pipeline.cli.making.builder import Builder, Settings
from r2v_pipeline.cli.making.consent import Asked
from r2v_pipeline.cli.making.filming import FILM
from r2v_pipeline.cli.stages.front import add_storyboard_options, options_of
from r2v_pipeline.cli.stages.planning import ready
from r2v_pipeline.errors import DecisionNeeded
from r2v_pipeline.execute.budget import Budget
from r2v_pipeline.execute.session import Session
from r2v_pipeline.plan.types import Plan
from r2v_pipeline.providers.animatic.client import AnimaticClient
from r2v_pipeline.providers.client import Client
from r2v_pipeline.providers.http.place import Where

DRAWS = "animatic"


class Drawing(Builder):
    """A build that can only draw."""

    @contextmanager
    def _services(self, made: Plan, held: Session) -> Iterator[Where]:  # noqa: ARG002
        yield Where(environ={})

    def _allowed(self, made: Plan, held: Session) -> Budget:  # noqa: ARG002
        return gate.NOTHING

    def _clients(self, made: Plan, held: Session, where: Where) -> dict[str, Client]:  # noqa: ARG002
        desks = {request.desk for action in made.actions for request in action.job.requests}
        if desks - {DRAWS}:
            raise DecisionNeeded(f"a preview only draws, and this asks {', '.join(sorted(desks - {DRAWS}))}")
        return {DRAWS: AnimaticClient(workers=self.settings.jobs)}


def run(arguments: list[str]) -> int:
    """Draws, and prints where the film is on the last line."""
    parser = argparse.ArgumentParser("r2v watch")
    parser.add_argument("file")
    add_storyboard_options(parser)
    given = parser.parse_args(arguments)
    made = ready(given.file, options_of(given)._replace(preview=True, provider=DRAWS))
    if made is None:
        return 1
    front, compilation = made
    settings = Settings(None, 1, False, "", None, Asked(None, False, False), "r2v watch")
    builder = Drawing(front, compilation, settings)
    code = builder.run().code
    film = Path(front.disk.root, builder.output, FILM)
    if code == 0 and film.exists():
        print(os.path.relpath(film).replace(os.sep, "/"))
    return code


if __name__ == "__main__":
    from r2v_pipeline.cli.guard import guarded, leave

    sys.argv[0] = "r2v watch"
    leave(guarded(["watch", *sys.argv[1:]], {"watch": "previewing"}))
