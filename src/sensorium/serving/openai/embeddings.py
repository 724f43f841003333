"""POST /v1/embeddings: https://platform.openai.com/docs/api-reference/embeddings; media as parts of messages too."""

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import Response

from sensorium.serving.desk import Desk
from sensorium.serving.drafts import Given
from sensorium.serving.fields import Fields, refused
from sensorium.serving.limits import ServerLimits
from sensorium.serving.openai.parts import part_of
from sensorium.serving.reading import kind_of
from sensorium.serving.streams import json_response

MOST = 256
"""Items of one request."""


async def embeddings(request: Request) -> Response:
    """Places of texts and media. Tokens are not counted, and told as 0."""
    desk: Desk = request.app.state.desk
    with Fields(await desk.json(request)) as fields:
        model = fields.text("model")
        items = _items(fields, desk.limits)
        packed = fields.word("encoding_format", ("float", "base64"), "float") == "base64"
        width = fields.integer("dimensions", 1)
        fields.inert("user")
    made = await desk.places(request, model, items, [width] * len(items), "dimensions")
    data = [
        {"object": "embedding", "index": index, "embedding": _packed(row) if packed else row.tolist()}
        for index, row in enumerate(made)
    ]
    usage = {"prompt_tokens": 0, "total_tokens": 0}
    return json_response({"object": "list", "data": data, "model": model, "usage": usage})


def _items(fields: Fields, limits: ServerLimits) -> list[str | Given]:
    """Texts and media; a list of token ids is none."""
    value = fields.take("input")
    listed = value if isinstance(value, list) else [value]
    if not 0 < len(listed) <= MOST:
        raise refused("input", f"{len(listed)} items", f"1 to {MOST}")
    items = [_item(each, f"input[{index}]") for index, each in enumerate(listed)]
    if sum(isinstance(each, Given) for each in items) > limits.media_parts:
        raise refused("input", "too many media", f"at most {limits.media_parts}")
    if sum(len(each) for each in items if isinstance(each, str)) > limits.text_characters:
        raise refused("input", "too many characters", f"at most {limits.text_characters}")
    return items


def _item(value: Any, path: str) -> str | Given:
    if isinstance(value, dict):
        with Fields(value, path) as fields:
            part = part_of(fields, "user")
        return part if isinstance(part, Given) else part.text
    if not isinstance(value, str) or not value:
        got = "an empty text" if value == "" else kind_of(value)
        raise refused(path, f"got {got}", "a text, or a part such as image_url")
    return value


def _packed(row: NDArray[np.float32]) -> str:
    return base64.b64encode(row.astype("<f4").tobytes()).decode("ascii")
