"""Client secrets that the client signs itself, as Apple wants them."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import pytest

from client_keys import KEYS, is_good, part, pem, signature
from relyingparty import ConfigurationError, HttpRequest, HttpResponse, ProviderError, RelyingParty, SigningKey
from scripted import CALLBACK, NOW, answer

APPLE = "https://appleid.apple.com"
KEY = SigningKey.from_pem(pem(KEYS["ES256"]), kid="KEY1234567")


class Apple:
    """It refuses every code: the secret is what is looked at."""

    def __init__(self) -> None:
        self.forms: list[dict[str, list[str]]] = []

    def send(self, request: HttpRequest) -> HttpResponse:
        """Answer as the endpoint does."""
        if request.endpoint == "token":
            self.forms.append(parse_qs(request.body.decode()))
            return answer({"error": "invalid_grant"}, 400)
        return answer(
            {
                "issuer": APPLE,
                "authorization_endpoint": f"{APPLE}/auth/authorize",
                "token_endpoint": f"{APPLE}/auth/token",
                "jwks_uri": f"{APPLE}/auth/keys",
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
                "id_token_signing_alg_values_supported": ["RS256"],
            }
        )


def party(apple: Apple, issuer: str = APPLE, **options: Any) -> RelyingParty:
    return RelyingParty(issuer, "client", CALLBACK, transport=apple, clock=lambda: NOW, **options)


def sign(signing_input: bytes, alg: str) -> bytes:
    return signature(KEYS["ES256"], signing_input, alg)


@pytest.mark.parametrize("key", [KEY, SigningKey.from_callable(sign, alg="ES256", kid="KEY1234567")])
def test_f3_at_apple_the_secret_is_signed_by_the_team(key: SigningKey) -> None:
    apple = Apple()
    rp = party(apple, signing_keys=[key], team_id="TEAM123456")
    started = rp.authorize()
    state = parse_qs(started.url.partition("?")[2])["state"][0]
    with pytest.raises(ProviderError) as raised:
        rp.callback(f"{CALLBACK}?code=c&state={state}", started.id)
    assert raised.value.error == "invalid_grant"
    [form] = apple.forms
    assert form["client_id"] == ["client"] and "client_assertion" not in form
    [secret] = form["client_secret"]
    assert is_good(secret, KEYS["ES256"])
    assert part(secret, 0) == {"typ": "JWT", "alg": "ES256", "kid": "KEY1234567"}
    assert part(secret, 1) == {"iss": "TEAM123456", "sub": "client", "aud": APPLE, "iat": NOW, "exp": NOW + 300}


@pytest.mark.parametrize(
    ("member", "options"),
    [
        ("team_id", {"signing_keys": [KEY]}),
        ("signing_keys", {"team_id": "T"}),
        ("signing_keys", {"team_id": "T", "signing_keys": [pem(KEYS["ES256"])]}),
        ("token_endpoint_auth_signing_alg", {"team_id": "T", "signing_keys": [pem(KEYS["ES384"])]}),
        ("client_secret", {"team_id": "T", "signing_keys": [KEY], "client_secret": "s"}),
        ("team_id", {"team_id": "T", "signing_keys": [KEY], "issuer": "https://op.example"}),
    ],
)
def test_what_cannot_work_is_refused_by_name(member: str, options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError) as raised:
        party(Apple(), **options).authorize()
    assert raised.value.details["member"] == member
