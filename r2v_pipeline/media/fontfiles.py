"""Where a machine keeps its fonts."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

_SUFFIXES = (".ttf", ".otf", ".ttc", ".otc")


def folders_of_this_machine() -> tuple[str, ...]:
    """The folder of the `cjk` extra where it is installed, then the system's and the user's."""
    return (*_extra_folders(), *_system_folders())


def font_files(folders: Iterable[str]) -> list[str]:
    """Every font file below some folders; folders that are missing or closed hold none."""
    found = []
    for folder in folders:
        for base, _, names in os.walk(folder):
            found += [os.path.join(base, name) for name in names if name.lower().endswith(_SUFFIXES)]
    return found


def _extra_folders() -> tuple[str, ...]:
    """The folder of the `cjk` extra, found without importing it."""
    from importlib.util import find_spec

    spec = find_spec("noto_cjk_sans_otc")
    return tuple(spec.submodule_search_locations or ()) if spec else ()


def _system_folders() -> tuple[str, ...]:
    home = os.path.expanduser("~")
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA", os.path.join(home, "AppData", "Local"))
        windows = os.environ.get("WINDIR", r"C:\Windows")
        return (os.path.join(windows, "Fonts"), os.path.join(local, "Microsoft", "Windows", "Fonts"))
    if sys.platform == "darwin":
        return ("/System/Library/Fonts", "/Library/Fonts", os.path.join(home, "Library", "Fonts"))
    data = os.environ.get("XDG_DATA_HOME", os.path.join(home, ".local", "share"))
    return ("/usr/share/fonts", "/usr/local/share/fonts", os.path.join(data, "fonts"), os.path.join(home, ".fonts"))
