"""PyYAML's event parser, without the regular expressions that importing PyYAML compiles.

`import yaml` compiles the patterns of its pure reader, resolver and constructor, which our loop over events never uses:
a third of its import time, and a tenth of what `r2v check` of a small file costs.  While PyYAML is imported here for
the first time, `re.compile` gives patterns that compile themselves when somebody uses them, so other users of PyYAML in
this process notice nothing.
"""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class _Late:
    """A pattern that is compiled at its first use."""

    def __init__(self, pattern: Any, flags: int) -> None:
        self._given = (pattern, flags)

    def __getattr__(self, name: str) -> Any:
        made = _compile(*self._given)
        self.__dict__.update({n: getattr(made, n) for n in ("match", "search", "sub", "split", "findall", "fullmatch")})
        return getattr(made, name)


_compile = re.compile


@contextmanager
def _late_patterns() -> Iterator[None]:
    def late(pattern: Any, flags: int = 0) -> Any:
        return _Late(pattern, int(flags))

    re.compile = late
    try:
        yield
    finally:
        re.compile = _compile


if "yaml" in sys.modules:
    import yaml
else:
    with _late_patterns():
        import yaml

YAMLError = yaml.YAMLError
ReaderError = yaml.reader.ReaderError

# The C loader serves for its event stream alone; without libyaml the pure one gives the same events, slowly.
EventParser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
