"""`sensorium serve` as a process: it answers, tells nothing it should not, and ends when it is told to."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from sensorium.cli.main import main
from sensorium.core.errors import ModelError

pytest.importorskip("uvicorn")
pytest.importorskip("prometheus_client")


def test_it_answers_until_a_signal_ends_it(tiny_folder: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "sensorium", "serve", "--model", str(tiny_folder), "--port", str(port)]
    environment = {**os.environ, "SENSORIUM_API_KEY": "key-from-outside"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as process:
        try:
            assert until_live(port)
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            body = json.dumps({"model": "model", "max_tokens": 2, "messages": [{"role": "user", "content": "SECRET"}]})
            headers = {"content-type": "application/json", "x-api-key": "key-from-outside"}
            connection.request("POST", "/v1/messages", body, headers)
            assert connection.getresponse().status == 200
            connection.close()
        finally:
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert out == b""
    lines = [json.loads(line) for line in err.decode().splitlines() if line.startswith("{")]
    assert [line["event"] for line in lines if line["event"] != "request"] == ["started", "draining", "stopped"]
    assert f"at http://127.0.0.1:{port}, " in err.decode()
    assert any(line.get("operation") == "messages" and line["completion_tokens"] == 2 for line in lines)
    for hidden in ("SECRET", "key-from-outside", str(tiny_folder)):
        assert hidden not in err.decode()


def until_live(port: int) -> bool:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/health/live")
            return connection.getresponse().status == 200
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    return False


@pytest.mark.parametrize("options", [["--host", "0.0.0.0"], ["--api-key", "short"], ["--model", "no-such-model"]])
def test_wrong_use(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", *options]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_an_address_that_is_taken(tiny_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["serve", "--model", str(tiny_folder), "--port", str(port)]) == 2
    told = capsys.readouterr().err
    assert f"127.0.0.1:{port} cannot be had: Address already in use" in told
    assert "at http://" not in told


def test_a_model_that_cannot_be_loaded(
    tiny_folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def none() -> None:
        raise ModelError("tiny: needs more memory. Free some.")

    monkeypatch.setattr("sensorium.serving.app.Supervised", lambda *_: SimpleNamespace(start=none))
    assert main(["serve", "--model", str(tiny_folder), "--port", "0"]) == 4
    told = capsys.readouterr().err
    assert "needs more memory" in told
    assert "Traceback" not in told
    assert "at http://" not in told
