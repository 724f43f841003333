"""A Hub on this machine and an empty cache for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import close_session, constants, get_session
from tests.weights.fake_hub import FakeHub

from sensorium.weights import hub


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the Hub's tools, nobody logged in."""
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
    return tmp_path / "hub"


@pytest.fixture(scope="session")
def _client() -> Iterator[None]:
    """One client for all tests, past any proxy."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "127.0.0.1")
        close_session()
        get_session()
        yield
        close_session()


@pytest.fixture
def fake_hub(cache: Path, monkeypatch: pytest.MonkeyPatch, _client: None) -> Iterator[FakeHub]:
    """A Hub with an empty repository; the client is told to ask it, without waiting between attempts."""
    server = FakeHub()
    monkeypatch.setattr(constants, "ENDPOINT", server.address)
    template = server.address + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(hub, "_PAUSE", 0.0)
    try:
        yield server
    finally:
        server.stop()
