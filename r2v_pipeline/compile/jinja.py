"""The whole template language, sandboxed: imported only for a text or file that uses more than names.

Templates come from strangers.  They see plain data (text, numbers, maps, lists) and cast members that only print and
have fields; no attribute of a Python object can be reached, no global is left but a short `range`, filters are an
allow-list, and the operators that grow text are bounded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import jinja2
from jinja2.exceptions import SecurityError
from jinja2.runtime import LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace

from r2v_pipeline.compile.deadline import TooLong, at_most
from r2v_pipeline.compile.scope import Scope, Trouble
from r2v_pipeline.diagnostics import did_you_mean
from r2v_pipeline.model.types import Member

MAX_OUTPUT = 1 << 20
MAX_RANGE = 1000
MAX_POWER = 64
MAX_SECONDS = 1.0

_FILTERS = frozenset(
    (
        "abs",
        "batch",
        "capitalize",
        "default",
        "d",
        "dictsort",
        "first",
        "float",
        "int",
        "items",
        "join",
        "last",
        "length",
        "count",
        "list",
        "lower",
        "max",
        "min",
        "replace",
        "reject",
        "rejectattr",
        "reverse",
        "round",
        "select",
        "selectattr",
        "map",
        "slice",
        "sort",
        "string",
        "sum",
        "title",
        "trim",
        "truncate",
        "unique",
        "upper",
        "wordcount",
    )
)
_DICT_METHODS = frozenset(("items", "keys", "values", "get"))


class MemberName:
    """A cast member in a template: prints as its name, has its fields, and nothing else."""

    __slots__ = ("_large", "_member", "_scope")

    def __init__(self, scope: Scope, member: Member, large: bool) -> None:
        self._scope, self._member, self._large = scope, member, large

    def __str__(self) -> str:
        return self._scope.word(self._member, self._large)

    def field(self, name: str) -> Any:
        self._scope.mention(self._member.id, False)
        return self._member.fields[name]


class Environment(ImmutableSandboxedEnvironment):
    """Strict about names, deaf to attributes."""

    intercepted_binops = frozenset(("*", "**", "+", "%", "//"))

    def __init__(self, loader: jinja2.BaseLoader | None = None) -> None:
        super().__init__(undefined=jinja2.StrictUndefined, loader=loader, autoescape=False, keep_trailing_newline=False)
        self.globals = {"range": _range, "namespace": Namespace}
        self.filters = {name: self.filters[name] for name in self.filters if name in _FILTERS}

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
                return super().getattr(obj, attribute)
        elif isinstance(obj, (LoopContext, Macro, Namespace)):
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
        if operator == "*":
            _bound(left, right)
        if operator == "%" and isinstance(left, str):
            raise SecurityError("text has no '%' here")
        return super().call_binop(context, operator, left, right)


def _bound(left: Any, right: Any) -> None:
    for many, times in ((left, right), (right, left)):
        if isinstance(many, (str, list, tuple)) and isinstance(times, int) and len(many) * max(times, 1) > MAX_OUTPUT:
            raise SecurityError("the text would be too long")


def _range(*arguments: int) -> range:
    made = range(*arguments)
    if len(made) > MAX_RANGE:
        raise SecurityError(f"a range of more than {MAX_RANGE} steps")
    return made


def variables(scope: Scope) -> dict[str, Any]:
    """The names of a scope as a template's context."""
    context: dict[str, Any] = dict(scope.roots)
    for member in scope.members.values():
        context[member.id] = MemberName(scope, member, False)
        context[member.id[:1].upper() + member.id[1:]] = MemberName(scope, member, True)
    return context


def expand_template(text: str, scope: Scope) -> tuple[str, Trouble | None]:
    """An inline text with template syntax, expanded."""
    return render(Environment(), text, scope, variables(scope))


def render(environment: Environment, text: str, scope: Scope, context: Mapping[str, Any]) -> tuple[str, Trouble | None]:
    """One template's output, at most a million characters, or what is wrong and where in `text`."""
    try:
        with at_most(MAX_SECONDS):
            return _generated(environment, text, context), None
    except TooLong:
        start, end = line_range(text, 1)
        return "", Trouble("R2V402", f"template: takes longer than {MAX_SECONDS:g} s", start, end, "loop over less")
    except jinja2.TemplateSyntaxError as problem:
        start, end = line_range(text, problem.lineno)
        return "", Trouble("R2V402", f"template: {problem.message}", start, end, "")
    except jinja2.TemplateNotFound as problem:
        return "", Trouble("R2V404", f"no template is called '{problem.name}'", *line_range(text, 1), "")
    except jinja2.UndefinedError as problem:
        return "", _undefined(text, str(problem.message), line_of(problem), scope)
    except SecurityError as problem:
        return "", Trouble("R2V402", f"template: {problem}", *line_range(text, line_of(problem)), "")
    except (ArithmeticError, AttributeError, KeyError, LookupError, RecursionError, TypeError, ValueError) as problem:
        # A template that divides by zero or compares text with numbers is the author's mistake, not a bug of r2v.
        return "", Trouble("R2V402", f"template: {problem}", *line_range(text, line_of(problem)), "")
    except SyntaxError:
        # Python refuses the generated code, for example for hundreds of nested blocks.
        return "", Trouble("R2V402", "template: nested too deeply", *line_range(text, 1), "")


def _generated(environment: Environment, text: str, context: Mapping[str, Any]) -> str:
    size, parts = 0, []
    for part in environment.from_string(text).generate(context):
        size += len(part)
        if size > MAX_OUTPUT:
            raise SecurityError("the text would be too long")
        parts.append(part)
    return "".join(parts)


def line_of(problem: BaseException) -> int:
    """The template line an exception came from: Jinja puts template frames into the traceback."""
    line, trace = 1, problem.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def line_range(text: str, line: int) -> tuple[int, int]:
    """The characters of a line counted from 1, without white space around them."""
    lines = text.splitlines(keepends=True) or [""]
    line = min(max(line, 1), len(lines))
    start = sum(len(part) for part in lines[: line - 1])
    content = lines[line - 1]
    indent = len(content) - len(content.lstrip())
    return start + indent, start + max(len(content.rstrip()), indent + 1)


def _undefined(text: str, message: str, line: int, scope: Scope) -> Trouble:
    names = re.findall(r"'([^']*)'", message)
    name = names[-1] if names else ""
    if "is undefined" in message and names:
        name = names[0]
    start, end = line_range(text, line)
    found = re.search(rf"(?<![A-Za-z0-9_]){re.escape(name)}(?![A-Za-z0-9_])", text[start:end]) if name else None
    if found:
        start, end = start + found.start(), start + found.end()
    if "is undefined" in message:
        near = did_you_mean(name, scope.candidates(), "in scope here")
        return Trouble("R2V401", f"nothing is called '{name}' here", start, end, near)
    return Trouble("R2V401", f"there is no field '{name}' here", start, end, "")
