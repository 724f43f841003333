"""Which protocol a request speaks, told from its path; and faults said in it."""

import math
import re
from typing import Literal

from starlette.responses import Response
from starlette.types import Scope

from sensorium.serving.anthropic import errors as anthropic
from sensorium.serving.faults import Fault
from sensorium.serving.gemini import errors as gemini
from sensorium.serving.ollama import errors as ollama
from sensorium.serving.openai import errors as openai
from sensorium.serving.streams import json_response

Dialect = Literal["openai", "anthropic", "gemini", "ollama"]

_OPERATION = re.compile(r"/v1/models/[^:]*:[A-Za-z]+")


def dialect_of(scope: Scope) -> Dialect:
    """The protocol of a request. Where paths are shared, headers that one vendor's clients alone send tell."""
    path: str = scope["path"]
    sent = {name for name, _ in scope["headers"]}
    if path.startswith("/api/") or path == "/v1/systemone":
        return "ollama"
    if path.startswith(("/v1beta/", "/upload/")) or _OPERATION.fullmatch(path):
        return "gemini"
    if path.startswith("/v1/messages"):
        return "anthropic"
    if path.startswith(("/v1/models", "/v1/files")):
        if b"anthropic-version" in sent:
            return "anthropic"
        if b"x-goog-api-key" in sent or b"x-goog-api-client" in sent:
            return "gemini"
    return "openai"


def fault_response(scope: Scope, fault: Fault, id_: str) -> Response:
    """What tells of a fault, in the protocol of the request. Args: id_: of the request."""
    headers = {} if fault.wait is None else {"retry-after": str(max(1, math.ceil(fault.wait)))}
    match dialect_of(scope):
        case "anthropic":
            return json_response(anthropic.body(fault, id_), status=anthropic.status(fault), headers=headers)
        case "gemini":
            return json_response(gemini.body(fault), status=fault.status, headers=headers)
        case "ollama":
            return json_response(ollama.body(fault), status=fault.status, headers=headers)
        case "openai":
            return json_response(openai.body(fault), status=fault.status, headers=headers)
