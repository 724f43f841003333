"""Folders into an index: what is read, what is not read again, and what a bad file costs."""

import threading
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
import pytest
from tests.space.index.colours import COLOURS, Colours, paint

from sensorium.core.errors import UnreadableMedia, UsageError
from sensorium.media.types import Image, Media, Modality
from sensorium.space.index import build
from sensorium.space.index.build import Report, forget, index_again, index_paths
from sensorium.space.index.opening import AnyStore, open_store
from sensorium.space.index.query import make_query
from sensorium.space.index.reading import read_pieces
from sensorium.space.index.search import search
from sensorium.space.index.types import Filter, Piece, Rows


@pytest.fixture
def store(any_store: AnyStore) -> AnyStore:
    return any_store


def run(store: AnyStore, colours: Colours, folder: Path, *paths: Path, retry: bool = False) -> Report:
    return index_paths(store, colours, paths, leave_out=folder, retry=retry)


def best(store: AnyStore, colours: Colours, words: str) -> str:
    return Path(search(store, make_query(colours, [], words)).hits[0].path).name


def test_all_that_can_be_read_is_found(store: AnyStore, colours: Colours, folder: Path, media: Path) -> None:
    report = run(store, colours, folder, media)
    assert (report.stored, report.unchanged, report.removed) == (5, 0, 0)
    assert best(store, colours, "blue") == "blue.png"
    assert best(store, colours, "low") == "hum.wav"
    assert best(store, colours, "winter") == "notes.txt"


def test_a_file_that_cannot_be_read_is_named_with_the_reason(
    store: AnyStore, colours: Colours, folder: Path, media: Path
) -> None:
    report = run(store, colours, folder, media)
    assert {Path(each.path).name: each.fault for each in report.refused} == {
        "broken.png": "unreadable",
        "thing.bin": "unsupported",
    }
    assert [Path(each.path).name for each in report.damaged] == ["broken.png"]
    assert "expected a whole picture" in report.damaged[0].reason
    assert len(run(store, colours, folder, media).refused) == 2  # nobody reads them again, they stay on the list


def test_what_is_unchanged_is_not_opened(
    store: AnyStore, colours: Colours, folder: Path, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(store, colours, folder, media)
    monkeypatch.setattr(build, "_read", None)
    report = run(store, colours, folder, media)
    assert (report.stored, report.unchanged) == (0, 7)


def test_what_changed_takes_the_place_of_what_was(store: AnyStore, colours: Colours, folder: Path, media: Path) -> None:
    run(store, colours, folder, media)
    paint(media / "pictures" / "red.png", "grey")
    assert run(store, colours, folder, media).stored == 1
    assert store.counts().pieces == 5
    assert best(store, colours, "grey") == "red.png"


def test_a_moved_file_is_known_by_its_content(store: AnyStore, colours: Colours, folder: Path, media: Path) -> None:
    run(store, colours, folder, media)
    seen = colours.seen
    (media / "pictures" / "red.png").rename(media / "rot.png")
    report = run(store, colours, folder, media)
    assert (report.stored, report.known, report.removed, colours.seen) == (0, 1, 1, seen)
    assert best(store, colours, "red") == "rot.png"


def test_a_file_that_went_leaves_the_index(store: AnyStore, colours: Colours, folder: Path, media: Path) -> None:
    run(store, colours, folder, media)
    (media / "pictures" / "red.png").unlink()
    assert run(store, colours, folder, media / "pictures").removed == 1
    assert "red.png" not in {Path(path).name for path in store.stamps()}
    assert "notes.txt" in {Path(path).name for path in store.stamps()}  # outside of what was looked at


class Turned(Colours):
    """Other weights: all places lie elsewhere."""

    def embed_media(self, media: Sequence[Media]) -> Rows:
        return np.roll(super().embed_media(media), 1, axis=1)

    def embed_texts(self, texts: Sequence[str]) -> Rows:
        return np.roll(super().embed_texts(texts), 1, axis=1)


def test_new_weights_are_refused_until_all_is_embedded_again(
    store: AnyStore, colours: Colours, folder: Path, media: Path
) -> None:
    store.check_model(colours)
    run(store, colours, folder, media)
    turned = Turned()
    with pytest.raises(UsageError, match=r"other weights .* sensorium index --again --index"):
        store.check_model(turned)
    (media / "hum.wav").unlink()
    report = index_again(store, turned)
    assert (report.stored, report.removed, len(report.refused)) == (4, 1, 2)
    store.check_model(turned)
    hit = search(store, make_query(turned, [], "blue")).hits[0]
    assert (Path(hit.path).name, store.waiting()) == ("blue.png", [])
    blue = Image(np.full((24, 32, 3), COLOURS["blue"], np.uint8))
    cosine = turned.embed_texts(["blue"])[0] @ turned.embed_media([blue])[0]
    assert hit.similarity == pytest.approx(float(cosine), abs=0.01)
    assert index_again(store, turned).stored == 0  # it is of these weights
    assert run(store, turned, folder, media).unchanged == 6


def test_embedding_again_goes_on_where_it_was_stopped(
    store: AnyStore, colours: Colours, folder: Path, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(store, colours, folder, media)
    monkeypatch.setattr(build, "BATCH", 2)

    def stop(done: int, of: int) -> None:
        if done >= 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        index_again(store, Turned(), progress=stop)
    assert 0 < len(store.waiting()) < 7
    left = len(store.waiting())
    turned = Turned()
    report = index_again(store, turned)
    assert report.stored + len(report.refused) >= left
    assert (store.waiting(), store.counts().files) == ([], 7)
    assert best(store, turned, "green") == "green.png"


def test_embedding_again_keeps_what_cannot_be_reached_now(
    store: AnyStore, colours: Colours, folder: Path, media: Path
) -> None:
    run(store, colours, folder, media)
    (media / "hum.wav").unlink()
    (media / "pictures").rename(media.parent / "unmounted")
    turned = Turned()
    report = index_again(store, turned)
    away = [str(media / "pictures" / f"{colour}.png") for colour in ("blue", "green", "red")]
    assert (report.removed, store.waiting()) == (1, away)
    assert [each.path for each in report.damaged if "it waits" in each.reason] == away
    (media.parent / "unmounted").rename(media / "pictures")
    assert (index_again(store, turned).stored, store.waiting()) == (3, [])
    assert best(store, turned, "green") == "green.png"


def test_a_wider_model_takes_an_index_over(store: AnyStore, colours: Colours, folder: Path, media: Path) -> None:
    class Wide(Colours):
        name, width = "wide", 9

        def embed_media(self, media: Sequence[Media]) -> Rows:
            return np.pad(super().embed_media(media), ((0, 0), (0, 1)))

        def embed_texts(self, texts: Sequence[str]) -> Rows:
            return np.pad(super().embed_texts(texts), ((0, 0), (0, 1)))

    run(store, colours, folder, media)
    wide = Wide()
    assert index_again(store, wide).stored == 5
    assert (store.model, store.width, best(store, wide, "red")) == ("wide", 9, "red.png")


def test_a_few_letters_have_no_place_but_are_found(
    store: AnyStore, colours: Colours, folder: Path, media: Path
) -> None:
    (media / "short.txt").write_text("ok")
    (media / "chinese.txt").write_text("红车")
    report = run(store, colours, folder, media)
    assert report.by_words == {"text": 1}
    hit = search(store, make_query(colours, [], "ok")).hits[0]
    assert (Path(hit.path).name, hit.similarity, hit.named) == ("short.txt", None, True)


def test_forgetting_what_is_not_there_names_what_is(
    store: AnyStore, colours: Colours, folder: Path, media: Path
) -> None:
    with pytest.raises(UsageError, match=r"nope: nothing of it is in the index; .* it is empty"):
        forget(store, [media / "nope"])
    index_paths(store, colours, [media], leave_out=folder)
    before = store.stamps()
    with pytest.raises(UsageError, match=rf"nope: .*It has files of {media}: give one of these"):
        forget(store, [media / "pictures", media / "nope"])
    assert store.stamps() == before


def test_forgetting_a_folder(store: AnyStore, colours: Colours, folder: Path, media: Path) -> None:
    run(store, colours, folder, media)
    assert forget(store, [media / "pictures"]) == 3
    assert store.counts().files == 4


def test_what_could_not_be_read_is_read_again_on_demand(
    store: AnyStore, colours: Colours, folder: Path, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(colours, "modalities", ("text",))
    run(store, colours, folder, media)
    asked: list[str] = []

    def read(path: str, takes: Collection[Modality]) -> list[Piece]:
        asked.append(Path(path).name)
        return read_pieces(path, takes)

    monkeypatch.setattr(build, "read_pieces", read)
    run(store, colours, folder, media, retry=True)
    assert sorted(asked) == ["broken.png", "thing.bin"]


def test_what_the_model_does_not_take_is_found_by_its_name(
    store: AnyStore, colours: Colours, folder: Path, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(colours, "modalities", ("text", "image"))
    assert run(store, colours, folder, media).by_words == {"audio": 1}
    assert best(store, colours, "hum") == "hum.wav"


def test_a_run_that_was_stopped_goes_on(
    store: AnyStore, colours: Colours, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(12):
        paint(tmp_path / "many" / f"{number:02}.png", "red", shade=number)
    monkeypatch.setattr(build, "BATCH", 4)

    def stop(done: int, of: int) -> None:
        assert of == 12
        if done == 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        index_paths(store, colours, [tmp_path / "many"], leave_out=folder, progress=stop)
    assert store.counts().files == 8
    report = run(store, colours, folder, tmp_path / "many")
    assert (report.stored, report.unchanged) == (4, 8)


def test_files_are_read_by_several_threads(
    store: AnyStore, colours: Colours, folder: Path, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    together = threading.Barrier(3, timeout=5)

    def read(path: str, takes: Collection[Modality]) -> list[Piece]:
        together.wait()
        return read_pieces(path, takes)

    monkeypatch.setattr(build, "read_pieces", read)
    assert run(store, colours, folder, media / "pictures").stored == 3


def test_the_index_does_not_index_itself(store: AnyStore, colours: Colours, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "note.txt").write_text("inside")
    assert run(store, colours, folder, folder.parent).stored == 0


def test_a_path_where_nothing_is(store: AnyStore, colours: Colours, folder: Path) -> None:
    with pytest.raises(UnreadableMedia, match="there is nothing; expected a file or a folder"):
        run(store, colours, folder, folder / "no")


def test_a_second_writer_is_told(
    store: AnyStore, colours: Colours, address: Path | str, folder: Path, media: Path
) -> None:
    other = open_store(address, write=True)
    with store.writing(), pytest.raises(UsageError, match="another process is writing to this index"):
        run(other, colours, folder, media)
    assert run(other, colours, folder, media).stored == 5
    other.close()


def test_a_file_that_changes_while_it_is_read_is_left_for_the_next_time(
    store: AnyStore, colours: Colours, folder: Path, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:

    def read(path: str, takes: Collection[Modality]) -> list[Piece]:
        pieces = read_pieces(path, takes)
        if path.endswith("red.png"):
            paint(Path(path), "grey", shade=9)
        return pieces

    monkeypatch.setattr(build, "read_pieces", read)
    report = run(store, colours, folder, media / "pictures")
    assert [each.reason for each in report.damaged] == ["changed while it was read; index it again"]
    monkeypatch.setattr(build, "read_pieces", read_pieces)
    assert run(store, colours, folder, media / "pictures").damaged == []
    assert store.nearest(colours.embed_texts(["grey"])[0], 1, Filter())[0].score > 0.99
