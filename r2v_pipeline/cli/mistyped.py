"""What somebody who mistyped a command or an option probably meant.  Loaded only after it went wrong."""

from __future__ import annotations

import os
import re
from types import TracebackType

from r2v_pipeline.diagnostics import did_you_mean, nearest

# What other tools call what ours do.
_ELSEWHERE = {
    "abort": "cancel",
    "apply": "build",
    "clean": "gc",
    "cost": "costs",
    "dag": "graph",
    "explore": "explain",
    "lint": "check",
    "list": "status",
    "ls": "status",
    "make": "build",
    "money": "costs",
    "new": "init",
    "prune": "gc",
    "render": "build",
    "rule": "explain",
    "run": "build",
    "show": "compile",
    "spend": "costs",
    "start": "init",
    "stop": "cancel",
    "test": "check",
    "validate": "check",
}

_OPTION = re.compile(r"--[a-z][a-z-]*")


def command_help(word: str, known: list[str]) -> str:
    """A help line for a first word that is no command."""
    if word.startswith("-"):
        return did_you_mean(word, ["--help", "--version"], "options before a command")
    if os.path.isfile(word):
        return "a command comes before the file: r2v check FILE, r2v build FILE"
    ours = _ELSEWHERE.get(word.lower(), "")
    return f"did you mean '{ours}'?" if ours in known else did_you_mean(word, known, "commands")


def option_help(stop: SystemExit) -> str:
    """A help line for the option that argparse did not know, or nothing; its own words are out already.

    argparse keeps what it knew to itself: the parser and its message are looked up where it stopped.
    """
    parser, message = _last_words(stop.__traceback__)
    unknown = re.search(r"unrecognized arguments:.*?(--[\w-]+)", message)
    if not unknown:
        return ""
    options = sorted(set(_OPTION.findall(parser)))
    near = nearest(unknown[1], options)
    return f"  help: did you mean {near}?" if near else ""


def _last_words(trace: TracebackType | None) -> tuple[str, str]:
    """The help text and the complaint of the `ArgumentParser.error` in a traceback; empty where there is none."""
    while trace:
        frame = trace.tb_frame
        if frame.f_code.co_name == "error" and "message" in frame.f_locals:
            return frame.f_locals["self"].format_help(), str(frame.f_locals["message"])
        trace = trace.tb_next
    return "", ""
