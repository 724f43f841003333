"""A composition that equals a family becomes a genuine checkpoint, for the reference and for our own reader."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.models.composed.parts import make, read, write
from tests.models.text.folders import write as write_text

from sensorium.chat.hub_tokenizer import HubTokenizer
from sensorium.chat.message import Message, user
from sensorium.core.errors import UsageError
from sensorium.media.types import Image
from sensorium.models.answerer import Answerer
from sensorium.models.composed.answerer import load
from sensorium.models.composed.compose import compose
from sensorium.models.composed.export import export
from sensorium.models.composed.folder import save
from sensorium.models.idefics3.answerer import load as load_idefics3
from sensorium.models.idefics3.inputs import AROUND, ROW, WHOLE
from sensorium.models.llava.answerer import load as load_llava

CLIP = "hidden_size: 32, intermediate_size: 64, num_hidden_layers: 3, num_attention_heads: 2, image_size: 42"

SIGLIP_LLAMA = """
encoders: {{image: {{kind: siglip, sizes: {{{sizes}, patch_size: 7}}}}}}
connectors: {{image: {{kind: shuffle, factors: [2, 2], alone: true}}}}
around: {{image: {{before: [<fake_token_around_image>, <global-img>], after: [<fake_token_around_image>]}}}}
language: {{checkpoint: {language}}}
inputs: {{max_tokens: 128}}
"""

YAML = """
encoders: {{image: {{kind: {kind}, layer: -2, sizes: {{{sizes}, patch_size: 7}}}}}}
language: {{checkpoint: {language}}}
inputs: {{max_tokens: 128}}
"""


def picture(seed: int = 0, height: int = 60, width: int = 90) -> Image:
    return Image(np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8))


TALKS: list[list[Message]] = [
    [user(picture(), "What is this?")],
    [user("Hello")],
    [user("Is", picture(1, 20, 71), "this?")],
]


@pytest.fixture(scope="module", params=[("clip", "smollm2"), ("clip", "tinyllama"), ("siglip", "qwen3")], ids=str)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    kind, language = request.param
    place: Path = tmp_path_factory.mktemp("model")
    (place / "language").mkdir()
    text = YAML.format(kind=kind, sizes=CLIP, language=write_text(place / "language", language))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        save(place / "composed", compose(read(text=text)))
    assert export(place / "composed", place / "out") == "llava"
    return place


@pytest.fixture(scope="module")
def tiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What equals Idefics3, composed and exported."""
    place: Path = tmp_path_factory.mktemp("tiled")
    (place / "language").mkdir()
    text = SIGLIP_LLAMA.format(sizes=CLIP, language=write_text(place / "language", "smollm2"))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        save(place / "composed", compose(read(text=text)))
    assert export(place / "composed", place / "out") == "idefics3"
    return place


def scores(model: Answerer, talks: list[list[Message]]) -> Any:
    inputs = model.assembler.batch([model.assembler.talk(talk, ask=True) for talk in talks], left=True)
    with torch.inference_mode():
        return inputs, model.network.prefill(inputs, model.network.new_cache(*inputs.ids.shape))


def test_our_own_llava_reads_the_same(folder: Path) -> None:
    ours, llava = load(folder / "composed"), load_llava(folder / "out")
    (inputs, expected), (found_inputs, found) = scores(ours, TALKS), scores(llava, TALKS)
    assert found_inputs.ids.tolist() == inputs.ids.tolist()
    assert all(map(torch.equal, found_inputs.media[0].features, inputs.media[0].features))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    assert llava.stops == ours.stops
    assert llava.banned == ours.banned


@pytest.mark.filterwarnings("ignore")  # the reference warns about its own coming versions
def test_the_reference_reads_the_same(folder: Path) -> None:
    reference = pytest.importorskip("transformers")
    inputs, expected = scores(load(folder / "composed"), TALKS)
    model, report = reference.LlavaForConditionalGeneration.from_pretrained(folder / "out", output_loading_info=True)
    assert [name for name in report["missing_keys"] if ".head." not in name] == []
    assert set(report["unexpected_keys"]) == set()
    with torch.inference_mode():
        found = model.eval()(
            input_ids=inputs.ids,
            attention_mask=torch.ones_like(inputs.ids) if inputs.present is None else inputs.present.long(),
            pixel_values=torch.stack(inputs.media[0].features),
        ).logits[:, -1]
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


@pytest.mark.filterwarnings("ignore")
def test_the_reference_prepares_the_same(folder: Path) -> None:
    reference = pytest.importorskip("transformers")
    inputs, _ = scores(load(folder / "composed"), TALKS[:1])
    processor = reference.AutoProcessor.from_pretrained(folder / "out")
    said = [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "What is this?"}]}]
    text = processor.apply_chat_template(said, add_generation_prompt=True)
    found = processor(text=text, images=[picture().pixels], return_tensors="pt")
    assert found["input_ids"].tolist() == inputs.ids.tolist()
    torch.testing.assert_close(inputs.media[0].features[0], found["pixel_values"][0], atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("fusion", "message"),
    [
        ("tokens", "it has an encoder of audio and of video; it merges rows; its encoder of pictures is native; its"),
        ("gated", ".*meet by gated fusion; .*its language model is of our own form. Expected LLaVA or Idefics3 in all"),
    ],
)
def test_what_equals_no_family_says_why(tmp_path: Path, fusion: str, message: str) -> None:
    with pytest.raises(UsageError, match=f"equals no family. Nearest is .* from which it differs: {message}"):
        export(write(tmp_path / "model", fusion), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_language_model_of_a_family_with_our_own_words(tmp_path: Path) -> None:
    text = f"""
    encoders: {{image: {{kind: clip, sizes: {{{CLIP}}}}}}}
    connectors: {{image: {{hidden: 8}}}}
    language: {{sizes: {{model_type: llama, vocab_size: 300, hidden_size: 32, intermediate_size: 32,
                         num_hidden_layers: 1, num_attention_heads: 2}}}}
    """
    save(tmp_path / "model", make(text=text))
    with pytest.raises(UsageError, match=r"normed rows of clip.*8 wide inside.*chat template are of our own form"):
        export(tmp_path / "model", tmp_path / "out")


def test_our_own_idefics3_reads_the_same(tiled: Path) -> None:
    ours, family = load(tiled / "composed"), load_idefics3(tiled / "out")
    (inputs, expected), (found_inputs, found) = scores(ours, TALKS), scores(family, TALKS)
    assert found_inputs.ids.tolist() == inputs.ids.tolist()
    for one, other in zip(found_inputs.media[0].features, inputs.media[0].features, strict=True):
        assert torch.equal(one[0], other)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    tokenizer = HubTokenizer.from_folder(tiled / "out", also=(ROW, AROUND, WHOLE))
    assert set(ours.banned) == {tokenizer.id(token) for token in (ROW, AROUND, WHOLE)} == set(family.banned)


@pytest.mark.filterwarnings("ignore")
def test_the_reference_reads_and_prepares_the_same_idefics3(tiled: Path) -> None:
    reference = pytest.importorskip("transformers")
    inputs, expected = scores(load(tiled / "composed"), TALKS[:1])
    kind = reference.Idefics3ForConditionalGeneration
    model, report = kind.from_pretrained(tiled / "out", output_loading_info=True)
    assert not report["missing_keys"]
    assert not report["unexpected_keys"]
    processor = reference.AutoProcessor.from_pretrained(tiled / "out")
    said = [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "What is this?"}]}]
    text = processor.apply_chat_template(said, add_generation_prompt=True)
    given = processor(text=text, images=[picture().pixels], return_tensors="pt")
    assert given["input_ids"].tolist() == inputs.ids.tolist()
    torch.testing.assert_close(inputs.media[0].features[0], given["pixel_values"][0, 0], atol=0.02, rtol=0)
    given["pixel_values"] = inputs.media[0].features[0][None, None]
    with torch.inference_mode():
        found = model.eval()(**given).logits[:, -1]
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            ("around={}",),
            "Nearest is Idefics3 .* differs: around its pictures stand not <fake_token_around_image> <glo",
        ),
        (
            ("connectors.image={kind: shuffle, factors: [2, 2]}",),
            "Idefics3 .*differs: its connector has a norm and two",
        ),
        (("connectors.image.factors=[2, 1]",), "Idefics3 .*differs: its connector joins blocks of 2x1, not squares"),
        (("encoders.image.layer=-2",), "Idefics3 .*differs: it takes the rows of layer -2, not the normed ones"),
        (("encoders.image.sizes.image_size=266",), "Idefics3 .*differs: Idefics3 rounds the places of 38x38 patches"),
        (("connectors.image={kind: linear}", "around={}"), "differs: it takes the normed rows of siglip, .*is linear"),
    ],
)
def test_the_part_that_differs_is_named(tiled: Path, tmp_path: Path, overrides: tuple[str, ...], message: str) -> None:
    text = SIGLIP_LLAMA.format(sizes=CLIP, language=tiled / "language")
    save(tmp_path / "model", compose(read(*overrides, text=text)))
    with pytest.raises(UsageError, match=message):
        export(tmp_path / "model", tmp_path / "out")


def test_gemma_behind_siglip_is_near_paligemma(tmp_path: Path) -> None:
    (tmp_path / "language").mkdir()
    text = SIGLIP_LLAMA.format(sizes=CLIP, language=write_text(tmp_path / "language", "gemma2"))
    save(tmp_path / "model", compose(read("connectors.image={kind: linear}", "around={}", text=text)))
    with pytest.raises(UsageError, match=r"Nearest is PaliGemma .*differs: PaliGemma's question and picture see each"):
        export(tmp_path / "model", tmp_path / "out")
