"""The public way in."""

import base64
import subprocess
import sys
from pathlib import Path

import pytest
from tests.odd_pictures import encoded, gif, gradient
from tests.odd_streams import pcm, tone, wav

from sensorium.core.errors import UnreadableMedia, UnsupportedMedia
from sensorium.media.load import load_media


def uri(claim: str, data: bytes) -> str:
    return f"data:{claim};base64,{base64.b64encode(data).decode()}"


def test_the_kind_comes_from_the_content(tmp_path: Path) -> None:
    file = tmp_path / "really.mp3"
    file.write_bytes(encoded(gradient()))
    image = load_media(file)
    assert (image.modality, image.source) == ("image", "really.mp3")


def test_the_given_name_stands_in_results_and_errors() -> None:
    assert load_media(encoded(gradient()), name="upload 1").source == "upload 1"
    with pytest.raises(UnsupportedMedia, match="upload 2: PDF"):
        load_media(b"%PDF-1.7", name="upload 2")


def test_a_moving_picture_is_a_video_unless_an_image_is_wanted() -> None:
    moves = {"save_all": True, "append_images": [gradient().rotate(90)], "duration": 40}
    for kind in ("GIF", "WEBP", "PNG"):
        data = encoded(gradient(), kind, **moves)
        assert load_media(data).modality == "video"
        image = load_media(data, want="image")
        assert image.modality == "image"
        assert "only the first is used" in image.notices[0]


def test_the_wrong_modality_is_refused() -> None:
    with pytest.raises(UnreadableMedia, match="no sound in it"):
        load_media(gif(3), want="audio")
    for data, want in ((gif(1), "audio"), (wav(pcm(tone())), "image"), (b"words", "video"), (gif(1), "video")):
        with pytest.raises(UnsupportedMedia, match=f"but {want} is wanted"):
            load_media(data, want=want)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("claim", "data"),
    [("image/png", wav(pcm(tone()))), ("audio/wav", gif(3)), ("video/mp4", gif(1)), ("image/jpeg", b"words")],
)
def test_a_data_uri_must_hold_what_it_says(claim: str, data: bytes) -> None:
    with pytest.raises(UnsupportedMedia, match=f"says {claim} but holds"):
        load_media(uri(claim, data))


@pytest.mark.parametrize("claim", ["image/gif", "image/jpeg", "application/octet-stream", ""])
def test_a_data_uri_that_is_near_enough(claim: str) -> None:
    assert load_media(uri(claim, gif(3))).modality == "video"


def test_a_picture_loads_no_ffmpeg_and_a_sound_no_pillow() -> None:
    script = (
        "import sys; from sensorium.media.load import load_media; data = sys.stdin.buffer.read();"
        "assert not {'av', 'PIL', 'torch'} & set(sys.modules); load_media(data);"
        "print(sorted({'av', 'PIL'} & set(sys.modules)))"
    )
    for data, expected in ((encoded(gradient()), "['PIL']"), (wav(pcm(tone())), "['av']"), (b"words", "[]")):
        run = subprocess.run([sys.executable, "-c", script], input=data, capture_output=True, check=True)
        assert run.stdout.decode().strip() == expected
