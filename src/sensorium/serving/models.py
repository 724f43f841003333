"""GET /v1/models, which three protocols share: each client gets the shape of its own."""

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sensorium.serving.anthropic import models as anthropic
from sensorium.serving.dialects import Dialect, dialect_of
from sensorium.serving.gemini import models as gemini
from sensorium.serving.openai import models as openai

Answer = Callable[[Request], Awaitable[Response]]

_LISTS: Mapping[Dialect, Answer] = {"anthropic": anthropic.list_models, "gemini": gemini.list_models}
_ONES: Mapping[Dialect, Answer] = {"anthropic": anthropic.show_model, "gemini": gemini.show_model}


async def list_models(request: Request) -> Response:
    """All models."""
    return await _LISTS.get(dialect_of(request.scope), openai.list_models)(request)


async def show_model(request: Request) -> Response:
    """One model."""
    return await _ONES.get(dialect_of(request.scope), openai.show_model)(request)


ROUTES = (
    Route("/v1/models", list_models, methods=["GET"]),
    Route("/v1/models/{model:path}", show_model, methods=["GET"]),
)
