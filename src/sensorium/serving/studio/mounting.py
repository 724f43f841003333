"""The studio put before a server and into it: the page outside the wall, its requests behind."""

from starlette.applications import Starlette
from starlette.types import ASGIApp

from sensorium.serving.studio.page import Page
from sensorium.serving.studio.routes import Studio, StudioSettings


def mount(settings: StudioSettings | None, inner: Starlette, wall: ASGIApp) -> ASGIApp:
    """Add the routes to `inner`. Returns: what is to be served, `wall` itself where there is to be no studio.

    Raises: UsageError, UnreadableMedia.
    """
    if settings is None:
        return wall
    inner.router.routes.extend(Studio(settings).routes)
    return Page(wall)
