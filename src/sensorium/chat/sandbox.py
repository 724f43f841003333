"""What a chat template runs in: jinja2's immutable sandbox, with bounds on all that it does.

It has what the reference gives it (trim_blocks, lstrip_blocks, break and continue, `raise_exception`, `strftime_now`,
`tojson`, `namespace`, `dict`, the `generation` tag) and nothing else: no files, no other templates, no `lipsum`, none
of the filters and methods that no chat template needs and that make much of little. Bounded are the template's size,
its time, its output, and each value that it makes on the way. Not bounded: literal text that is repeated inside a
`set` block; a server that takes checkpoints from strangers limits the memory of its process as well.
"""

import json
import re
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any

from jinja2 import Template, nodes
from jinja2.exceptions import SecurityError
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.runtime import Context, str_join
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace
from jinja2.visitor import NodeTransformer

from sensorium.core.errors import CheckpointError, InputError


@dataclass(frozen=True)
class TemplateLimits:
    """Bounds: `source` and `output` in characters (`output` for any value on the way, too), `seconds` per run."""

    source: int = 1 << 18
    output: int = 1 << 23
    seconds: float = 5.0


class Program:
    """One template, compiled."""

    def __init__(self, source: str, *, where: str, limits: TemplateLimits, now: Callable[[], datetime]) -> None:
        """Compile. Args: source: its text; where: its file, for messages; now: the time that it may ask for.

        Raises: CheckpointError when it is too long or no template.
        """
        if len(source) > limits.source:
            raise CheckpointError(
                f"{where}: over {limits.source} characters, the most that a chat template may have. "
                "Fetch the model again, or choose another one."
            )
        self._where = where
        self._sandbox = _Sandbox(limits, now)
        self._lock = threading.Lock()
        self._template = self._guarded(lambda: self._sandbox.compiled(source))

    def run(self, variables: Mapping[str, Any]) -> str:
        """The output for these variables, plain data alone.

        Raises: InputError when the template refuses them (`raise_exception`); CheckpointError when it fails or goes
        beyond its bounds.
        """
        return self._guarded(lambda: self._sandbox.output(self._template.generate(variables)))

    def _guarded(self, work: Callable[[], Any]) -> Any:
        try:
            with self._lock:
                self._sandbox.start()
                return work()
        except _RefusedError as error:
            raise InputError(
                f"{self._where}: the chat template refuses this talk: {error}. Change the messages, or choose another "
                "model."
            ) from error
        except _BoundError as error:
            raise CheckpointError(
                f"{self._where}: the chat template goes beyond its bounds: {error}. Choose another model."
            ) from error
        except Exception as error:  # a program of strangers may raise whatever it likes
            raise CheckpointError(
                f"{self._where}: the chat template does not work ({type(error).__name__}: {str(error)[:300]}). "
                "Change the messages, fetch the model again, or choose another one."
            ) from error


class _RefusedError(Exception):
    """What a template raises with `raise_exception`."""


class _BoundError(Exception):
    """A template went beyond its bounds."""


_LARGEST_NUMBER = 100_000
"""Of widths and counts that filters are given, and of the bits of any integer."""

_WIDE_FORMAT = re.compile(r"\d{5}|%[^%a-zA-Z]*\*|\{[^{}]+\{")
"""Formats that make more text than they and their arguments have."""

_REMOVED_FILTERS = ("random", "urlize", "wordwrap", "xmlattr")
_REMOVED_METHODS = ("encode", "expandtabs", "maketrans", "translate")
_WIDENING_METHODS = ("center", "ljust", "rjust", "zfill")

_PICKING_FILTERS = frozenset(
    {
        *("attr", "batch", "count", "d", "default", "dictsort", "first", "groupby", "items", "last", "length", "list"),
        *("map", "max", "min", "reject", "rejectattr", "reverse", "select", "selectattr", "slice", "sort", "unique"),
    }
)
"""Filters that make no text; all others are asked what they are about to write."""


class _Sandbox(ImmutableSandboxedEnvironment):
    """The environment: one run at a time, each begun with `start`."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def __init__(self, limits: TemplateLimits, now: Callable[[], datetime]) -> None:
        super().__init__(
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=[_Generation, loopcontrols],
            optimized=False,
            finalize=self._written,
        )
        self._limits = limits
        self._until = 0.0
        del self.globals["lipsum"]
        self.globals.update(dict=_new_dict, namespace=_Namespace, raise_exception=_refuse)
        self.globals["strftime_now"] = lambda form: now().strftime(_narrow(form))
        filters = {**self.filters, "tojson": _to_json}
        self.filters = {name: self._bounded(name, filters[name]) for name in filters if name not in _REMOVED_FILTERS}

    def start(self) -> None:
        """Begin a run."""
        self._until = time.monotonic() + self._limits.seconds

    def compiled(self, source: str) -> Template:
        """The template, with a look at the clock in each loop."""
        tree = _Watched().visit(self.parse(source)).set_environment(self)
        return Template.from_code(self, self.compile(tree), self.make_globals(None))

    def output(self, pieces: Iterable[str]) -> str:
        """All that a run gives."""
        found: list[str] = []
        length = 0
        for piece in pieces:
            self.tick()
            length += len(piece)
            if length > self._limits.output:
                raise _BoundError(f"it writes over {self._limits.output} characters")
            found.append(piece)
        return "".join(found)

    def tick(self) -> bool:
        """Raises: _BoundError when the time is over."""
        if time.monotonic() > self._until:
            raise _BoundError(f"it takes longer than {self._limits.seconds:g} s")
        return True

    def joined(self, *pieces: Any) -> str:
        """What `a ~ b` gives."""
        self._limit(_weight(pieces, self._limits.output))
        return str_join(pieces)

    def call(self, context: Context, work: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Any call that a template makes."""
        self.tick()
        owner = getattr(getattr(work, "__wrapped__", work), "__self__", None)  # `format` comes wrapped
        if isinstance(owner, str):
            name = str(work.__name__)
            args = self._checked(name, (owner, *args), kwargs, numbers=name in _WIDENING_METHODS)[1:]
        return self._kept(super().call(context, work, *args, **kwargs))

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """The operators that can make much of little."""
        self.tick()
        match operator, left, right:
            case "%", str(), _:
                self._checked("format", (left, right), {}, numbers=False)
            case ("*", str() | list() | tuple() as many, int(times)) | (
                "*",
                int(times),
                str() | list() | tuple() as many,
            ):
                self._limit(len(many) * times)
            case "**", int(), int() if left.bit_length() * abs(right) > _LARGEST_NUMBER:
                raise _BoundError("it makes a number of many digits")
        return self._kept(super().call_binop(context, operator, left, right))

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Whether a template may have it."""
        return super().is_safe_attribute(obj, attr, value) and attr not in _REMOVED_METHODS

    def _bounded(self, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """A filter that is looked at before and after."""
        given = int(hasattr(work, "jinja_pass_arg"))  # the first argument is then the environment, or the like

        @wraps(work)
        def bounded(*args: Any, **kwargs: Any) -> Any:
            self.tick()
            checked = self._checked(name, args[given:], kwargs, numbers=True)
            return self._kept(work(*args[:given], *checked, **kwargs))

        return bounded

    def _checked(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], *, numbers: bool) -> tuple[Any, ...]:
        """The arguments of a filter or method, the first of which is worked on. Raises: _BoundError for what is large.

        numbers: whether those behind the first say how wide or how many.
        """
        rest = [*args[1:], *kwargs.values()]
        if numbers and any(isinstance(each, int) and abs(each) > _LARGEST_NUMBER for each in rest):
            raise _BoundError(f"{name} with a number over {_LARGEST_NUMBER}")
        if name == "join":
            args = tuple(
                each if isinstance(each, str) or not isinstance(each, Iterable) else list(each) for each in args
            )
        if name not in _PICKING_FILTERS and args:
            self._limit(_weight((args, kwargs), self._limits.output))
            self._limit(_made(name, args[0], [*args[1:], *kwargs.values()]))
        return args

    def _written(self, value: Any) -> Any:
        self._limit(_weight(value, self._limits.output))
        return value

    def _kept(self, value: Any) -> Any:
        if isinstance(value, str | list | tuple | dict):
            self._limit(len(value))
        elif isinstance(value, int) and value.bit_length() > _LARGEST_NUMBER:
            raise _BoundError("it makes a number of many digits")
        return value

    def _limit(self, size: int) -> None:
        if size > self._limits.output:
            raise _BoundError(f"it makes a value of over {self._limits.output} characters or items")


def _weight(value: Any, most: int) -> int:
    """How long the text of a value is, about; counted no further than a little over `most`."""
    total, waiting = 0, [value]
    while waiting and total <= most:
        each = waiting.pop()
        if isinstance(each, Collection):
            total += len(each)
        if isinstance(each, dict):
            waiting += [*each.keys(), *each.values()]
        elif isinstance(each, Collection) and not isinstance(each, str):
            waiting += each
    return total


def _made(name: str, subject: Any, rest: list[Any]) -> int:
    """An upper bound of the text that a filter or method makes beyond what it was given."""
    texts = [each for each in rest if isinstance(each, str)]
    match name, subject:
        case "replace", str():
            return sum((subject.count(old) + 1) * len(new) for old in texts for new in texts)
        case "join", str():
            return len(subject) * sum(len(each) for each in rest if isinstance(each, list | str))
        case "join", list():
            return len(subject) * sum(map(len, texts))
        case "format" | "format_map", str():
            if _WIDE_FORMAT.search(subject):
                raise _BoundError("it formats with a wide field")
            return (subject.count("{") + subject.count("%")) * _weight(rest, 1 << 30)
        case "indent", str():
            widths = [each if isinstance(each, int) else len(each) for each in rest if isinstance(each, int | str)]
            return (subject.count("\n") + 1) * max([4, *widths])
        case "tojson", _ if any(isinstance(each, int) and each > 16 for each in rest):
            raise _BoundError("tojson with a wide indent")
    return 0


class _Watched(NodeTransformer):
    """Puts a look at the clock into each loop, and makes a call of each `~`."""

    def visit_For(self, node: nodes.For) -> nodes.For:  # noqa: N802
        """A loop, and its filter."""
        self.generic_visit(node)
        node.body.insert(0, nodes.ExprStmt(_call("tick", []), lineno=node.lineno))
        if node.test is not None:
            node.test = nodes.And(_call("tick", []), node.test, lineno=node.lineno)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Call:  # noqa: N802
        """A chain of `~`."""
        self.generic_visit(node)
        return _call("joined", node.nodes)


def _call(name: str, args: list[nodes.Expr]) -> nodes.Call:
    return nodes.Call(nodes.EnvironmentAttribute(name), args, [], None, None, lineno=1)


class _Generation(Extension):
    """`{% generation %}` marks, for training, what the assistant says; its body is rendered like any other."""

    tags: set[str] = {"generation"}  # noqa: RUF012

    def parse(self, parser: Parser) -> nodes.Node:
        """The body, with names of its own."""
        line = next(parser.stream).lineno
        return nodes.Scope(parser.parse_statements(("name:endgeneration",), drop_needle=True), lineno=line)


class _Namespace(Namespace):
    """Jinja's, without names that begin with an underscore, which lead into Python."""

    def __init__(self, /, *args: Any, **kwargs: Any) -> None:
        super().__init__()
        for name, value in dict(*args, **kwargs).items():
            self[name] = value

    def __setitem__(self, name: str, value: Any) -> None:
        if str(name).startswith("_"):
            raise SecurityError(f"a namespace takes no attribute {name!r}")
        super().__setitem__(name, value)

    def __repr__(self) -> str:
        return "<namespace>"


def _new_dict(*args: Any, **kwargs: Any) -> dict[Any, Any]:
    return dict(*args, **kwargs)


def _refuse(message: object) -> None:
    raise _RefusedError(str(message)[:300])


def _narrow(form: str) -> str:
    """A format of dates without widths."""
    if re.search(r"\d{3}", form):
        raise _BoundError("it formats a date with a wide field")
    return form


def _to_json(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | str | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    """As the reference: no escapes for HTML."""
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)
