"""The floor plan holds: imports run down only, and each folder keeps to its role. Read from the syntax trees."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = "sensorium"
SOURCE = Path(__file__).parents[1] / "src" / PACKAGE

RANKS = {
    "core": 0,
    "media": 1,
    "nn": 1,
    "weights": 1,
    "chat": 2,
    "encoders": 2,
    "fusion": 2,
    "language": 2,
    "inputs": 3,
    "models": 4,
    "engine": 4,
    "data": 4,
    "runtime": 5,
    "training": 5,
    "space": 6,
    "tasks": 6,
    "trust": 6,
    "evaluation": 7,
    "serving": 7,
    "cli": 8,
}
FACADE = "the façade"  # sensorium/__init__.py: looks down on all, and is looked up to by none
RANK_OF_FACADE = 9

NETWORK = {"urllib.request", "http.client", "socket", "ftplib", "requests", "httpx", "aiohttp", "huggingface_hub"}
MAY_USE_NETWORK = ("media/source.py", "runtime/hosted/", "serving/", "weights/hub.py", "weights/hub_api.py")

TARGET = re.compile(rf"{PACKAGE}\.([\w.]+):\w+")  # the lazy imports of catalogues: "sensorium.models.nano:build"


class Import(NamedTuple):
    """One import, as it stands in a file; `name` is absolute and full, "sensorium.media.types.Image"."""

    file: Path
    line: int
    name: str


def files_of(root: Path) -> list[Path]:
    return sorted(root.rglob("*.py"))


def imports_of(file: Path, root: Path) -> Iterator[Import]:
    """Every import in the file, wherever it stands: in functions, under TYPE_CHECKING, relative, or a lazy target."""
    package = (root.name, *file.relative_to(root).parent.parts)
    for node in ast.walk(ast.parse(file.read_bytes(), str(file))):
        match node:
            case ast.Import(names=names):
                for each in names:
                    yield Import(file, node.lineno, each.name)
            case ast.ImportFrom(module=module, names=names, level=level):
                above = package[: len(package) - level + 1] if level else ()
                for each in names:
                    yield Import(file, node.lineno, ".".join((*above, *filter(None, [module]), each.name)))
            case ast.Constant(value=str(text)) if found := TARGET.fullmatch(text):
                yield Import(file, node.lineno, f"{PACKAGE}.{found[1]}")


def owner(file: Path, root: Path) -> str:
    """The top-level folder that a file lies in, or the façade."""
    parts = file.relative_to(root).parts
    return parts[0] if len(parts) > 1 else FACADE


def imported_folder(name: str) -> str | None:
    """The top-level folder that an import reaches into; None when it is no import of ours or only the version."""
    first, *rest = name.split(".")
    if first != PACKAGE or rest == ["__version__"]:
        return None
    return rest[0] if rest and rest[0] in RANKS else FACADE


def rank(folder: str) -> int:
    return RANK_OF_FACADE if folder == FACADE else RANKS[folder]


def upward_imports(root: Path) -> list[str]:
    found = []
    for file in files_of(root):
        here = owner(file, root)
        for each in imports_of(file, root):
            there = imported_folder(each.name)
            if there is None or there == here or rank(there) < rank(here):
                continue
            found.append(
                f"{file.relative_to(root.parent)}:{each.line}: {here} (rank {rank(here)}) imports {each.name} "
                f"of {there} (rank {rank(there)}); a folder imports only lower ranks. Move the shared piece down."
            )
    return found


def foreign_imports(root: Path, folder: str, forbidden: set[str]) -> list[str]:
    """Imports in `folder` of the third-party or standard modules `forbidden` or anything inside them."""
    return [
        f"{file.relative_to(root.parent)}:{each.line}: {each.name}"
        for file in files_of(root / folder)
        for each in imports_of(file, root)
        if any(f"{each.name}.".startswith(f"{name}.") for name in forbidden)
    ]


def prints(root: Path) -> list[str]:
    return [
        f"{file.relative_to(root.parent)}:{node.lineno}: print() belongs in cli/"
        for file in files_of(root)
        if owner(file, root) != "cli"
        for node in ast.walk(ast.parse(file.read_bytes()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]


def strange_folders(root: Path) -> list[str]:
    folders = {each.name for each in root.iterdir() if each.is_dir()} - {"__pycache__"}
    return sorted(folders - set(RANKS))


def test_every_folder_is_in_the_table() -> None:
    assert strange_folders(SOURCE) == []


def test_the_top_holds_only_the_facade() -> None:
    assert {each.name for each in SOURCE.glob("*.py")} <= {"__init__.py", "__main__.py"}


def test_imports_run_down() -> None:
    assert upward_imports(SOURCE) == []


def test_only_cli_prints() -> None:
    assert prints(SOURCE) == []


def test_core_needs_only_the_standard_library() -> None:
    names = {each.name.split(".")[0] for file in files_of(SOURCE / "core") for each in imports_of(file, SOURCE)}
    assert names <= sys.stdlib_module_names | {PACKAGE}


def test_media_imports_no_torch() -> None:
    assert foreign_imports(SOURCE, "media", {"torch"}) == []


def test_only_the_source_of_media_and_the_server_touch_the_network() -> None:
    found = foreign_imports(SOURCE, ".", NETWORK)
    allowed = tuple(f"{PACKAGE}/{each}" for each in MAY_USE_NETWORK)
    assert [each for each in found if not each.startswith(allowed)] == []


# The checker itself: a fake house with one thing wrong.


@pytest.fixture
def house(tmp_path: Path) -> Path:
    root = tmp_path / PACKAGE
    for folder in ("", "core", "media", "nn", "models", "models/nano", "cli"):
        (root / folder).mkdir()
        (root / folder / "__init__.py").write_text('"""Empty."""\n')
    return root


@pytest.mark.parametrize(
    ("file", "code", "message"),
    [
        ("media/a.py", "import sensorium.models.x", r"media/a\.py:1: media \(rank 1\) imports .* of models \(rank 4\)"),
        ("media/a.py", "\n\nfrom sensorium.models import x", r"media/a\.py:3: media .* sensorium\.models\.x of models"),
        ("media/a.py", "from sensorium import models", r"sensorium\.models of models \(rank 4\)"),
        ("media/a.py", "import sensorium.nn", r"media \(rank 1\) imports sensorium\.nn of nn \(rank 1\)"),
        ("media/a.py", "from ..models import x", r"sensorium\.models\.x of models"),
        ("media/a.py", "from .. import models", r"sensorium\.models of models"),
        ("models/nano/a.py", "from ...cli.main import x", r"models \(rank 4\) imports sensorium\.cli\.main\.x of cli"),
        ("media/a.py", "def f():\n    from sensorium.cli import main", r"media/a\.py:2: .* of cli \(rank 8\)"),
        ("media/a.py", "if TYPE_CHECKING:\n    from sensorium.nn import x", r"media/a\.py:2: .* of nn"),
        ("media/a.py", "T = 'sensorium.models.nano:build'", r"sensorium\.models\.nano of models"),
        ("cli/a.py", "from sensorium import load", r"cli \(rank 8\) imports sensorium\.load of the façade \(rank 9\)"),
        ("core/a.py", "import sensorium", r"core \(rank 0\) imports sensorium of the façade \(rank 9\)"),
    ],
)
def test_an_upward_import_is_caught(house: Path, file: str, code: str, message: str) -> None:
    (house / file).write_text(code)
    (found,) = upward_imports(house)
    assert re.search(message, found), found


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("models/nano/a.py", "from sensorium.media.types import Image\nfrom ..other import x\nfrom . import y"),
        ("models/nano/a.py", "import sensorium.core.errors, torch"),
        ("cli/a.py", "from sensorium import __version__"),
        ("__init__.py", "LAZY = {'load': 'sensorium.runtime.load:load'}\nfrom .cli import main"),
        ("media/a.py", "'the text sensorium.models.nano:build, not alone'"),
    ],
)
def test_a_downward_import_passes(house: Path, file: str, code: str) -> None:
    (house / file).write_text(code)
    assert upward_imports(house) == []


def test_the_other_rules_catch_what_they_forbid(house: Path) -> None:
    (house / "media" / "a.py").write_text("def f():\n    import torch.nn\n    print(1)\n")
    (house / "media" / "b.py").write_text("from urllib import request, parse\n")
    (house / "cli" / "a.py").write_text("print(1)\n")
    (house / "attic").mkdir()
    assert foreign_imports(house, "media", {"torch"}) == ["sensorium/media/a.py:2: torch.nn"]
    assert foreign_imports(house, ".", NETWORK) == ["sensorium/media/b.py:1: urllib.request"]
    assert prints(house) == ["sensorium/media/a.py:3: print() belongs in cli/"]
    assert strange_folders(house) == ["attic"]
