"""A storyboard file and everything it includes, read and joined in order."""

import os
from itertools import islice
from typing import Any, NamedTuple

from r2v_pipeline.diagnostics import Diagnostic, SourceText, Span, did_you_mean, error
from r2v_pipeline.source.blocks import read_yaml
from r2v_pipeline.source.files import Files, Missing, Outside, Unreadable, join
from r2v_pipeline.source.globs import Glob, fixed_folder, is_glob
from r2v_pipeline.source.nodes import Map, Seq
from r2v_pipeline.source.secrets import cover
from r2v_pipeline.source.secrets import find as find_secrets

MARK = b"\xef\xbb\xbf"  # a byte order mark; the codec that knows it takes longer to import

MAX_FILES = 2000
MAX_INCLUDE_DEPTH = 16

# Files to look at for the one that a mistyped name may have meant, how often, and for those that a glob means.
_MOST_NAMES = 500
_MOST_GUESSES = 20
_MOST_WALKED = 50_000


class Part(NamedTuple):
    """One file: its data, the folder that its relative paths start from, and whether it was included."""

    data: Map
    folder: str
    path: str
    included: bool


class Document(NamedTuple):
    """`parts` stand in the order in which their shots join the film: includes first, the storyboard itself last.

    `path` is the storyboard's project-relative path; `files` every text that was read.
    """

    path: str
    parts: tuple[Part, ...]
    files: tuple[SourceText, ...]

    @property
    def main(self) -> Part:
        return self.parts[-1]


def load(files: Files, path: str) -> tuple[Document | None, tuple[Diagnostic, ...]]:
    """Reads a storyboard by its project-relative path, with its includes.

    Returns None for the document only when the storyboard itself gives no mapping; a broken include is a diagnostic
    and leaves out what it would have added.
    """
    loader = _Loader(files)
    whole = loader.add(path, included=False, chain=(), span=None)
    if whole is None:
        return None, tuple(loader.found)
    return Document(path, tuple(loader.parts), tuple(loader.texts)), tuple(loader.found)


class _Loader:
    def __init__(self, files: Files) -> None:
        self.files = files
        self.parts: list[Part] = []
        self.texts: list[SourceText] = []
        self.found: list[Diagnostic] = []
        self.done: set[str] = set()
        self.missing = 0

    def add(self, path: str, *, included: bool, chain: tuple[str, ...], span: Span | None) -> Map | None:
        source = self._read(path, span)
        if source is None:
            return None
        self.texts.append(source)
        data, found = read_yaml(source)
        self.found.extend(found)
        if not isinstance(data, Map):
            if not found:
                at = Span(source, 0, min(len(source.text), 1))
                self.found.append(
                    error("R2V101", "a storyboard is a mapping of keys such as 'title:' and 'shots:'", at)
                )
            return None
        folder = os.path.dirname(path)
        self._includes(data, folder, (*chain, path))
        self.parts.append(Part(data, folder, path, included))
        self.done.add(path)
        return data

    def _read(self, path: str, span: Span | None) -> SourceText | None:
        shown = display(self.files.root, path)
        try:
            data = self.files.text(path)
        except Missing as why:
            code = "R2V201" if span else "R2V001"
            self.missing += 1
            near = did_you_mean(path, self._others(os.path.dirname(path))) if self.missing <= _MOST_GUESSES else ""
            self.found.append(error(code, f"'{shown}' {why}", span, near))
            return None
        except Unreadable as why:
            self.found.append(error("R2V001", f"'{shown}' {why}", span))
            return None
        try:
            text = data.removeprefix(MARK).decode("utf-8")
        except UnicodeDecodeError as why:
            before = data[: why.start].decode("utf-8", "replace")
            source = self._covered(shown, data.decode("utf-8", "replace"))
            at = Span(source, len(before), len(before) + 1)
            self.texts.append(source)
            self.found.append(error("R2V001", f"'{shown}' is not UTF-8 (byte {why.start})", at, "save it as UTF-8"))
            return None
        source = self._covered(shown, text)
        return source if source.text is text else None

    def _covered(self, shown: str, text: str) -> SourceText:
        """A text as it may be shown: with a key in it, the key is reported and covered, and nothing is read of it."""
        secrets = find_secrets(text)
        if not secrets:
            return SourceText(shown, text)
        source = SourceText(shown, cover(text, secrets))
        for start, end, what in secrets:
            help = "take it out and make it invalid where it was issued: keys belong into the environment"
            self.found.append(error("R2V105", f"this looks like {what}", Span(source, start, end), help))
        return source

    def _others(self, folder: str) -> list[str]:
        """The YAML files that a mistyped name may have meant: those not read yet."""
        read = {source.name for source in self.texts}
        names = (p for p in islice(self.files.walk(folder), _MOST_NAMES) if p.endswith((".yaml", ".yml")))
        return [p for p in names if display(self.files.root, p) not in read]

    def _includes(self, data: Map, folder: str, chain: tuple[str, ...]) -> None:
        """Follows `include:`; a value of the wrong form is left for the schema to report."""
        value = data.get("include")
        items = value if isinstance(value, Seq) else [value]
        for number, name in enumerate(items):
            if not isinstance(name, str):
                continue
            span = value.item_span(number) if isinstance(value, Seq) else data.value_span("include")
            for path in self._matches(name, folder, span):
                self._include(path, span, chain)

    def _include(self, path: str, span: Span, chain: tuple[str, ...]) -> None:
        if path in chain:
            ring = " -> ".join(display(self.files.root, p) for p in (*chain[chain.index(path) :], path))
            self.found.append(
                error("R2V205", f"files include each other: {ring}", span, "take one of these includes out")
            )
        elif len(chain) > MAX_INCLUDE_DEPTH or len(self.texts) >= MAX_FILES:
            self.found.append(error("R2V001", "too many files are included", span))
        elif path not in self.done:
            self.add(path, included=True, chain=chain, span=span)

    def _matches(self, name: str, folder: str, span: Span) -> list[str]:
        """The files that one include names: itself, or for a glob what matches, sorted."""
        try:
            path = join(folder, name)
        except Outside as why:
            self.found.append(error("R2V206", f"the include '{name}' {why}", span))
            return []
        except Unreadable as why:
            self.found.append(error("R2V201", f"the include '{name}' {why}", span))
            return []
        if not is_glob(path):
            return [path]
        glob, found = Glob(path), []
        for number, candidate in enumerate(self.files.walk(fixed_folder(path))):
            if number == _MOST_WALKED:
                message = f"the include '{name}' has more than {_MOST_WALKED:,} files to look through"
                self.found.append(error("R2V001", message, span, "begin it with the folder that is meant"))
                return []
            if glob.matches(candidate):
                found.append(candidate)
        if not found:
            self.found.append(error("R2V201", f"the include '{name}' matches no file", span))
        return found


def display(root: str, path: str) -> str:
    """A project path as the person at the terminal would type it."""
    return os.path.relpath(os.path.join(root, path)).replace(os.sep, "/")


def plain_data(node: Any) -> Any:
    """A node as ordinary dicts and lists: what leaves for templates and JSON carries no positions."""
    if isinstance(node, dict):
        return {key: plain_data(value) for key, value in node.items()}
    if isinstance(node, list):
        return [plain_data(item) for item in node]
    return node
