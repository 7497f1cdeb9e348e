"""What one build may spend, and its entry in the journal, made when it first asks for something."""

from __future__ import annotations

from r2v_pipeline.execute.budget import Budget
from r2v_pipeline.execute.journal import Journal


class Purse:
    """The budget of one build.  A build that asks for nothing leaves no entry."""

    def __init__(self, journal: Journal, storyboard: str, revision: str, budget: Budget, named: str) -> None:
        self._journal, self._storyboard, self._revision = journal, storyboard, revision
        self.budget = budget
        # The words by which a command means this build.
        self.named = named or f"-f {storyboard}"
        self._run: int | None = None

    def run(self) -> int:
        """The id of this build.

        Raises:
            StateTrouble, DiskTrouble: it cannot be written.
        """
        if self._run is None:
            self._run = self._journal.begin(self._storyboard, self._revision, self.budget)
        return self._run
