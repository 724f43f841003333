"""Paths, bytes and data URIs to bounded bytes."""

import base64
import io
import os
from pathlib import Path

import pytest

from sensorium.core.errors import LimitExceeded, UnreadableMedia, UnsupportedMedia, UsageError
from sensorium.media.limits import Limits
from sensorium.media.source import open_file, printable, read_source

SMALL = Limits(file_bytes=10, text_characters=30)


@pytest.mark.parametrize("form", [str, Path, os.fsencode])
def test_a_path_in_every_form(tmp_path: Path, form: type) -> None:
    file = tmp_path / "notes.txt"
    file.write_bytes(b"hello")
    if form is os.fsencode:
        assert read_source(file.read_bytes(), Limits()).data == b"hello"
        return
    found = read_source(form(file), Limits())
    assert (found.data, found.name) == (b"hello", "notes.txt")


def test_bytes_take_the_given_name() -> None:
    assert read_source(b"hello", Limits(), "upload.png").name == "upload.png"
    assert read_source(bytearray(b"hello"), Limits()).name == "bytes"


def test_a_data_uri() -> None:
    found = read_source("data:image/PNG;base64," + base64.b64encode(b"hello").decode(), Limits())
    assert (found.data, found.claim) == (b"hello", "image/png")
    assert read_source("DATA:,a%20b", Limits()).data == b"a b"


@pytest.mark.parametrize("body", ["abc", "ab cd", "ab-_", "ä"])
def test_wrong_base64(body: str) -> None:
    with pytest.raises(UnreadableMedia, match="not valid base64"):
        read_source(f"data:image/png;base64,{body}", Limits())


def test_a_data_uri_without_a_comma() -> None:
    with pytest.raises(UnreadableMedia, match="no comma"):
        read_source("data:image/png;base64", Limits())


@pytest.mark.parametrize("uri", ["data:;base64," + "A" * 20, "data:," + "A" * 31, "data:," + "A" * 11])
def test_a_data_uri_over_the_limit(uri: str) -> None:
    with pytest.raises(LimitExceeded, match=r"data URI: .*at most"):
        read_source(uri, SMALL)


@pytest.mark.parametrize("url", ["http://example.org/a.png", "HTTPS://x/y", "ftp://x", "s3://bucket/key"])
def test_nothing_is_fetched(url: str) -> None:
    with pytest.raises(UnsupportedMedia, match=r"nothing is fetched\. Download it first"):
        read_source(url, Limits())


def test_a_file_url_names_the_way_out() -> None:
    with pytest.raises(UnsupportedMedia, match="Give the path itself"):
        read_source("file:///etc/hostname", Limits())


def test_the_limit_holds_for_files_and_bytes(tmp_path: Path) -> None:
    (tmp_path / "big.txt").write_bytes(b"x" * 11)
    for source in (tmp_path / "big.txt", b"x" * 11):
        with pytest.raises(LimitExceeded, match=r"at most .* MiB are read\. Make it smaller; in Python, load_media"):
            read_source(source, SMALL)


def test_a_sparse_file_is_refused_by_its_size(tmp_path: Path) -> None:
    with (tmp_path / "sparse.bin").open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(LimitExceeded, match=r"1048576\.0 MiB"):
        read_source(tmp_path / "sparse.bin", Limits())


def test_no_more_than_the_limit_is_read_whatever_the_size_says() -> None:
    if not Path("/proc/self/maps").exists():
        pytest.skip("needs a file that states no size")
    with pytest.raises(LimitExceeded):
        read_source("/proc/self/maps", SMALL)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="needs a user whom permissions stop")
def test_no_permission(tmp_path: Path) -> None:
    (tmp_path / "secret.png").touch(mode=0)
    with pytest.raises(UnreadableMedia, match="permission denied"):
        read_source(tmp_path / "secret.png", Limits())


def test_permission_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(UnreadableMedia, match=r"secret\.png: permission denied"):
        read_source(tmp_path / "secret.png", Limits())


def test_an_empty_path() -> None:
    with pytest.raises(UnreadableMedia, match="an empty path"):
        read_source("", Limits())


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (3, r"got a int; expected a path, .* Give one of these\."),
        (["a.png", "b.png"], r"got a list; .* Give each file as an argument of its own\."),
        (io.BytesIO(b"hello"), r"got a BytesIO; .* Give its content: file\.read\(\)"),
    ],
)
def test_another_type(source: object, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_source(source, Limits())


def test_no_file_stays_open(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    before = len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").exists() else 0
    for _ in range(5):
        with pytest.raises(UnreadableMedia):
            read_source(tmp_path / "folder", Limits())
    assert before == (len(list(Path("/proc/self/fd").iterdir())) if before else 0)


def test_names_fit_one_line() -> None:
    assert printable("a\nb\x1b\u202e") == r"a\nb\x1b\u202e"
    assert len(printable("x" * 5000)) <= 80
    assert printable("grüße 图片 😀.png") == "grüße 图片 😀.png"
    assert printable("\udcff.png") == r"\udcff.png"


def test_an_opened_file_is_read_by_whoever_asked_for_it(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(b"hello")
    with open_file(path, SMALL) as (file, name):
        assert (file.read(2), file.read(), name) == (b"he", b"llo", "notes.txt")
    assert file.closed
    path.write_bytes(b"x" * 11)
    with pytest.raises(LimitExceeded), open_file(path, SMALL):
        pass
