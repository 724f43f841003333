"""The application: routes of all protocols behind the wall."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from sensorium.core.errors import ModelError, SensoriumError
from sensorium.serving import health, models
from sensorium.serving.anthropic.routes import ROUTES as ANTHROPIC
from sensorium.serving.backend import Answers
from sensorium.serving.desk import Desk
from sensorium.serving.dialects import fault_response
from sensorium.serving.drafts import Decoder
from sensorium.serving.faults import STATUS, Fault, Kind, Refusal, fault_of
from sensorium.serving.fetch import Fetcher
from sensorium.serving.files import Files
from sensorium.serving.gemini.routes import ROUTES as GEMINI
from sensorium.serving.keys import Keys
from sensorium.serving.limits import ServerLimits
from sensorium.serving.log import tell, tell_failure
from sensorium.serving.measures import Measures
from sensorium.serving.ollama.routes import ROUTES as OLLAMA
from sensorium.serving.openai.routes import ROUTES as OPENAI
from sensorium.serving.shelf import Card, Shelf, open_here
from sensorium.serving.studio.mounting import mount
from sensorium.serving.studio.routes import StudioSettings
from sensorium.serving.supervised import Supervised
from sensorium.serving.traces import Traces
from sensorium.serving.visit import visit_of
from sensorium.serving.wall import State, Wall
from sensorium.serving.worker import Worker


@dataclass(frozen=True)
class Settings:
    """What an operator decides. `media_hosts` are those that media may be fetched from; `studio` the page, if any."""

    cards: Sequence[Card]
    keys: Sequence[str] = ()
    media_hosts: Sequence[str] = ()
    limits: ServerLimits = field(default_factory=ServerLimits)
    studio: StudioSettings | None = None
    own_process: bool = False
    """Whether each model that answers runs in a process of its own, as the command has it."""

    traces: Traces | None = None


class Server:
    """All that runs in one process, and the ASGI application `app` in front."""

    def __init__(self, settings: Settings) -> None:
        """Build; `begin` loads the first model. Raises: UsageError, MissingPackage."""
        limits = settings.limits
        self.state = State()
        self.worker = Worker(waiting=limits.waiting)
        self._settings = settings
        self._decoder = Decoder(limits, Fetcher(settings.media_hosts, limits))
        self.shelf = Shelf(settings.cards, self.worker, self._open)
        inner = Starlette(
            routes=[*health.ROUTES, *OPENAI, *ANTHROPIC, *GEMINI, *OLLAMA, *models.ROUTES],
            exception_handlers={SensoriumError: _on_error, HTTPException: _on_http, 500: _on_fault_of_ours},
            lifespan=self._life,
        )
        inner.router.redirect_slashes = False
        inner.state.wall = self.state
        inner.state.worker = self.worker
        inner.state.measures = measures = Measures()
        inner.state.desk = Desk(self.shelf, self._decoder, limits, self.worker, Files(limits))
        self.state.ticket = inner.state.desk.uploads.holder_of
        wall = Wall(
            inner,
            keys=Keys(settings.keys, limits),
            limits=limits,
            measures=measures,
            state=self.state,
            tell_fault=fault_response,
            traces=settings.traces,
        )
        self.app = mount(settings.studio, inner, wall)

    async def begin(self) -> None:
        """Load the first model. Raises: UsageError, ModelError."""
        await self.shelf.first()
        tell("started", models=list(self.shelf.cards))

    async def stop(self) -> None:
        """End all work; whoever is still answered is told so, in their protocol."""
        self.worker.stop()
        await self.shelf.close()

    async def _open(self, card: Card) -> Answers:
        settings = self._settings
        if settings.own_process:
            model = Supervised(card, settings.limits, settings.media_hosts)
            await model.start()
            return model
        waiting = settings.limits.waiting
        return await asyncio.to_thread(open_here, card, self._decoder, waiting=waiting)

    @asynccontextmanager
    async def _life(self, app: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await self.stop()
            tell("stopped")


async def _on_error(request: Request, error: Exception) -> Response:
    fault = fault_of(error) if isinstance(error, SensoriumError) else Fault("internal", str(error))
    visit = visit_of(request)
    if isinstance(error, ModelError):
        tell_failure("failed", error, id=visit.id)
    return fault_response(request.scope, fault, visit.id)


_KIND_OF: dict[int, Kind] = {status: kind for kind, status in STATUS.items()}


async def _on_http(request: Request, error: Exception) -> Response:
    """What Starlette refuses: paths and methods that are not there, and forms that cannot be read."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    kind = _KIND_OF.get(status, "invalid")
    told = {
        "not_found": "There is no such path here. Look into docs/serving.md for those that are.",
        "method": "This path does not take that method. Look into docs/serving.md.",
    }
    message = told.get(kind, "The request cannot be read. Correct it.")
    return fault_response(request.scope, Fault(kind, message), visit_of(request).id)


async def _on_fault_of_ours(request: Request, error: Exception) -> Response:
    fault = fault_of(Refusal("internal", "The server failed on this request. Tell the operator its id."))
    return fault_response(request.scope, fault, visit_of(request).id)
