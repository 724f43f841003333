"""The routes of this protocol; its models share a path with OpenAI's."""

from starlette.routing import Route

from sensorium.serving.anthropic.messages import count_tokens, messages

ROUTES = (
    Route("/v1/messages", messages, methods=["POST"]),
    Route("/v1/messages/count_tokens", count_tokens, methods=["POST"]),
)
