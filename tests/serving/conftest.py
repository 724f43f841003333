"""Servers that really run, with a tiny random nano behind them."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")
pytest.importorskip("prometheus_client")

from sensorium.serving.app import Settings
from sensorium.serving.limits import ServerLimits
from sensorium.serving.server import Draining, make
from sensorium.serving.shelf import look_at

pytest.register_assert_rewrite("tests.serving.hardening.spoken")  # so that what it asserts counts under -O, too

KEY = "a-key-for-tests"


@dataclass
class Running:
    """A server in a thread of this process."""

    server: Draining
    thread: threading.Thread
    port: int = 0
    model: str = "tiny"
    key: str = KEY
    headers: dict[str, str] = field(default_factory=lambda: {"authorization": f"Bearer {KEY}"})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


Start = Callable[..., Any]


@contextmanager
def running(folders: list[Path], *, keys: tuple[str, ...] = (KEY,), **options: Any) -> Iterator[Running]:
    settings = Settings(look_at([str(each) for each in folders]), keys=keys, **options)
    server = make(settings, host="127.0.0.1", port=0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            pytest.fail("the server did not start")
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield Running(server, thread, port)
    finally:
        server.handle_exit(15, None)
        server.handle_exit(15, None)
        thread.join(20)
        assert not thread.is_alive(), "the server did not stop"


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory, make_nano: Any, tiny_tokenizer: Any, tiny_config: Any) -> Path:
    """The folder of a tiny nano called "tiny"."""
    from sensorium.models.nano.folder import save_nano

    folder = tmp_path_factory.mktemp("models") / "tiny"
    save_nano(folder, tiny_config, tiny_tokenizer, make_nano(0).state_dict())
    return folder


@pytest.fixture(scope="session")
def server(tiny_model: Path) -> Iterator[Running]:
    """A server with a key, that all tests share."""
    with running([tiny_model]) as found:
        yield found


@pytest.fixture
def start(tiny_model: Path) -> Start:
    """Starts a server with its own settings: with start(limits=...) as running."""

    def begin(**options: Any) -> Any:
        options.setdefault("limits", ServerLimits())
        return running([tiny_model], **options)

    return begin


@pytest.fixture(scope="session")
def nano_server() -> Iterator[Running]:
    """A server of the bundled model, for talks that a tiny one has no room for."""
    with running([Path("nano")]) as found:
        found.model = "nano"
        yield found
