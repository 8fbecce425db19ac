"""APIs that are called with an access token."""

from __future__ import annotations

from typing import Any

import pytest

from client_keys import KEYS, BindingOp, header, is_good, part
from parties import Make, log_in, settled
from relyingparty import (
    ConfigurationError,
    Error,
    HttpRequest,
    HttpResponse,
    MisuseError,
    TransportError,
    Unreachable,
)
from scripted import ISSUER, ScriptedOp

API = "https://api.example"


class Api:
    """An API beside a provider: it answers ``reply``."""

    def __init__(self, op: ScriptedOp) -> None:
        self.op = op
        self.asked: list[HttpRequest] = []
        self.nonce: str | None = None
        self.reply: HttpResponse | Unreachable = HttpResponse(200, [("X-Api", "1")], b"canary-answer")

    def browser(self, url: str) -> str:
        return self.op.browser(url)

    def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
        if request.endpoint != "resource":
            return self.op.send(request)
        self.asked.append(request)
        if self.nonce is not None and part(header(request, "dpop"), 1).get("nonce") != self.nonce:
            challenge = 'DPoP error="use_dpop_nonce"'
            return HttpResponse(401, [("DPoP-Nonce", self.nonce), ("WWW-Authenticate", challenge)], b"")
        return self.reply


def called(make: Make, api: Any, method: str = "GET", url: str = f"{API}/things", **options: Any) -> Any:
    """What the API answers to a session's call."""
    rp = make(api, api_origins=[API])
    return settled(rp.call(log_in(rp, api), method, url, **options))


def test_a_call_carries_the_access_token(make: Make) -> None:
    api = Api(ScriptedOp())
    response = called(make, api, "POST", headers={"X-One": "1", "Accept": "a/b"}, content='{"a": "ä"}')
    assert (response.status, response.body, response.challenge) == (200, b"canary-answer", None)
    assert response.headers == [("X-Api", "1")]
    assert repr(response) == "<ApiResponse 200>"
    [request] = api.asked
    assert (request.method, request.url, request.body) == ("POST", f"{API}/things", '{"a": "ä"}'.encode())
    assert header(request, "authorization") == "Bearer canary-access"
    assert (header(request, "x-one"), header(request, "accept")) == ("1", "a/b")
    assert not request.coalesces


@pytest.mark.parametrize("content", [b"abc", bytearray(b"abc"), "abc"])
def test_headers_may_be_pairs_and_a_body_octets(make: Make, content: Any) -> None:
    api = Api(ScriptedOp())
    called(make, api, "PUT", headers=[("X-A", "1"), ("X-A", "2")], content=content)
    [request] = api.asked
    assert [value for name, value in request.headers if name == "x-a"] == ["1", "2"]
    assert request.body == b"abc"


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_methods_are_those_of_http(make: Make, method: str) -> None:
    api = Api(ScriptedOp())
    called(make, api, method)
    assert [request.method for request in api.asked] == [method]


def test_k10_a_token_goes_to_nobody_whom_it_is_not_for(make: Make) -> None:
    for url in ("https://api.example.evil.example/", f"{API}:8443/things", f"{ISSUER}/userinfo"):
        api = Api(ScriptedOp())
        with pytest.raises(MisuseError) as raised:
            called(make, api, url=url)
        assert raised.value.code == "origin_not_allowed"
        assert api.asked == []


def test_the_resource_of_a_login_may_be_called(make: Make) -> None:
    api = Api(ScriptedOp())
    rp = make(api)
    started = settled(rp.authorize(resource=f"{API}/v1"))
    session = settled(rp.callback(api.browser(started.url), started.id))
    assert settled(rp.call(session, "GET", f"{API}/v1/things")).status == 200


def test_a_grant_calls_as_well(make: Make) -> None:
    api = Api(ScriptedOp())
    rp = make(api, api_origins=[API])
    refreshed = settled(rp.refresh_token("canary-elsewhere", "alice"))
    assert settled(rp.call(refreshed.grant, "GET", API)).status == 200
    assert header(api.asked[0], "authorization") == "Bearer canary-access"


def test_k1_a_bound_token_is_proven_and_a_nonce_costs_one_request(make: Make) -> None:
    api: Any = Api(BindingOp())
    rp = make(api, api_origins=[API], dpop_keys=[KEYS["ES256"]])
    session = log_in(rp, api)
    api.nonce = "nonce-7"
    for _ in range(2):
        assert settled(rp.call(session, "POST", f"{API}/things?a=1", content=b"once")).body == b"canary-answer"
    proofs = [part(header(request, "dpop"), 1) for request in api.asked]
    assert [proof.get("nonce") for proof in proofs] == [None, "nonce-7", "nonce-7"]
    assert {(proof["htm"], proof["htu"]) for proof in proofs} == {("POST", f"{API}/things")}
    assert all(is_good(header(request, "dpop"), KEYS["ES256"]) for request in api.asked)
    assert {header(request, "authorization") for request in api.asked} == {"DPoP canary-access-1"}


def test_what_an_api_wants_instead_is_said(make: Make) -> None:
    api = Api(ScriptedOp())
    wanted = (
        'Bearer error="insufficient_user_authentication", error_description="Once more", acr_values="gold silver", '
        'max_age="5", scope="a b", resource_metadata="https://api.example/about"'
    )
    api.reply = HttpResponse(401, [("WWW-Authenticate", wanted)], b"")
    response = called(make, api)
    challenge = response.challenge
    assert response.status == 401
    assert (challenge.scheme, challenge.error) == ("Bearer", "insufficient_user_authentication")
    assert (challenge.error_description, challenge.scope) == ("Once more", "a b")
    assert (challenge.acr_values, challenge.max_age) == ("gold silver", 5)
    assert challenge.resource_metadata == f"{API}/about"
    assert repr(challenge) == "<Challenge Bearer>"
    api.reply = HttpResponse(401, [("WWW-Authenticate", "Bearer")], b"")
    assert called(make, api).challenge.error is None
    api.reply = HttpResponse(401, [], b"")
    assert called(make, api).challenge is None


@pytest.mark.parametrize("status", [204, 404, 500, 503])
def test_a_response_of_any_status_is_the_applications(make: Make, status: int) -> None:
    api = Api(ScriptedOp())
    api.reply = HttpResponse(status, [], b"")
    assert called(make, api).status == status


@pytest.mark.parametrize(
    ("reply", "code"), [(Unreachable("no route"), "unreachable"), (HttpResponse(302, [], b""), "redirect_refused")]
)
def test_what_is_no_response_of_the_api(make: Make, reply: Any, code: str) -> None:
    api = Api(ScriptedOp())
    api.reply = reply
    with pytest.raises(Error) as raised:
        called(make, api)
    assert raised.value.code == code
    assert isinstance(raised.value, TransportError) == (code == "unreachable")


@pytest.mark.parametrize(
    ("given", "member"),
    [
        ({"headers": {"Authorization": "Basic x"}}, "headers"),
        ({"headers": [("dpop", "x")]}, "headers"),
        ({"headers": {"X-A": "1\r\nX-B: 2"}}, "headers"),
        ({"headers": {"X-A: 1\r\nX-B": "2"}}, "headers"),
        ({"headers": {"Content-Length": "0"}}, "headers"),
        ({"method": "BREW"}, "method"),
        ({"method": "get"}, "method"),
        ({"url": "http://api.example/"}, "url"),
    ],
)
def test_what_cannot_be_sent_is_refused(make: Make, given: Any, member: str) -> None:
    api = Api(ScriptedOp())
    with pytest.raises(ConfigurationError) as raised:
        called(make, api, **given)
    assert (raised.value.code, raised.value.details["member"]) == ("invalid_configuration", member)
    assert api.asked == []


def test_k9_a_bound_token_calls_with_its_own_key_alone(make: Make) -> None:
    api: Any = Api(BindingOp())
    session = log_in(make(api, dpop_keys=[KEYS["ES256"]]), api)
    with pytest.raises(MisuseError) as raised:
        settled(make(api, api_origins=[API], dpop_keys=[KEYS["EdDSA"]]).call(session, "GET", API))
    assert raised.value.code == "dpop_key_mismatch"
    assert api.asked == []


@pytest.mark.parametrize("who", [None, "canary-access", object()])
def test_what_has_no_token_is_a_type_error(make: Make, who: Any) -> None:
    with pytest.raises(TypeError):
        settled(make(Api(ScriptedOp()), api_origins=[API]).call(who, "GET", API))
