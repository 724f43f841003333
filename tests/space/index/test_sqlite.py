"""The store: what goes in, what is found, and what is gone."""

from pathlib import Path

import numpy as np
import pytest
from tests.space.index.colours import Colours

from sensorium.core.errors import UsageError
from sensorium.space.index.sqlite import SqliteStore
from sensorium.space.index.types import Entry, Filter, Piece, Placed, Spot, Stamp

ALL = Filter()
WHOLE = Spot()
CANARY = "xylophonequartz"


def entry(
    name: str, axis: int = 0, *, digest: str = "", words: str = "", spot: Spot = WHOLE, modified: int = 0
) -> Entry:
    vector = np.full(8, 0.01, np.float32)
    vector[axis] = 1.0
    vector[7] = len(name) / 100
    piece = Piece(
        "image" if spot == Spot() else "video", None, spot, words, f"thumbnail of {name}".encode(errors="replace")
    )
    return Entry(f"/files/{name}", Stamp(1, modified), digest or name, [Placed(piece, vector)])


def axis(number: int) -> np.ndarray:
    return np.eye(8, dtype=np.float32)[number]


def names(store: SqliteStore, items: list[int], within: Filter = ALL) -> list[str]:
    return [Path(path).name for each in store.found(items, within) for path in each.paths]


def near(store: SqliteStore, number: int, within: Filter = ALL) -> list[str]:
    return names(store, [match.item for match in store.nearest(axis(number), 10, within)], within)


def test_the_nearest_come_first(store: SqliteStore) -> None:
    store.write([entry("a", 0), entry("b", 1), entry("c", 2)])
    assert near(store, 1)[0] == "b"
    assert store.nearest(axis(1), 1, Filter())[0].score == pytest.approx(1.0, abs=1e-3)


def test_words_are_found_whatever_their_form(store: SqliteStore) -> None:
    store.write([entry("a", words="Painting the boats"), entry("b", words="a lighthouse"), entry("c")])
    assert names(store, [match.item for match in store.matching("boat, painted!", 5, Filter())]) == ["a"]
    assert store.matching("?! ", 5, Filter()) == []
    assert store.matching('" OR * NEAR(', 5, Filter()) == []  # words, not the language of queries


def test_names_of_files_are_found(store: SqliteStore) -> None:
    store.write([entry("holiday/beach.png"), entry("work/desk.png")])
    assert names(store, [match.item for match in store.named("beach", 5, Filter())]) == ["beach.png"]
    assert names(store, [match.item for match in store.named("holiday", 5, Filter())]) == ["beach.png"]


def test_filters(store: SqliteStore) -> None:
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


def test_copies_share_what_is_stored(store: SqliteStore) -> None:
    store.write([entry("a", digest="same"), Entry("/files/b", Stamp(1, 0), "same", None)])
    assert (store.counts().files, store.counts().pieces) == (2, 1)
    assert near(store, 0) == ["a", "b"]
    store.remove(["/files/a"])
    assert near(store, 0) == ["b"]


def test_a_path_that_is_not_unicode(store: SqliteStore) -> None:
    store.write([entry("odd\udcff.png", digest="odd", words="lone \udcff surrogate")])
    assert near(store, 0) == ["odd\udcff.png"]
    assert names(store, [match.item for match in store.matching("surrogate", 5, Filter())]) == ["odd\udcff.png"]


def test_a_batch_is_stored_whole_or_not_at_all(store: SqliteStore) -> None:
    bad = Entry("/files/z", Stamp(1, 0), "z", [Placed(Piece("image", None), np.zeros(8))], fault=object())  # type: ignore[arg-type]
    with pytest.raises(Exception, match="type 'object' is not supported"):
        store.write([entry("a"), bad])
    assert store.counts().files == 0


def test_what_the_disk_changed_is_noticed(store: SqliteStore, folder: Path) -> None:
    store.write([entry("a"), entry("b", 1)])
    store._base.execute("UPDATE thumbnails SET jpeg = x'00' WHERE item = 1")
    assert [(names(store, [each.item]), each.intact) for each in store.found([1, 2], Filter())] == [
        (["a"], False),
        (["b"], True),
    ]


def bytes_of(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


def test_what_was_removed_leaves_no_bytes(store: SqliteStore, folder: Path) -> None:
    gone = entry("secretname.png", words=f"the {CANARY} page")
    store.write([entry(f"other{number}", number % 7, words="other words") for number in range(50)])
    store.write([gone])
    assert gone.placed
    vector = gone.placed[0].vector
    assert vector is not None
    marks = [b"secretname", CANARY.encode(), b"thumbnail of secretname", vector.astype("<f2").tobytes()]
    store.settle()
    assert all(mark in bytes_of(folder) for mark in marks)
    store.remove([gone.path])
    store.settle()
    assert [mark for mark in marks if mark in bytes_of(folder)] == []
    assert near(store, 6)[0].startswith("other")


def test_what_was_replaced_leaves_no_bytes(store: SqliteStore, folder: Path) -> None:
    store.write([entry("a", words=f"the {CANARY} page", digest="before")])
    store.settle()
    store.write([entry("a", 1, words="another page", digest="after")])
    store.settle()
    assert CANARY.encode() not in bytes_of(folder)
    assert store.matching(CANARY, 5, Filter()) == []


def test_another_model_is_refused(store: SqliteStore, colours: Colours, monkeypatch: pytest.MonkeyPatch) -> None:
    store.check_model(colours)
    store.check_model(colours)
    monkeypatch.setattr(colours, "name", "clip")
    with pytest.raises(UsageError, match=r"an index of colours \(width 8\); got clip \(width 8\)"):
        store.check_model(colours)


def test_other_weights_are_refused(
    store: SqliteStore, colours: Colours, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.check_model(colours)
    monkeypatch.setattr(colours, "embed_texts", lambda texts: np.eye(8, dtype=np.float32)[:1])
    reader = SqliteStore(folder)
    with pytest.raises(UsageError, match="colours has other weights than when the index was made"):
        reader.check_model(colours)
    reader.close()
