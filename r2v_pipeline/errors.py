"""Trouble with the environment, as exceptions.

A user's mistake in a storyboard is never an exception: it is a `Diagnostic` (diagnostics.py), collected and
returned.  What is raised is what no edit of the storyboard can mend::

    R2VError                      any of the below; carries the exit code
    ├── UsageError          (2)   the command line is wrong
    ├── DecisionNeeded      (5)   a person must decide: held, declined, over budget
    ├── Busy                (6)   another r2v works on this project
    └── EnvironmentTrouble  (7)   disk, ffmpeg, key, network, damaged state
        ├── MediaTrouble          ffmpeg is missing, failed, or made something else than asked
        ├── StateTrouble          the journal or the store cannot be trusted or opened
        ├── DiskTrouble           no room, no permission
        ├── SharedTrouble         the store that a team shares cannot be asked, or holds what cannot be
        └── NetworkTrouble        a provider cannot be asked now, or answers nonsense
"""

from __future__ import annotations


class R2VError(Exception):
    """Base of all: `message` says what is wrong, `help` what to do about it."""

    exit_code = 7

    def __init__(self, message: str, help: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.help = help


class UsageError(R2VError):
    """The command line asks for something that does not exist or contradicts itself."""

    exit_code = 2


class DecisionNeeded(R2VError):
    """r2v could go on, but only a person may say how."""

    exit_code = 5


class Busy(R2VError):
    """The project's lock is held by another process."""

    exit_code = 6


class EnvironmentTrouble(R2VError):
    """The machine is in the way."""


class MediaTrouble(EnvironmentTrouble):
    """ffmpeg could not be found or run, or its result is not what was asked for."""


class StateTrouble(EnvironmentTrouble):
    """The journal or the blob store cannot be opened, or holds what cannot be."""


class DiskTrouble(EnvironmentTrouble):
    """A file could not be written: no room, no permission, read-only."""


class SharedTrouble(EnvironmentTrouble):
    """The store that a team shares could not be asked, or an object of it is not what its name says."""


class NetworkTrouble(EnvironmentTrouble):
    """A provider could not be asked, or its answer could not be read; what it does with a job is not known by that.

    `again`: the same question may be answered later; `after_s`: not before so many seconds, where the provider said
    so.  `status` is the HTTP status where there was one, else 0.
    """

    def __init__(
        self, message: str, help: str = "", *, again: bool = True, after_s: float | None = None, status: int = 0
    ) -> None:
        super().__init__(message, help)
        self.again = again
        self.after_s = after_s
        self.status = status
