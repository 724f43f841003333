"""Hardening test 31: under `python -O`, which takes every `assert` out of the server, the same is refused."""

import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
FILES = ("test_access.py", "test_bodies.py", "test_media.py")


@pytest.mark.slow
def test_the_same_is_refused_without_asserts() -> None:
    """pytest writes the asserts of tests anew, so those still count; it warns of all others."""
    command = [sys.executable, "-O", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
    command += ["-W", "ignore:assertions not in test modules:pytest.PytestConfigWarning"]
    found = subprocess.run(
        [*command, *(str(FOLDER / each) for each in FILES)],
        capture_output=True,
        text=True,
        cwd=FOLDER.parents[2],
        check=False,
    )
    assert found.returncode == 0, found.stdout[-3000:]
    assert " passed" in found.stdout
