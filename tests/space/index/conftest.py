"""A folder of media, and an index of it by a model that sees colours."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.space.index.colours import Colours, paint, play

from sensorium.space.index.sqlite import SqliteStore, make_index


@pytest.fixture
def colours() -> Colours:
    return Colours()


@pytest.fixture
def media(tmp_path: Path) -> Path:
    """Pictures, a sound, a text, and what cannot be read."""
    folder = tmp_path / "media"
    for colour in ("red", "green", "blue"):
        paint(folder / "pictures" / f"{colour}.png", colour)
    play(folder / "hum.wav", 100)
    (folder / "notes.txt").write_text("The lighthouse keeper wrote every evening.\n\nIn winter he painted boats.")
    (folder / "broken.png").write_bytes((folder / "pictures" / "red.png").read_bytes()[:40])
    (folder / "thing.bin").write_bytes(bytes(range(256)) * 4)
    (folder / ".hidden.txt").write_text("hidden")
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of the index."""
    return tmp_path / "index"


@pytest.fixture
def store(folder: Path, colours: Colours) -> Iterator[SqliteStore]:
    make_index(folder, colours.name, colours.width)
    opened = SqliteStore(folder, write=True)
    yield opened
    opened.close()
