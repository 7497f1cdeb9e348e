"""The template language of storyboards: Jinja with nothing in it that reaches, grows or tells one run from another.

Templates come from strangers.  They see plain data (text, numbers, maps, lists) and cast members that only print and
have fields.  No attribute of a Python object can be reached, no global is left but a short `range`, filters are an
allow-list, operators that grow values are bounded, and nothing prints that has an address in memory.  Time and memory
are not limited here but around the process that this runs in (compile/jinja/child.py).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import jinja2
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context, LoopContext, Macro, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace, missing

MAX_OUTPUT = 1 << 20
MAX_RANGE = 1000
MAX_POWER = 64
MAX_BITS = 4096

_FILTERS = frozenset(
    (
        "abs", "batch", "capitalize", "count", "d", "default", "dictsort", "first", "float", "int", "items", "join",
        "last", "length", "list", "lower", "map", "max", "min", "reject", "rejectattr", "replace", "reverse", "round",
        "select", "selectattr", "slice", "sort", "string", "sum", "title", "trim", "truncate", "unique", "upper",
        "wordcount",
    )
)  # fmt: skip
# These give generators, which print their address in memory.
_LAZY = frozenset(
    ("batch", "items", "map", "reject", "rejectattr", "reverse", "select", "selectattr", "slice", "unique")
)
_DICT_METHODS = frozenset(("items", "keys", "values", "get"))

# What stands in a template's context for "cast members can be named here".  No template can name it.
WITH_CAST = ""


class MemberName:
    """A cast member in a template: prints as its name, has its fields, and nothing else."""

    __slots__ = ("_fields", "_id", "_note", "_word")

    def __init__(self, id: str, word: str, fields: Mapping[str, Any], note: Callable[[str, bool], None]) -> None:
        self._id, self._word, self._fields, self._note = id, word, fields, note

    def __str__(self) -> str:
        self._note(self._id, True)
        return self._word

    def __repr__(self) -> str:
        return repr(str(self))

    def field(self, name: str) -> Any:
        self._note(self._id, False)
        return self._fields[name]


class Names(Context):
    """Looks names up; a cast member becomes an object only when a template asks for it."""

    def resolve_or_missing(self, key: str) -> Any:
        if key in self.vars:
            return self.vars[key]
        found = self.parent.get(key, missing)
        if found is not missing and found is not self.environment.globals.get(key):
            return found
        if WITH_CAST in self.parent and isinstance(self.environment, Environment):
            member = self.environment.member(key)
            if member is not None:
                return member
        return found

    def super(self, name: str, current: Any) -> Any:
        """The block of the template above.  Jinja's own object would print its address."""
        return _Method("super", super().super(name, current))


class Environment(ImmutableSandboxedEnvironment):
    """Strict about names, deaf to attributes.  `member` gives the cast member of a name, for the render under way."""

    intercepted_binops = frozenset(("*", "**", "+", "%", "//"))
    context_class = Names

    def __init__(self, loader: jinja2.BaseLoader, member: Callable[[str], MemberName | None]) -> None:
        # Not optimized: what a template computes, it computes when it is rendered, and compiling is only reading.
        super().__init__(undefined=jinja2.StrictUndefined, loader=loader, finalize=_printable, optimized=False)
        self.member = member
        self.globals = {"range": _Range(), "namespace": Namespace}
        self.filters = {
            name: _eager(made) if name in _LAZY else made for name, made in self.filters.items() if name in _FILTERS
        }
        self.filters["reverse"] = _reverse

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, MemberName):
            try:
                return obj.field(attribute)
            except KeyError:
                return self.undefined(obj="this cast member", name=attribute)
        if isinstance(obj, Mapping):
            if attribute in obj:
                return obj[attribute]
            if attribute in _DICT_METHODS:
                return _Method(attribute, getattr(obj, attribute))
        elif isinstance(obj, (LoopContext, Macro, Namespace, jinja2.environment.TemplateModule)):
            return super().getattr(obj, attribute)
        return self.undefined(obj=obj, name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, MemberName) and isinstance(argument, str):
            return self.getattr(obj, argument)
        if isinstance(obj, (Mapping, list, tuple, str)):
            return super().getitem(obj, argument) if not isinstance(argument, str) else self.getattr(obj, argument)
        return self.undefined(obj=obj, name=str(argument))

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator == "**" and (abs(left) > 1 << 32 or abs(right) > MAX_POWER):
            raise SecurityError("the power is too large")
        if operator in ("*", "+"):
            _bound(operator, left, right)
        if operator == "%" and isinstance(left, str):
            raise SecurityError("text has no '%' here")
        return super().call_binop(context, operator, left, right)


class _Range:
    """`range`, of a length that an author can mean."""

    def __call__(self, *arguments: int) -> range:
        made = range(*arguments)
        if len(made) > MAX_RANGE:
            raise SecurityError(f"a range of more than {MAX_RANGE} steps")
        return made

    def __repr__(self) -> str:
        return "range"


class _Method:
    """A method of a map, to be called; printed, it says its name and not where it lies in memory."""

    __slots__ = ("_call", "_name")

    def __init__(self, name: str, call: Callable[..., Any]) -> None:
        self._name, self._call = name, call

    def __call__(self, *arguments: Any) -> Any:
        return self._call(*arguments)

    def __repr__(self) -> str:
        return self._name


def _printable(value: Any) -> Any:
    """What `{{ }}` may print: text and numbers, and what Jinja makes of text; the same rule as for plain names."""
    if isinstance(value, (str, int, float, MemberName, Macro, LoopContext, Undefined)) or value is None:
        return value
    if isinstance(value, jinja2.environment.TemplateModule):
        return value
    kind = "a map" if isinstance(value, Mapping) else "a list" if isinstance(value, (list, tuple)) else ""
    if kind:
        raise SecurityError(f"this is {kind}, not text: name one of its entries, or use '| join'")
    raise SecurityError("this is not text")


def _bound(operator: str, left: Any, right: Any) -> None:
    """Refuses products and sums that nobody could mean, before they are worked out."""
    sequences = (str, list, tuple)
    if operator == "+":
        if isinstance(left, sequences) and isinstance(right, sequences) and len(left) + len(right) > MAX_OUTPUT:
            raise SecurityError("the text would be too long")
        return
    if isinstance(left, int) and isinstance(right, int) and left.bit_length() + right.bit_length() > MAX_BITS:
        raise SecurityError("the number is too large")
    for many, times in ((left, right), (right, left)):
        if isinstance(many, sequences) and isinstance(times, int) and len(many) * max(times, 1) > MAX_OUTPUT:
            raise SecurityError("the text would be too long")


def _eager(made: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that gives a list where Jinja's gives a generator."""

    @functools.wraps(made)
    def listed(*arguments: Any, **named: Any) -> list[Any]:
        return list(made(*arguments, **named))

    return listed


def _reverse(value: Any) -> Any:
    """Text or a list, from back to front."""
    return value[::-1] if isinstance(value, str) else list(value)[::-1]
