"""POST models/M:embedContent and :batchEmbedContents: https://ai.google.dev/api/embeddings."""

from starlette.requests import Request
from starlette.responses import Response

from sensorium.chat.message import Text
from sensorium.serving.desk import Desk
from sensorium.serving.drafts import Given
from sensorium.serving.fields import Fields, refused
from sensorium.serving.gemini.contents import camel, parts_of
from sensorium.serving.limits import ServerLimits
from sensorium.serving.streams import json_response

MOST = 100
"""Requests of one batch."""


async def embed_content(request: Request) -> Response:
    """The place of one content."""
    desk: Desk = request.app.state.desk
    model = request.path_params["model"]
    with Fields(camel(await desk.json(request))) as fields:
        item, width = _read(fields, model, desk.limits)
    (row,) = await _rows(request, model, [item], [width])
    return json_response({"embedding": {"values": row}})


async def batch_embed_contents(request: Request) -> Response:
    """Places of several contents."""
    desk: Desk = request.app.state.desk
    model = request.path_params["model"]
    with Fields(camel(await desk.json(request))) as fields:
        read = [_read(each, model, desk.limits) for each in fields.tables("requests", most=MOST, needed=True)]
    rows = await _rows(request, model, [item for item, _ in read], [width for _, width in read])
    return json_response({"embeddings": [{"values": row} for row in rows]})


def _read(fields: Fields, model: str, limits: ServerLimits) -> tuple[str | Given, int | None]:
    """One content, of one part: a text or a medium; and how many numbers are wanted."""
    fields.only("model", model, f"models/{model}", otherwise="it is not the model of the path")
    fields.only("taskType", "TASK_TYPE_UNSPECIFIED", otherwise="places are the same for all tasks")
    fields.only("title", otherwise="it cannot be honoured")
    width = fields.integer("outputDimensionality", 1)
    with fields.table("content") as content:
        parts = parts_of(content, limits)
    if len(parts) != 1:
        raise refused(content.at("parts"), f"{len(parts)} parts", "one text or medium for a place")
    part = parts[0]
    return (part.text if isinstance(part, Text) else part), width


async def _rows(request: Request, model: str, items: list[str | Given], widths: list[int | None]) -> list[list[float]]:
    desk: Desk = request.app.state.desk
    media = sum(isinstance(each, Given) for each in items)
    if media > desk.limits.media_parts:
        raise refused("requests", f"{media} media", f"at most {desk.limits.media_parts}")
    made = await desk.places(request, model, items, widths, "outputDimensionality")
    return [row.tolist() for row in made]
