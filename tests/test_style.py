"""How we write, as far as a machine can see it: small pieces, said what for, nothing swallowed."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "sensorium"

FILE_LINES = 400
BODY_LINES = 60
PARAMETERS = 8
FIELDS = 20

Function = ast.FunctionDef | ast.AsyncFunctionDef
Documented = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

OPEN_END = re.compile(r"\b(?:TODO|FIXME|XXX)\b(?!\(#\d+\))")


def findings(code: str) -> list[str]:
    """All that is wrong with the source text of one module, each as "line: what"."""
    tree = ast.parse(code)
    found = [] if ast.get_docstring(tree) else [(1, "the module has no docstring")]
    lines = code.splitlines()
    if len(lines) > FILE_LINES and not is_table(tree):
        found.append((len(lines), f"{len(lines)} lines; split the file at {FILE_LINES}"))
    for number, line in enumerate(lines, 1):
        if OPEN_END.search(line):
            found.append((number, "an open end without an issue number; write TODO(#12)"))
    for node in ast.walk(tree):
        found.extend((node.lineno, what) for what in wrong_with(node) if isinstance(node, ast.stmt | ast.ExceptHandler))
    found.extend((node.lineno, f"{node.name} is public and has no docstring") for node in undocumented(tree))
    return [f"{number}: {what}" for number, what in sorted(found)]


def is_table(tree: ast.Module) -> bool:
    """Whether a module is only constants: data may be as long as it is."""
    return all(
        isinstance(node, ast.Import | ast.ImportFrom | ast.Assign | ast.AnnAssign | ast.Expr) for node in tree.body
    )


def wrong_with(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Assert():
            yield "assert vanishes under -O; raise an error of core/errors.py"
        case ast.ExceptHandler() if is_broad(node) and not raises(node):
            yield "a bare or broad except that does not raise again"
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield from wrong_with_function(node)
        case ast.ClassDef():
            fields = sum(isinstance(each, ast.AnnAssign) for each in node.body)
            if fields > FIELDS:
                yield f"{node.name} has {fields} fields; at most {FIELDS}: nest a part"


def wrong_with_function(node: Function) -> Iterator[str]:
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg]
    names = [each.arg for each in arguments if each and each.arg not in ("self", "cls")]
    if len(names) > PARAMETERS:
        yield f"{node.name} takes {len(names)} parameters; at most {PARAMETERS}: make them a dataclass"
    body = node.body[1:] if ast.get_docstring(node) else node.body
    size = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
    if size > BODY_LINES:
        yield f"{node.name} has a body of {size} lines; at most {BODY_LINES}: split it"


def is_broad(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(
        kind is None or (isinstance(kind, ast.Name) and kind.id in ("Exception", "BaseException")) for kind in kinds
    )


def raises(handler: ast.ExceptHandler) -> bool:
    return any(isinstance(each, ast.Raise) for each in ast.walk(handler))


def undocumented(scope: ast.Module | ast.ClassDef) -> Iterator[Documented]:
    """Public functions and classes of a module, and public methods of those, without a docstring."""
    for node in scope.body:
        if isinstance(node, Documented) and not node.name.startswith("_"):
            if not ast.get_docstring(node) and not is_overload(node):
                yield node
            if isinstance(node, ast.ClassDef):
                yield from undocumented(node)


def is_overload(node: Documented) -> bool:
    """Whether the docstring belongs elsewhere: on the implementation, or on the property that this sets."""
    words = {ast.unparse(each).split(".")[-1] for each in node.decorator_list}
    return bool(words & {"overload", "setter"})


@pytest.mark.parametrize("file", sorted(SOURCE.rglob("*.py")), ids=lambda file: str(file.relative_to(SOURCE)))
def test_source(file: Path) -> None:
    assert findings(file.read_text(encoding="utf-8")) == []


def test_tests_are_small_files_too() -> None:
    sizes = {file: len(file.read_text(encoding="utf-8").splitlines()) for file in (ROOT / "tests").rglob("*.py")}
    assert {file.name: size for file, size in sizes.items() if size > FILE_LINES} == {}


# The checker itself.

GOOD = '''"""A module."""


class Thing:
    """A thing."""

    def __init__(self, a, b, c, d, e, f, g, *, h):
        self.a = a

    def _hidden(self):
        return 1


def work():
    """Work, TODO(#12) faster."""
    def inner():
        return 2
    try:
        inner()
    except BaseException:
        inner()
        raise
    except ValueError:
        return 3
'''


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("x = 1", "1: the module has no docstring"),
        ('"""D."""\nassert True', "2: assert"),
        ('"""D."""\ntry:\n    pass\nexcept:\n    pass', "4: a bare or broad except"),
        ('"""D."""\ntry:\n    pass\nexcept (OSError, Exception):\n    pass', "4: a bare or broad except"),
        ('"""D."""\ndef f(): pass', "2: f is public"),
        ('"""D."""\nclass A:\n    """D."""\n    async def f(self): pass', "4: f is public"),
        ('"""D."""\ndef _f(a, b, c, d, e, f, g, *h, **i): pass', "2: _f takes 9 parameters"),
        ('"""D."""\ndef _f():\n    """D."""\n' + "    x = 1\n" * 61, "2: _f has a body of 61 lines"),
        ('"""D."""\nclass _A:\n' + "\n".join(f"    x{i}: int" for i in range(21)), "2: _A has 21 fields"),
        ('"""D."""\ndef _f(): pass\n' + "x = 1\n" * 399, "401: 401 lines"),
        ('"""D."""\n# TODO later', "2: an open end"),
    ],
)
def test_each_fault_is_found(code: str, message: str) -> None:
    (found,) = findings(code)
    assert found.startswith(message)


def test_good_code_and_long_tables_pass() -> None:
    assert findings(GOOD) == []
    assert findings('"""D."""\n' + "x = 1\n" * 400) == []
