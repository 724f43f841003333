"""`chat` from a pipe and at the keyboard."""

import sys
from collections.abc import Callable
from typing import Any

import pytest

from sensorium.core.errors import LimitExceeded

Run = Callable[..., Any]
Place = Callable[..., Any]


def test_each_line_is_a_question_and_each_answer_a_line(run: Run, scripted: Place) -> None:
    model = scripted("two\n", "lines")
    done = run("chat", stdin="What is this?\n\nAnd 颜色?\n".encode())
    assert (done.code, done.out, done.err) == (0, "two lines\ntwo lines\n", "")
    assert [asked[0] for asked in model.asked] == ["What is this?", "And 颜色?"]


def test_files_are_shown_once_and_can_be_added(run: Run, scripted: Place, picture: str) -> None:
    model = scripted()
    done = run("chat", picture, stdin=f'One?\nTwo?\n/add "{picture}"\nThree?\n'.encode())
    assert [asked[1] for asked in model.asked] == [1, 0, 1]
    assert done.err == "red.png: shown with the next question\n"


def test_media_stay_across_turns_of_a_real_model(run: Run, tiny: str, picture: str) -> None:
    done = run("chat", picture, "--model", tiny, stdin=b"What is this?\nAnd now?\n")
    assert (done.code, done.out.count("\n")) == (0, 2)


def test_quit_ends_and_new_forgets(run: Run, scripted: Place, picture: str) -> None:
    model = scripted()
    done = run("chat", picture, stdin=b"/new\nOne?\n/quit\nTwo?\n")
    options = {"max_tokens": 512, "temperature": 0.0, "seed": None}
    assert (done.code, model.asked) == (0, [("One?", 0, options)])
    run("chat", "--max-tokens", "7", "--temperature", "0.5", "--seed", "1", stdin=b"One?\n")
    assert model.asked[1][2] == {"max_tokens": 7, "temperature": 0.5, "seed": 1}


def test_help_lists_the_commands(run: Run, scripted: Place) -> None:
    scripted()
    done = run("chat", stdin=b"/help\n")
    assert done.out == ""
    assert all(command in done.err for command in ("/add FILE", "/new", "/help", "/quit"))


@pytest.mark.parametrize(
    ("line", "message", "code"),
    [("/fly", "/fly is no command", 2), ("/add", "/add takes the path", 2), ("/add no.png", "no.png: no such file", 3)],
)
def test_an_error_ends_no_more_than_its_turn(run: Run, scripted: Place, line: str, message: str, code: int) -> None:
    model = scripted()
    done = run("chat", stdin=f"{line}\nWhat?\n".encode())
    assert (done.code, done.out, len(model.asked)) == (code, "a boot\n", 1)
    assert done.err.startswith(f"sensorium: {message}")


def test_a_question_that_fails_drops_its_files(run: Run, scripted: Place, picture: str) -> None:
    model = scripted(LimitExceeded("talk: too long. Begin a new one."))
    done = run("chat", picture, stdin=b"One?\nTwo?\n")
    assert [asked[1] for asked in model.asked] == [1, 0]
    assert (done.code, done.out) == (3, "")


def test_a_stopped_answer_leaves_the_files_for_the_next_question(run: Run, scripted: Place, picture: str) -> None:
    model = scripted(KeyboardInterrupt())
    done = run("chat", picture, stdin=b"One?\nTwo?\n")
    assert [asked[1] for asked in model.asked] == [1, 1]
    assert (done.code, done.err) == (0, "stopped\nstopped\n")


def test_standard_input_is_no_file(run: Run) -> None:
    done = run("chat", "-")
    assert done.code == 2
    assert "questions come from standard input" in done.err


def test_at_the_keyboard(run: Run, scripted: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted("a boot", finish_reason="length")
    lines = iter(["What?", "/fly"])

    def typed(prompt: str) -> str:
        assert prompt == "> "
        line = next(lines, None)
        if line is None:
            raise EOFError
        return line

    monkeypatch.setattr("builtins.input", typed)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    done = run("chat", typed=True)
    assert (done.code, done.out) == (0, "a boot\n\n")
    assert "/quit" in done.err
    assert "cut off after 3 tokens; --max-tokens allows more\n" in done.err
