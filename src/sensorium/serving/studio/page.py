"""The page and its files: static, the same for everybody, so it is served before any key is asked for.

Nothing in it is made of what a client sends. Its policy lets it load from this server alone, run no inline script, and
write no text as HTML (trusted types, without a policy that could make any).
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

FOLDER = Path(__file__).parent / "static"
BELOW = "/studio/static/"

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "media-src blob:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)

_HEADERS = {
    "content-security-policy": POLICY,
    "permissions-policy": "camera=(self), microphone=(self), geolocation=()",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "cache-control": "no-cache",
}


class Page:
    """An ASGI application before another: it answers for the page, and hands on all else."""

    def __init__(self, app: ASGIApp) -> None:
        """Build; the files are read once."""
        self._app = app
        self._files = read_files(FOLDER)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        asked = scope["type"] == "http" and scope["method"] in ("GET", "HEAD")
        found = self._files.get(scope["path"]) if asked else None
        if found is None:
            await self._app(scope, receive, send)
            return
        content, headers = found
        if Headers(scope=scope).get("if-none-match") == headers["etag"]:
            await Response(None, 304, headers)(scope, receive, send)
        else:
            await Response(content, 200, headers)(scope, receive, send)


def read_files(folder: Path) -> Mapping[str, tuple[bytes, Mapping[str, str]]]:
    """Files by the path under which they are served, each with its headers; `index.html` is the page itself."""
    found = {}
    for file in sorted(folder.iterdir()):
        content = file.read_bytes()
        tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        path = "/" if file.name == "index.html" else BELOW + file.name
        found[path] = (content, {**_HEADERS, "content-type": TYPES[file.suffix], "etag": tag})
    return found
