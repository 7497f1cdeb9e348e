"""Finding a font that can draw a character: the vendored family first, then what the machine has.

`fonts/` holds Inter 4.001 (https://github.com/rsms/inter, SIL Open Font License 1.1 in `fonts/OFL.txt`): two static
weights cut from the variable font, private-use glyphs and optional features left out.  It covers Latin, Greek, Cyrillic
and Vietnamese, so that a film in those looks the same on every machine.  Everything else comes from the `cjk` extra and
the system's folders, one character at a time; what nothing covers is told (`missing`), never drawn as an empty box.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from r2v_pipeline.media.cmap import Coverage, coverage, faces_in
from r2v_pipeline.media.fontfiles import folders_of_this_machine, font_files
from r2v_pipeline.media.graphemes import clean, clusters, is_east_asian, is_emoji, seen, writing

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

_HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fonts")
_PROBES = 400  # fonts whose coverage is read for one character before it counts as missing
_STRIKES = (109, 160, 136, 128, 96, 64, 48, 32)  # pixel sizes in which colour bitmap fonts come

# Parts of file names, best first, lower case without spaces; a font that is not listed is tried after all that are.
_EAST_ASIAN = {
    "zh": (
        "notosanscjk",
        "notosanssc",
        "sourcehansans",
        "pingfang",
        "msyh",
        "hiraginosansgb",
        "stheiti",
        "wqy",
        "simhei",
    ),
    "ja": (
        "notosanscjk",
        "notosansjp",
        "sourcehansans",
        "ヒラギノ角ゴ",
        "hiraginosans",
        "yugothr",
        "yugothm",
        "meiryo",
    ),
    "ko": ("notosanscjk", "notosanskr", "sourcehansans", "applesdgothic", "malgun", "nanumgothic"),
}
_EAST_ASIAN_LAST = ("droidsansfallback", "msgothic", "arialunicode", "unifont")
_COLOUR = ("notocoloremoji", "applecoloremoji", "seguiemj", "twemoji", "emoji")
_PLAIN = (
    "notosans-",
    "notosansarabic",
    "notosanshebrew",
    "notosans",
    "dejavusans.",
    "segoeui.",
    "arial.",
    "seguisym",
    "symbol",
)
_UNFIT = ("italic", "oblique", "serif", "mono", "condensed", "light", "thin", "black", "bold", "math", "lastresort")
_REGIONS = {"zh": " SC", "ja": " JP", "ko": " KR"}


class Face(NamedTuple):
    """One face of a font file, `number` in its collection.

    `paint` as in `cmap.Coverage`; `embolden`: bold is asked for and the face has none.
    """

    path: str
    number: int
    paint: str
    embolden: bool


class Library:
    """The fonts of one machine.  Answers are remembered; a character of the vendored family never looks at the disk.

    `folders` replaces the system's font folders and the `cjk` extra (tests: an empty tuple is a machine without fonts).
    """

    def __init__(self, folders: Sequence[str] | None = None) -> None:
        self._folders = tuple(folders) if folders is not None else folders_of_this_machine()
        self._files: tuple[str, ...] | None = None
        self._ranked: dict[str, tuple[str, ...]] = {}
        self._coverage: dict[tuple[str, int], Coverage] = {}
        self._usable: dict[tuple[str, int], bool] = {}
        self._index: dict[tuple[str, str], int] = {}
        self._known: dict[tuple[str, bool, str], Face | None] = {}

    def face(self, cluster: str, bold: bool = False, language: str = "zh") -> Face | None:
        """The face that draws a whole cluster, None when nothing does.

        `language` (zh, ja, ko) chooses between the forms that East Asian characters share a code point for.
        """
        key = (cluster, bold, language)
        if key not in self._known:
            self._known[key] = self._find(cluster, bold, language)
        return self._known[key]

    def missing(self, text: str) -> tuple[str, ...]:
        """The clusters of a text that would be drawn as a notice instead, each once, in order of appearance."""
        shown = (c for c in clusters(clean(text)) if not c.isspace())
        return tuple(dict.fromkeys(c for c in shown if self.face(c) is None))

    def _find(self, cluster: str, bold: bool, language: str) -> Face | None:
        wanted = seen(cluster)
        if not wanted:
            return Face(vendored(bold), 0, "outline", False)
        kinds = ["vendored", "plain"]
        if is_emoji(cluster):
            kinds = ["colour", "vendored", "plain"]
        elif is_east_asian(cluster):
            kinds = ["vendored", language if language in _EAST_ASIAN else "zh"]
        for kind in kinds:
            found = self._first(kind, wanted, bold, language)
            if found:
                return found
        return None

    def _first(self, kind: str, wanted: str, bold: bool, language: str) -> Face | None:
        if kind == "vendored":
            path = vendored(bold)
            return Face(path, 0, "outline", False) if self._covers(path, 0, wanted) else None
        for path in self._order(kind)[:_PROBES]:
            index = self._face_index(path, language)
            if self._covers(path, index, wanted):
                paint = self._coverage[path, index].paint
                if (paint != "outline") or kind != "colour":
                    return Face(path, index, paint, bold and paint == "outline")
        return None

    def _covers(self, path: str, index: int, wanted: str) -> bool:
        key = (path, index)
        if key not in self._coverage:
            self._coverage[key] = coverage(path, index)
        if not all(self._coverage[key].covers(ord(c)) for c in wanted):
            return False
        if key not in self._usable:
            self._usable[key] = _opens(path, index, self._coverage[key].paint)
        return self._usable[key]

    def _order(self, kind: str) -> tuple[str, ...]:
        if kind not in self._ranked:
            names = (
                _COLOUR if kind == "colour" else _PLAIN if kind == "plain" else (*_EAST_ASIAN[kind], *_EAST_ASIAN_LAST)
            )
            files = self._all_files()
            if kind == "colour":
                files = tuple(f for f in files if any(n in _plain_name(f) for n in _COLOUR))
            self._ranked[kind] = tuple(sorted(files, key=lambda f: (_rank(_plain_name(f), names), f)))
        return self._ranked[kind]

    def _all_files(self) -> tuple[str, ...]:
        if self._files is None:
            self._files = tuple(sorted(font_files(self._folders)))
        return self._files

    def _face_index(self, path: str, language: str) -> int:
        """Which face of a collection is the upright sans for a language; 0 for a file of one face."""
        key = (path, language)
        if key not in self._index:
            self._index[key] = _best_index(path, _REGIONS.get(language, " SC"))
        return self._index[key]


def vendored(bold: bool = False) -> str:
    """The path of the family that comes with r2v."""
    return os.path.join(_HERE, "Inter-SemiBold.ttf" if bold else "Inter-Regular.ttf")


@lru_cache(maxsize=1)
def library() -> Library:
    """The fonts of this machine, shared by everything in the process."""
    return Library()


def missing_characters(text: str) -> tuple[str, ...]:
    """The characters (clusters) of a text that this machine has no font for, each once."""
    return library().missing(text)


def remedy(characters: Iterable[str]) -> str:
    """What a person can do about missing characters, in one line."""
    if any(is_east_asian(c) for c in characters):
        return "install an East Asian font: pip install r2v-pipeline[cjk]"
    kinds = sorted({"emoji" if is_emoji(c) else writing(c) for c in characters})
    return f"install a font that has {', '.join(kinds)}"


def east_asian_language(text: str, default: str = "zh") -> str:
    """Whose forms of the shared ideographs a text wants: kana make it Japanese, Hangul Korean, else `default`."""
    if any("\u3040" <= c <= "\u30ff" for c in text):
        return "ja"
    if any("\uac00" <= c <= "\ud7a3" for c in text):
        return "ko"
    return default if default in _EAST_ASIAN else "zh"


@lru_cache(maxsize=256)
def sized(path: str, index: int, paint: str, size: int) -> tuple[FreeTypeFont, float]:
    """A face at a pixel size, and the factor by which what it draws must be scaled (1 but for colour bitmaps).

    Raises:
        OSError: the file is no font, or a bitmap font has none of the sizes that such fonts are known to have.
    """
    from PIL import ImageFont

    if paint != "bitmap":
        return ImageFont.truetype(path, size, index), 1.0
    for strike in _STRIKES:
        try:
            return ImageFont.truetype(path, strike, index), size / strike
        except OSError:
            continue
    raise OSError(f"{path} has no bitmap size that is known")


def _opens(path: str, index: int, paint: str) -> bool:
    try:
        sized(path, index, paint, 32)
    except OSError:
        return False
    return True


def _best_index(path: str, region: str) -> int:
    from PIL import ImageFont

    count = faces_in(path)
    if count < 2:
        return 0
    scores = []
    for index in range(count):
        try:
            family, style = ImageFont.truetype(path, 16, index).getname()
        except OSError:
            continue
        family, style = family or "", style or ""
        scores.append((not family.endswith(region), "Mono" in family, style not in ("Regular", "W3", ""), index))
    return min(scores)[3] if scores else 0


def _plain_name(path: str) -> str:
    return os.path.basename(path).lower().replace(" ", "").replace("_", "")


def _rank(name: str, preferred: tuple[str, ...]) -> tuple[int, int]:
    listed = next((i for i, part in enumerate(preferred) if part in name), len(preferred))
    return listed, sum(word in name for word in _UNFIT)
