"""Our side of what a client signs: the flows of the package's ``Client``, up to the request that carries it."""

import json
import os
from collections.abc import Callable

from ours import JSON, Work
from relyingparty import Client, Grant, HttpRequest, HttpResponse, Issuer, Provider, Registration, SigningKey

Sign = Callable[[], object]


def signing(work: Work, alg: str) -> dict[str, Sign]:
    """A proof and an assertion, each made anew by each call."""
    key = SigningKey.from_jwk(work["private_jwks"][alg])
    return {"proof": proof(work, key), "assertion": assertion(work, key)}


def proof(work: Work, key: SigningKey) -> Sign:
    client = client_of(work, client_secret=work["client_secret"], dpop_keys=[key], api_origins=["https://api.example"])
    grant, url = bound_grant(work, client), work["api"]

    def sign() -> str:
        request = client.call(grant, "GET", url, entropy=os.urandom(32)).request
        return next(value for name, value in sent(request).headers if name == "dpop")

    return sign


def assertion(work: Work, key: SigningKey) -> Sign:
    client, token = client_of(work, signing_keys=[key]), work["refresh_token"]

    def sign() -> bytes:
        return sent(client.refresh_token(token, "248289761001", os.urandom(32)).request).body

    return sign


def client_of(work: Work, **registration: object) -> Client:
    provider = Provider.from_metadata(Issuer(work["issuer"]), json.dumps(work["metadata"]))
    known = {"client_id": work["client_id"], "redirect_uri": work["redirect_uri"]}
    return Client(provider, Registration(**known, **registration))


def bound_grant(work: Work, client: Client) -> Grant:
    """Tokens that are bound to the client's key."""
    flow = client.refresh_token(work["refresh_token"], "248289761001", os.urandom(32))
    tokens = {"access_token": work["access_token"], "token_type": "DPoP", "expires_in": 3_600}
    flow.resume(HttpResponse(200, JSON, json.dumps(tokens).encode()))
    return flow.result.grant


def sent(request: object) -> HttpRequest:
    if not isinstance(request, HttpRequest):
        raise TypeError(f"{request}: the key is the core's")
    return request
