"""A provider of access tokens on this machine: it agrees to everything, or refuses as it is told."""

from __future__ import annotations

import base64
import hashlib
import http.server
import json
import threading
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from workbench.transports.oauth import Provider


class TokenServer:
    """Listens on localhost; use it as a context manager.

    `refuses` is the error of the next answer at the token address, `lifetime` how many seconds an access token says
    that it lasts, `rotates` whether each answer brings another refresh token. `issued` are the access tokens given.
    """

    def __init__(self, *, client_secret: str = "", lifetime: int = 3600, rotates: bool = False) -> None:
        self.client_secret = client_secret
        self.lifetime = lifetime
        self.rotates = rotates
        self.refuses = ""
        self.broken = False
        self.denies = ""
        self.issued: list[str] = []
        self.asked: list[dict[str, str]] = []
        self._codes: dict[str, dict[str, str]] = {}

    def __enter__(self) -> TokenServer:
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
                said = {"error": server.denies} if server.denies else {"code": server.code_for(asked)}
                self.send_response(302)
                self.send_header("Location", f"{asked['redirect_uri']}?{urlencode({**said, 'state': asked['state']})}")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                status, answer = server.answer({name: values[0] for name, values in form.items()})
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    @property
    def provider(self) -> Provider:
        """What the workbench is to know of it."""
        here = f"http://localhost:{self._server.server_address[1]}"
        return Provider(
            authorize=f"{here}/{{tenant}}/authorize",
            token=f"{here}/{{tenant}}/token",
            scope="smtp",
            redirect="http://127.0.0.1:{port}/",
            asked={"access_type": "offline"},
        )

    def code_for(self, asked: dict[str, str]) -> str:
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = f"code-{len(self._codes)}"
        self._codes[code] = asked
        return code

    def answer(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        self.asked.append(form)
        if self.broken:
            return 503, {"sorry": True}
        if self.refuses:
            return 400, {"error": self.refuses, "error_description": "secret-words-of-the-provider"}
        if form["client_id"] != "practice-client" or form.get("client_secret", "") != self.client_secret:
            return 401, {"error": "invalid_client"}
        if form["grant_type"] == "authorization_code":
            given = self._codes.pop(form["code"], None)
            proof = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=")
            if (
                given is None
                or given["code_challenge"] != proof.decode()
                or given["redirect_uri"] != form["redirect_uri"]
            ):
                return 400, {"error": "invalid_grant"}
        elif form["grant_type"] != "refresh_token" or not form["refresh_token"].startswith("refresh-"):
            return 400, {"error": "invalid_grant"}
        self.issued.append(f"access-{len(self.issued)}")
        answer: dict[str, Any] = {
            "access_token": self.issued[-1],
            "token_type": "Bearer",
            "expires_in": self.lifetime,
        }
        if self.rotates or form["grant_type"] == "authorization_code":
            answer["refresh_token"] = f"refresh-{len(self.issued)}"
        return 200, answer
