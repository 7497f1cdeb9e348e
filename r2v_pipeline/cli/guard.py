"""Run one command; whatever happens becomes an exit code and words that a person can act on."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import NoReturn

from r2v_pipeline import __version__
from r2v_pipeline.errors import R2VError

OK, WRONG_COMMAND, BUG, MACHINE, INTERRUPTED = 0, 2, 3, 7, 130


def guarded(given: list[str], modules: Mapping[str, str]) -> int:
    """The exit code of `r2v GIVEN…`; never raises.  `modules` maps each command to its module of this package."""
    if given[0] not in modules:
        return _unknown(given[0], list(modules))
    _speak_in_any_encoding()
    gc.disable()  # imports make no cycles worth walking; whoever runs for long turns it on again
    try:
        code: int = import_module(f"r2v_pipeline.cli.{modules[given[0]]}").run(_named(given[1:]))
        sys.stdout.flush()
        return code
    except SystemExit as stop:  # argparse: 2 for a wrong command line, 0 after --help
        if stop.code == WRONG_COMMAND:
            from r2v_pipeline.cli.mistyped import option_help

            _say(option_help(stop))
        return stop.code if isinstance(stop.code, int) else WRONG_COMMAND
    except KeyboardInterrupt:
        _say("interrupted; nothing is lost, run the same command again")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away: say no more, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return OK
    except R2VError as trouble:
        _say(f"error: {trouble.message}", f"  help: {trouble.help}" if trouble.help else "")
        return trouble.exit_code
    except OSError as trouble:
        # A disk or a permission that no code above had words for.
        where = f" ({trouble.filename})" if trouble.filename else ""
        if _nowhere():
            _say("error: the folder that r2v was started in is gone", "  help: go to one that is there")
        else:
            _say(f"error: {trouble.strerror or trouble}{where}")
        return MACHINE
    except Exception as bug:  # the last line of defence: a bug of ours, reported with everything but secrets
        return _report(bug, given)


def open_streams() -> None:
    """Standard streams that were closed before r2v began lead nowhere.

    Else the next file to be opened, a journal say, has the number of one, and whatever a child process says there is
    written into it.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_RDWR)
            if nowhere != number:
                os.dup2(nowhere, number)
                os.close(nowhere)
            os.set_inheritable(number, True)
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", errors="replace", closefd=False))


def _nowhere() -> bool:
    """Whether the working folder does not exist any more."""
    try:
        os.getcwd()
    except FileNotFoundError:
        return True
    return False


def _speak_in_any_encoding() -> None:
    """What a stream cannot spell is written as JSON escapes it, which a terminal shows and a program reads back."""
    poor = [
        stream for stream in (sys.stdout, sys.stderr) if stream and stream.encoding.lower() not in ("utf-8", "utf8")
    ]
    if not poor:
        return
    import codecs

    def escaped(error: UnicodeError) -> tuple[str, int]:
        assert isinstance(error, UnicodeEncodeError)  # nothing is read from these streams
        units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
        return "".join(f"\\u{units[n : n + 2].hex()}" for n in range(0, len(units), 2)), error.end

    codecs.register_error("r2v", escaped)
    for stream in poor:
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="r2v")


def _named(words: list[str]) -> list[str]:
    """The words of a command; those after `--` are names, also one such as `-evil.yaml`, which argparse would not take
    among options that may stand anywhere."""
    if "--" not in words:
        return words
    at = words.index("--")
    return [*words[:at], *(f"./{word}" if word.startswith("-") else word for word in words[at + 1 :])]


def leave(code: int) -> NoReturn:
    """Ends the process at once; everything that a command opened is closed by now.

    Taking a long storyboard apart node by node takes longer than saying that it is fine, and a Ctrl-C that meets an
    interpreter on its way out would make a finished build look like a killed one.
    """
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        pass  # nobody reads any more
    os._exit(code)


def _unknown(name: str, known: list[str]) -> int:
    from r2v_pipeline.cli.mistyped import command_help

    _say(f"error: r2v has no command '{name}'", f"  help: {command_help(name, known)}")
    return WRONG_COMMAND


def _say(*lines: str) -> None:
    from r2v_pipeline.report.safe import safe

    for line in lines:
        if line:
            print(safe(line), file=sys.stderr)


def _report(bug: Exception, given: list[str]) -> int:
    """Writes a report file for a bug: traceback and versions, no environment, no file contents."""
    import platform
    import tempfile
    import traceback

    text = "".join(traceback.format_exception(bug))
    body = f"r2v {__version__}, Python {platform.python_version()}, {platform.system()}\ncommand: {given[0]}\n\n{text}"
    try:
        with tempfile.NamedTemporaryFile("w", prefix="r2v-bug-", suffix=".txt", delete=False, encoding="utf-8") as out:
            out.write(body)
        _say(f"error: a bug in r2v: {type(bug).__name__}: {bug}", f"  please send the report {out.name}")
    except OSError:
        _say(f"error: a bug in r2v, and no report could be written: {type(bug).__name__}: {bug}")
    return BUG
