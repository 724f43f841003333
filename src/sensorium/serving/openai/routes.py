"""The routes of this protocol; its models share a path with those of others."""

from starlette.routing import Route

from sensorium.serving.openai.audio import transcriptions, translations
from sensorium.serving.openai.chat import chat_completions
from sensorium.serving.openai.decisions import decisions
from sensorium.serving.openai.embeddings import embeddings
from sensorium.serving.openai.kept import cancel_response, delete_response, list_input_items, show_response
from sensorium.serving.openai.responses import responses

ROUTES = (
    Route("/v1/chat/completions", chat_completions, methods=["POST"]),
    Route("/v1/responses", responses, methods=["POST"]),
    Route("/v1/responses/{response}", show_response, methods=["GET"]),
    Route("/v1/responses/{response}", delete_response, methods=["DELETE"]),
    Route("/v1/responses/{response}/cancel", cancel_response, methods=["POST"]),
    Route("/v1/responses/{response}/input_items", list_input_items, methods=["GET"]),
    Route("/v1/decisions", decisions, methods=["POST"]),
    Route("/v1/embeddings", embeddings, methods=["POST"]),
    Route("/v1/audio/transcriptions", transcriptions, methods=["POST"]),
    Route("/v1/audio/translations", translations, methods=["POST"]),
)
