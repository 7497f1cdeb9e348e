"""Parse nothing, dispatch quickly, turn every outcome into an exit code.

This module is on the path of every start, so it imports only `sys`: `--version` and `--help` are answered from text,
and an unchanged `check` or `build` from the verdict cache, before anything else of r2v or of the library is loaded.
"""

from __future__ import annotations

import sys

from r2v_pipeline import __version__

# Command, module of r2v_pipeline.cli, what it does.  The order is that of the help.
COMMANDS = (
    ("init", "init", "start a project that builds at once, offline"),
    ("check", "check", "every mistake of a storyboard, before anything is spent"),
    ("compile", "compile", "the prompts, the references by name, the request bodies"),
    ("plan", "plan", "what would be rendered, why, and for how much"),
    ("build", "build", "make the film: start, resume, collect, retry and join"),
    ("why", "why", "why a shot would be rendered again, to the word"),
    ("diff", "diff", "what changes between two revisions: words, renders, money"),
    ("watch", "watch", "after every save: mistakes, what changes, the free animatic"),
    ("status", "status", "which clips are there, which are on their way"),
    ("resolve", "resolve", "say what became of a request whose answer was lost"),
    ("takes", "takes", "every clip that a shot ever got, and which is in use"),
    ("pick", "pick", "which take of a shot the film has"),
    ("approve", "approve", "say that a clip may be in the film"),
    ("push", "push", "put the clips that the lock names where the team shares them"),
    ("pull", "pull", "fetch the clips that the lock names from there"),
    ("costs", "costs", "what was spent, on what, against what was expected"),
    ("cancel", "cancel", "ask a provider to stop what it still renders"),
    ("gc", "gc", "what .r2v holds that nothing needs, and removing it"),
    ("graph", "graph", "the jobs and what they wait for (mermaid, dot, json)"),
    ("explain", "explain", "what a diagnostic means, and how to mend it"),
    ("models", "models", "which models there are, what they take and cost"),
    ("schema", "schema", "the JSON Schema of the storyboard language"),
    ("sandbox", "sandbox", "a local server that speaks the providers' HTTP, for free"),
    ("doctor", "doctor", "what this machine has: ffmpeg, fonts, state, room"),
)

# Commands whose unchanged result may come from the verdict cache.
_REPEATABLE = ("check", "build")

USAGE = """\
r2v: a build system for generated video

usage: r2v COMMAND [ARGUMENTS]

{commands}

  r2v COMMAND --help     the arguments of a command
  r2v --version          {version}

exit codes: 0 done, 1 the storyboard is wrong, 2 the command line is wrong, 3 a bug in r2v,
  4 some renders failed, 5 a person must decide, 6 another r2v works here,
  7 the machine is in the way, 10 there is something to do, 130 interrupted
"""


def main(arguments: list[str] | None = None) -> int:
    """The `r2v` command; returns its exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    if None in (sys.stdin, sys.stdout, sys.stderr):
        from r2v_pipeline.cli.guard import open_streams

        open_streams()
    if given == ["--version"] or given == ["-V"]:
        print(f"r2v {__version__}")
        return 0
    if not given or given[0] in ("-h", "--help", "help"):
        rows = "\n".join(f"  {name:<9} {text}" for name, _, text in COMMANDS)
        print(USAGE.format(commands=rows, version=__version__), end="")
        return 0 if given else 2
    if given[0] in _REPEATABLE:
        from r2v_pipeline.cli.verdicts import replay

        code = replay(given)
        if code is not None:
            return code
    from r2v_pipeline.cli.guard import guarded, leave

    code = guarded(given, {name: module for name, module, _ in COMMANDS})
    if arguments is None:
        leave(code)
    return code
