"""Files in pieces, as the model takes them."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow
from tests.space.index.colours import COLOURS, paint, play

from sensorium.core.errors import UnreadableMedia
from sensorium.media.encode import encode_video
from sensorium.media.types import AudioClip, Image, Modality, VideoClip
from sensorium.space.index.reading import THUMBNAIL, read_pieces, thumbnail
from sensorium.space.index.types import Spot

ALL: tuple[Modality, ...] = ("text", "image", "audio", "video")


def test_a_picture(tmp_path: Path) -> None:
    (piece,) = read_pieces(str(paint(tmp_path / "a.png", "red")), ALL)
    assert isinstance(piece.content, Image)
    assert (piece.kind, piece.spot, piece.words) == ("image", Spot(), "")
    assert Pillow.open(io.BytesIO(piece.thumbnail)).size == (32, 24)


def test_a_long_sound_in_windows(tmp_path: Path) -> None:
    pieces = read_pieces(str(play(tmp_path / "a.wav", 100, seconds=15.0)), ALL)
    assert [(each.spot.begin, each.spot.end) for each in pieces] == [(0.0, 7.5), (7.5, 15.0)]
    assert all(isinstance(each.content, AudioClip) and each.content.seconds == 7.5 for each in pieces)


@pytest.mark.parametrize(("takes", "kind"), [(ALL, VideoClip), (("image",), Image), (("audio",), type(None))])
def test_a_film_in_shots_as_the_model_takes_it(tmp_path: Path, takes: tuple[Modality, ...], kind: type) -> None:
    frames = np.concatenate([np.full((5, 32, 32, 3), COLOURS[name], np.uint8) for name in ("red", "blue")])
    (tmp_path / "a.mp4").write_bytes(encode_video(VideoClip(frames, np.arange(10) / 5, 2.0)))
    pieces = read_pieces(str(tmp_path / "a.mp4"), takes)
    assert [(each.spot.begin, each.spot.end) for each in pieces] == [(0.0, 1.0), (1.0, pytest.approx(2.0, abs=0.05))]
    assert all(isinstance(each.content, kind) and each.thumbnail for each in pieces)


def test_a_text_in_passages(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one " * 90 + "\n\n" + "two " * 90)
    pieces = read_pieces(str(tmp_path / "a.txt"), ALL)
    assert [each.words[:3] for each in pieces] == ["one", "two"]
    assert [each.content for each in pieces] == [each.words for each in pieces]
    assert [each.content for each in read_pieces(str(tmp_path / "a.txt"), ["image"])] == [None, None]


def test_what_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UnreadableMedia, match="no such file"):
        read_pieces(str(tmp_path / "no.png"), ALL)


def test_a_thumbnail_is_small() -> None:
    large = Image(np.full((300, 1200, 3), 200, np.uint8))
    small = Pillow.open(io.BytesIO(thumbnail(large)))
    assert small.size == (172, 43)
    assert max(small.size) <= THUMBNAIL
    assert small.getpixel((100, 20)) == (200, 200, 200)
