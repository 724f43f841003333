"""Which files there are."""

import os
from pathlib import Path

import pytest

from sensorium.core.errors import UnreadableMedia
from sensorium.space.index.types import Refusal
from sensorium.space.index.walk import is_below, is_gone, roots_of, walk


def names(*roots: Path, leave_out: Path = Path("/nowhere")) -> list[str]:
    return [Path(each[0]).name for each in walk(map(str, roots), leave_out) if not isinstance(each, Refusal)]


def test_files_in_order_without_hidden_ones(tmp_path: Path) -> None:
    for name in ("b.png", "a/2.png", "a/1.png", ".git/x.png", ".y.png", "index/z.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    assert names(tmp_path, leave_out=tmp_path / "index") == ["b.png", "1.png", "2.png"]
    assert names(tmp_path / "a" / "1.png") == ["1.png"]


def test_only_files_count_and_links_are_no_traps(tmp_path: Path) -> None:
    (tmp_path / "real.png").write_bytes(b"x")
    (tmp_path / "link.png").symlink_to("real.png")
    (tmp_path / "lost.png").symlink_to("nothing")
    (tmp_path / "around").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe.png")
    assert names(tmp_path) == ["real.png"]


def test_stamps_change_with_content(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    before = list(walk([str(tmp_path)], tmp_path / "no"))
    (tmp_path / "a").write_bytes(b"xy")
    assert list(walk([str(tmp_path)], tmp_path / "no")) != before


def test_what_is_gone_and_what_cannot_be_reached(tmp_path: Path) -> None:
    for name in ("a/here.png", "b/folder.png/x"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "a" / "lost.png").symlink_to(tmp_path / "disk")
    (tmp_path / "around").symlink_to("around")
    gone = {"a/here.png": False, "a/gone.png": True, "b/folder.png": True, "a/lost.png": False}
    away = {"disk/photo.png": False, "around/photo.png": False}
    assert {name: is_gone(str(tmp_path / name)) for name in (*gone, *away)} == {**gone, **away}


def test_a_file_that_cannot_be_looked_at_is_a_refusal(tmp_path: Path) -> None:
    (tmp_path / "around").symlink_to("around")
    path = str(tmp_path / "around" / "photo.png")
    found = list(walk([path], tmp_path / "no"))
    assert [(each.path, each.fault) for each in found if isinstance(each, Refusal)] == [(path, "unreadable")]


def test_roots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a").mkdir()
    assert roots_of(["a", tmp_path / "a" / ".."]) == [str(tmp_path / "a"), str(tmp_path)]
    with pytest.raises(UnreadableMedia, match=r"gone: there is nothing; .* --forget"):
        roots_of(["gone"])


def test_below() -> None:
    assert is_below("/a/b", "/a")
    assert is_below("/a", "/a")
    assert is_below("/a", "/")
    assert not is_below("/ab", "/a")


def test_links_in_a_folder_are_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("a secret")
    folder = tmp_path / "shown"
    folder.mkdir()
    (folder / "link.txt").symlink_to(secret)
    (folder / "words.txt").write_text("words")
    found = [each[0] for each in walk([str(folder)], tmp_path / "index") if isinstance(each, tuple)]
    assert found == [str(folder / "words.txt")]
