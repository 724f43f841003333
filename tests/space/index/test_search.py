"""What is found by place, by words, by both; and queries of files."""

from pathlib import Path

import numpy as np
import pytest
from tests.space.index.colours import COLOURS, Colours

from sensorium.core.errors import UnsupportedMedia, UsageError
from sensorium.media.types import AudioClip, Image
from sensorium.space.index.query import make_query
from sensorium.space.index.search import fuse, search
from sensorium.space.index.sqlite import SqliteStore
from sensorium.space.index.types import Entry, Filter, Piece, Placed, Spot, Stamp


def entry(model: Colours, name: str, text: str, *pieces: Piece) -> Entry:
    placed = [Placed(piece, model.embed_texts([text])[0]) for piece in pieces or (Piece("image", None),)]
    return Entry(f"/files/{name}", Stamp(1, 1), name, placed)


def found(store: SqliteStore, model: Colours, words: str, within: Filter | None = None) -> list[str]:
    return [Path(hit.path).name for hit in search(store, make_query(model, [], words), within=within).hits]


def picture(colour: str) -> Piece:
    return Piece("image", Image(np.full((4, 4, 3), COLOURS[colour], np.uint8)))


@pytest.fixture
def filled(store: SqliteStore, colours: Colours) -> SqliteStore:
    page = Spot(page=2)
    document = (
        Piece("document", None, page, thumbnail=b"page"),
        Piece("document", None, page, "The lighthouse at night"),
        Piece("document", None, page, "The keeper of the lighthouse"),
    )
    store.write([entry(colours, f"{name}.png", name) for name in COLOURS])
    store.write([entry(colours, "tale.pdf", "xyz", *document)])
    return store


def test_words_find_pictures_and_pages(filled: SqliteStore, colours: Colours) -> None:
    assert found(filled, colours, "blue")[0] == "blue.png"
    assert found(filled, colours, "the lighthouse")[0] == "tale.pdf"


def test_a_page_is_one_hit_with_its_picture(filled: SqliteStore, colours: Colours) -> None:
    hits = search(filled, make_query(colours, [], "keeper lighthouse")).hits
    assert [Path(hit.path).name for hit in hits].count("tale.pdf") == 1
    assert (hits[0].found.words, hits[0].found.thumbnail) == ("The keeper of the lighthouse", b"page")


def test_a_picture_finds_its_like_and_words_beside_it_change_it(filled: SqliteStore, colours: Colours) -> None:
    like = search(filled, make_query(colours, [[picture("red")]], "")).hits
    assert Path(like[0].path).name == "red.png"
    assert like[0].similarity == pytest.approx(1.0, abs=1e-2)
    both = make_query(colours, [[picture("red")]], "blue")
    assert both.words == ""
    names = [Path(hit.path).name for hit in search(filled, both, count=4).hits]
    assert names.index("blue.png") < names.index("green.png")  # which is as far from red


def test_a_filter_holds(filled: SqliteStore, colours: Colours) -> None:
    assert found(filled, colours, "blue lighthouse", Filter(kinds=("document",))) == ["tale.pdf"]


def test_what_is_damaged_is_named_and_the_rest_found(filled: SqliteStore, colours: Colours) -> None:
    filled._base.execute("UPDATE items SET checksum = checksum + 1 WHERE id = 1")
    results = search(filled, make_query(colours, [], "red"))
    assert results.damaged == ("/files/red.png",)
    assert "/files/red.png" not in {hit.path for hit in results.hits}
    assert len(results.hits) == 4


def test_first_in_every_list_is_one() -> None:
    scores = fuse([["a", "b"], ["a", "c"]])
    assert scores == {"a": 1.0, "b": pytest.approx(0.5 * 61 / 62), "c": pytest.approx(0.5 * 61 / 62)}
    assert fuse([]) == {}


def test_nothing_to_search_for(colours: Colours) -> None:
    with pytest.raises(UsageError, match="There is nothing to search for"):
        make_query(colours, [], "  ")


def test_a_file_that_the_model_does_not_take(colours: Colours) -> None:
    silent = Piece("audio", None)
    with pytest.raises(UnsupportedMedia, match="audio: colours takes text, image, audio, video"):
        make_query(colours, [[silent]], "")
    sound = Piece("audio", AudioClip(np.zeros(100, np.float32)))
    assert make_query(colours, [[sound]], "").place is not None


def test_words_for_a_model_without_text(filled: SqliteStore, colours: Colours, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(colours, "modalities", ("image",))
    assert found(filled, colours, "keeper") == ["tale.pdf"]
