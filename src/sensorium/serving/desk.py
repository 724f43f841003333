"""Where protocols hand in what is asked and get answers: models, media, limits and measures in one place."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request

from sensorium.chat.message import Answer
from sensorium.core.errors import EngineError
from sensorium.media.types import Media
from sensorium.runtime.deciding import Decision
from sensorium.runtime.embedding import Embedder
from sensorium.runtime.protocol import Rows, StreamEvent
from sensorium.serving.asking import Ask
from sensorium.serving.backend import Asked, Poll
from sensorium.serving.drafts import Decoder, Given, check_amounts
from sensorium.serving.faults import Refusal
from sensorium.serving.fields import refused
from sensorium.serving.files import Files
from sensorium.serving.keeping import Keep, Room
from sensorium.serving.limits import MIB, ServerLimits
from sensorium.serving.reading import read_json
from sensorium.serving.shelf import Shelf
from sensorium.serving.tools import check_tools
from sensorium.serving.visit import visit_of
from sensorium.serving.worker import Worker

T = TypeVar("T")

UPLOADS = Room(things=4, bytes=128 * MIB, all_bytes=256 * MIB, seconds=600.0, evicts=True)
RESPONSES = Room(things=500, bytes=128 * MIB, all_bytes=512 * MIB, seconds=24 * 3600.0, evicts=True)


class Piece(NamedTuple):
    """A piece of one of the answers, which `which` counts from 0; `spell` gives the text of a token."""

    which: int
    event: StreamEvent
    spell: Callable[[int], str]


class Said(NamedTuple):
    """A whole answer, and the events that it came in; `spell` gives the text of a token."""

    answer: Answer
    events: tuple[StreamEvent, ...]
    spell: Callable[[int], str]

    @property
    def stopped_by(self) -> str | None:
        """The stop string that ended it, if one did."""
        return self.events[-1].stopped_by


@dataclass(frozen=True)
class Desk:
    """What every protocol works with."""

    shelf: Shelf
    decoder: Decoder
    limits: ServerLimits
    worker: Worker
    files: Files
    uploads: Keep[Any] = field(default_factory=lambda: Keep("upload", UPLOADS))
    responses: Keep[Any] = field(default_factory=lambda: Keep("response", RESPONSES))

    async def json(self, request: Request) -> object:
        """The JSON that a request brings. Raises: Refusal for another type, for too much, or for what is no JSON."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise Refusal(
                "unsupported", f"Content-Type: got {kind[:60]!a}; expected application/json. Send JSON, and say so."
            )
        return read_json(await request.body(), self.limits)

    async def answers(self, request: Request, ask: Ask) -> list[Said]:
        """Whole answers, as many as were asked for. Raises: SensoriumError, also when the client leaves."""
        return await while_there(request, self._collect(request, ask))

    async def pieces(self, request: Request, ask: Ask) -> AsyncGenerator[Piece, None]:
        """Answers piece by piece, several at once; the first piece is made before this returns.

        Raises: SensoriumError for what is known before the first piece, so that it can still have a status of its own.
        """
        pieces = self._pieces(request, ask)
        visit_of(request).ends.push_async_callback(pieces.aclose)  # what sends them may fail and never close them
        return _after(await while_there(request, anext(pieces)), pieces)

    async def count(self, request: Request, ask: Ask) -> int:
        """Tokens of a talk. Raises: SensoriumError."""

        async def counted() -> int:
            model = await self.shelf.answers(ask.model)
            return await model.count(self._filled(request, ask).drafts)

        return await while_there(request, counted())

    async def decisions(self, request: Request, model: str, poll: Poll) -> list[Decision]:
        """What is decided of each question about a talk. Raises: SensoriumError."""
        check_amounts(poll.asked, self.limits, sum(len(way) for each in poll.answers for ways in each for way in ways))
        holder = visit_of(request).holder
        drafts = self.files.filled(poll.asked, holder)
        split = len(poll.drafts)
        filled = replace(
            poll, drafts=drafts[:split], questions=tuple(each.parts for each in drafts[split:]), tenant=holder
        )

        async def decided() -> list[Decision]:
            answers = await self.shelf.answers(model)
            found = []
            async with aclosing(answers.decide(filled)) as decisions:
                async for each in decisions:
                    visit_of(request).count(model, each.usage)
                    found.append(each)
            return found

        return await while_there(request, decided())

    async def places(
        self, request: Request, model: str, items: Sequence[str | Given], widths: Sequence[int | None], field: str
    ) -> list[NDArray[np.float32]]:
        """Places of texts and media in a model's space, each cut to its width, None for the whole.

        Args: field: what the protocol calls widths. Raises: SensoriumError.
        """

        async def placed() -> list[NDArray[np.float32]]:
            embedder = await self.shelf.embedder(model)
            if wrong := [width for width in widths if width not in (None, *embedder.dimensions)]:
                raise refused(field, f"got {wrong[0]}", f"one of {', '.join(map(str, embedder.dimensions))}")
            taken = [each if isinstance(each, str) else await self._medium(request, each) for each in items]
            made = await self.worker.run(lambda: _places(embedder, taken))
            whole = embedder.width
            return [embedder.cut(row[np.newaxis], width or whole)[0] for row, width in zip(made, widths, strict=True)]

        visit_of(request).model = self.shelf.card(model, "embed").id
        return await while_there(request, placed())

    async def page_texts(self, request: Request, given: Given) -> tuple[str, ...]:
        """The text of each page of a PDF that a part names. Raises: SensoriumError."""
        return await self.decoder.page_texts(self.files.part(given, visit_of(request).holder))

    async def _medium(self, request: Request, given: Given) -> Media:
        return await self.decoder.medium(self.files.part(given, visit_of(request).holder))

    def check(self, ask: Ask) -> None:
        """What can be said of a request before anything is read for it. Raises: Refusal."""
        check_amounts(ask.drafts, self.limits)
        check_tools(ask.tools, self.shelf.card(ask.model, "answer"))

    def _filled(self, request: Request, ask: Ask) -> Ask:
        """The talk with the files that it names, and what the model is told of tools. Raises: Refusal."""
        self.check(ask)
        drafts = self.files.filled(ask.drafts, visit_of(request).holder)
        return replace(ask, drafts=drafts if ask.tools is None else ask.tools.shown(drafts))

    async def _collect(self, request: Request, ask: Ask) -> list[Said]:
        rows: list[list[Piece]] = [[] for _ in range(ask.answers)]
        async with aclosing(self._pieces(request, ask)) as pieces:
            async for piece in pieces:
                rows[piece.which].append(piece)
        return [Said(_whole(row[-1].event), tuple(each.event for each in row), row[-1].spell) for row in rows]

    async def _pieces(self, request: Request, ask: Ask) -> AsyncGenerator[Piece, None]:
        ask = self._filled(request, ask)
        model = await self.shelf.answers(ask.model)
        visit = visit_of(request)
        asked = Asked(ask.drafts, ask.sampling(), ask.stops, ask.held_to(), ask.answers, visit.holder)
        async with aclosing(model.stream(asked)) as pieces:
            async for which, event in pieces:
                if event.answer is not None:
                    visit.count(ask.model, event.answer.usage, event.answer.timings)
                yield Piece(which, event, model.spell)


def _places(embedder: Embedder, items: Sequence[str | Media]) -> Rows:
    """Places in the order of the items; texts are embedded together, and so are media."""
    texts = [index for index, each in enumerate(items) if isinstance(each, str)]
    made = np.zeros((len(items), embedder.width), np.float32)
    made[texts] = embedder.embed_texts([each for each in items if isinstance(each, str)])
    media = [index for index in range(len(items)) if index not in set(texts)]
    made[media] = embedder.embed_media([each for each in items if not isinstance(each, str)])
    return made


async def while_there(request: Request, work: Awaitable[T]) -> T:
    """The result of `work`, which ends when the client leaves. Raises: Refusal then."""
    task = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_left(request))
    try:
        await asyncio.wait({task, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise Refusal("timeout", "The client left before its answer. Wait for it.")
    finally:
        leaving.cancel()
        if not task.done():
            task.cancel()
            await asyncio.wait({task})


async def _left(request: Request) -> None:
    """Wait until the client is gone; its body was read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _after(first: Piece, pieces: AsyncGenerator[Piece, None]) -> AsyncGenerator[Piece, None]:
    async with aclosing(pieces):
        yield first
        async for piece in pieces:
            yield piece


def _whole(event: StreamEvent) -> Answer:
    if event.answer is None:
        raise EngineError("The model gave no answer. Ask again; if it stays so, report it with the question.")
    return event.answer
