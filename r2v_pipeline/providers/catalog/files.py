"""The catalog's YAML files: read when something in them is asked for, parsed only where the asked word occurs.

A check of one storyboard needs one family; parsing all of them would cost it more than the storyboard itself.
"""

import os
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from r2v_pipeline.diagnostics import SourceText
from r2v_pipeline.source.blocks import read_yaml

DIALECTS = "dialects.yaml"
PROVIDERS = "providers.yaml"
ERRORS = "errors.yaml"
_SINGLE = (DIALECTS, PROVIDERS, ERRORS)
_HERE = os.path.dirname(__file__)


@cache
def texts() -> Mapping[str, str]:
    """Every family file by its name, in the order of the names."""
    names = sorted(name for name in os.listdir(_HERE) if name.endswith(".yaml") and name not in _SINGLE)
    return {name: _text(name) for name in names}


@cache
def data(name: str) -> Any:
    """The content of one file.

    Raises:
        ValueError: the installed package is damaged.
    """
    found = read_yaml(SourceText(name, _text(name)))
    if found[1]:
        raise ValueError(f"{os.path.join(_HERE, name)}: {found[1][0].message}")
    return found[0]


def holding(word: str) -> Iterator[str]:
    """The names of the family files that a word occurs in: nothing outside them can be called so."""
    return (name for name, text in texts().items() if word in text)


def _text(name: str) -> str:
    with open(os.path.join(_HERE, name), encoding="utf-8") as stream:
        return stream.read()
