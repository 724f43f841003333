"""Bars on a terminal, lines elsewhere; what is said goes to standard output."""

import io
import sys

import pytest

from sensorium.cli.transcribe_progress import position, spelled, watching


class Clock:
    """Tells the time that it is given."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """What standard error is from now on; pytest would take the place of what a fixture puts there."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    return screen


def test_places_in_a_sound() -> None:
    assert [spelled(each) for each in (0, 59.6, 750, 90_061)] == ["0:00:00", "0:01:00", "0:12:30", "25:01:01"]
    assert position(750.0, 7200.0) == "0:12:30 of 2:00:00"
    assert position(750.0, None) == "0:12:30"


def test_a_line_a_minute_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    with watching(clock=clock) as watch:
        watch.hear(0.0, 7200.0)
        clock.now += 59.0
        watch.hear(600.0, 7200.0)
        clock.now += 1.0
        watch.hear(720.0, 7200.0)
        watch.say(" Hello")
        clock.now += 30.0
        watch.hear(900.0, 7200.0)
        clock.now += 30.0
        watch.hear(1200.0, None)
    assert capsys.readouterr() == (" Hello\n", "0:12:00 of 2:00:00, 12.0x, 0:09:00 left\n0:20:00, 10.0x\n")


def test_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    screen, clock = terminal(monkeypatch), Clock()
    with watching(clock=clock) as watch:
        watch.hear(0.0, None)
        clock.now += 60.0
        watch.hear(720.0, 7200.0)
        watch.say("Hello")
    assert capsys.readouterr().out == "Hello\n"
    assert "0:12:00 of 2:00:00, 12.0x, 0:09:00 left" in screen.getvalue()
    assert "\x1b[?25h" in screen.getvalue()  # the cursor is back
    assert "Hello" not in screen.getvalue()


def test_lines_stand_above_the_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = terminal(monkeypatch)
    monkeypatch.setattr(sys, "stdout", screen)
    with watching(clock=Clock()) as watch:
        watch.hear(0.0, 60.0)
        watch.say("Hello")
        watch.say("again")
    shown = screen.getvalue()
    for line in ("Hello\n", "again\n"):
        before = shown[: shown.index(line)]
        assert before.endswith("\x1b[2K")  # the bar is wiped off
    assert shown.index("Hello") < shown.rindex("0:00:00 of 0:01:00")
