"""What is kept of one request and found by another: hardening tests 45 and 46, over HTTP."""

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow
from tests.serving.conftest import KEY, Running, Start
from tests.serving.hardening.spoken import PROTOCOLS, Protocol, send
from tests.serving.sent import uri

OTHER = "a-second-key-for-tests"
PIXELS = np.random.default_rng(1).integers(0, 256, (64, 32, 3), np.uint8)
INDICES = PIXELS[..., 0] % 4


def png(picture: Pillow.Image, **options: Any) -> str:
    file = io.BytesIO()
    picture.save(file, "PNG", **options)
    return uri(file.getvalue(), "image/png")


def palette(*colours: int) -> Pillow.Image:
    picture = Pillow.fromarray(INDICES)
    picture.putpalette([*colours, *[0] * (768 - len(colours))])
    return picture


def turned(orientation: int) -> str:
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    return png(Pillow.fromarray(255 - PIXELS), exif=exif)


PAIRS = {
    "shapes": (png(Pillow.fromarray(PIXELS)), png(Pillow.fromarray(PIXELS.reshape(32, 64, 3)))),
    "palettes": (
        png(palette(0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255)),
        png(palette(9, 9, 9, 0, 0, 255, 80, 0, 0, 0, 0, 9)),
    ),
    "turns": (turned(1), turned(3)),
}


@pytest.fixture(scope="module")
def shared(tiny_model: Any) -> Iterator[Running]:
    from tests.serving.conftest import running

    with running([tiny_model], keys=(KEY, OTHER)) as found:
        yield found


def engine(server: Running) -> Any:
    return server.server._ours.shelf._loaded["tiny"]._thread._engine


@pytest.mark.parametrize("pair", PAIRS.values(), ids=list(PAIRS))
def test_pictures_that_differ_in_little_are_kept_apart(shared: Running, pair: tuple[str, str]) -> None:
    rows = engine(shared)._rows._rows
    before = len(rows)
    for protocol in PROTOCOLS:  # which all find what the first one made
        for picture in pair:
            assert send(shared, protocol.path, protocol.ask("What?", picture)).status == 200
    assert len(rows) - before == 2


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda each: each.name)
def test_nothing_is_found_with_another_key(
    shared: Running, protocol: Protocol, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread = shared.server._ours.shelf._loaded["tiny"]._thread
    handles, inner = [], thread.submit

    def submit(*given: Any) -> Any:
        handles.append(inner(*given))
        return handles[-1]

    monkeypatch.setattr(thread, "submit", submit)
    ask = protocol.ask("What?", png(Pillow.fromarray(PIXELS + np.uint8(1 + PROTOCOLS.index(protocol)))))
    for key in (KEY, KEY, OTHER, OTHER):
        assert send(shared, protocol.path, ask, key=key).status == 200
    known = [handle.figures.cached_tokens for handle in handles]
    assert known[0] == known[2] == 0
    assert known[1] == known[3] > 0


def test_all_blocks_come_back(start: Start) -> None:
    """What was answered, refused and left holds nothing: all that is remembered can be forgotten."""
    with start() as server:
        for protocol in PROTOCOLS:
            send(server, protocol.path, protocol.ask("What?", PAIRS["shapes"][0]))
        memory = engine(server).memory
        assert memory.known.make_room(memory.pool.count)
        assert memory.pool.free == memory.pool.count
