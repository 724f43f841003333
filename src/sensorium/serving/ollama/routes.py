"""The routes of this protocol."""

from starlette.routing import Route

from sensorium.serving.ollama.chat import chat, generate
from sensorium.serving.ollama.models import show, tags, version
from sensorium.serving.ollama.systemone import systemone

ROUTES = (
    Route("/api/chat", chat, methods=["POST"]),
    Route("/api/generate", generate, methods=["POST"]),
    Route("/v1/systemone", systemone, methods=["POST"]),
    Route("/api/tags", tags, methods=["GET"]),
    Route("/api/show", show, methods=["POST"]),
    Route("/api/version", version, methods=["GET"]),
)
