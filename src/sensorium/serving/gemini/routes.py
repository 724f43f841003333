"""The routes of this protocol, in both of its versions; one of them shares the path of models with OpenAI's."""

from starlette.routing import Route

from sensorium.serving.gemini.embed import batch_embed_contents, embed_content
from sensorium.serving.gemini.files import begin_upload, delete_file, go_on_with_upload, list_files, show_file
from sensorium.serving.gemini.generate import count_tokens, generate_content, stream_generate_content
from sensorium.serving.gemini.models import list_models, show_model

_OPERATIONS = {
    "generateContent": generate_content,
    "streamGenerateContent": stream_generate_content,
    "countTokens": count_tokens,
    "embedContent": embed_content,
    "batchEmbedContents": batch_embed_contents,
}

ROUTES = (
    *(
        Route(f"/{version}/models/{{model:path}}:{name}", operation, methods=["POST"])
        for version in ("v1beta", "v1")
        for name, operation in _OPERATIONS.items()
    ),
    *(Route(f"/upload/{version}/files", begin_upload, methods=["POST"]) for version in ("v1beta", "v1")),
    Route("/upload/v1beta/files/{upload}", go_on_with_upload, methods=["POST"]),
    Route("/v1beta/files", list_files, methods=["GET"]),
    Route("/v1beta/files/{file}", show_file, methods=["GET"]),
    Route("/v1beta/files/{file}", delete_file, methods=["DELETE"]),
    Route("/v1beta/models", list_models, methods=["GET"]),
    Route("/v1beta/models/{model:path}", show_model, methods=["GET"]),
)
