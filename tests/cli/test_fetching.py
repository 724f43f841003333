"""What is said of a download where there is no terminal."""

import pytest

from sensorium.cli.fetching import fetching


def test_nothing_fetched_nothing_said(capsys: pytest.CaptureFixture[str]) -> None:
    with fetching():
        pass
    assert capsys.readouterr() == ("", "")


def test_one_line_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with fetching() as progress:
        progress("config.json", 1_000, 5_000_000)
        progress("model.safetensors", 5_000_000, 5_000_000)
    assert capsys.readouterr() == ("", "fetching 5 MB …\n")
