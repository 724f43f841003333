"""Measures in the format of Prometheus. All labels are names of ours: nothing that a client sends makes a new one."""

from sensorium.core.packages import require
from sensorium.serving.visit import Visit

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Measures:
    """Counts of requests, tokens and seconds."""

    def __init__(self) -> None:
        """Build. Raises: MissingPackage."""
        client = require("prometheus_client", "serve")
        self._render = client.generate_latest
        self._registry = client.CollectorRegistry()
        self._requests = client.Counter(
            "sensorium_requests", "Requests answered.", ("operation", "status"), registry=self._registry
        )
        self._seconds = client.Histogram(
            "sensorium_request_seconds",
            "Seconds from a request to the end of its answer.",
            ("operation",),
            registry=self._registry,
            buckets=(0.005, 0.02, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 300),
        )
        self._tokens = client.Counter("sensorium_tokens", "Tokens.", ("model", "kind"), registry=self._registry)
        self._running = client.Gauge("sensorium_running", "Requests being answered.", registry=self._registry)
        self._waiting = client.Gauge(
            "sensorium_waiting", "Work for the model, the running one too.", registry=self._registry
        )

    def begin(self) -> None:
        """Count a request that came in."""
        self._running.inc()

    def end(self, operation: str, visit: Visit, seconds: float) -> None:
        """Count a request that is answered. Args: operation: the name of the function that did it."""
        self._running.dec()
        self._requests.labels(operation, str(visit.status)).inc()
        self._seconds.labels(operation).observe(seconds)
        if visit.model:
            self._tokens.labels(visit.model, "prompt").inc(visit.prompt_tokens)
            self._tokens.labels(visit.model, "completion").inc(visit.completion_tokens)

    def text(self, waiting: int) -> bytes:
        """All of them, as they stand."""
        self._waiting.set(waiting)
        found: bytes = self._render(self._registry)
        return found
