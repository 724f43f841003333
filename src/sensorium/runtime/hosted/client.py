"""Asks a server over HTTP, and says in our errors what went wrong there."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sensorium.core.errors import EngineError, InputError, SensoriumError, UsageError
from sensorium.core.packages import require

if TYPE_CHECKING:
    import httpx

KEY = "SENSORIUM_ENGINE_KEY"
_CONNECT, _SILENCE = 10.0, 300.0  # seconds: to reach the server; between two pieces of what it sends
_LONGEST_REPLY = 1000  # letters of a server's complaint that are passed on


class Client:
    """One server. Follows no redirect, and reads no proxy or password from the environment."""

    def __init__(self, url: str, *, key: str = "") -> None:
        """Connect to nothing yet. Args: url: with "/v1"; key: sent as bearer. Raises: MissingPackage."""
        self._httpx = require("httpx", "hosted")
        self.url = url
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        timeout = self._httpx.Timeout(_SILENCE, connect=_CONNECT)
        self._client: httpx.Client = self._httpx.Client(base_url=url, headers=headers, timeout=timeout, trust_env=False)

    def models(self) -> list[str]:
        """Ids of the models that it serves. Raises: EngineError, UsageError, InputError."""
        with self._blaming():
            response = self._client.get("/models")
            self._check(response)
            return [str(each["id"]) for each in response.json()["data"]]

    def stream(self, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Chunks of a chat completion. Raises: as `models`; EngineError too for one that breaks off."""
        with self._blaming(), self._client.stream("POST", "/chat/completions", json=body) as response:
            if not response.is_success:
                response.read()
            self._check(response)
            for line in response.iter_lines():
                data = line.removeprefix("data:").strip()
                if data == line.strip():  # empty lines and comments
                    continue
                if data == "[DONE]":
                    return
                chunk: dict[str, Any] = json.loads(data)
                if "error" in chunk:
                    raise EngineError(f"{self.url}: failed while it answered: {complaint(data)}. Ask again.")
                yield chunk
        raise EngineError(f"{self.url}: the answer broke off. Ask again, and look at the server's log.")

    def _check(self, response: "httpx.Response") -> None:
        status = response.status_code
        if status < 300:
            return
        said = f"{self.url}: HTTP {status}: {complaint(response.text)}"
        if status in (401, 403):
            raise UsageError(f"{said}. Put the key of the server into {KEY}.")
        if status == 404:
            raise UsageError(f"{said}. Name a model that it serves, or look at the address.")
        if status in (400, 413, 422):
            raise InputError(f"{said}. Ask with what that model takes, or another model.")
        raise EngineError(f"{said}. Ask again later, or look at the server's log.")

    @contextmanager
    def _blaming(self) -> Iterator[None]:
        try:
            yield
        except SensoriumError:
            raise
        except self._httpx.HTTPError as error:
            raise EngineError(
                f"{self.url}: {str(error) or type(error).__name__}; expected a server that speaks the protocol of "
                "OpenAI. See whether it runs and can be reached from here."
            ) from error
        except (ValueError, KeyError, TypeError) as error:
            raise EngineError(
                f"{self.url}: the reply is not of the protocol of OpenAI ({type(error).__name__}: {error}). See what "
                "server that is."
            ) from error


def complaint(text: str) -> str:
    """What a server says went wrong, in any of the usual shapes."""
    try:
        said = json.loads(text)
    except ValueError:
        return " ".join(text.split())[:_LONGEST_REPLY] or "no reason given"
    while isinstance(said, dict):
        said = said.get("error") or said.get("message") or said.get("detail") or json.dumps(said)
    return " ".join(str(said).split())[:_LONGEST_REPLY].rstrip(".")
