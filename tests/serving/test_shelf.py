"""Models are found at the start and loaded when asked; the longest unused one makes room."""

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest

from sensorium.core.errors import CheckpointError, ModelError, UsageError
from sensorium.runtime.load import load as inner
from sensorium.serving.backend import EngineAnswers
from sensorium.serving.drafts import Decoder
from sensorium.serving.faults import Refusal
from sensorium.serving.fetch import Fetcher
from sensorium.serving.limits import ServerLimits
from sensorium.serving.shelf import Card, Shelf, look_at, open_here
from sensorium.serving.worker import Worker

LIMITS = ServerLimits()
DECODER = Decoder(LIMITS, Fetcher((), LIMITS))


async def opened(card: Card) -> EngineAnswers:
    return open_here(card, DECODER, waiting=4)


MODELS = Path(__file__).parents[1] / "models"


@pytest.fixture
def folders(tiny_model: Path, tmp_path: Path) -> list[str]:
    shutil.copytree(tiny_model, tmp_path / "second")
    return [str(tiny_model), str(tmp_path / "second"), str(MODELS / "clip" / "golden")]


def test_cards(folders: list[str], tmp_path: Path) -> None:
    cards = look_at(folders)
    assert [(card.id, card.family, card.does) for card in cards] == [
        ("tiny", "nano", "answer"),
        ("second", "nano", "answer"),
        ("golden", "clip", "embed"),
    ]
    assert look_at(["nano"])[0].id == "nano"
    with pytest.raises(UsageError, match="Two models would be called tiny"):
        look_at([folders[0], folders[0]])
    with pytest.raises(UsageError):
        look_at(["no-such-model"])
    (tmp_path / "config.json").write_text('{"model_type": "odd"}')
    with pytest.raises(CheckpointError, match="odd"):
        look_at([str(tmp_path)])


def test_models_are_loaded_when_asked_and_kept(folders: list[str]) -> None:
    async def scenario() -> None:
        worker = Worker(waiting=8)
        shelf = Shelf(look_at(folders), worker, opened)
        assert not shelf.loaded
        await shelf.first()
        assert list(shelf.loaded) == ["tiny"]
        first, again = await asyncio.gather(shelf.answers("second"), shelf.answers("second"))
        assert first is again
        assert first.name == "second"
        assert (await shelf.embedder("golden")).width > 0
        assert list(shelf.loaded) == ["tiny", "second", "golden"]
        await shelf.answers("tiny")
        assert list(shelf.loaded)[-1] == "tiny"
        with pytest.raises(Refusal, match="there is no model 'gpt'"):
            await shelf.answers("gpt")
        with pytest.raises(Refusal, match="Ask golden"):
            await shelf.embedder("tiny")
        with pytest.raises(Refusal, match="operator can add one"):
            await shelf.transcriber("tiny")
        worker.stop()
        await shelf.close()

    asyncio.run(scenario())


def test_the_longest_unused_makes_room(folders: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        worker = Worker(waiting=8)
        shelf = Shelf(look_at(folders[:2]), worker, opened)
        await shelf.first()

        def load(name: Any) -> Any:
            if shelf.loaded:
                raise ModelError("second: needs about 5 GB of memory, and 1 GB are free.")
            return inner(name)

        monkeypatch.setattr("sensorium.serving.shelf.load", load)
        await shelf.answers("second")
        assert list(shelf.loaded) == ["second"]

        def never(name: Any) -> Any:
            raise ModelError("needs more")

        monkeypatch.setattr("sensorium.serving.shelf.load", never)
        with pytest.raises(ModelError, match="needs more"):
            await shelf.answers("tiny")
        worker.stop()
        await shelf.close()

    asyncio.run(scenario())


def test_what_comes_with_the_package_is_found_whatever_it_does() -> None:
    assert [(card.id, card.does) for card in look_at(["nano", "nano-space"])] == [
        ("nano", "answer"),
        ("nano-space", "embed"),
    ]
