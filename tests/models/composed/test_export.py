"""A composition that equals LLaVA becomes a genuine checkpoint, for the reference and for our own reader."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.models.composed.parts import make, read, write
from tests.models.text.folders import write as write_text

from sensorium.chat.message import Message, user
from sensorium.core.errors import UsageError
from sensorium.media.types import Image
from sensorium.models.answerer import Answerer
from sensorium.models.composed.answerer import load
from sensorium.models.composed.compose import compose
from sensorium.models.composed.export import export
from sensorium.models.composed.folder import save
from sensorium.models.llava.answerer import load as load_llava

CLIP = "hidden_size: 32, intermediate_size: 64, num_hidden_layers: 3, num_attention_heads: 2, image_size: 42"

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
        ("tokens", "encoder of audio and of video; its encoder of pictures is native; its connector is shuffle; it me"),
        ("gated", "meet by gated fusion; its language model is of our own form. Expected LLaVA: clip or siglip"),
    ],
)
def test_what_equals_no_family_says_why(tmp_path: Path, fusion: str, message: str) -> None:
    with pytest.raises(UsageError, match=f"equals no family: it has an .*{message}"):
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
