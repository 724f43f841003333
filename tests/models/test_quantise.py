"""Models with weights of few bits: the pass, folders of every family, and what a folder must say."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from tests.contracts.folders import FOLDERS
from torch import Tensor, nn

from sensorium.chat.message import user
from sensorium.core.errors import CheckpointError, UsageError
from sensorium.language.config import AttentionConfig, DecoderConfig
from sensorium.language.decoder import Decoder
from sensorium.models.answerer import Answerer
from sensorium.models.catalog import BUNDLED, FAMILIES
from sensorium.models.quantise import quantise, quantise_cache, save
from sensorium.models.text.model import TextModel, build
from sensorium.nn.quantised import QuantisedLinear
from sensorium.weights.quantised import STATED, stated_bits


def tiny() -> TextModel:
    torch.manual_seed(0)
    return build(DecoderConfig(64, 64, 2, 96, AttentionConfig(2, 1, 32))).eval()


def kinds(network: nn.Module) -> dict[str, int]:
    """Layers with few bits, and how many."""
    return {name: each.bits for name, each in network.named_modules() if isinstance(each, QuantisedLinear)}


@torch.inference_mode()
def scores(answerer: Answerer) -> Tensor:
    inputs = answerer.assembler.batch([answerer.assembler.talk([user("What is this?")], ask=True)])
    return answerer.network.prefill(inputs, answerer.network.new_cache(1, inputs.ids.shape[1] + 1))


def test_products_get_few_bits_and_the_head_eight() -> None:
    model = tiny()
    embedding = model.language.embedding.weight.detach().clone()
    report = quantise(model, 4)
    layers = [f"language.blocks.{n}.{part}" for n in (0, 1) for part in ("attention.qkv", "attention.out")]
    layers += [f"language.blocks.{n}.mlp.{part}" for n in (0, 1) for part in ("gate_up", "down")]
    assert kinds(model) == {**dict.fromkeys(layers, 4), "language.head": 8}
    assert set(report.layers) == set(kinds(model))
    assert report.after < report.before / 3
    assert torch.equal(model.language.embedding.weight, embedding)
    assert model.language.logits(torch.ones(1, 64)).shape == (1, 64)


@pytest.mark.parametrize("bits", [5, 16])
def test_other_bits_are_refused(bits: int) -> None:
    with pytest.raises(UsageError, match="expected 8 or 4"):
        quantise(tiny(), bits)


def test_twice_is_refused() -> None:
    model = tiny()
    quantise(model, 8)
    with pytest.raises(UsageError, match="few bits"):
        quantise(model, 4)


@pytest.mark.parametrize("family", ["nano", *FOLDERS])
def test_folders_of_every_family_come_back(family: str, tmp_path: Path) -> None:
    source = BUNDLED
    if family != "nano":
        pytest.importorskip("transformers")
        (tmp_path / "full").mkdir()
        source = FOLDERS[family](tmp_path / "full")
    load = FAMILIES.resolve(family)
    full, few = load(source), load(source)
    network = few.network
    assert isinstance(network, nn.Module)
    try:
        quantise(network, 8)
    except UsageError as error:
        pytest.skip(f"tiny widths have no whole groups: {error}")
    save(tmp_path / "few", network, 8, source=source)
    again = load(tmp_path / "few")
    assert isinstance(again.network, nn.Module)
    assert kinds(again.network) == kinds(network)
    assert stated_bits(tmp_path / "few") == 8
    if family != "paligemma":  # asks for a picture
        # mapped weights lie elsewhere, so PyTorch's sums may differ in the last bit, and then a byte of a row
        torch.testing.assert_close(scores(again), scores(few), rtol=0, atol=0.01 * float(scores(few).std()))
        near = 0.2 * float(scores(full).std())
        torch.testing.assert_close(scores(few).float(), scores(full).float(), rtol=0, atol=near)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`nano` of four bits."""
    where = tmp_path_factory.mktemp("few")
    network = FAMILIES.resolve("nano")(BUNDLED).network
    assert isinstance(network, nn.Module)
    quantise(network, 4)
    save(where, network, 4, source=BUNDLED)
    return where


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        (None, "config.json says that weights have no few bits"),
        ({"quant_method": "sensorium", "bits": 8, "group": 32}, "says that weights have 8 bits, and .* have 4, 8"),
        ({"quant_method": "awq", "bits": 4}, "quantised by 'awq'; expected those of `sensorium quantize`"),
    ],
)
def test_config_and_weights_must_agree(folder: Path, tmp_path: Path, stated: object, message: str) -> None:
    shutil.copytree(folder, tmp_path / "other")
    config = json.loads((folder / "config.json").read_text())
    config[STATED] = stated
    (tmp_path / "other" / "config.json").write_text(json.dumps(config))
    from sensorium.models.nano.folder import seal

    seal(tmp_path / "other")
    with pytest.raises(CheckpointError, match=message):
        FAMILIES.resolve("nano")(tmp_path / "other")


def test_few_bits_are_stated_but_not_there(tmp_path: Path) -> None:
    shutil.copytree(BUNDLED, tmp_path / "other")
    config = json.loads((BUNDLED / "config.json").read_text())
    config[STATED] = {"quant_method": "sensorium", "bits": 8, "group": 32}
    (tmp_path / "other" / "config.json").write_text(json.dumps(config))
    from sensorium.models.nano.folder import seal

    seal(tmp_path / "other")
    with pytest.raises(CheckpointError, match="says that weights have 8 bits, and 0 weights have none"):
        FAMILIES.resolve("nano")(tmp_path / "other")


def test_a_layer_that_the_model_does_not_have(folder: Path) -> None:
    from sensorium.models.loading import give_few_bits
    from sensorium.weights.checkpoint import Checkpoint

    with pytest.raises(CheckpointError, match="is not a part of this model"):
        give_few_bits(tiny(), Checkpoint.open(folder))


def test_the_head_of_a_decoder_is_known() -> None:
    model = tiny()
    assert isinstance(model.language, Decoder)
    assert model.language.head is None
    quantise(model, 8)
    assert isinstance(model.language.head, QuantisedLinear)


def test_what_was_measured_of_the_full_model_is_left_out(folder: Path) -> None:
    calibration, full = (json.loads((where / "calibration.json").read_text()) for where in (folder, BUNDLED))
    assert calibration == {**full, "curves": {}}
    assert full["curves"]
    assert not (folder / "results.json").exists()
    assert (folder / "familiarity.safetensors").read_bytes() == (BUNDLED / "familiarity.safetensors").read_bytes()
    assert (folder / "README.md").read_text().startswith("> 4 bits a weight")


def test_caches_of_eight_bits() -> None:
    model = tiny()
    ids, places = torch.arange(20)[None], torch.arange(20)[None]
    found = []
    for bits in (None, 8):
        if bits is not None:
            assert quantise_cache(model, bits) == 1
        cache = model.new_cache(1, 20)
        model.language(model.language.embedding(ids[:, :9]), places[:, :9], cache=cache)
        hidden = model.language(model.language.embedding(ids[:, 9:]), places[:, 9:], cache=cache)
        found.append(model.language.logits(hidden))
    assert cache.layers[0].keys.dtype == torch.uint8
    off = (found[1] - found[0]).abs().mean() / found[0].std()
    assert 0 < off < 0.02


@pytest.mark.parametrize(("network", "bits"), [(nn.Linear(2, 2), 8), (tiny(), 4)])
def test_other_caches_are_refused(network: nn.Module, bits: int) -> None:
    with pytest.raises(UsageError, match="quantise_cache: got"):
        quantise_cache(network, bits)
