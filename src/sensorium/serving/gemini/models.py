"""GET /v1beta/models: https://ai.google.dev/api/models."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sensorium.serving.desk import Desk
from sensorium.serving.shelf import Card, Does
from sensorium.serving.streams import json_response

_METHODS: dict[Does, list[str]] = {
    "answer": ["generateContent", "streamGenerateContent", "countTokens"],
    "embed": ["embedContent", "batchEmbedContents"],
    "transcribe": [],
}


async def list_models(request: Request) -> Response:
    """All models, on one page."""
    desk: Desk = request.app.state.desk
    return json_response({"models": [_model(card) for card in desk.shelf.cards.values()]})


async def show_model(request: Request) -> Response:
    """One model."""
    desk: Desk = request.app.state.desk
    return json_response(_model(desk.shelf.card(request.path_params["model"])))


def _model(card: Card) -> dict[str, Any]:
    return {
        "name": f"models/{card.id}",
        "displayName": card.id,
        "description": f"takes {', '.join(card.modalities)}",
        "supportedGenerationMethods": _METHODS[card.does],
    }
