"""One bad piece costs its own file alone; long texts give what fits."""

from collections.abc import Sequence

import numpy as np
import pytest
from tests.space.index.colours import Colours

from sensorium.core.errors import LimitExceeded, UnsupportedMedia
from sensorium.media.types import Image, Media
from sensorium.space.index.embedding import BATCH, embed_pieces, embed_text
from sensorium.space.index.types import Piece, Rows


class Picky(Colours):
    """Takes no picture of one pixel, and counts its calls."""

    calls = 0

    def embed_media(self, media: Sequence[Media]) -> Rows:
        self.calls += 1
        if any(isinstance(each, Image) and each.pixels.size == 3 for each in media):
            raise UnsupportedMedia("too small. Give a larger one.")
        return super().embed_media(media)


def picture(side: int, value: int) -> Piece:
    return Piece("image", Image(np.full((side, side, 3), value, np.uint8)))


def test_pieces_of_all_files_go_together() -> None:
    model = Picky()
    files = [[picture(2, 10 * number), Piece("text", "red")] for number in range(20)]
    placed, faults = embed_pieces(model, files)
    assert (model.calls, faults) == (1, [""] * 20)
    assert all(np.array_equal(rows[1].vector, placed[0][1].vector) for rows in placed)  # type: ignore[arg-type]


def test_batches_are_bounded() -> None:
    model = Picky()
    embed_pieces(model, [[picture(2, number) for number in range(BATCH + 1)]])
    assert model.calls == 2


def test_one_that_is_refused_costs_its_file() -> None:
    placed, faults = embed_pieces(Picky(), [[picture(2, 1)], [picture(2, 2), picture(1, 3)], [picture(2, 4)]])
    assert faults == ["", "too small. Give a larger one.", ""]
    assert [len(rows) for rows in placed] == [1, 0, 1]


def test_what_has_no_content_has_no_place() -> None:
    ((placed,),), _ = embed_pieces(Picky(), [[Piece("audio", None)]])
    assert placed.vector is None


def test_of_a_long_text_what_fits() -> None:
    model = Colours()
    long = "red " * 100
    np.testing.assert_allclose(embed_text(model, long), model.embed_texts(["red"])[0], atol=0.01)
    ((first, second),), _ = embed_pieces(model, [[Piece("text", long), Piece("text", "blue")]])
    assert first.vector is not None
    assert second.vector is not None


def test_a_model_that_takes_no_text_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Colours()

    def refuse(texts: Sequence[str]) -> Rows:
        raise LimitExceeded("none. Give none.")

    monkeypatch.setattr(model, "embed_texts", refuse)
    _, faults = embed_pieces(model, [[Piece("text", "some words here")], [picture(2, 1)]])
    assert faults == ["none. Give none.", ""]
