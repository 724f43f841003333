"""The Qwen-VL models agree with the reference implementation on tiny random checkpoints."""

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image as Pillow
from safetensors.torch import load_file, save_file
from tests.models.parity import Pair, check_answers, check_scores, ours, picture, written
from tests.models.qwen_vl.reference import KINDS, long_name, model_inputs, write

from sensorium.chat.message import Message, assistant, user
from sensorium.encoders.vision_qwen import QwenVision, patches
from sensorium.media.types import Image, VideoClip
from sensorium.models.qwen_vl.answerer import load
from sensorium.models.qwen_vl.config import read_config
from sensorium.models.qwen_vl.model import FrameReader, QwenVL
from sensorium.models.qwen_vl.rules import rules
from sensorium.weights.checkpoint import read_json
from sensorium.weights.loading import save_checkpoint

pytest.importorskip("transformers")
pytestmark = pytest.mark.filterwarnings("ignore")  # the reference warns about its own coming versions


@dataclass(frozen=True)
class QwenPair(Pair):
    """A pair whose parts are known by their types."""

    @property
    def network(self) -> QwenVL:
        assert isinstance(self.ours.network, QwenVL)
        return self.ours.network

    @property
    def tower(self) -> QwenVision:
        reader = self.network.fusion.readers["image"]
        assert isinstance(reader, FrameReader)
        return reader.tower


@pytest.fixture(scope="module", params=KINDS)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> QwenPair:
    folder = tmp_path_factory.mktemp("tiny")
    model, processor = write(folder, request.param)
    return QwenPair(folder, model, processor, load(folder))


def film(frames: int, seconds: float, seed: int = 0, size: tuple[int, int] = (40, 56)) -> VideoClip:
    pixels = np.random.default_rng(seed).integers(0, 256, (frames, *size, 3), np.uint8)
    return VideoClip(pixels, np.arange(frames, dtype=np.float64) * (seconds / frames), seconds)


TALKS: dict[str, list[Message]] = {
    "text": [user("What is this?")],
    "one": [user(picture(60, 90), "What is this?")],
    "small": [user(picture(3, 5), "What?")],
    "long": [user("the", picture(6, 400), "What is this?")],
    "two": [user(picture(70, 30), picture(56, 56, 1), "Which is the first?")],
    "turns": [user(picture(33, 77), "What?"), assistant("A frame."), user("The first?")],
}


def theirs(pair: QwenPair, talks: list[list[Message]]) -> Any:
    """What the reference's processor makes of talks."""
    texts = written(pair, talks)
    media = [medium for talk in talks for message in talk for medium in message.media]
    images = [Pillow.fromarray(medium.pixels) for medium in media if isinstance(medium, Image)]
    return pair.processor(text=texts, images=images or None, padding=True, return_tensors="pt")


@pytest.mark.parametrize("name", TALKS)
def test_ids_patches_and_positions_are_those_of_the_reference(pair: QwenPair, name: str) -> None:
    expected, got = theirs(pair, [TALKS[name]]), ours(pair, [TALKS[name]])
    assert got.ids.tolist() == expected["input_ids"].tolist()
    if "pixel_values" in expected:
        made = torch.cat([patches(item, pair.network.cut).flatten(0, 1) for item in got.media[0].features])
        torch.testing.assert_close(made, expected["pixel_values"], atol=1e-5, rtol=0)
        places, _ = pair.model.model.get_rope_index(
            expected["input_ids"], expected["mm_token_type_ids"], image_grid_thw=expected["image_grid_thw"]
        )
        assert got.positions.permute(2, 0, 1).tolist() == places.tolist()
    else:
        assert got.positions[0].tolist() == [[index] * 3 for index in range(got.ids.shape[1])]


def test_positions_of_a_padded_batch_are_those_of_the_reference(pair: QwenPair) -> None:
    talks = [TALKS[name] for name in ("one", "turns", "two")]
    expected, got = theirs(pair, talks), ours(pair, talks)
    places, _ = pair.model.model.get_rope_index(
        expected["input_ids"],
        expected["mm_token_type_ids"],
        image_grid_thw=expected["image_grid_thw"],
        attention_mask=expected["attention_mask"],
    )
    assert got.positions.permute(2, 0, 1).tolist() == places.tolist()


@pytest.mark.parametrize(("frames", "height", "width"), [(1, 2, 2), (1, 2, 18), (1, 8, 12), (1, 10, 14), (6, 6, 8)])
def test_rows_are_those_of_the_reference(pair: QwenPair, frames: int, height: int, width: int) -> None:
    tower = pair.tower
    cut = pair.network.cut
    pixels = torch.randn(frames, 3, height * cut.patch, width * cut.patch, generator=torch.Generator().manual_seed(3))
    cubes = patches(pixels, cut)
    with torch.inference_mode():
        expected = pair.model.model.visual(cubes.flatten(0, 1), grid_thw=torch.tensor([[len(cubes), height, width]]))
        rows = tower(pixels).chunk(tower.levels, dim=-1)
    for got, wanted in zip(rows, [expected.pooler_output, *getattr(expected, "deepstack_features", [])], strict=True):
        assert float(wanted.std()) > 0.05
        torch.testing.assert_close(got, wanted, atol=1e-4, rtol=1e-4)


def test_logits_of_a_batch_are_those_of_the_reference(pair: QwenPair) -> None:
    talks = [TALKS[name] for name in ("one", "two", "small")]
    inputs = ours(pair, talks)
    assert inputs.present is not None
    assert float(check_scores(pair, inputs, theirs(pair, talks)).std()) > 0.3


def test_films_and_pictures_together(pair: QwenPair) -> None:
    talks = [
        [user(film(8, 4.0), picture(30, 40), "What?")],
        [user(picture(9, 30), "the first", film(4, 1.5, 1), "What?")],
    ]
    inputs = ours(pair, talks)
    given = model_inputs(pair.model, inputs, pair.network.cut)
    grids = {key: given[key] for key in ("image_grid_thw", "video_grid_thw", "second_per_grid_ts") if key in given}
    places, _ = pair.model.model.get_rope_index(
        given["input_ids"], given["mm_token_type_ids"], attention_mask=given["attention_mask"], **grids
    )
    assert inputs.positions.permute(2, 0, 1).tolist() == places.tolist()
    with torch.inference_mode():
        expected = pair.model(**given).logits[:, -1]
        ready = pair.network.encode(inputs)
        got = pair.network.prefill(ready, pair.network.new_cache(*inputs.ids.shape))
    torch.testing.assert_close(got, expected, atol=1e-4, rtol=1e-4)


def test_long_films_at_our_positions(pair: QwenPair) -> None:
    """The reference places what comes after a long film elsewhere (positions.py), so it is told ours."""
    inputs = ours(pair, [[user(film(16, 60.0), "What?")]])
    with torch.inference_mode():
        given = model_inputs(pair.model, inputs, pair.network.cut)
        expected = pair.model(**given, position_ids=inputs.positions.permute(2, 0, 1)).logits[:, -1]
        got = pair.network.prefill(inputs, pair.network.new_cache(*inputs.ids.shape))
    torch.testing.assert_close(got, expected, atol=1e-4, rtol=1e-4)
    time = inputs.positions[0, :, 0]
    if pair.model.config.model_type == "qwen2_5_vl":
        assert int(time[-1]) > 100  # a minute at two ticks a second
        assert int(time.diff().max()) == 15  # 60 / 16 s from frame to frame, two frames, two ticks


def test_answers_are_those_of_the_reference_token_for_token(pair: QwenPair) -> None:
    talks = [TALKS[name] for name in ("one", "text", "two", "turns")]
    check_answers(pair, ours(pair, talks), theirs(pair, talks))


def test_the_cache_gives_what_a_whole_forward_gives(pair: QwenPair) -> None:
    inputs = ours(pair, [[user(film(6, 3.0), picture(20, 30), "What?")]])
    cut = inputs.whole_media(inputs.ids.shape[1] - 4)
    with torch.inference_mode():
        cache = pair.network.new_cache(1, inputs.ids.shape[1])
        expected = pair.network.prefill(inputs, cache)
        cache.truncate(cut)
        got = pair.network.prefill(pair.network.encode(inputs.after(cut)), cache)
    torch.testing.assert_close(got, expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("long", [False, True])
def test_both_forms_of_names_are_read_and_what_is_written_loads_in_the_reference(
    pair: QwenPair, tmp_path: Path, long: bool
) -> None:
    tensors = {long_name(name): each for name, each in load_file(pair.folder / "model.safetensors").items()}
    if not long:
        shorter = {"model.visual.": "visual.", "model.language_model.": "model.", "lm_head.": "lm_head."}
        tensors = {
            next(new + name.removeprefix(old) for old, new in shorter.items() if name.startswith(old)): each
            for name, each in tensors.items()
        }
    assert any(name.startswith("visual.") for name in tensors) != long
    for file in pair.folder.iterdir():
        if file.name != "model.safetensors":
            (tmp_path / file.name).write_bytes(file.read_bytes())
    save_file(tensors, tmp_path / "model.safetensors", metadata={"format": "pt"})
    network = load(tmp_path).network
    assert isinstance(network, QwenVL)
    config = read_json(pair.folder / "config.json")
    save_checkpoint(tmp_path / "out", network, rules(read_config(config)), dtype=None, config=config)
    hub = "model.language_model." if "qwen3" in str(config["model_type"]) else "model.layers."
    assert any(name.startswith(hub) for name in load_file(tmp_path / "out" / "model.safetensors"))
    again = type(pair.model).from_pretrained(tmp_path / "out").eval()
    state = again.state_dict()
    for name, weight in pair.model.state_dict().items():
        assert torch.equal(state[name], weight), name


def test_films_are_written_as_the_reference_writes_them(pair: QwenPair) -> None:
    clip = film(7, 3.5)
    (item,) = pair.ours.assembler.talk([user(clip, "What?")], ask=True).items
    assert item.times is not None
    shown = [round(float(each) * 2) for each in item.times]
    third = pair.model.config.model_type == "qwen3_vl"
    assert shown == ([0, 1, 2, 3, 4, 5, 6] if third else [0, 1, 2, 4, 5, 6])
    rows, columns = (side // pair.network.cut.patch for side in item.features.shape[2:])
    known = {
        "video_grid_thw": torch.tensor([[(len(shown) + 1) // 2, rows, columns]]),
        "video_metadata": [SimpleNamespace(fps=2.0, frames_indices=list(shown))],
    }
    text = pair.processor.replace_video_token(known, 0)
    if not third:  # for Qwen3 as in version 4: version 5.23 leaves the template's vision tokens around it
        text = f"<|vision_start|>{text}<|vision_end|>"
    prepare = pair.ours.assembler.inner.prepare  # type: ignore[attr-defined]
    assert prepare(clip).text == text
    assert text.count("seconds>") == (4 if third else 0)
    assert text.count("<|video_pad|>") == item.rows
