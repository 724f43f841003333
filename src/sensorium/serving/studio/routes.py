"""What the page asks for beside answers, which it gets from /v1/chat/completions as every client does."""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sensorium.serving.asking import Ask
from sensorium.serving.desk import Desk, while_there
from sensorium.serving.drafts import Given
from sensorium.serving.faults import Refusal
from sensorium.serving.fields import Fields, refused
from sensorium.serving.openai.parts import drafts
from sensorium.serving.streams import json_response
from sensorium.serving.studio.book import Book, Opinion
from sensorium.serving.studio.documents import MOST_PAGES, read_document
from sensorium.serving.studio.finding import MOST_HITS, Finder
from sensorium.serving.studio.pairs import pairs, size
from sensorium.serving.studio.turns import id_of, read_turns
from sensorium.serving.visit import visit_of
from sensorium.space.index.types import KINDS, Filter

T = TypeVar("T")

_LONGEST_TITLE = 200
_BYTES = {"x-content-type-options": "nosniff", "content-security-policy": "sandbox", "cache-control": "no-store"}


@dataclass(frozen=True)
class StudioSettings:
    """What an operator decides. `book` is the file that talks are kept in; `index` what can be searched, if any."""

    book: Path
    index: Path | None = None


class Studio:
    """The handlers of the page's requests."""

    def __init__(self, settings: StudioSettings) -> None:
        """Open what is kept. Raises: UsageError, UnreadableMedia."""
        self._book = Book(settings.book)
        self._finder = None if settings.index is None else Finder(settings.index)

    @property
    def routes(self) -> list[Route]:
        """All routes; those of search only where there is an index."""
        found = [
            Route("/studio/about", self.about, methods=["GET"]),
            Route("/studio/talks", self.talks, methods=["GET"]),
            Route("/studio/talks", self.erase_all, methods=["DELETE"]),
            Route("/studio/talks/{talk}", self.talk, methods=["GET"]),
            Route("/studio/talks/{talk}", self.keep, methods=["PUT"]),
            Route("/studio/talks/{talk}", self.erase, methods=["DELETE"]),
            Route("/studio/talks/{talk}/media/{medium}", self.medium, methods=["GET"]),
            Route("/studio/talks/{talk}/media/{medium}", self.keep_medium, methods=["PUT"]),
            Route("/studio/opinions", self.judge, methods=["POST"]),
            Route("/studio/pairs.jsonl", self.pairs, methods=["GET"]),
            Route("/studio/estimate", self.estimate, methods=["POST"]),
            Route("/studio/pages", self.pages, methods=["POST"]),
        ]
        if self._finder is not None:
            found.append(Route("/studio/search", self.search, methods=["POST"]))
            found.append(Route("/studio/found/{item:int}", self.found, methods=["GET"]))
        return found

    async def about(self, request: Request) -> Response:
        """What the page can offer: models, search, the number of pairs for training."""
        desk = _desk(request)
        opinions = await _beside(self._book.opinions, _owner(request))
        models = [
            {"id": card.id, "does": card.does, "modalities": card.modalities} for card in desk.shelf.cards.values()
        ]
        return json_response(
            {"models": models, "search": self._finder is not None, "pairs": size(opinions), "pages": MOST_PAGES}
        )

    async def talks(self, request: Request) -> Response:
        """All talks of whoever asks."""
        titles = await _beside(self._book.titles, _owner(request))
        return json_response({"talks": [each._asdict() for each in titles]})

    async def talk(self, request: Request) -> Response:
        """One talk."""
        title, turns = await _beside(self._book.turns, _owner(request), _id(request, "talk"))
        return json_response({"title": title, "turns": turns})

    async def keep(self, request: Request) -> Response:
        """Keep a talk as it now is."""
        desk = _desk(request)
        with Fields(await desk.json(request)) as fields:
            title = fields.text("title", "")[:_LONGEST_TITLE]
            turns = read_turns(fields, "turns", desk.limits)
        await _beside(self._book.write, _owner(request), _id(request, "talk"), title, turns)
        return Response(status_code=204)

    async def erase(self, request: Request) -> Response:
        """Erase a talk with all that belongs to it."""
        await _beside(self._book.erase, _owner(request), _id(request, "talk"))
        return Response(status_code=204)

    async def erase_all(self, request: Request) -> Response:
        """Erase all talks of whoever asks."""
        return json_response({"erased": await _beside(self._book.erase, _owner(request))})

    async def medium(self, request: Request) -> Response:
        """The bytes of a medium, for scripts of the page alone."""
        type_, data = await _beside(self._book.medium, _owner(request), _id(request, "talk"), _id(request, "medium"))
        return Response(data, 200, _BYTES, type_)

    async def keep_medium(self, request: Request) -> Response:
        """Keep a medium of a talk; the body is its bytes, and its type is in `content-type`."""
        type_ = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if type_.partition("/")[0] not in ("image", "audio", "video") and type_ != "text/plain":
            raise Refusal("unsupported", f"Content-Type: got {type_[:60]!a}; expected that of a medium. Name it.")
        data = await request.body()
        if not data or len(data) > _desk(request).limits.media.file_bytes:
            raise Refusal("too_large", f"{len(data)} bytes; expected a medium that can be asked about. Send another.")
        talk, medium = _id(request, "talk"), _id(request, "medium")
        await _beside(self._book.put_medium, _owner(request), talk, medium, type_, data)
        return Response(status_code=204)

    async def judge(self, request: Request) -> Response:
        """Keep what someone thinks of an answer."""
        desk = _desk(request)
        with Fields(await desk.json(request)) as fields:
            talk = id_of(fields.text("talk"), "talk")
            asked = read_turns(fields, "asked", desk.limits)
            answer, good, better = fields.text("answer"), fields.flag("good"), fields.text("better", "").strip()
        better = "" if better == answer.strip() else better
        await _beside(self._book.judge, _owner(request), Opinion(talk, asked, answer, good, better))
        return Response(status_code=204)

    async def pairs(self, request: Request) -> Response:
        """All pairs, as a file to train on."""
        owner = _owner(request)
        opinions = await _beside(self._book.opinions, owner)
        lines = await _beside(lambda: b"".join(pairs(opinions, partial(self._book.medium, owner))))
        return Response(lines, 200, _BYTES, "application/jsonl")

    async def estimate(self, request: Request) -> Response:
        """Tokens of a talk that is not yet asked, and how many the model takes."""
        desk = _desk(request)
        with Fields(await desk.json(request)) as fields:
            ask = Ask(fields.text("model"), drafts(fields, desk.limits))
        visit_of(request).model = desk.shelf.card(ask.model, "answer").id
        tokens = await desk.count(request, ask)
        return json_response({"tokens": tokens, "most": (await desk.shelf.answers(ask.model)).max_tokens})

    async def pages(self, request: Request) -> Response:
        """Pages of a PDF as pictures and words."""
        desk = _desk(request)
        with Fields(await desk.json(request)) as fields:
            name = Path(fields.text("name", "document")).name[:100]
            first, last = fields.integer("first", 1) or 1, fields.integer("last", 1) or MOST_PAGES
            data = _bytes(fields, "data")
        reading = _beside(read_document, data, name, first, last, desk.limits.media)
        return json_response(await while_there(request, reading))

    async def search(self, request: Request) -> Response:
        """Search by words, media, or both."""
        desk = _desk(request)
        finder = self._index()
        with Fields(await desk.json(request)) as fields:
            words = fields.text("words", "")[:1000]
            kinds = fields.texts("kinds", most=len(KINDS), longest=20)
            uris = fields.texts("media", most=4, longest=desk.limits.body_bytes)
            count = fields.integer("count", 1, MOST_HITS) or 24
        if unknown := set(kinds) - set(KINDS):
            raise refused("kinds", f"got {min(unknown)!a}", f"some of {', '.join(KINDS)}")
        within = Filter(tuple(kind for kind in KINDS if kind in kinds))
        media = [await desk.decoder.medium(Given(f"media[{index}]", uri)) for index, uri in enumerate(uris)]
        searching = desk.worker.run(lambda: finder.search(words, media, within, count))
        return json_response(await while_there(request, searching))

    async def found(self, request: Request) -> Response:
        """The file behind a hit."""
        limits = _desk(request).limits.media
        name, type_, data = await _beside(self._index().file, request.path_params["item"], limits)
        return Response(data, 200, {**_BYTES, "x-name": quote(name)}, type_)

    def _index(self) -> Finder:
        if self._finder is None:
            raise Refusal("not_found", "There is no index here; expected one to search. Start with --index FOLDER.")
        return self._finder


def _desk(request: Request) -> Desk:
    found: Desk = request.app.state.desk
    return found


def _owner(request: Request) -> str:
    return visit_of(request).holder


def _id(request: Request, name: str) -> str:
    return id_of(request.path_params[name], name)


def _bytes(fields: Fields, name: str) -> bytes:
    try:
        return base64.b64decode(fields.text(name), validate=True)
    except (ValueError, binascii.Error) as error:
        raise refused(fields.at(name), "it is no base64", "the bytes of a file") from error


async def _beside(work: Callable[..., T], *arguments: object) -> T:
    """Do what waits for a disk or a decoder beside the loop."""
    return await to_thread.run_sync(partial(work, *arguments))
