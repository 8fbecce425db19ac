"""A provider that takes pushed and signed requests, and signs its responses."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from client_keys import BindingOp, part
from relyingparty import HttpRequest, HttpResponse, Unreachable
from scripted import CALLBACK, ISSUER, NOW, answer, base64url

PAR = f"{ISSUER}/par"
REQUEST_URI = "urn:ietf:params:oauth:request_uri:1"


class PushingOp(BindingOp):
    """``pushed`` are the parameters of the requests that were pushed. It binds tokens where a proof comes along."""

    def __init__(self, *demanding: str) -> None:
        super().__init__(*demanding)
        self.metadata.update(
            pushed_authorization_request_endpoint=PAR,
            authorization_response_iss_parameter_supported=True,
            code_challenge_methods_supported=["S256"],
            authorization_signing_alg_values_supported=["EdDSA"],
        )
        self.pushed: list[dict[str, str]] = []
        self.refusal: HttpResponse | Unreachable | None = None

    def asked_for(self, url: str) -> dict[str, Any]:
        """What an authorization URL asks for: in itself, in what was pushed, in what is signed."""
        found: dict[str, Any] = {name: value for name, [value] in parse_qs(urlsplit(url).query).items()}
        if found.get("request_uri") == REQUEST_URI:
            found = self.pushed[-1]
        return part(found["request"], 1) if "request" in found else found

    def browser(self, url: str, **changed: Any) -> str:
        """Go to the authorization URL, and come back with a code."""
        asked = self.asked_for(url)
        self.claims["nonce"] = asked["nonce"]
        response = {"code": "canary-code", "state": asked["state"], "iss": ISSUER}
        if str(asked.get("response_mode", "")).endswith("jwt"):
            signed = {**response, "aud": "client", "exp": NOW + 60, **changed}
            response = {"response": self.signed(signed)}
        return f"{CALLBACK}?{urlencode(response)}"

    def signed(self, claims: dict[str, Any]) -> str:
        """A JWT with these claims."""
        parts = [json.dumps(part).encode() for part in ({"alg": "EdDSA", "kid": self._kid}, claims)]
        signing_input = ".".join(base64url(part) for part in parts)
        return f"{signing_input}.{base64url(self._keys[self._kid].sign(signing_input.encode()))}"

    def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
        """Answer as the endpoint does."""
        if request.endpoint == "pushed_authorization_request":
            self.asked.append(request)
            assert (request.method, request.url) == ("POST", PAR)
            self.pushed.append({name: value for name, [value] in parse_qs(request.body.decode()).items()})
            return self.refusal or answer({"request_uri": REQUEST_URI, "expires_in": 60}, 201)
        return super().send(request)
