"""`sensorium serve`: models over HTTP, in the protocols of OpenAI, Anthropic, Gemini and Ollama."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sensorium.cli.console import note, patience
from sensorium.cli.fetching import fetching
from sensorium.cli.options import spread
from sensorium.cli.storing import index_folder
from sensorium.core.packages import require

if TYPE_CHECKING:
    from sensorium.serving.shelf import Card

PACKAGES = ("starlette", "uvicorn", "prometheus_client", "python_multipart")


@dataclass(frozen=True)
class Bounds:
    """What each key may ask for."""

    requests_per_minute: Annotated[
        int | None, typer.Option("--requests-per-minute", metavar="N", min=1, help="Of each key.", show_default=False)
    ] = None
    at_once: Annotated[int, typer.Option("--at-once", metavar="N", min=1, help="Requests of each key.")] = 64


@spread
def serve(
    *,
    model: Annotated[
        list[str] | None,
        typer.Option("--model", metavar="M", help="May be given again; loaded when asked.  [default: the bundled one]"),
    ] = None,
    host: Annotated[
        str, typer.Option("--host", metavar="H", help="Beyond this machine a key is needed.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="P", min=0, max=65_535)] = 8000,
    api_key: Annotated[
        list[str] | None,
        typer.Option(
            "--api-key",
            metavar="K",
            envvar="SENSORIUM_API_KEY",
            help="May be given again; or sha256:HASH of one.",
            show_envvar=True,
        ),
    ] = None,
    allow_media_domain: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-media-domain",
            metavar="D",
            help="Fetch media from there where a request names them; may be given again.  [default: from nowhere]",
        ),
    ] = None,
    index: Annotated[
        Path | None,
        typer.Option("--index", metavar="FOLDER", help="An index that the page can search.", show_default=False),
    ] = None,
    traces: Annotated[
        bool, typer.Option("--traces", help="Tell OpenTelemetry of each request; OTEL_TRACES_EXPORTER says where to.")
    ] = False,
    bounds: Bounds,
) -> None:
    """Answer programs that speak to OpenAI, Anthropic, Gemini or Ollama; and people, on a page.

    The log goes to standard error, one line of JSON per request, without anybody's words. Ctrl-C or SIGTERM lets
    running answers finish, for 30 seconds; a second one ends them.
    """
    for package in PACKAGES:
        require(package, "serve")
    from sensorium.serving.app import Settings
    from sensorium.serving.limits import ServerLimits
    from sensorium.serving.server import check_address
    from sensorium.serving.server import serve as run
    from sensorium.serving.studio.routes import StudioSettings
    from sensorium.serving.traces import traces as telling

    keys = api_key or []
    check_address(host, keys)
    cards = _look(model or [])
    limits = ServerLimits(requests_per_minute=bounds.requests_per_minute, at_once=bounds.at_once)
    settings = Settings(
        cards,
        keys,
        allow_media_domain or [],
        limits,
        StudioSettings(index_folder(None).parent / "studio.sqlite", index),
        own_process=True,
        traces=telling() if traces else None,
    )

    def begun(port: int) -> None:
        note(
            f"{', '.join(card.id for card in cards)} at http://{f'[{host}]' if ':' in host else host}:{port}, "
            "where the page is (OpenAI: /v1, Anthropic, Gemini and Ollama: /)"
        )

    run(settings, host=host, port=port, begun=begun)


def _look(names: list[str]) -> "list[Card]":
    with patience("looking for the models …"), fetching() as progress:
        from sensorium.models.catalog import DEFAULT
        from sensorium.serving.shelf import look_at

        return look_at(names or [DEFAULT], progress=progress)
