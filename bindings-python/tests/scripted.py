"""A provider as a transport: it answers without a network, and every secret in it is a canary."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from relyingparty import HttpRequest, HttpResponse, RelyingParty, Session, Unreachable

ISSUER = "https://op.example"
CALLBACK = "https://app.example/callback"
NOW = 1_800_000_000


def base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def answer(document: dict[str, Any], status: int = 200) -> HttpResponse:
    return HttpResponse(status, [("Content-Type", "application/json")], json.dumps(document).encode())


class ScriptedOp:
    """Use it as the transport of a relying party; ``asked`` are the requests that it got."""

    def __init__(self) -> None:
        self.asked: list[HttpRequest] = []
        self.metadata: dict[str, Any] = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
            "userinfo_endpoint": f"{ISSUER}/userinfo",
            "end_session_endpoint": f"{ISSUER}/logout",
            "jwks_uri": f"{ISSUER}/jwks",
            "id_token_signing_alg_values_supported": ["EdDSA"],
        }
        self.claims: dict[str, Any] = {"iss": ISSUER, "aud": "client", "sub": "alice", "exp": NOW + 60, "iat": NOW}
        self._keys: dict[str, Ed25519PrivateKey] = {}
        self.rotate("k")

    def rotate(self, kid: str) -> None:
        """Sign with a new key from now on; the old ones stay published."""
        self._kid = kid
        self._keys[kid] = Ed25519PrivateKey.generate()

    def browser(self, url: str) -> str:
        """Go to the authorization URL, and come back with a code."""
        query = parse_qs(urlsplit(url).query)
        self.claims["nonce"] = query["nonce"][0]
        return f"{CALLBACK}?{urlencode({'code': 'canary-code', 'state': query['state'][0]})}"

    def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
        """Answer as the endpoint does."""
        self.asked.append(request)
        if request.endpoint == "discovery":
            return answer(self.metadata)
        if request.endpoint == "jwks":
            keys = ((kid, base64url(key.public_key().public_bytes_raw())) for kid, key in self._keys.items())
            return answer({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": kid, "x": x} for kid, x in keys]})
        if request.endpoint == "token":
            tokens = {"access_token": "canary-access", "refresh_token": "canary-refresh", "token_type": "Bearer"}
            return answer({**tokens, "id_token": self.id_token(), "session_state": {"a": 1}})
        return answer({"sub": "alice", "name": "Alice"})

    def id_token(self) -> str:
        """An ID token with ``claims``."""
        parts = [json.dumps(part).encode() for part in ({"alg": "EdDSA", "kid": self._kid}, self.claims)]
        signed = ".".join(base64url(part) for part in parts)
        return f"{signed}.{base64url(self._keys[self._kid].sign(signed.encode()))}"


def relying_party(op: ScriptedOp, **options: Any) -> RelyingParty:
    """A confidential client of ``op`` at the time ``NOW``."""
    options.setdefault("clock", lambda: NOW)
    return RelyingParty(ISSUER, "client", CALLBACK, client_secret="canary-client", transport=op, **options)


def log_in(rp: RelyingParty, op: ScriptedOp) -> Session:
    """A login from start to session."""
    started = rp.authorize()
    return rp.callback(op.browser(started.url), started.id)
