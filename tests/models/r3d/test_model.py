"""R3D equals an implementation written here from torchvision's names alone; its published size; the way back."""

import json
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from sensorium.core.errors import CheckpointError
from sensorium.models.r3d.config import R3dConfig, config_json
from sensorium.models.r3d.load import load
from sensorium.models.r3d.model import build
from sensorium.models.r3d.rules import rules
from sensorium.nn.skeleton import Unfilled
from sensorium.weights.loading import save_checkpoint

close = partial(torch.testing.assert_close, atol=1e-4, rtol=1e-4)

CONFIG = R3dConfig(channels=(6, 8, 10, 12), num_frames=5, resize=(20, 30), crop=(18, 21))
LABELS = ("walking", "jumping", "eating spaghetti")


class Reference(nn.Module):
    """Layers under torchvision's names, called one by one."""

    def __init__(self, config: R3dConfig, classes: int) -> None:
        super().__init__()
        first = config.channels[0]
        self.stem = nn.Sequential(
            nn.Conv3d(3, first, (3, 7, 7), (1, 2, 2), (1, 3, 3), bias=False), nn.BatchNorm3d(first)
        )
        for number, (before, after) in enumerate(pairwise((first, *config.channels)), 1):
            stage = nn.ModuleList()
            for index in range(config.depths[number - 1]):
                shrinks = index == 0 and number > 1
                stage.append(self._block(before if index == 0 else after, after, 2 if shrinks else 1, shrinks))
            self.add_module(f"layer{number}", stage)
        self.fc = nn.Linear(config.channels[-1], classes)

    def _block(self, before: int, after: int, stride: int, projects: bool) -> nn.ModuleDict:
        parts = {
            "conv1": nn.Sequential(nn.Conv3d(before, after, 3, stride, 1, bias=False), nn.BatchNorm3d(after)),
            "conv2": nn.Sequential(nn.Conv3d(after, after, 3, 1, 1, bias=False), nn.BatchNorm3d(after)),
        }
        if projects:
            parts["downsample"] = nn.Sequential(nn.Conv3d(before, after, 1, stride, bias=False), nn.BatchNorm3d(after))
        return nn.ModuleDict(parts)

    def grid(self, x: Tensor) -> Tensor:
        """From [N, 3, F, height, width] to the last stage's [N, D, F, rows, columns]."""
        x = self.stem(x).clamp(min=0)
        for number in range(1, 5):
            for block in self.get_submodule(f"layer{number}").children():
                inner = block.get_submodule("conv2")(block.get_submodule("conv1")(x).clamp(min=0))
                beside = block.get_submodule("downsample")(x) if "downsample" in dict(block.named_children()) else x
                x = (inner + beside).clamp(min=0)
        return x

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.grid(x).mean(dim=(2, 3, 4)))


def reference(config: R3dConfig = CONFIG) -> Reference:
    """With random weights, and statistics as training leaves them."""
    torch.manual_seed(0)
    made = Reference(config, len(LABELS))
    with torch.no_grad():
        for module in made.modules():
            if isinstance(module, nn.BatchNorm3d):
                for each in (module.weight, module.bias, module.running_mean):
                    if each is not None:
                        each.copy_(torch.randn_like(each) * 0.5 + (1 if each is module.weight else 0))
                if module.running_var is not None:
                    module.running_var.uniform_(0.3, 2)
            elif isinstance(module, nn.Conv3d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")  # else clips hardly differ at the end
    return made.eval()


def saved(model: Reference, folder: Path, config: R3dConfig = CONFIG) -> Path:
    save_file(model.state_dict(), folder / "model.safetensors")
    data = config_json(config, LABELS)
    (folder / "config.json").write_text(json.dumps(data))
    return folder


def clips(items: int) -> Tensor:
    return torch.randn(items, 9, 3, 18, 21, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("config", [CONFIG, R3dConfig((6, 8, 10, 12), (1, 3, 2, 1), 5, (20, 30), (18, 21))])
def test_rows_and_classes_are_those_of_the_layers_alone(tmp_path: Path, config: R3dConfig) -> None:
    theirs = reference(config)
    network = load(saved(theirs, tmp_path, config)).network
    with torch.no_grad():
        frames = clips(3)
        grid, expected = theirs.grid(frames.transpose(1, 2)), theirs(frames.transpose(1, 2))
        close(network.rows(frames), grid.permute(0, 2, 3, 4, 1).flatten(1, 3))
        close(network(frames), expected)
        close(torch.cat([network(each[None]) for each in frames]), expected)
    assert float(expected.std(dim=0).mean()) > 0.01  # else everything would be equal


def test_what_we_write_has_the_same_names_and_numbers(tmp_path: Path) -> None:
    theirs = reference()
    network = load(saved(theirs, tmp_path)).network
    save_checkpoint(tmp_path / "ours", network, rules(CONFIG, True), dtype=None, config=config_json(CONFIG, LABELS))
    written, state = load_file(tmp_path / "ours" / "model.safetensors"), theirs.state_dict()
    assert written.keys() == state.keys()
    assert all(torch.equal(written[name], state[name]) for name in state)
    assert load(tmp_path / "ours").labels == LABELS


def test_an_encoder_alone_is_read(tmp_path: Path) -> None:
    theirs = reference()
    saved(theirs, tmp_path)
    state = {name: each for name, each in theirs.state_dict().items() if not name.startswith("fc.")}
    save_file(state, tmp_path / "model.safetensors")
    model = load(tmp_path)
    assert model.network.head is None
    assert model.network.rows(clips(1)).shape == (1, 2 * 2 * 2, 12)


def test_missing_statistics_are_named(tmp_path: Path) -> None:
    theirs = reference()
    saved(theirs, tmp_path)
    state = theirs.state_dict()
    del state["layer2.0.downsample.1.running_var"]
    save_file(state, tmp_path / "model.safetensors")
    with pytest.raises(CheckpointError, match=r"layer2\.0\.downsample\.1\.running_var is missing"):
        load(tmp_path)


def test_r3d_18_is_as_large_as_published() -> None:
    with Unfilled():
        network = build(R3dConfig(), 400)
    assert sum(each.numel() for each in network.parameters()) == 33_371_472  # torchvision's R3D_18_Weights
    names = {name for rule in rules(R3dConfig(), True).rules for name in rule.theirs}
    theirs = {"stem.0.weight", "layer1.1.conv2.1.num_batches_tracked", "layer4.0.downsample.0.weight", "fc.bias"}
    assert theirs <= names
    assert "layer1.0.downsample.0.weight" not in names
