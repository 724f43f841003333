"""Each kind of store: what goes in, what is found, what is refused."""

from pathlib import Path

import numpy as np
import pytest
from tests.space.index.colours import Colours
from tests.space.index.filling import axis, entry, names, near

from sensorium.core.errors import UsageError
from sensorium.space.index.opening import AnyStore, kept_model, make_store, open_store
from sensorium.space.index.types import Entry, Filter, Spot, Stamp


@pytest.fixture
def store(any_store: AnyStore) -> AnyStore:
    return any_store


def test_an_index_knows_its_model_and_is_made_once(address: Path | str) -> None:
    if isinstance(address, Path):
        assert kept_model(address) is None
    for model, width in (("one", 8), ("two", 16)):
        make_store(address, model, width)
        assert kept_model(address) == "one"


def test_the_nearest_come_first(store: AnyStore) -> None:
    store.write([entry("a", 0), entry("b", 1), entry("c", 2)])
    assert near(store, 1)[0] == "b"
    assert store.nearest(axis(1), 1, Filter())[0].score == pytest.approx(1.0, abs=1e-3)


def test_words_are_found_whatever_their_form(store: AnyStore) -> None:
    store.write([entry("a", words="Painting the boats"), entry("b", words="a lighthouse"), entry("c")])
    assert names(store, [match.item for match in store.matching("boat, painted!", 5, Filter())]) == ["a"]
    assert store.matching("?! ", 5, Filter()) == []
    assert store.matching('" OR * NEAR(', 5, Filter()) == []  # words, not the language of queries


def test_names_of_files_are_found(store: AnyStore) -> None:
    store.write([entry("holiday/beach.png"), entry("work/desk.png")])
    assert names(store, [match.item for match in store.named("beach", 5, Filter())]) == ["beach.png"]
    assert names(store, [match.item for match in store.named("holiday", 5, Filter())]) == ["beach.png"]


def test_filters(store: AnyStore) -> None:
    film = entry("film", words="x", spot=Spot(begin=10.0, end=20.0), modified=30)
    store.write([entry("sub/a", words="x", modified=10), entry("sub/b", words="x", modified=20), film])
    for within, expected in (
        (Filter(kinds=("image",)), {"a", "b"}),
        (Filter(folder="/files/sub"), {"a", "b"}),
        (Filter(folder="/files/su"), set()),
        (Filter(since=20), {"b", "film"}),
        (Filter(until=20), {"a"}),
        (Filter(begin=19.0), {"film"}),
        (Filter(begin=20.0), set()),
        (Filter(end=10.0), set()),
        (Filter(kinds=("video",), since=30, end=11.0), {"film"}),
    ):
        assert set(near(store, 0, within)) == expected, within
        assert set(names(store, [match.item for match in store.matching("x", 5, within)])) == expected, within
    assert near(store, 0, Filter(folder="/files/sub/")) == near(store, 0, Filter(folder="/files/sub"))


def test_a_filter_that_nothing_meets_is_refused() -> None:
    with pytest.raises(UsageError, match="first second of the search is not before the last"):
        Filter(begin=5.0, end=5.0)


def test_copies_share_what_is_stored(store: AnyStore) -> None:
    store.write([entry("a", digest="same"), Entry("/files/b", Stamp(1, 0), "same", None)])
    assert (store.counts().files, store.counts().pieces) == (2, 1)
    assert near(store, 0) == ["a", "b"]
    store.remove(["/files/a"])
    assert near(store, 0) == ["b"]


def test_a_path_that_is_not_unicode(store: AnyStore) -> None:
    store.write([entry("odd\udcff.png", digest="odd", words="lone \udcff surrogate")])
    assert near(store, 0) == ["odd\udcff.png"]
    assert names(store, [match.item for match in store.matching("surrogate", 5, Filter())]) == ["odd\udcff.png"]


def test_another_model_is_refused(store: AnyStore, colours: Colours, monkeypatch: pytest.MonkeyPatch) -> None:
    store.check_model(colours)
    store.check_model(colours)
    monkeypatch.setattr(colours, "name", "clip")
    with pytest.raises(UsageError, match=r"an index of colours \(width 8\); got clip \(width 8\)"):
        store.check_model(colours)


def test_other_weights_are_refused(
    store: AnyStore, colours: Colours, address: Path | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.check_model(colours)
    monkeypatch.setattr(colours, "embed_texts", lambda texts: np.eye(8, dtype=np.float32)[:1])
    reader = open_store(address)
    with pytest.raises(UsageError, match="colours has other weights than when the index was made"):
        reader.check_model(colours)
    reader.close()
