"""GET /v1/models in Anthropic's shape: https://docs.anthropic.com/en/api/models-list."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sensorium.serving.desk import Desk
from sensorium.serving.shelf import Card
from sensorium.serving.streams import json_response


async def list_models(request: Request) -> Response:
    """All models that answer, on one page."""
    desk: Desk = request.app.state.desk
    data = [_model(card) for card in desk.shelf.cards.values() if card.does == "answer"]
    ends = {"first_id": data[0]["id"], "last_id": data[-1]["id"]} if data else {"first_id": None, "last_id": None}
    return json_response({"data": data, "has_more": False, **ends})


async def show_model(request: Request) -> Response:
    """One model."""
    desk: Desk = request.app.state.desk
    return json_response(_model(desk.shelf.card(request.path_params["model"], "answer")))


def _model(card: Card) -> dict[str, Any]:
    return {"id": card.id, "type": "model", "display_name": card.id, "created_at": "1970-01-01T00:00:00Z"}
