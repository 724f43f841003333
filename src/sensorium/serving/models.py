"""GET /v1/models and /v1/files, which protocols share: each client gets the shape of its own."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sensorium.serving.anthropic import files as anthropic_files
from sensorium.serving.anthropic import models as anthropic
from sensorium.serving.dialects import Dialect, dialect_of
from sensorium.serving.gemini import files as gemini_files
from sensorium.serving.gemini import models as gemini
from sensorium.serving.openai import files as openai_files
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


async def upload_file(request: Request) -> Response:
    """Keep a file."""
    anthropic_ = dialect_of(request.scope) == "anthropic"
    return await (anthropic_files if anthropic_ else openai_files).upload_file(request)


async def list_files(request: Request) -> Response:
    """All files."""
    return await _files(request).list_files(request)


async def show_file(request: Request) -> Response:
    """One file."""
    return await _files(request).show_file(request)


async def delete_file(request: Request) -> Response:
    """Forget one file."""
    return await _files(request).delete_file(request)


def _files(request: Request) -> Any:
    return {"anthropic": anthropic_files, "gemini": gemini_files}.get(dialect_of(request.scope), openai_files)


ROUTES = (
    Route("/v1/files", upload_file, methods=["POST"]),
    Route("/v1/files", list_files, methods=["GET"]),
    Route("/v1/files/{file}", show_file, methods=["GET"]),
    Route("/v1/files/{file}", delete_file, methods=["DELETE"]),
    Route("/v1/files/{file}/content", openai_files.file_content, methods=["GET"]),
    Route("/v1/models", list_models, methods=["GET"]),
    Route("/v1/models/{model:path}", show_model, methods=["GET"]),
)
