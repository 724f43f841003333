"""Writing the media of the bundled samples."""

from pathlib import Path

import pytest

from sensorium.core.errors import UnreadableMedia
from sensorium.data.samples import COPIED, HELD_OUT, MADE, write_samples
from sensorium.media.load import load_media
from sensorium.models.samples import FOLDER


def test_what_is_made_here_is_what_is_bundled(tmp_path: Path) -> None:
    write_samples(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(MADE)
    for name in MADE:
        assert load_media(tmp_path / name).modality == load_media(FOLDER / name).modality


def test_real_sets_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(UnreadableMedia, match="fashion-mnist"):
        write_samples(tmp_path, tmp_path / "nowhere")


def test_all_bundled_media_have_their_origin() -> None:
    media = {path.name for path in FOLDER.iterdir()} - {"samples.json", "LICENCES.md"}
    assert media == {*MADE, *HELD_OUT, *COPIED}
