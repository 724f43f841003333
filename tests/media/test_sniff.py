"""Formats from content."""

from typing import Any

import pytest
from tests.odd_pictures import encoded, gif, gradient, png, png_chunk

from sensorium.media.sniff import ANIMATED_GIF, ANIMATED_WEBP, APNG, GIF, PNG, TEXT, UNKNOWN, WEBP, sniff

MOVES: dict[str, Any] = {"save_all": True, "append_images": [gradient().rotate(90)], "duration": 40}


def test_moving_pictures_are_told_from_still_ones() -> None:
    assert sniff(gif(1)) is GIF
    assert sniff(gif(2)) is ANIMATED_GIF
    assert sniff(encoded(gradient(), "WEBP")) is WEBP
    assert sniff(encoded(gradient(), "WEBP", **MOVES)) is ANIMATED_WEBP
    assert sniff(encoded(gradient())) is PNG
    assert sniff(encoded(gradient(), **MOVES)) is APNG


def test_words_inside_a_chunk_do_not_count() -> None:
    assert sniff(png(1, 1, b"\x00\x00", extra=png_chunk(b"tEXt", b"acTL" * 10))) is PNG


@pytest.mark.parametrize(
    ("head", "name", "decoder"),
    [
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "WAV", "wav"),
        (b"RF64\xff\xff\xff\xffWAVEds64", "WAV", "wav"),
        (b"FORM\x00\x00\x00\x00AIFF", "AIFF", "aiff"),
        (b"RIFF\x00\x00\x00\x00AVI LIST", "AVI", "avi"),
        (b"\x00\x00\x00\x20ftypM4A ", "MP4/MOV", "mov"),
        (b"\x00\x00\x00\x14ftypqt  ", "MP4/MOV", "mov"),
        (b"\x00\x00\x00\x08wide\x00\x00", "QuickTime", "mov"),
        (b"\xff\xf1\x50\x80", "AAC", "aac"),
        (b"\xff\xfb\x90\x00", "MP3", "mp3"),
        (b"ID3\x04\x00\x00\x00\x00\x00\x0a" + bytes(10) + b"fLaC", "FLAC", "flac"),
        (b"\x1aE\xdf\xa3", "Matroska/WebM", "matroska"),
    ],
)
def test_sound_and_video(head: bytes, name: str, decoder: str) -> None:
    found = sniff(head)
    assert (found.name, found.kind, found.decoder) == (name, "av", decoder)


@pytest.mark.parametrize(
    "text",
    [b"x", b"hello\n", "é".encode() * 5000, b"a" * 4095 + "é".encode(), "\ufeffa".encode(), "a".encode("utf-16")],
)
def test_text(text: bytes) -> None:
    assert sniff(text) is TEXT


@pytest.mark.parametrize("junk", [bytes(10), bytes(range(256)), b"BM" + b"\x01" * 50, b"text" + bytes(9)])
def test_junk(junk: bytes) -> None:
    assert sniff(junk) is UNKNOWN


@pytest.mark.parametrize(
    "drawing",
    [b"<svg/>", b"<svg >", b"\xef\xbb\xbf <?xml version='1.0'?><!DOCTYPE svg PUBLIC 'x'>\n<svg>", b"<!-- <b --><svg>"],
)
def test_drawings(drawing: bytes) -> None:
    assert sniff(drawing).name in ("SVG drawing", "text")


@pytest.mark.parametrize("words", ["MAC address", "DDS is", "caffeine", "BZh", "ID3 tags", "8BPS", "BMW", "OK", "RIFF"])
def test_words_that_begin_like_a_format(words: str) -> None:
    assert sniff(f"{words} and more words, and more.".encode()) is TEXT


def test_a_page_with_a_drawing_is_text() -> None:
    assert sniff(b"<html><svg></svg></html>") is TEXT


def test_hostile_markup_takes_no_time() -> None:
    assert sniff(b"<!" * 2000) is TEXT
    assert sniff(b"<?" + b" " * 5000) is TEXT
