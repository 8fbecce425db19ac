"""The README's code for clients that prove themselves with keys runs as it stands."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

import test_readme
from client_keys import KEYS, BindingOp, is_good, pem
from mutual import identity
from pushing import PushingOp
from relyingparty import HttpRequest, HttpResponse, RelyingParty, SigningKey, Unreachable, UrllibTransport
from scripted import CALLBACK, ISSUER, ScriptedOp, log_in, relying_party

KEY, KMS, APPLE, DPOP, FAPI, BY_REFERENCE, CALL, AUTH, CERTIFICATE, TOKEN_FILE = test_readme.KEYS


def logs_in(program: dict[str, Any], monkeypatch: pytest.MonkeyPatch, op: ScriptedOp) -> dict[str, str]:
    """The relying party that a snippet makes logs in at this provider; what it sends to the token endpoint."""
    monkeypatch.setattr(UrllibTransport, "send", lambda _, request: op.send(request))
    op.claims.update(aud="client-id", iat=time.time(), exp=time.time() + 60)
    log_in(program["rp"], op)
    [token] = [request for request in op.asked if request.endpoint == "token"]
    return {**{name: value for name, [value] in parse_qs(token.body.decode()).items()}, **dict(token.headers)}


def test_a_client_with_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "client.pem").write_text(pem(KEYS["EdDSA"]))
    (tmp_path / "dpop.pem").write_text(pem(KEYS["ES256"]))
    program: dict[str, Any] = {}
    exec(KEY, program)
    sent = logs_in(program, monkeypatch, ScriptedOp())
    assert is_good(sent["client_assertion"], KEYS["EdDSA"]) and "dpop" not in sent
    served = program["jwks"](SimpleNamespace(json=lambda body, content_type: (body, content_type)))
    assert [key["kid"] for key in served[0]["keys"]] == ["2026-11"]
    assert served[1] == "application/jwk-set+json"
    exec(DPOP, program)
    sent = logs_in(program, monkeypatch, BindingOp())
    assert is_good(sent["client_assertion"], KEYS["EdDSA"]) and is_good(sent["dpop"], KEYS["ES256"])


def test_a_client_at_apple(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "AuthKey_ABC123DEFG.p8").write_text(pem(KEYS["ES256"]))
    program: dict[str, Any] = {"RelyingParty": RelyingParty, "SigningKey": SigningKey, "Path": Path}
    exec(APPLE, program)
    [key] = program["rp"].jwks()["keys"]
    assert (key["kid"], key["alg"]) == ("ABC123DEFG", "ES256")


def test_a_request_that_is_fetched_from_the_application(monkeypatch: pytest.MonkeyPatch) -> None:
    key = SigningKey.from_pem(pem(KEYS["ES256"]))
    program: dict[str, Any] = {"RelyingParty": RelyingParty, "key": key}
    exec(BY_REFERENCE, program)
    op, objects = PushingOp(), dict[str, str]()
    monkeypatch.setattr(UrllibTransport, "send", lambda _, request: op.send(request))
    login = program["begin"](objects)
    [(request_uri, body)] = objects.items()
    assert parse_qs(login.url)["request_uri"] == [request_uri]
    assert is_good(body, KEYS["ES256"])


def test_a_client_of_fapi_that_calls_an_api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Paid(PushingOp):
        def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
            if request.endpoint != "resource":
                return super().send(request)
            if request.body == b"a million":
                wanted = 'DPoP error="insufficient_user_authentication", acr_values="gold"'
                return HttpResponse(401, [("WWW-Authenticate", wanted)], b"")
            return HttpResponse(201, [], b"paid")

    monkeypatch.chdir(tmp_path)
    (tmp_path / "client.pem").write_text(pem(KEYS["EdDSA"]))
    (tmp_path / "dpop.pem").write_text(pem(KEYS["ES256"]))
    program: dict[str, Any] = {}
    for snippet in (KEY, FAPI, CALL):
        exec(snippet, program)
    op = Paid()
    assert is_good(logs_in(program, monkeypatch, op)["client_assertion"], KEYS["EdDSA"])
    assert op.pushed[0]["dpop_jkt"] == SigningKey.from_key(KEYS["ES256"]).thumbprint
    session = log_in(program["rp"], op)
    assert program["pay"](session, b"a penny") == (201, b"paid")
    program["pay"](session, b"a million")
    assert op.pushed[-1]["acr_values"] == "gold"


def test_an_api_that_is_called_with_httpx(monkeypatch: pytest.MonkeyPatch) -> None:
    def things(request: httpx.Request) -> httpx.Response:
        sent.append(request.headers["authorization"])
        return httpx.Response(200, json=["a thing"])

    sent: list[str] = []
    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", lambda _, request: things(request))
    op = ScriptedOp()
    rp = relying_party(op, api_origins=["https://api.example"])
    program: dict[str, Any] = {"rp": rp}
    exec(AUTH, program)
    assert program["things"](log_in(rp, op), print) == (["a thing"], None)
    assert sent == ["Bearer canary-access"]


def test_a_client_with_a_certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    who = identity(tmp_path / "who")
    monkeypatch.chdir(tmp_path)
    who.certificate.rename("client.pem")
    who.key.rename("client.key")
    program: dict[str, Any] = {"RelyingParty": RelyingParty}
    exec(CERTIFICATE, program)
    op = ScriptedOp()
    assert logs_in(program, monkeypatch, op)["client_id"] == "client-id"
    assert [request.endpoint for request in op.asked if request.client_certificate] == ["token"]


def test_a_key_in_a_kms(monkeypatch: pytest.MonkeyPatch) -> None:
    class Kms:
        def sign(self, KeyId: str, Message: bytes, SigningAlgorithm: str) -> dict[str, bytes]:
            key = KEYS["ES256"]
            assert isinstance(key, EllipticCurvePrivateKey)
            return {"Signature": key.sign(Message, ECDSA(SHA256()))}

    public_jwk = SigningKey.from_key(KEYS["ES256"]).public_jwk
    program: dict[str, Any] = {"SigningKey": SigningKey, "kms": Kms(), "public_jwk": public_jwk}
    exec(KMS, program)
    program["rp"] = RelyingParty(ISSUER, "client-id", CALLBACK, signing_keys=[program["key"]])
    assert is_good(logs_in(program, monkeypatch, ScriptedOp())["client_assertion"], KEYS["ES256"])


def test_the_token_of_a_service_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "op").write_text("a.b.c\n")
    program: dict[str, Any] = {}
    exec(TOKEN_FILE.replace("/var/run/secrets/tokens", str(tmp_path)), program)
    assert logs_in(program, monkeypatch, ScriptedOp())["client_assertion"] == "a.b.c"
