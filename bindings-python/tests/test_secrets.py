"""Nothing secret is shown, copied or pickled."""

from __future__ import annotations

import copy
import pickle
import traceback
from typing import Any

import pytest

import relyingparty
from relyingparty import (
    CallbackParams,
    Client,
    Error,
    Issuer,
    MemoryStore,
    Provider,
    ProviderError,
    Registration,
    TokenError,
    TransportError,
    Unreachable,
    run,
)
from scripted import CALLBACK, ISSUER, NOW, ScriptedOp, log_in, relying_party

ENTROPY = bytes(range(32))


def everything() -> dict[str, Any]:
    """One of each class that can hold something secret, by name."""
    op = ScriptedOp()
    rp = relying_party(op)
    session = log_in(rp, op)
    registration = Registration(client_id="client", redirect_uri=CALLBACK, client_secret="canary-client")
    flow = Provider.discover(Issuer(ISSUER), clock=lambda: NOW)
    provider = run(Provider.discover(Issuer(ISSUER), clock=lambda: NOW), op.send)  # type: ignore[arg-type]
    client = Client(provider, registration, clock=lambda: NOW)
    started, spent = client.authorize(ENTROPY), client.authorize(ENTROPY)
    params = CallbackParams.parse(op.browser(spent.url))
    code = client.callback(spent.pending, params)
    return {
        "relying party": rp,
        "registration": registration,
        "client": client,
        "authorization": started,
        "pending login": started.pending,
        "parameters": params,
        "code": code,
        "flow": flow,
        "token flow": client.exchange(code),
        "requests": op.asked[-1],
        "session": session,
        "claims": session.claims,
        "userinfo": rp.userinfo(session),
        "cache": rp.cache,
        "store": MemoryStore(),
    }


THINGS = everything()
SECRETS = (
    "canary",
    THINGS["authorization"].id,
    THINGS["authorization"].pending.encode().split('"state":"')[1].split('"')[0],
    THINGS["authorization"].pending.encode().split('"verifier":"')[1].split('"')[0],
    THINGS["session"].id_token,
)


@pytest.mark.parametrize("name", THINGS)
def test_f7_a_repr_shows_nothing_secret(name: str) -> None:
    for text in (repr(THINGS[name]), str(THINGS[name])):
        assert not [secret for secret in SECRETS if secret in text]


@pytest.mark.parametrize("name", [name for name in THINGS if name != "store"])
def test_g7_what_is_secret_cannot_be_pickled_or_copied(name: str) -> None:
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError):
            pickle.dumps(THINGS[name], protocol)
    with pytest.raises(TypeError):
        copy.deepcopy(THINGS[name])


@pytest.mark.parametrize("name", ["Session", "IdTokenClaims", "UserInfo", "Claims", "AuthorizationCode", "Flow"])
def test_a_proof_cannot_be_made(name: str) -> None:
    proof = getattr(relyingparty, name)
    with pytest.raises(TypeError, match=r"cannot create|No constructor"):
        proof()
    with pytest.raises(TypeError):
        proof.__new__(proof)


@pytest.mark.parametrize("name", ["session", "claims", "registration", "authorization"])
def test_a_thing_cannot_be_changed(name: str) -> None:
    for attribute in ("sub", "id", "client_id", "other"):
        with pytest.raises((AttributeError, TypeError)):
            setattr(THINGS[name], attribute, "mallory")


def test_claims_cannot_be_changed() -> None:
    claims = THINGS["session"].claims
    with pytest.raises(TypeError):
        claims["sub"] = "mallory"
    assert claims.sub == claims["sub"] == "alice"


def test_f7_errors_show_nothing_secret() -> None:
    op = ScriptedOp()
    rp = relying_party(op)
    session = log_in(rp, op)
    tampered = session.id_token[:-8] + "AAAAAAAA"
    with pytest.raises(TokenError) as raised:
        rp.verify(tampered)
    text = "".join(traceback.format_exception(raised.value)) + repr(raised.value.details) + repr(raised.value.decisions)
    for secret in ("canary", session.id_token[:40], session.claims["nonce"]):
        assert secret not in text


def test_errors_survive_a_pickle() -> None:
    op = ScriptedOp()
    with pytest.raises(TokenError) as token:
        relying_party(op).verify("x")
    started = relying_party(op).authorize()
    del started
    refused = ProviderError("m", "provider_error", {}, [], "access_denied", "No.", None)
    for error in (token.value, refused):
        copied = pickle.loads(pickle.dumps(error))
        assert type(copied) is type(error)
        assert vars(copied) == vars(error)
        assert str(copied) == str(error)


def test_every_category_has_its_class() -> None:
    classes = {c.__name__ for c in Error.__subclasses__()}
    categories = ("Callback", "Configuration", "Misuse", "Protocol", "Provider", "Token", "Transport")
    assert classes == {f"{category}Error" for category in categories}


def test_codes_are_the_core_s() -> None:
    codes = relyingparty.error_codes()
    assert len(codes) == len(set(codes)) > 50
    assert {"state_mismatch", "unknown_key", "unreachable"} <= set(codes)


def test_a_transport_s_exception_is_kept() -> None:
    class Broken:
        def send(self, _: object) -> Unreachable:
            return Unreachable("no route", cause)

    cause = OSError("canary")
    with pytest.raises(TransportError) as raised:
        relying_party(Broken()).authorize()  # type: ignore[arg-type]
    assert raised.value.__cause__ is cause
    assert "canary" not in str(raised.value)
