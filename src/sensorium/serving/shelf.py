"""The models of a server: found at its start, loaded when they are first asked, put back when memory runs short."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from time import monotonic
from typing import Any, Literal, NamedTuple

from sensorium.core.catalogue import Catalogue
from sensorium.core.errors import ModelError, SensoriumError, UsageError
from sensorium.models.catalog import EMBEDDERS, FAMILIES, TRANSCRIBERS, Progress, locate, model_type, no_reader
from sensorium.runtime.embedding import Embedder, load_embedder
from sensorium.runtime.load import load
from sensorium.runtime.local import LocalModel
from sensorium.runtime.transcription import Transcriber, load_transcriber
from sensorium.serving.backend import Answers, EngineAnswers
from sensorium.serving.drafts import Decoder
from sensorium.serving.faults import Refusal
from sensorium.serving.log import tell, tell_failure
from sensorium.serving.worker import Worker

Does = Literal["answer", "embed", "transcribe"]

_KINDS: dict[Does, Catalogue[Any]] = {"answer": FAMILIES, "embed": EMBEDDERS, "transcribe": TRANSCRIBERS}
_VERBS: dict[Does, str] = {
    "answer": "answers in words",
    "embed": "gives places in a space",
    "transcribe": "writes down speech",
}


class Card(NamedTuple):
    """A model as clients see it, and what it was given as."""

    id: str
    family: str
    does: Does
    modalities: tuple[str, ...]
    given: str
    folder: Path


Open = Callable[[Card], Awaitable[Answers]]
"""Loads a model that answers. Raises: UsageError, ModelError."""

LEAVING = 60.0
"""Seconds in which a model that is put back may finish its answers."""


class Shelf:
    """Models by the ids that clients use."""

    def __init__(self, cards: Sequence[Card], worker: Worker, open_: Open) -> None:
        """Build from at least one card; the first model is the one that is loaded at the start.

        Args: worker: for models that do not answer; open_: opens one that answers.
        """
        self.cards = {card.id: card for card in cards}
        self._first = cards[0]
        self._worker = worker
        self._open = open_
        self._loaded: OrderedDict[str, Any] = OrderedDict()
        self._leaving: list[Answers] = []  # they finish what they have begun
        self._lock = asyncio.Lock()

    @property
    def loaded(self) -> tuple[str, ...]:
        """Ids of the models in memory, the longest unused first."""
        return tuple(self._loaded)

    @property
    def running(self) -> int:
        """Work that waits or is done, of all models."""
        return self._worker.count + sum(each.running for each in self._answering())

    def moves(self, within: float) -> bool:
        """Whether every model that has work made something in the last `within` seconds."""
        return self._worker.moves(within) and all(each.moves(within) for each in self._answering())

    async def close(self) -> None:
        """End all models; whoever is still answered is told so."""
        await asyncio.gather(*(each.close() for each in self._answering()))

    def _answering(self) -> list[Answers]:
        here = [each for id_, each in self._loaded.items() if self.cards[id_].does == "answer"]
        return [*here, *self._leaving]

    async def first(self) -> None:
        """Load the first model. Raises: ModelError."""
        await self._get(self._first)

    async def renew(self) -> None:
        """Load what is loaded anew, one after the other, from where it came.

        New requests go to the new model; those that have begun end on the old one, which has `LEAVING` seconds for
        them. A model that cannot be loaded stays as it is, and the log tells why.
        """
        for id_ in self.loaded:
            async with self._lock:
                old = self._loaded.get(id_)
                if old is None:  # it was put back meanwhile
                    continue
                try:
                    self._loaded[id_] = await self._loading(self.cards[id_])
                except SensoriumError as error:
                    tell_failure("not reloaded", error, model=id_)
                    continue
            tell("reloaded", model=id_)
            await self._retire(old)

    def card(self, id_: str, does: Does | None = None) -> Card:
        """The card of a model. Raises: Refusal for an unknown one, or one that does something else."""
        found = self.cards.get(id_)
        if found is None:
            raise Refusal(
                "not_found",
                f"model: there is no model {id_[:80]!a} here; expected one of: {', '.join(self.cards)}. Choose one.",
                field="model",
            )
        if does is not None and found.does != does:
            able = [card.id for card in self.cards.values() if card.does == does]
            advice = f"Ask {' or '.join(able)}" if able else "The operator can add one with --model"
            raise Refusal(
                "invalid",
                f"model: {id_} {_VERBS[found.does]}; expected a model that {_VERBS[does]}. {advice}.",
                field="model",
            )
        return found

    async def answers(self, id_: str) -> Answers:
        """A model that answers. Raises: Refusal, ModelError."""
        found: Answers = await self._get(self.card(id_, "answer"))
        return found

    async def embedder(self, id_: str) -> Embedder:
        """A model that gives places. Raises: Refusal, ModelError."""
        found: Embedder = await self._get(self.card(id_, "embed"))
        return found

    async def transcriber(self, id_: str) -> Transcriber:
        """A model that writes down speech. Raises: Refusal, ModelError."""
        found: Transcriber = await self._get(self.card(id_, "transcribe"))
        return found

    async def _get(self, card: Card) -> Any:
        if card.id in self._loaded:  # whatever else is being loaded
            self._loaded.move_to_end(card.id)
            return self._loaded[card.id]
        async with self._lock:
            while card.id not in self._loaded:
                try:
                    model = await self._loading(card)
                except ModelError:
                    if not self._loaded:
                        raise
                    await self._put_back()
                else:
                    self._loaded[card.id] = model
            self._loaded.move_to_end(card.id)
            return self._loaded[card.id]

    async def _loading(self, card: Card) -> Any:
        """Load a model. Raises: ModelError, also where the operator's choice is wrong: that is not the client's."""
        try:
            if card.does == "answer":
                return await self._open(card)
            kind = load_embedder if card.does == "embed" else load_transcriber
            return await self._worker.run(lambda: kind(card.given))
        except UsageError as error:
            raise ModelError(str(error)) from error

    async def _put_back(self) -> None:
        """Put the model that was unused longest back; who still waits for its answer gets it before."""
        _, model = self._loaded.popitem(last=False)
        await self._retire(model)

    async def _retire(self, model: Any) -> None:
        """End a model that nobody is led to any more, once what it has begun is done."""
        if isinstance(model, Embedder | Transcriber):
            return
        self._leaving.append(model)
        until = monotonic() + LEAVING
        while model.running and monotonic() < until:
            await asyncio.sleep(0.05)
        self._leaving.remove(model)
        await model.close()


def open_here(card: Card, decoder: Decoder, *, waiting: int) -> EngineAnswers:
    """Load a model that answers into this process. Raises: UsageError, ModelError."""
    model = load(card.given)
    if not isinstance(model, LocalModel):
        raise UsageError(
            f"{card.id}: runs through the package transformers; expected a family of ours. Serve another model."
        )
    sees = "image" in card.modalities
    return EngineAnswers(model.parts, name=card.id, decoder=decoder, waiting=waiting, sees=sees)


def look_at(names: Sequence[str], *, progress: Progress | None = None) -> list[Card]:
    """Cards of models as an operator names them; those of the Hub are fetched.

    Args:
        names: of the catalogue, folders, or ids of the Hub, each once.
        progress: told while a model is fetched.

    Raises: UsageError for an unknown name or two models of one id; CheckpointError for a folder that nobody reads;
    ModelError when a model cannot be fetched.
    """
    cards: dict[str, Card] = {}
    for name in names:
        card = _card(name, locate(name, progress=progress, catalogue=_catalogue(name)))
        if card.id in cards:
            raise UsageError(f"Two models would be called {card.id}; expected one. Rename a folder.")
        cards[card.id] = card
    return list(cards.values())


def _catalogue(name: str) -> Catalogue[Any]:
    """The catalogue that has a name; that of models that answer for folders and ids of the Hub."""
    return next((each for each in _KINDS.values() if any(one.name == name for one in each.entries)), FAMILIES)


def _card(name: str, folder: Path) -> Card:
    kind = model_type(folder)
    for does, catalogue in _KINDS.items():
        for entry in catalogue.entries:
            if kind in entry.kinds:
                id_ = Path(name).resolve().name if Path(name).is_dir() else name
                return Card(id_, entry.name, does, entry.modalities, name, folder)
    raise no_reader(folder, FAMILIES)
