"""The application: routes of all protocols behind the wall."""

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
from sensorium.serving.desk import Desk
from sensorium.serving.dialects import fault_response
from sensorium.serving.drafts import Decoder
from sensorium.serving.faults import STATUS, Fault, Kind, Refusal, fault_of
from sensorium.serving.fetch import Fetcher
from sensorium.serving.gemini.routes import ROUTES as GEMINI
from sensorium.serving.keys import Keys
from sensorium.serving.limits import ServerLimits
from sensorium.serving.log import tell, tell_failure
from sensorium.serving.measures import Measures
from sensorium.serving.ollama.routes import ROUTES as OLLAMA
from sensorium.serving.openai.routes import ROUTES as OPENAI
from sensorium.serving.shelf import Card, Shelf
from sensorium.serving.visit import visit_of
from sensorium.serving.wall import State, Wall
from sensorium.serving.worker import Worker


@dataclass(frozen=True)
class Settings:
    """What an operator decides. `media_hosts` are those that media may be fetched from."""

    cards: Sequence[Card]
    keys: Sequence[str] = ()
    media_hosts: Sequence[str] = ()
    limits: ServerLimits = field(default_factory=ServerLimits)


class Server:
    """All that runs in one process, and the ASGI application `app` in front."""

    def __init__(self, settings: Settings) -> None:
        """Build; the first model is loaded when the application starts. Raises: UsageError, MissingPackage."""
        limits = settings.limits
        self.state = State()
        self.worker = Worker(waiting=limits.waiting)
        self._shelf = Shelf(settings.cards, self.worker)
        inner = Starlette(
            routes=[*health.ROUTES, *OPENAI, *ANTHROPIC, *GEMINI, *OLLAMA, *models.ROUTES],
            exception_handlers={SensoriumError: _on_error, HTTPException: _on_http, 500: _on_fault_of_ours},
            lifespan=self._life,
        )
        inner.router.redirect_slashes = False
        inner.state.wall = self.state
        inner.state.worker = self.worker
        inner.state.measures = measures = Measures()
        inner.state.desk = Desk(
            self._shelf, Decoder(limits, Fetcher(settings.media_hosts, limits)), limits, self.worker
        )
        self.app = Wall(
            inner,
            keys=Keys(settings.keys, limits),
            limits=limits,
            measures=measures,
            state=self.state,
            tell_fault=fault_response,
        )

    @asynccontextmanager
    async def _life(self, app: Starlette) -> AsyncIterator[None]:
        await self._shelf.first()
        tell("started", models=list(self._shelf.cards))
        try:
            yield
        finally:
            self.worker.stop()
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
