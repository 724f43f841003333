"""The benchmarks load, find what they measure, and tell a failed run from a fast one."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

FILES = sorted((Path(__file__).parents[1] / "benchmarks").glob("*.py"))


def loaded(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_they_load_without_measuring(file: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert callable(loaded(file).main)
    assert capfd.readouterr() == ("", "")


def test_first_answer_measures_processes() -> None:
    benchmark = loaded(next(file for file in FILES if file.stem == "first_answer"))
    assert Path(benchmark.PICTURE).is_file()
    seconds, peak_mb = benchmark.process("-c", "import time; time.sleep(0.05)")
    assert seconds >= 0.05
    assert peak_mb > 1  # the system counts what this process had, too, when the other one was started
    with pytest.raises(SystemExit, match="failed with exit code 3"):
        benchmark.process("-c", "raise SystemExit(3)")
