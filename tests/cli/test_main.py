"""The wall: every error is one line and an exit code; and the command starts fast."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from sensorium import __version__
from sensorium.cli.main import explain
from sensorium.core.errors import EngineError, LimitExceeded, UnreadableMedia

Run = Callable[..., Any]
Place = Callable[..., Any]


def sensorium(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *options.pop("python", ()), "-m", "sensorium", *arguments]
    environment = os.environ | {"OMP_NUM_THREADS": "1"} | options.pop("env", {})
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=environment, **options)


def test_help_needs_none_of_the_heavy_packages() -> None:
    done = sensorium("--help", python=("-X", "importtime"))
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert done.returncode == 0
    assert {"torch", "numpy", "rich", "PIL", "av", "yaml"} & imported == set()
    for command in ("ask", "chat", "models", "doctor", "demo", "train"):
        assert f"\n  {command} " in done.stdout


def test_the_process_ends_with_the_exit_code(tiny: str) -> None:
    done = sensorium("ask", "--model", tiny, "--max-tokens", "2", "Hello?")
    told = [line for line in done.stderr.splitlines() if "loading" not in line]  # a slow machine says so
    assert (done.returncode, len(told)) == (0, 1)
    failed = sensorium("ask", "missing.dat", "What?")
    assert (failed.returncode, failed.stdout) == (3, "")


def test_no_letter_is_too_odd_for_a_terminal() -> None:
    done = sensorium("ask", "缺少.dat", "这是什么？", env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert done.returncode == 3
    assert done.stderr.startswith("sensorium: \\u7f3a\\u5c11.dat: no such file")


def test_nobody_reading_is_no_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "sensorium", "--version"]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, timeout=60, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


def test_the_version(run: Run) -> None:
    assert run("--version").out == f"sensorium {__version__}\n"


def test_without_a_command_the_help_is_shown_as_an_error(run: Run) -> None:
    done = run()
    assert (done.code, done.out) == (2, "")
    assert "Usage: sensorium" in done.err


def test_an_unknown_command(run: Run) -> None:
    done = run("akk")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("sensorium: No such command 'akk'")
    assert done.err.endswith("See: sensorium --help\n")


def test_what_nobody_expected_is_one_line_too(run: Run, scripted: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SENSORIUM_DEBUG", raising=False)
    scripted(ZeroDivisionError("division\nby zero"))
    done = run("ask", "What?")
    line = "unexpected: ZeroDivisionError: division by zero, run with SENSORIUM_DEBUG=1 for the traceback"
    assert (done.code, done.out, done.err) == (4, "", f"sensorium: {line}\n")


def test_the_traceback_is_there_for_who_asks(run: Run, scripted: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted(ZeroDivisionError("division by zero"))
    monkeypatch.setenv("SENSORIUM_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        run("ask", "What?")


def test_an_interruption_is_quiet(run: Run, scripted: Place) -> None:
    scripted("half", KeyboardInterrupt())
    done = run("ask", "What?")
    assert (done.code, done.out, done.err) == (130, "", "")


def test_json_behind_two_dashes_is_a_word(run: Run) -> None:
    assert run("ask", "--", "missing.dat", "--json").err.startswith("sensorium: missing.dat")
    assert json.loads(run("ask", "--json", "--", "missing.dat", "What?").err)["error"]["exit_code"] == 3


def test_an_error_of_a_worker_process_says_what_it_said_there() -> None:
    said = (
        "Caught UnreadableMedia in DataLoader worker process 0.\nOriginal Traceback (most recent call last):\n"
        '  File "x.py", line 1, in y\nsensorium.core.errors.UnreadableMedia: a.gz: no such file. Fetch it.\n'
    )
    assert explain(UnreadableMedia(said)) == ("UnreadableMedia", "a.gz: no such file. Fetch it.", 3)


@pytest.mark.parametrize(("error", "code"), [(LimitExceeded("a: b"), 3), (EngineError("a:\n  b"), 4)])
def test_own_errors_bring_their_exit_code(error: Exception, code: int) -> None:
    assert explain(error) == (type(error).__name__, "a: b", code)
