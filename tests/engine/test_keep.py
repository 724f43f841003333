"""Talks saved and restored go on as if they had never ended; damaged files and those of others are refused."""

from dataclasses import replace
from pathlib import Path

import pytest
from safetensors import safe_open
from safetensors.torch import save_file

from sensorium.chat.message import user
from sensorium.core.errors import CheckpointError, EngineError
from sensorium.engine.engine import Engine
from sensorium.engine.model import Settings
from sensorium.engine.request import Request
from sensorium.engine.sampling import Sampling
from sensorium.models.answerer import Answerer
from sensorium.runtime.parts import Parts

SMALL = Settings(name="tiny", cache_bytes=1 << 20)


@pytest.fixture
def model(tiny_parts: Parts) -> Answerer:
    return replace(tiny_parts.model, stops=frozenset())


def question(model: Answerer, *turns: str) -> Request:
    inputs = model.assembler.batch([model.assembler.talk([user(turn) for turn in turns], ask=True)])
    return Request(inputs, Sampling(max_tokens=6), talk="mine", tenant="me")


@pytest.fixture
def saved(model: Answerer, tmp_path: Path) -> Path:
    engine = Engine(model, SMALL)
    list(engine.submit(question(model, "Hello there")))
    engine.save_talk(tmp_path / "talk.safetensors", "mine", tenant="me")
    return tmp_path / "talk.safetensors"


def test_a_restored_talk_goes_on(model: Answerer, saved: Path) -> None:
    engine = Engine(model, SMALL)
    engine.restore_talk(saved, "mine", tenant="me")
    handle = engine.submit(question(model, "Hello there", "And now?"))
    told = list(handle)
    assert handle.figures.cached_tokens > 5
    assert [event.id for event in told] == [
        event.id for event in Engine(model, SMALL).submit(question(model, "Hello there", "And now?"))
    ]


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        (SMALL, {"talk": "other", "tenant": "me"}),
        (SMALL, {"talk": "mine", "tenant": "you"}),
        (SMALL, {"talk": "mine", "tenant": "me", "adapter": "a"}),
        (replace(SMALL, name="other"), {"talk": "mine", "tenant": "me"}),
    ],
    ids=str,
)
def test_a_talk_of_others_is_refused(model: Answerer, saved: Path, settings: Settings, names: dict[str, str]) -> None:
    with pytest.raises(CheckpointError, match="is another talk, or of another model, adapter or tenant"):
        Engine(model, settings).restore_talk(saved, **names)


def test_every_changed_byte_is_found(model: Answerer, saved: Path) -> None:
    whole = saved.read_bytes()
    engine = Engine(model, SMALL)
    for at in range(8, len(whole), len(whole) // 60):
        saved.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(CheckpointError, match=r"is damaged|cannot be read|is another talk"):
            engine.restore_talk(saved, "mine", tenant="me")
    saved.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CheckpointError, match="cannot be read"):
        engine.restore_talk(saved, "mine", tenant="me")
    saved.write_bytes(whole)
    engine.restore_talk(saved, "mine", tenant="me")


def test_a_file_of_something_else(model: Answerer, tmp_path: Path) -> None:
    with safe_open(_other(tmp_path), framework="pt") as file:
        assert file.metadata() is None
    with pytest.raises(CheckpointError, match="no talk that was saved by version 1"):
        Engine(model, SMALL).restore_talk(tmp_path / "other.safetensors", "mine")


def _other(folder: Path) -> Path:
    import torch

    save_file({"a": torch.ones(2)}, folder / "other.safetensors")
    return folder / "other.safetensors"


def test_what_is_not_kept_cannot_be_saved(model: Answerer, tmp_path: Path) -> None:
    engine = Engine(model, SMALL)
    with pytest.raises(EngineError, match="nothing is kept of it"):
        engine.save_talk(tmp_path / "talk.safetensors", "mine")
    list(engine.submit(question(model, "Hello there")))
    engine.forget_talk("mine", tenant="me")
    with pytest.raises(EngineError, match="nothing is kept of it"):
        engine.save_talk(tmp_path / "talk.safetensors", "mine", tenant="me")
