"""A folder is read as it was written; begun from a nano it has that one's encoders."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from sensorium.core.errors import CheckpointError
from sensorium.core.files import write_manifest
from sensorium.models.early import EarlyFusion
from sensorium.models.nano.folder import load_nano
from sensorium.models.nano_space.folder import begin, load_space, save_space
from sensorium.models.nano_space.placer import NanoSpace


def test_it_begins_with_copies_of_the_encoders(tiny_folder: Path) -> None:
    space, (nano, _, _) = begin(tiny_folder), load_nano(tiny_folder)
    assert isinstance(nano, EarlyFusion)
    for modality, reader in nano.readers.items():
        own = space.network.media[modality].get_submodule("encoder").state_dict()
        for name, value in reader.get_submodule("encoder").state_dict().items():
            assert torch.equal(own[name], value)
            assert own[name].data_ptr() != value.data_ptr()
    assert torch.equal(space.network.text.get_parameter("tower.embedding.weight"), nano.language.embedding.weight)


def test_what_was_written_is_read(tiny_space: NanoSpace, tmp_path: Path) -> None:
    folder = tmp_path / "space"
    written = NanoSpace(tiny_space.network, tiny_space.config, tiny_space.tokenizer, {"image": 31.5})
    save_space(folder, written)
    found = load_space(folder)
    assert found.config == tiny_space.config
    assert found.measured == {"image": 31.5}
    np.testing.assert_allclose(found.embed(["a boot"]), tiny_space.embed(["a boot"]), atol=0.02)  # bf16
    save_space(folder, found)
    assert np.array_equal(load_space(folder).embed(["a boot"]), found.embed(["a boot"]))


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("config.json", {"model_type": "nano"}, "model_type is not 'nano-space'"),
        ("config.json", {"dimensions": [64, 256]}, "expected widths that fall"),
        ("config.json", {"pool": {"heads": 5}}, r"pool\.heads is 5, vision\.width 16; expected a divisor"),
        ("config.json", {"depth": 3}, "depth"),
        ("sharpness.json", {"image": -1.0}, "expected a number above 0"),
    ],
)
def test_files_that_do_not_fit(
    tiny_space: NanoSpace, tmp_path: Path, name: str, change: dict[str, object], message: str
) -> None:
    folder = tmp_path / "space"
    save_space(folder, tiny_space)
    path = folder / name
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    write_manifest(folder, [each.name for each in folder.iterdir() if each.name != "manifest.json"])
    with pytest.raises(CheckpointError, match=message):
        load_space(folder)


def test_an_altered_file_is_refused(tiny_space: NanoSpace, tmp_path: Path) -> None:
    folder = tmp_path / "space"
    save_space(folder, tiny_space)
    (folder / "sharpness.json").write_text("{} ")
    with pytest.raises(CheckpointError):
        load_space(folder)
