"""A provider that many log in at, at once, for hours of simulated time."""

from __future__ import annotations

import threading
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from relyingparty import HttpRequest, HttpResponse, Session, Unreachable
from scripted import CALLBACK, NOW, ScriptedOp, answer


class StormOp(ScriptedOp):
    """A :class:`ScriptedOp` that remembers a login by its code. ``now`` is its clock; it can be ``down``."""

    def __init__(self) -> None:
        super().__init__()
        self.now = float(NOW)
        self.down = False
        self._lock = threading.Lock()
        self._nonces: dict[str, str] = {}
        self._counts: dict[str, int] = {}

    def clock(self) -> float:
        """What time it is."""
        return self.now

    def count(self, endpoint: str) -> int:
        """How often an endpoint was asked."""
        return self._counts.get(endpoint, 0)

    def nonce_of(self, session: Session) -> str:
        """The nonce of the login that ``session`` came from."""
        assert session.access_token is not None
        assert session.access_token is not None
        return self._nonces[session.access_token.removeprefix("canary-access-")]

    def browser(self, url: str) -> str:
        query = parse_qs(urlsplit(url).query)
        with self._lock:
            code = f"code-{len(self._nonces)}"
            self._nonces[code] = query["nonce"][0]
        return f"{CALLBACK}?{urlencode({'code': code, 'state': query['state'][0]})}"

    def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
        with self._lock:
            self._counts[request.endpoint] = self.count(request.endpoint) + 1
            if self.down:
                return Unreachable("down")
            if request.endpoint != "token":
                reply = super().send(request)
                self.asked.clear()
                return reply
            form = parse_qs(request.body.decode())
            tokens: dict[str, Any] = {"token_type": "Bearer", "refresh_token": "canary-refresh"}
            if "code" in form:
                code = form["code"][0]
                tokens["access_token"] = f"canary-access-{code}"
                tokens["id_token"] = self.fresh_id_token(nonce=self._nonces[code])
            else:
                tokens["access_token"] = "canary-access-refreshed"
            return answer(tokens)

    def fresh_id_token(self, **claims: Any) -> str:
        """An ID token of this moment."""
        self.claims = {**self.claims, "nonce": "none", "iat": int(self.now), "exp": int(self.now) + 600, **claims}
        return self.id_token()
