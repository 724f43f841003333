"""The narrow place between protocols and models: messages in, pieces of an answer out.

`Answers` is all that a protocol knows of a model. `LocalAnswers` runs one in the computing thread, one request after
the other; an engine that batches takes its place without a protocol noticing.
"""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import fields, replace
from typing import Protocol

from sensorium.chat.message import Message
from sensorium.engine.sampling import Sampling
from sensorium.runtime.answering import answer, prompt, shown
from sensorium.runtime.parts import Parts
from sensorium.runtime.protocol import StreamEvent
from sensorium.serving.worker import Worker


class Answers(Protocol):
    """A model that is asked by many."""

    @property
    def name(self) -> str:
        """As clients call it."""

    @property
    def modalities(self) -> tuple[str, ...]:
        """What it takes."""

    @property
    def max_tokens(self) -> int:
        """Of a whole talk, the answer included."""

    @property
    def options(self) -> frozenset[str]:
        """The fields of `Sampling` that it honours."""

    def spell(self, id_: int) -> str:
        """The text of one token."""

    async def count(self, messages: Sequence[Message]) -> int:
        """Tokens of a talk that is to be answered, media included. Raises: InputError."""

    def stream(
        self, messages: Sequence[Message], sampling: Sampling, stops: Sequence[str]
    ) -> AsyncGenerator[StreamEvent, None]:
        """An answer up to one of `stops`, piece by piece; the last event has the whole of it. Closing it ends the work.

        Raises: InputError for media or a talk that the model cannot take, Refusal when too many wait, EngineError.
        """


class LocalAnswers:
    """A model on this machine."""

    def __init__(self, parts: Parts, worker: Worker, *, name: str, modalities: tuple[str, ...]) -> None:
        """Wrap a loaded model. Args: name: as clients call it; modalities: what it takes."""
        self._parts = replace(parts, name=name)
        self._worker = worker
        self.name = name
        self.modalities = modalities

    @property
    def max_tokens(self) -> int:
        """Of a whole talk, the answer included."""
        return self._parts.model.max_tokens

    @property
    def options(self) -> frozenset[str]:
        """The fields of `Sampling`."""
        return frozenset(each.name for each in fields(Sampling))

    def spell(self, id_: int) -> str:
        """The text of one token."""
        return self._parts.model.tokenizer.decode([id_])

    async def count(self, messages: Sequence[Message]) -> int:
        """Tokens of a talk that is to be answered, media included. Raises: InputError."""
        fitting, _ = shown(messages, self._parts.model)
        return await self._worker.run(lambda: len(prompt(self._parts.model, fitting).ids))

    def stream(
        self, messages: Sequence[Message], sampling: Sampling, stops: Sequence[str]
    ) -> AsyncGenerator[StreamEvent, None]:
        """An answer piece by piece; see `Answers`."""
        fitting, notices = shown(messages, self._parts.model)
        return self._worker.stream(lambda: answer(self._parts, fitting, sampling, stops=stops, notices=notices))
