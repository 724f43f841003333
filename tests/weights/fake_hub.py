"""The few pages of the Hub that a download asks for, played by a server on this machine."""

import hashlib
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit


class FakeHub:
    """One repository, "org/tiny": branches and tags, commits, files; and what can go wrong."""

    def __init__(self) -> None:
        self.commits: dict[str, dict[str, bytes]] = {}
        self.revisions: dict[str, str] = {}
        self.refusal: tuple[int, dict[str, str], bytes] | None = None
        self.cuts: list[int] = []
        """After so many bytes the next answers with a weights file break off."""
        self.ranges = True
        self.requests: list[str] = []
        self.token = ""
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                hub.answer(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def stop(self) -> None:
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def commit(self, files: dict[str, bytes], revision: str = "main") -> str:
        """Add a commit and let a branch or tag be it."""
        commit = hashlib.sha1(repr(sorted(files.items())).encode()).hexdigest()
        self.commits[commit] = files
        self.revisions[revision] = commit
        return commit

    def downloads(self) -> list[str]:
        """Names of the files that were asked for, with the place from which on, as "name@5"."""
        return [each.rpartition("/")[2] for each in self.requests if "/resolve/" in each]

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        path = unquote(urlsplit(handler.path).path)
        start = int(handler.headers.get("Range", "bytes=0-")[6:-1])
        self.requests.append(path + (f"@{start}" if start else ""))
        self.token = handler.headers.get("Authorization", "")
        _, *parts = path.split("/")
        if self.refusal:
            self._send(handler, *self.refusal)
        elif parts[:4] == ["api", "models", "org", "tiny"] and parts[4] == "revision":
            self._list(handler, "/".join(parts[5:]))
        elif parts[:3] == ["org", "tiny", "resolve"]:
            self._give(handler, self.commits[parts[3]]["/".join(parts[4:])], start)
        else:
            self._send(handler, 401, {"X-Error-Code": "RepoNotFound"}, b"")

    def _list(self, handler: BaseHTTPRequestHandler, revision: str) -> None:
        commit = self.revisions.get(revision, revision)
        if commit not in self.commits:
            self._send(handler, 404, {"X-Error-Code": "RevisionNotFound"}, b"")
            return
        siblings = [listed(name, data) for name, data in self.commits[commit].items()]
        self._send(handler, 200, {}, json.dumps({"sha": commit, "siblings": siblings}).encode())

    def _give(self, handler: BaseHTTPRequestHandler, data: bytes, start: int) -> None:
        ranged = start > 0 and self.ranges
        cut = self.cuts.pop(0) if self.cuts and len(data) > 1000 else None
        self._send(handler, 206 if ranged else 200, {}, data[start if ranged else 0 :], cut)

    def _send(
        self,
        handler: BaseHTTPRequestHandler,
        status: int,
        headers: dict[str, str],
        body: bytes,
        cut: int | None = None,
    ) -> None:
        handler.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body[:cut])
        if cut is not None:
            handler.wfile.flush()
            handler.connection.shutdown(socket.SHUT_RDWR)


def listed(name: str, data: bytes) -> dict[str, object]:
    """A file as the Hub lists it: large ones with a SHA-256, others with the SHA-1 that git gives them."""
    git = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
    entry: dict[str, object] = {"rfilename": name, "size": len(data), "blobId": git}
    if name.endswith((".safetensors", ".bin")):
        entry["lfs"] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 130}
    return entry
