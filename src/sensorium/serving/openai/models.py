"""GET /v1/models: https://platform.openai.com/docs/api-reference/models."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sensorium.serving.desk import Desk
from sensorium.serving.shelf import Card
from sensorium.serving.streams import json_response


async def list_models(request: Request) -> Response:
    """All models."""
    desk: Desk = request.app.state.desk
    return json_response({"object": "list", "data": [_model(card) for card in desk.shelf.cards.values()]})


async def show_model(request: Request) -> Response:
    """One model."""
    desk: Desk = request.app.state.desk
    return json_response(_model(desk.shelf.card(request.path_params["model"])))


def _model(card: Card) -> dict[str, Any]:
    return {
        "id": card.id,
        "object": "model",
        "created": 0,
        "owned_by": "sensorium",
        "modalities": list(card.modalities),
        "does": card.does,
    }
