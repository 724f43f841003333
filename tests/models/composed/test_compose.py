"""From a YAML to a model: parts of checkpoints, their words, and what does not go together."""

from pathlib import Path

import numpy as np
import pytest
import torch
from tests.models.composed.parts import read, write
from tests.models.text.folders import CONTEXT, VOCABULARY
from tests.models.text.folders import write as write_text

import sensorium
from sensorium.chat.message import user
from sensorium.chat.tokenizer import Tokenizer
from sensorium.core.errors import CheckpointError, ConfigError, UsageError
from sensorium.language.config import AttentionConfig, DecoderConfig, build_decoder
from sensorium.media.types import AudioClip, Image
from sensorium.models.composed.answerer import load
from sensorium.models.composed.compose import _widen, compose, read_yaml
from sensorium.models.composed.folder import save
from sensorium.models.text.answerer import load as load_chat
from sensorium.models.text.model import load as load_text

GOLDEN = Path(__file__).parents[1]

EXAMPLE = Path(__file__).parents[3] / "examples" / "composed.yaml"

YAML = """
encoders:
  image: {{kind: siglip, checkpoint: {siglip}, layer: -1}}
  audio: {{kind: whisper, checkpoint: {whisper}}}
connectors: {{audio: {{kind: pool, factors: [5]}}}}
fusion: {fusion}
language: {{checkpoint: {language}}}
inputs: {{max_tokens: 120}}
"""


def yaml_of(language: Path, *, fusion: str = "{}") -> str:
    return YAML.format(
        siglip=GOLDEN / "siglip" / "golden", whisper=GOLDEN / "whisper" / "golden", language=language, fusion=fusion
    )


@pytest.fixture
def language(tmp_path: Path) -> Path:
    (tmp_path / "language").mkdir()
    return write_text(tmp_path / "language", "smollm2")


def picture() -> Image:
    return Image(np.random.default_rng(0).integers(0, 256, (40, 56, 3), np.uint8))


def sound() -> AudioClip:
    return AudioClip(np.random.default_rng(0).normal(0, 0.1, 9000).astype(np.float32))


@pytest.mark.parametrize("fusion", ["{}", "{kind: middle, after: [1]}", "{kind: late}"])
def test_a_model_of_checkpoints_stands_alone_and_is_asked(tmp_path: Path, language: Path, fusion: str) -> None:
    save(tmp_path / "model", compose(read(text=yaml_of(language, fusion=fusion))))
    for path in language.iterdir():
        path.unlink()
    model = load(tmp_path / "model")
    ids = model.assembler.talk([user(picture(), sound(), "What is this?")], ask=True).ids
    marks = [model.banned.index(id_) for id_ in ids if id_ in model.banned]
    assert len(marks) == (2 if fusion.startswith("{kind: middle") else 16 + 6)
    assert sorted(marks) == marks  # first all rows of the picture, then those of the sound
    answer = sensorium.load(str(tmp_path / "model")).ask("What is this?", picture(), sound(), max_tokens=3)
    assert answer.usage.prompt_tokens == len(ids)


def test_tokens_around_media(tmp_path: Path, language: Path) -> None:
    around = "around={image: {before: [<picture>], after: [</picture>, <|im_end|>]}}"
    save(tmp_path / "model", compose(read(around, text=yaml_of(language))))
    model = load(tmp_path / "model")
    ids = model.assembler.talk([user("<picture>", picture(), "What?")], ask=True).ids
    first = next(place for place, id_ in enumerate(ids) if id_ in model.banned)  # what users spell is letters
    assert len({ids[first], *ids[first + 1 : first + 17], *ids[first + 17 : first + 19]}) == 4
    assert {ids[first], *ids[first + 17 : first + 19]} < {*model.banned}
    with pytest.raises(ConfigError, match="got tokens for image and a language model with random weights"):
        compose(read(around))
    with pytest.raises(ConfigError, match="around: got audio, but the encoders are of image"):
        read("encoders={image: {kind: native}}", "connectors={}", "around={audio: {before: [x]}}")
    with pytest.raises(ConfigError, match=r"around: got the tokens \[\]; expected at least one"):
        read("around={image: {}}", text=yaml_of(language))


def test_the_language_model_comes_over(language: Path) -> None:
    model = compose(read(text=yaml_of(language)))
    before = load_text(language, dtype=torch.float32).language.state_dict()
    assert all(torch.equal(value, before[name]) for name, value in model.network.language.state_dict().items())
    assert model.config.language.decoder().vocabulary == VOCABULARY  # there was room for new tokens


@pytest.mark.parametrize("tied", [True, False])
def test_room_for_new_tokens(tied: bool) -> None:
    sizes = DecoderConfig(vocabulary=5, width=4, layers=1, hidden=4, attention=AttentionConfig(1, 1, 4), tied=tied)
    decoder = build_decoder(sizes)
    before = decoder.embedding.weight.detach().clone()
    _widen(decoder, 7)
    assert torch.equal(decoder.embedding.weight[:5], before)
    torch.testing.assert_close(decoder.embedding.weight[5:], before.mean(dim=0).expand(2, -1))
    assert decoder.logits(torch.zeros(4)).shape == (7,)
    _widen(decoder, 3)
    assert len(decoder.embedding.weight) == 7


def test_words_alone_are_what_the_language_model_reads(tmp_path: Path, language: Path) -> None:
    save(tmp_path / "model", compose(read(text=yaml_of(language))))
    talk = load(tmp_path / "model").assembler.talk([user("Is <image> a word?")], ask=True)
    assert talk.ids == load_chat(language).assembler.talk([user("Is <image> a word?")], ask=True).ids


def test_a_talk_longer_than_the_language_model_takes(language: Path) -> None:
    config = read("inputs.max_tokens=1024", text=yaml_of(language))
    with pytest.raises(ConfigError, match=f"max_tokens is 1024; the language model takes {CONTEXT}"):
        compose(config)


def test_a_language_model_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="model_type is 'whisper'; expected one of: llama"):
        compose(read(text=yaml_of(GOLDEN / "whisper" / "golden")))


def test_a_part_that_is_not_there() -> None:
    with pytest.raises(UsageError, match="no model named 'nowhere'"):
        compose(read("encoders.image={kind: clip, checkpoint: nowhere}"))


def test_blocks_that_the_language_model_does_not_have(language: Path) -> None:
    with pytest.raises(ConfigError, match=r"after is \[0, 9\], but the decoder has \d blocks"):
        compose(read(text=yaml_of(language, fusion="{kind: middle, after: [0, 9]}")))


def test_tokenizers_that_do_not_belong(language: Path, tiny_tokenizer: Tokenizer) -> None:
    with pytest.raises(ConfigError, match="got a tokenizer for the checkpoint"):
        compose(read(text=yaml_of(language)), tokenizer=tiny_tokenizer)
    with pytest.raises(ConfigError, match="its vocabulary is 290, but the tokenizer has 300 ids"):
        compose(read("language.sizes.vocabulary=290"), tokenizer=tiny_tokenizer)
    with pytest.raises(ConfigError, match="its vocabulary is 200, but the tokenizer has 265 ids"):
        compose(read("language.sizes.vocabulary=200"))


def test_tokens_that_only_companions_of_the_tokenizer_have(language: Path) -> None:
    path = language / "tokenizer_config.json"
    path.write_text(path.read_text().replace("{", '{"mask_token": "<new>", ', 1))
    with pytest.raises(CheckpointError, match=r"expected all in tokenizer\.json"):
        compose(read(text=yaml_of(language)))


@pytest.mark.parametrize("text", ["{", "[1]", "encoders: {image: {kind: native}}"])
def test_a_yaml_that_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "model.yaml").write_text(text)
    with pytest.raises(ConfigError, match=r"model\.yaml"):
        read_yaml(tmp_path / "model.yaml")


def test_the_example_is_one(tmp_path: Path) -> None:
    save(tmp_path, compose(read_yaml(EXAMPLE)))
    answer = sensorium.load(str(tmp_path)).ask("What is this?", picture(), sound(), max_tokens=2)
    assert answer.modality_weights is not None
    assert set(answer.modality_weights) == {"image", "audio"}


def test_the_same_seed_the_same_model(tmp_path: Path) -> None:
    one, other = write(tmp_path / "one"), write(tmp_path / "other")
    assert (one / "model.safetensors").read_bytes() == (other / "model.safetensors").read_bytes()


def test_what_no_checkpoint_gives_begins_as_in_nano() -> None:
    drawn = {name: each for name, each in compose(read()).network.named_parameters() if name.endswith("qkv.weight")}
    assert any(name.startswith("language.") for name in drawn)
    for name, weight in drawn.items():
        assert float(weight.detach().std()) * weight.shape[1] ** 0.5 == pytest.approx(1.0, abs=0.1), name
