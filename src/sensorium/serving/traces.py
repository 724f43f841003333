"""A span of OpenTelemetry for each request that is answered: no words of clients, no media, no keys.

It is written down when the request ends, with the times that it had, so nothing waits for it and no context is carried.
Where a client sends `traceparent`, the span belongs to its trace. What becomes of spans is for OpenTelemetry's own
environment variables: OTEL_TRACES_EXPORTER, OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SERVICE_NAME …
"""

import os
from importlib.metadata import entry_points
from time import time_ns
from typing import Any

from starlette.datastructures import Headers
from starlette.types import Scope

from sensorium.core.errors import UsageError
from sensorium.core.packages import require
from sensorium.serving.visit import Visit

EXPORTER = "OTEL_TRACES_EXPORTER"
EXTRA = "otel"


class Traces:
    """Writes spans."""

    def __init__(self, tracer: Any) -> None:
        """Build. Args: tracer: of OpenTelemetry. Raises: MissingPackage."""
        self._tracer = tracer
        self._kind = require("opentelemetry.trace", EXTRA).SpanKind.SERVER
        self._extract = require("opentelemetry.propagate", EXTRA).extract

    def end(self, scope: Scope, operation: str, visit: Visit, seconds: float) -> None:
        """Write down a request that is answered. Args: operation: the name of the function that did it."""
        ended = time_ns()
        began = ended - int(seconds * 1e9)
        told: dict[str, Any] = {
            "http.request.method": scope["method"],
            "http.response.status_code": visit.status,
            "sensorium.request_id": visit.id,
        }
        if visit.model:
            told |= {
                "gen_ai.request.model": visit.model,
                "gen_ai.usage.input_tokens": visit.prompt_tokens,
                "gen_ai.usage.output_tokens": visit.completion_tokens,
            }
        if visit.total:
            told |= {
                "sensorium.first_token_seconds": visit.first_token,
                "sensorium.decode_seconds": visit.total - visit.first_token,
            }
        parent = self._extract(dict(Headers(scope=scope)))
        span = self._tracer.start_span(operation, parent, kind=self._kind, attributes=told, start_time=began)
        if visit.status >= 500:
            span.set_status(require("opentelemetry.trace", EXTRA).StatusCode.ERROR)
        span.end(ended)


def traces() -> Traces:
    """Traces as the environment has them. Raises: MissingPackage, UsageError where it does not say where they go."""
    trace = require("opentelemetry.trace", EXTRA)
    sdk = require("opentelemetry.sdk.trace", EXTRA)
    found = trace.get_tracer_provider()
    if isinstance(found, trace.ProxyTracerProvider):  # else opentelemetry-instrument has made one
        found = sdk.TracerProvider()
        batches = require("opentelemetry.sdk.trace.export", EXTRA).BatchSpanProcessor
        for make in _exporters(os.environ.get(EXPORTER, "")):
            found.add_span_processor(batches(make()))
    return Traces(found.get_tracer("sensorium.serving"))


def _exporters(names: str) -> list[Any]:
    """What makes the exporters of these names, as OpenTelemetry writes them. Raises: UsageError."""
    known = {each.name: each for each in entry_points(group="opentelemetry_traces_exporter")}
    protocol = "grpc" if os.environ.get("OTEL_EXPORTER_OTLP_PROTOCOL") == "grpc" else "http"
    wanted = [each.strip().replace("otlp", f"otlp_proto_{protocol}") for each in names.split(",")]
    if missing := [each for each in wanted if each not in known]:
        raise UsageError(
            f"--traces: {EXPORTER} is {names!a}, and there is no exporter {missing[0]!a}; expected some of: "
            f"{', '.join(sorted(known))}. Set it, or install the exporter (opentelemetry-exporter-otlp-proto-http)."
        )
    return [known[each].load() for each in wanted]
