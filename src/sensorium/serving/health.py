"""Whether the server lives, whether it can answer, and its measures."""

import asyncio
from contextlib import aclosing

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sensorium.chat.message import Text
from sensorium.core.errors import SensoriumError
from sensorium.engine.sampling import Sampling
from sensorium.serving.backend import Asked
from sensorium.serving.drafts import Draft
from sensorium.serving.log import tell_failure
from sensorium.serving.measures import CONTENT_TYPE
from sensorium.serving.shelf import Shelf
from sensorium.serving.streams import json_response

PATIENCE = 5.0
"""Seconds in which the model must have made a token."""

_QUESTION = Asked((Draft("user", (Text("?"),)),), Sampling(max_tokens=1))


async def live(request: Request) -> Response:
    """Whether the process answers at all."""
    return json_response({"status": "live"})


async def ready(request: Request) -> Response:
    """Whether a model makes tokens: it is seen doing so, or made to."""
    state = request.app.state
    if state.wall.draining:
        return _state("draining", 503)
    shelf: Shelf = state.desk.shelf
    if shelf.running:
        return _state("ready", 200) if shelf.moves(PATIENCE) else _state("stalled", 503)
    try:
        async with asyncio.timeout(PATIENCE):
            await _step(shelf)
    except TimeoutError:
        return _state("stalled", 503)
    except SensoriumError as error:
        tell_failure("not ready", error)
        return _state("failing", 503)
    return _state("ready", 200)


async def metrics(request: Request) -> Response:
    """The measures."""
    state = request.app.state
    return Response(state.measures.text(state.desk.shelf.running), media_type=CONTENT_TYPE)


async def _step(shelf: Shelf) -> None:
    """Have a loaded model make one token."""
    for id_ in reversed(shelf.loaded):
        if shelf.cards[id_].does == "answer":
            model = await shelf.answers(id_)
            async with aclosing(model.stream(_QUESTION)) as pieces:
                async for _ in pieces:
                    pass
            return


def _state(name: str, status: int) -> Response:
    return json_response({"status": name}, status=status)


ROUTES = (
    Route("/health/live", live, methods=["GET"]),
    Route("/health/ready", ready, methods=["GET"]),
    Route("/metrics", metrics, methods=["GET"]),
)
