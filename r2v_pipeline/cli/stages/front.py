"""The stages that every command shares: find the storyboard, read, resolve, expand, compile.

A command is a fold over these; the first stage with errors ends it, after everything wrong has been said.
"""

import gc
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from r2v_pipeline.compile.words import with_words
from r2v_pipeline.compile.written import Expanded, expand_storyboard, film_words
from r2v_pipeline.diagnostics import Diagnostic, SourceText, has_errors, in_order
from r2v_pipeline.errors import EnvironmentTrouble, UsageError
from r2v_pipeline.model.build import resolve
from r2v_pipeline.source.document import Part, load
from r2v_pipeline.source.files import Disk, Files, Missing, Unreadable, absent_markers, project_root
from r2v_pipeline.source.nodes import Map, pack

if TYPE_CHECKING:  # `check` needs none of these at run time, and its time is mostly imports
    import argparse

    from r2v_pipeline.cli.locked.locking import Held
    from r2v_pipeline.compile.build import TakeOf
    from r2v_pipeline.compile.jobs import Compilation
    from r2v_pipeline.model.types import Storyboard
    from r2v_pipeline.providers.base import Dialect
    from r2v_pipeline.report.diagnostics import Paint


# What the sandbox made lies apart, in a state of its own: it must never be taken for what was bought.
SANDBOX = "sandbox"


def within(sandbox: bool) -> str:
    """Which state inside of the project's own, as session.py has it."""
    return SANDBOX if sandbox else ""


class Options(NamedTuple):
    """What the command line sets over a storyboard.  `fill` names who stands in for what is not bought yet, `reroll`
    shots of which another take is wanted; `sandbox`: every service is played by a server on this machine."""

    profile: str = ""
    variables: tuple[tuple[str, str], ...] = ()
    provider: str = ""
    preview: bool = False
    model: str = ""
    fill: str = ""
    reroll: tuple[str, ...] = ()
    sandbox: bool = False

    @property
    def within(self) -> str:
        """Which state is meant, as `within` says it."""
        return within(self.sandbox)


class Front(NamedTuple):
    """A storyboard as far as it could be read.  `expanded` is None when there are errors, `storyboard` only when
    nothing can be said about its shots.  `parts` are its files, when their names can be trusted."""

    disk: Files
    path: str
    options: Options
    expanded: Expanded | None
    diagnostics: tuple[Diagnostic, ...]
    storyboard: "Storyboard | None" = None
    parts: tuple[Part, ...] = ()


def add_storyboard_options(parser: "argparse.ArgumentParser") -> None:
    """The arguments that say which version of a storyboard is meant."""
    parser.add_argument("--profile", default="", metavar="NAME", help="settings of one of the storyboard's profiles")
    parser.add_argument(
        "--var",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="another value for one of the storyboard's vars",
    )
    parser.add_argument("--provider", default="", metavar="P", help="render with this provider, whatever the file says")
    parser.add_argument("--model", default="", metavar="M", help="render with this model, whatever the file says")


def options_of(given: "argparse.Namespace") -> Options:
    """The storyboard options of a parsed command line.

    Raises:
        UsageError: for a `--var` without a name or an equals sign, for a provider that this version lacks, and for
            `--sandbox` beside `--preview`.
    """
    _known_provider(given.provider)
    pairs = []
    for text in given.var:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UsageError(f"--var {text}: write it as --var name=value")
        pairs.append((name, value))
    preview = bool(getattr(given, "preview", False))
    provider = "animatic" if preview else given.provider
    sandbox = bool(getattr(given, "sandbox", False))
    if sandbox and preview:
        raise UsageError("--sandbox plays paid services; it does not go with --preview")
    return Options(given.profile, tuple(pairs), provider, preview, given.model, sandbox=sandbox)


def _known_provider(name: str) -> None:
    if not name:
        return
    from r2v_pipeline.diagnostics import did_you_mean
    from r2v_pipeline.providers import registry

    if not registry.known(name):
        near = did_you_mean(name, registry.names(), "providers of this version")
        raise UsageError(f"--provider: this r2v has no provider '{name}'", near)


def read(file: str, options: Options, *, prompts: bool = False, disk: Files | None = None) -> Front:
    """Reads and checks one storyboard by the path a person typed; `prompts` False checks texts without writing prompts.

    `disk` is the project's tree where it is not to be read as it lies there.
    """
    with _collector_at_rest():
        return _read(file, options, prompts, disk)


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """While a storyboard is built, and for what was built afterwards: the collector of cycles would walk all of it
    again and again, which makes a long storyboard slower than linear."""
    collecting = gc.isenabled()
    gc.disable()
    gc.unfreeze()
    try:
        yield
    finally:
        if collecting:
            gc.freeze()
            gc.enable()


def _read(file: str, options: Options, prompts: bool, disk: Files | None) -> Front:
    root = disk.root if disk else project_root(file)
    disk = disk or Disk(root)
    disk.looked.update(absent_markers(file))
    path = os.path.relpath(os.path.abspath(file), root).replace(os.sep, "/")
    document, found = load(disk, path)
    if document is None:
        return Front(disk, path, options, None, in_order(found))
    render = _command_line(options)
    storyboard, problems = resolve(
        document, disk, profile=options.profile, variables=dict(options.variables), render=render
    )
    # A file that could not be read may have declared anything: no name can be called unknown then.
    names_known = storyboard.names_known and not has_errors(found)
    found = (*found, *problems)
    if not names_known:
        return Front(disk, path, options, None, in_order(found))
    storyboard, unsaid = with_words(storyboard, document)
    expanded, problems = expand_storyboard(storyboard, disk, prompts=prompts, further=_further)
    words = film_words(storyboard, expanded.shots)
    found = in_order((*found, *unsaid, *problems, *words))
    return Front(disk, path, options, None if has_errors(found) else expanded, found, storyboard, document.parts)


def _further() -> tuple[str, ...]:
    """Providers beyond the catalog, as this environment offers them."""
    from r2v_pipeline.providers import registry

    return registry.further()


def _command_line(options: Options) -> Map | None:
    """The settings that the command line decides, with places in it: a diagnostic shows what was typed."""
    given = {key: value for key, value in (("provider", options.provider), ("model", options.model)) if value}
    if not given:
        return None
    layer = Map(SourceText("command line", " ".join(f"--{key} {value}" for key, value in given.items())), 0)
    at = 0
    for key, value in given.items():
        start = at + len(f"--{key} ")
        layer[key], layer.marks[key] = value, pack(at, start, start + len(value))
        at = start + len(value) + 1
    return layer


def compiled(front: Front, take_of: "TakeOf | None" = None) -> tuple["Compilation | None", tuple[Diagnostic, ...]]:
    """The jobs of a storyboard without errors, what its providers have against it, and what is wrong with its lock.

    The takes are those that the lock names, unless `take_of` says otherwise.
    """
    from r2v_pipeline.compile.build import compile_storyboard

    assert front.expanded is not None
    lock = lock_of(front) if front.options.reroll or is_locked(front) else None
    if lock and lock.found:
        return None, lock.found
    if lock and take_of is None:
        from pathlib import Path

        from r2v_pipeline.cli.locked.locking import chooser

        names = [shot.id for shot in front.expanded.storyboard.shots]
        take_of = chooser(lock, names, front.options.reroll, Path(front.disk.root), front.options.within)
    with _collector_at_rest():
        made, found = compile_storyboard(front.expanded, dialects(front.expanded), digests(front.disk), take_of)
    if lock and made:
        from r2v_pipeline.cli.locked.locking import merged

        found = (*found, *merged(lock, made))
    return made, found


def is_locked(front: Front) -> bool:
    """Whether there is a lock: what reads one takes as long to load as a short storyboard does to compile."""
    path = _lock_path(front)
    if not path:
        return False
    try:
        front.disk.check(path)
    except Missing:
        return False
    except Unreadable:
        pass  # whoever reads it says why
    return True


def lock_of(front: Front) -> "Held":
    """The lock of this version of a storyboard, in the tree that it was read from; an empty one where the version has
    none: what only looks, draws instead of buying, or plays at buying, has nothing to say about the film."""
    from r2v_pipeline.cli.locked.locking import held

    return held(front.disk, _lock_path(front))


def _lock_path(front: Front) -> str:
    options = front.options
    if options.preview or options.provider == "animatic" or options.sandbox:
        return ""
    name = output_name(front._replace(options=options._replace(fill="")))
    return name.removeprefix("build/") + ".lock.yaml"


def dialects(expanded: Expanded) -> dict[str, "Dialect"]:
    """The dialect of every provider that somebody asks for, for one film."""
    from r2v_pipeline.providers import registry

    class Made(dict[str, "Dialect"]):
        """By name, when it is asked for: nothing is imported for a provider that no shot names."""

        def __missing__(self, name: str) -> "Dialect":
            self[name] = registry.dialect(name, fps=board.film.fps, language=board.language, labels=labels)
            return self[name]

    board, labels = expanded.storyboard, expanded.compiler.labels
    return Made()


def digests(disk: Files) -> Callable[[str], str]:
    """sha256 by project path, each file read once; EnvironmentTrouble where a file cannot be read any more."""
    known: dict[str, str] = {}

    def digest_of(path: str) -> str:
        if path not in known:
            try:
                known[path] = disk.digest(path)
            except (Unreadable, OSError) as why:
                reason = f"cannot be read: {why.strerror}" if isinstance(why, OSError) else str(why)
                help = "it was there when the storyboard was checked: run the same command again"
                raise EnvironmentTrouble(f"'{path}' {reason}", help) from None
        return known[path]

    return digest_of


def paint_for(stream: object) -> "Paint":
    """Colours on a terminal that wants them."""
    from r2v_pipeline.report.diagnostics import Paint

    isatty = getattr(stream, "isatty", None)
    return Paint(bool(isatty and isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"))


def show(diagnostics: Iterable[Diagnostic]) -> None:
    """Prints diagnostics on stderr, where they never mix with what a program reads."""
    found = tuple(diagnostics)
    if found:
        from r2v_pipeline.report.diagnostics import to_text

        sys.stderr.write(to_text(found, paint_for(sys.stderr)) + "\n")


def output_name(front: Front) -> str:
    """The folder of one version of a storyboard, project-relative: profiles, previews and vars have their own."""
    name = "build/" + front.path.removesuffix(".yaml").removesuffix(".yml")
    options = front.options
    if options.preview:
        name += "@preview"
    elif options.fill:
        name += "@fill"
    elif options.provider:
        name += f"@{options.provider}"
    if options.model:
        name += f"@{options.model.replace('/', '-')}"
    if options.profile:
        name += f"@{options.profile}"
    if options.variables:
        from r2v_pipeline.canonical import digest

        name += f"@{digest(sorted(options.variables))[:8]}"
    return f"{name}@sandbox" if options.sandbox else name


def storyboard_or_only(file: str, how: str = "FILE") -> str:
    """The storyboard that a command means: as given, else the only one of the project.  `how` is how to name one.

    Raises:
        UsageError: when there are several, or none.
    """
    if file:
        return file
    shown = storyboards(project_root(os.path.join(os.getcwd(), "x")))
    if len(shown) == 1:
        return shown[0]
    if not shown:
        raise UsageError("there is no storyboard in this project", f"name one as {how}, or start one with 'r2v init'")
    raise UsageError("this project has several storyboards: " + ", ".join(shown[:10]), f"name one as {how}")


def storyboards(root: str) -> list[str]:
    """The storyboards of a project outside `build/`, sorted, as paths from here; locks are none."""
    found = [p for p in Disk(root).walk("") if p.endswith((".yaml", ".yml")) and not p.startswith("build/")]
    found = [p for p in found if not p.endswith((".lock.yaml", ".lock.yml")) and _is_one(root, p)]
    return [os.path.relpath(os.path.join(root, p)).replace(os.sep, "/") for p in found]


def _is_one(root: str, path: str) -> bool:
    """Whether a YAML file says `r2v: 1` near its top."""
    try:
        with open(os.path.join(root, path), "rb") as stream:
            head = stream.read(4096)
    except OSError:
        return False
    return any(line.replace(b" ", b"") in (b"r2v:1", b"r2v:1\r") for line in head.split(b"\n"))
