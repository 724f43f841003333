"""Importing does nothing: no output, no files, no changed settings, and no heavy package before it is needed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import sensorium

SOURCE = Path(__file__).parents[1] / "src"

HEAVY = {"torch", "numba", "matplotlib", "tokenizers", "safetensors", "huggingface_hub", "transformers"}

IMPORT_ALL = """
import importlib, json, logging, os, random, signal, sys
def settings():
    handlers = [str(signal.getsignal(each)) for each in (signal.SIGINT, signal.SIGTERM)]
    ours = [name for name in logging.root.manager.loggerDict if name.startswith("sensorium")]
    return {"environment": dict(os.environ), "random": hash(random.getstate()), "signals": handlers,
            "handlers": len(logging.root.handlers) + sum(len(logging.getLogger(name).handlers) for name in ours)}
import torch  # its own settings are not ours to answer for
threads = torch.get_num_threads(), torch.get_default_dtype(), torch.initial_seed()
before = settings()
for name in json.loads(sys.argv[1]):
    importlib.import_module(name)
changed = [key for key, value in settings().items() if value != before[key]]
if threads != (torch.get_num_threads(), torch.get_default_dtype(), torch.initial_seed()):
    changed.append("torch")
if changed:
    sys.exit(f"changed by an import: {changed}")
"""

IMPORT_AND_TELL = """
import importlib, json, sys
for name in json.loads(sys.argv[1]):
    importlib.import_module(name)
sys.stdout.write(json.dumps(sorted({name.split(".")[0] for name in sys.modules})))
"""


def modules(below: str = "") -> list[str]:
    """Every module of the package, or of one folder of it."""
    files = sorted((SOURCE / "sensorium" / below).rglob("*.py"))
    names = [".".join(file.relative_to(SOURCE).with_suffix("").parts) for file in files]
    return [name.removesuffix(".__init__") for name in names]


def python(code: str, names: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error::DeprecationWarning:sensorium", "-c", code, json.dumps(names)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


def test_importing_everything_is_silent_and_changes_nothing(tmp_path: Path) -> None:
    done = python(IMPORT_ALL, modules(), tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "names",
    [["sensorium"], modules("core"), ["sensorium.cli.main"]],
    ids=["sensorium", "core", "cli"],
)
def test_what_must_start_fast_imports_nothing_heavy(names: list[str], tmp_path: Path) -> None:
    if not set(names) <= set(modules()):
        pytest.skip(f"{names[0]} does not exist yet")
    done = python(IMPORT_AND_TELL, names, tmp_path)
    assert done.returncode == 0, done.stderr
    assert HEAVY & set(json.loads(done.stdout)) == set()


def test_media_imports_no_torch(tmp_path: Path) -> None:
    done = python(IMPORT_AND_TELL, modules("media"), tmp_path)
    assert done.returncode == 0, done.stderr
    assert {"torch", "numba"} & set(json.loads(done.stdout)) == set()


def test_the_package_shows_its_public_names_alone() -> None:
    assert dir(sensorium) == sorted(sensorium.__all__) == ["__version__", "load"]
