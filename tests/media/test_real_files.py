"""Real photos, documents, recordings and videos, where the checkout has them beside it (../shared/data)."""

from pathlib import Path

import numpy as np
import pytest

from sensorium.core.errors import UnsupportedMedia
from sensorium.media.load import load_media
from sensorium.media.types import AudioClip, Image, VideoClip

DATA = Path(__file__).parents[3] / "shared" / "data"

pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the shared data is not here")


def files(folder: str) -> list[Path]:
    return sorted(path for path in (DATA / folder).iterdir() if path.is_file())


@pytest.mark.parametrize("folder", ["photos/images", "charts", "documents/files"])
def test_pictures(folder: str) -> None:
    for path in files(folder):
        if path.suffix in (".pdf", ".json", ".jsonl", ".md", "") or "LICENSE" in path.name:
            continue
        image = load_media(path)
        assert isinstance(image, Image), path.name
        assert image.pixels.std() > 5, path.name
        assert image.notices == (), path.name


def test_a_pdf_is_refused_with_a_way_out() -> None:
    with pytest.raises(UnsupportedMedia, match="PDF, which is not read"):
        load_media(DATA / "documents/files/contoso_benefits_document_example.pdf")


def test_medical_pictures_are_named() -> None:
    with pytest.raises(UnsupportedMedia, match="DICOM"):
        load_media(DATA / "dicom/CT_small.dcm")


def test_recordings() -> None:
    for path in files("speech/audio"):
        clip = load_media(path)
        assert isinstance(clip, AudioClip), path.name
        assert 0.5 < clip.seconds < 15, path.name
        assert 0.1 < np.abs(clip.samples).max() <= 1, path.name
        assert clip.notices == (), path.name


def test_videos() -> None:
    with_sound = {"bigbuckbunny.mp4", "mmaction2-test.avi", "realshort.mp4", "videollama2-sample_demo_1.mp4"}
    for path in files("videos/files"):
        clip = load_media(path)
        assert isinstance(clip, VideoClip), path.name
        assert len(clip.frames) == 16, path.name
        assert (np.diff(clip.times) > 0).all(), path.name
        assert clip.times[0] == 0, path.name
        assert 0 < clip.seconds - clip.times[-1] < 0.2, path.name
        assert np.diff(clip.times).max() < 2.2 * np.diff(clip.times).min(), path.name
        assert (clip.sound is not None) == (path.name in with_sound), path.name
        assert clip.notices == (), path.name
