"""Where a model is served: "vllm://host:8000/org/name"."""

import re
from dataclasses import dataclass

from sensorium.core.errors import UsageError

_PORTS = {"vllm": 8000, "sglang": 30_000, "openai": 443}
_PATTERN = re.compile(
    r"(?P<engine>[a-z]+)(?P<safe>\+https)?://(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:(?P<port>\d{1,5}))?(/(?P<model>\S*))?"
)


@dataclass(frozen=True)
class Address:
    """A server, and the model that is asked there; "" for the only one it serves."""

    url: str
    model: str = ""


def is_address(name: str) -> bool:
    """Whether a name spells the address of an engine: "vllm://…", "sglang://…", "openai://…", "+https" between."""
    engine, found, _ = name.partition("://")
    return bool(found) and engine.removesuffix("+https") in _PORTS


def read_address(name: str) -> Address:
    """Take an address apart.

    Spoken to by HTTP; by HTTPS where the scheme ends with "+https", the port is 443, or it is "openai".

    Raises: UsageError for anything else.
    """
    found = _PATTERN.fullmatch(name)
    port = None if found is None else int(found["port"] or (443 if found["safe"] else _PORTS.get(found["engine"], 0)))
    if found is None or not port or port > 65_535:
        raise UsageError(
            f"engine: got '{name}'; expected {', '.join(f'{each}://host' for each in _PORTS)}, with ':port' and "
            "'/model' if they are not the usual. Write for example vllm://localhost:8000."
        )
    scheme = "https" if found["safe"] or port == 443 else "http"
    return Address(f"{scheme}://{found['host']}:{port}/v1", found["model"] or "")
