"""GET /api/tags and /api/version, POST /api/show."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sensorium import __version__
from sensorium.serving.desk import Desk
from sensorium.serving.fields import Fields
from sensorium.serving.ollama.chat import model_id
from sensorium.serving.shelf import Card
from sensorium.serving.streams import json_response
from sensorium.serving.tools import knows_tools

_NO_TIME = "1970-01-01T00:00:00Z"


async def tags(request: Request) -> Response:
    """All models that answer."""
    desk: Desk = request.app.state.desk
    cards = [card for card in desk.shelf.cards.values() if card.does == "answer"]
    return json_response({"models": [_model(card) for card in cards]})


async def show(request: Request) -> Response:
    """One model."""
    desk: Desk = request.app.state.desk
    with Fields(await desk.json(request)) as fields:
        name = fields.text("model") if "model" in fields else fields.text("name")
        fields.inert("verbose")
    card = desk.shelf.card(model_id(name), "answer")
    sees = [{"image": "vision"}.get(each, each) for each in card.modalities if each != "text"]
    return json_response(
        {
            "details": _details(card),
            "model_info": {"general.architecture": card.family},
            "capabilities": ["completion", *sees, *(["tools"] if knows_tools(card) else [])],
            "modelfile": "",
            "parameters": "",
            "template": "",
            "modified_at": _NO_TIME,
        }
    )


async def version(request: Request) -> Response:
    """Ours."""
    return json_response({"version": __version__})


def _model(card: Card) -> dict[str, Any]:
    size = sum(path.stat().st_size for path in card.folder.glob("*.safetensors"))
    return {
        "name": card.id,
        "model": card.id,
        "modified_at": _NO_TIME,
        "size": size,
        "digest": "",
        "details": _details(card),
    }


def _details(card: Card) -> dict[str, Any]:
    return {
        "parent_model": "",
        "format": "safetensors",
        "family": card.family,
        "families": [card.family],
        "parameter_size": "",
        "quantization_level": "",
    }
