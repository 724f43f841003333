"""The benchmarks load, find what they measure, and tell a failed run from a fast one."""

import importlib.util
import subprocess
import sys
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
    code = f"import runpy; process = runpy.run_path({benchmark.__file__!r})['process']; "
    code += "print(*process('-c', 'import time; time.sleep(0.05)'))"
    # in a fresh process: the system counts what the starting one had into the peak of the started one
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    seconds, peak_mb = map(float, told.split())
    assert seconds >= 0.05
    assert 1 < peak_mb < 1000
    with pytest.raises(SystemExit, match="failed with exit code 3"):
        benchmark.process("-c", "raise SystemExit(3)")
