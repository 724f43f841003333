"""Spans of requests: what was done, by which model and how fast, and nobody's words."""

import os
import subprocess
import sys

import pytest
from tests.serving.conftest import KEY, Start
from tests.serving.hardening.spoken import PROTOCOLS, send

from sensorium.cli.main import main
from sensorium.serving.traces import EXPORTER, Traces

sdk = pytest.importorskip("opentelemetry.sdk.trace")


def test_each_request_has_a_span(start: Start) -> None:
    export = pytest.importorskip("opentelemetry.sdk.trace.export")
    memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter").InMemorySpanExporter()
    provider = sdk.TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(export.SimpleSpanProcessor(memory))
    with start(traces=Traces(provider.get_tracer("test"))) as server:
        parent = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
        assert send(server, PROTOCOLS[0].path, PROTOCOLS[0].ask("SECRET"), headers=parent).status == 200
        assert send(server, PROTOCOLS[1].path, {"model": "SECRET"}).status == 400
    good, bad = [each for each in memory.get_finished_spans() if each.name != "live"]
    assert (good.name, good.attributes["http.response.status_code"]) == ("chat_completions", 200)
    assert good.attributes["gen_ai.request.model"] == "tiny"
    assert good.attributes["gen_ai.usage.input_tokens"] > 0
    assert good.attributes["gen_ai.usage.output_tokens"] == 2
    spent = (good.end_time - good.start_time) / 1e9
    assert 0 < good.attributes["sensorium.first_token_seconds"] + good.attributes["sensorium.decode_seconds"] <= spent
    assert f"{good.context.trace_id:032x}" == "0af7651916cd43dd8448eb211c80319c"
    assert bad.attributes["http.response.status_code"] == 400
    for hidden in ("SECRET", KEY):
        assert hidden not in good.to_json() + bad.to_json()


def test_the_environment_must_say_where_they_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(EXPORTER, raising=False)
    assert main(["serve", "--traces", "--port", "0"]) == 2


@pytest.mark.parametrize(
    ("exporter", "told"), [("console", '"name": "it"'), ("no-such", "there is no exporter 'no-such'")]
)
def test_the_environment_says_where_they_go(exporter: str, told: str) -> None:
    program = "from sensorium.serving.traces import traces; traces()._tracer.start_span('it').end()"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {EXPORTER: exporter},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert told in done.stdout + done.stderr
