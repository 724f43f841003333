"""Writing: safe for terminals, and a line for those who wait."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sensorium.cli.console import note, patience, safe, write_json


@pytest.mark.parametrize("text", ["plain\n\ttext", "中文，é, 🙂", ""])
def test_ordinary_text_stays(text: str) -> None:
    assert safe(text) == text


@pytest.mark.parametrize("letter", ["\x00", "\x07", "\x1b", "\r", "\x7f", "\x9b", "\u200f", "\u2028", "\u2066"])
def test_what_moves_the_cursor_or_turns_the_text_is_shown(letter: str) -> None:
    assert safe(f"a{letter}b") == f"a\\u{ord(letter):04x}b"


def test_notes_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    note("hello\x1b[0m")
    assert capsys.readouterr() == ("", "hello\\u001b[0m\n")


def test_json_keeps_the_letters(capsys: pytest.CaptureFixture[str]) -> None:
    write_json({"answer": "靴子"})
    assert capsys.readouterr().out == '{"answer": "靴子"}\n'


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_full_disk_is_told_in_one_line() -> None:
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "sensorium", "--version"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, timeout=60, check=False, text=True)
        silent = subprocess.run([*command[:-1], "nothing"], stderr=full, timeout=60, check=False)
    assert done.stderr.startswith("sensorium: standard output: No space left on device; expected room")
    assert (done.returncode, silent.returncode) == (2, 2)


def test_patience_speaks_only_to_those_who_wait(capsys: pytest.CaptureFixture[str]) -> None:
    with patience("loading", after=60):
        pass
    assert capsys.readouterr().err == ""
    with patience("loading", after=0):
        for thread in threading.enumerate():
            if isinstance(thread, threading.Timer):
                thread.join(10)
    assert capsys.readouterr().err == "loading\n"
