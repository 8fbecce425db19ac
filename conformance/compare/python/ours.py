"""Our side, through the package's ``RelyingParty``."""

import json
from typing import Any

from relyingparty import HttpRequest, HttpResponse, RelyingParty

Work = dict[str, Any]
JSON = [("Content-Type", "application/json")]


class Provider:
    """A transport that answers from memory."""

    def __init__(self, work: Work, jwks: Any) -> None:
        self._answers = {
            "discovery": json.dumps(work["metadata"]).encode(),
            "jwks": json.dumps(jwks).encode(),
        }

    def answer_tokens(self, response: str) -> None:
        """What the token endpoint answers from now on."""
        self._answers["token"] = response.encode()

    def send(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(200, JSON, self._answers[request.endpoint])


class Ours:
    def __init__(self, work: Work, jwks: Any) -> None:
        self._work = work
        self._provider = Provider(work, jwks)
        entropy = bytes(work["entropy"])
        self._rp = RelyingParty(
            work["issuer"],
            work["client_id"],
            work["redirect_uri"],
            client_secret=work["client_secret"],
            policy={"max_keys": 1_000, "max_response_bytes": 1_048_576},
            transport=self._provider,
            entropy=lambda _: entropy,
        )

    def verify(self, id_token: str) -> str:
        return self._rp.verify(id_token, nonce=self._work["nonce"])["sub"]

    def answer_tokens(self, response: str) -> None:
        self._provider.answer_tokens(response)

    def log_in(self) -> str:
        login = self._rp.authorize()
        cookies = {login.cookie_name: login.id}
        query = self._work["callback"]
        session = self._rp.callback(query, cookies.get(self._rp.cookie_name(query)))
        return session.claims["sub"]
