"""`ask` about every odd file: an answer, or one line that says what is wrong with it; never a traceback."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.odd_media import make_odd_media

LEAKS = re.compile(r"0x[0-9a-f]{6,}|Traceback|site-packages|unexpected")


def test_every_odd_file_gets_an_answer_or_a_line(run: Callable[..., Any], tiny: str, tmp_path: Path) -> None:
    wrong = []
    for case in make_odd_media(tmp_path):
        done = run("ask", str(case.path), "What is this?", "--model", tiny, "--max-tokens", "2")
        refused = done.code == 3 and not done.out and done.err.count("\n") == 1
        answered = done.code == 0 and done.out.count("\n") >= 1
        if not (refused or answered) or LEAKS.search(done.err):
            wrong.append((case.path.name, done))
    assert not wrong
