"""`RegistryDouble`: stands for a package registry on the loopback, and keeps the Authorization it was sent."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


class RegistryDouble:
    """Answers every GET as npm's `/-/whoami` and cargo's `/owners` would, whoever asks.

    Attributes:
        sent: the header of each request, ``None`` where there was none.
    """

    def __init__(self) -> None:
        self.sent: list[str | None] = []
        sent = self.sent

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                sent.append(self.headers.get("Authorization"))
                body = b'{"username": "somebody", "users": []}'
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: Any) -> None:
                """Quietly."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
