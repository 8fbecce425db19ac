"""Logins whose requests are pushed or signed, and whose responses are signed."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from client_keys import KEYS, is_good, part, pem, signature
from parties import Make, log_in, settled
from pushing import REQUEST_URI, PushingOp
from relyingparty import (
    CallbackError,
    CallbackParams,
    Client,
    ConfigurationError,
    Error,
    Issuer,
    LoginCookies,
    MemoryStore,
    MisuseError,
    Policy,
    ProtocolError,
    Provider,
    ProviderError,
    Registration,
    SigningKey,
    TransportError,
    Unreachable,
    run,
)
from scripted import CALLBACK, ISSUER, NOW, answer

KEY = SigningKey.from_pem(pem(KEYS["ES256"]), kid="k-1")
BOUND: dict[str, Any] = {"signing_keys": [KEY], "dpop_keys": [KEYS["EdDSA"]]}
PUSHED: dict[str, Any] = {**BOUND, "require_pushed_authorization_requests": True}
ENTROPY = bytes(range(32))


def query(url: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(url).query)


def endpoints(op: PushingOp) -> list[str]:
    """Where requests went since the last call."""
    asked, op.asked = op.asked, []
    return [request.endpoint for request in asked]


class Counting(MemoryStore):
    """Knows what it was given."""

    puts = 0

    def put(self, key: str, value: str, max_age: int) -> None:
        """Store a login."""
        self.puts += 1
        super().put(key, value, max_age)


@pytest.mark.parametrize("who", ["the registration", "the provider"])
def test_k5_a_request_is_pushed_where_somebody_asks_for_it(make: Make, who: str) -> None:
    op = PushingOp()
    demand: Any = {"require_pushed_authorization_requests": True}
    if who == "the provider":
        op.metadata.update(demand)
    rp = make(op, **BOUND, **(demand if who == "the registration" else {}))
    started = settled(rp.authorize(login_hint="alice", return_to="/inbox"))
    assert query(started.url) == {"client_id": ["client"], "request_uri": [REQUEST_URI]}
    assert [made.check for made in started.decisions] == ["pushed"]
    [pushed] = op.pushed
    assert (pushed["login_hint"], pushed["redirect_uri"], pushed["client_id"]) == ("alice", CALLBACK, "client")
    assert pushed["dpop_jkt"] == SigningKey.from_key(KEYS["EdDSA"]).thumbprint
    assert is_good(pushed["client_assertion"], KEYS["ES256"]) and "return_to" not in pushed
    session = settled(rp.callback(op.browser(started.url), started.id))
    assert (session.sub, session.return_to) == ("alice", "/inbox")


def test_a_plain_login_begins_without_a_request(make: Make) -> None:
    op = PushingOp()
    rp = make(op, **BOUND)
    started = settled(rp.authorize())
    assert endpoints(op) == ["discovery"]
    assert {"state", "nonce", "code_challenge"} <= set(query(started.url))


@pytest.mark.parametrize(
    ("refusal", "kind", "code"),
    [
        (answer({"error": "invalid_request"}, 400), ProviderError, "provider_error"),
        (answer({}, 503), ProviderError, "provider_status"),
        (answer({"expires_in": 60}, 201), ProtocolError, "response_member_missing"),
        (Unreachable("no route"), TransportError, "unreachable"),
    ],
)
def test_k5_a_push_that_fails_is_not_sent_in_the_open(make: Make, refusal: Any, kind: type[Error], code: str) -> None:
    op, store = PushingOp(), Counting()
    op.refusal = refusal
    with pytest.raises(kind) as raised:
        settled(make(op, **PUSHED, store=store).authorize())
    assert raised.value.code == code
    assert store.puts == 0, "no login has begun"


@pytest.mark.parametrize("held", ["here", "elsewhere"])
@pytest.mark.parametrize("pushed", [True, False])
def test_a_signed_request_says_all(make: Make, held: str, pushed: bool) -> None:
    def sign(signing_input: bytes, alg: str) -> bytes:
        return signature(KEYS["ES256"], signing_input, alg)

    op = PushingOp()
    key = KEY if held == "here" else SigningKey.from_callable(sign, alg="ES256", kid="k-1")
    demands = {"require_signed_request_object": True, "require_pushed_authorization_requests": pushed}
    rp = make(op, signing_keys=[key], dpop_keys=[KEYS["EdDSA"]], **demands)
    started = settled(rp.authorize(max_age=60, authorization_details=[{"type": "payment"}]))
    sent = op.pushed[0] if pushed else {name: value for name, [value] in query(started.url).items()}
    assert not {"state", "nonce", "redirect_uri"} & set(sent)
    assert is_good(sent["request"], KEYS["ES256"])
    assert part(sent["request"], 0) == {"typ": "oauth-authz-req+jwt", "alg": "ES256", "kid": "k-1"}
    claims = part(sent["request"], 1)
    assert (claims["iss"], claims["aud"], claims["exp"]) == ("client", ISSUER, NOW + 300)
    assert (claims["max_age"], claims["authorization_details"]) == (60, [{"type": "payment"}])
    assert started.pending.encode()


BASE = "https://app.example/requests/"


def test_k5_a_signed_request_is_fetched_from_the_application(make: Make) -> None:
    rp = make(PushingOp(), signing_keys=[KEY], request_uri_base=BASE)
    started = settled(rp.authorize(max_age=60))
    hosted = started.request_object
    assert hosted is not None
    assert hosted.request_uri.startswith(BASE) and len(hosted.request_uri) == len(BASE) + 43
    assert query(started.url) == {
        "response_type": ["code"],
        "client_id": ["client"],
        "scope": ["openid profile email"],
        "request_uri": [hosted.request_uri],
    }
    assert (hosted.content_type, hosted.expires_at) == ("application/oauth-authz-req+jwt", NOW + 300)
    assert is_good(hosted.body, KEYS["ES256"])
    assert part(hosted.body, 0)["typ"] == "oauth-authz-req+jwt"
    claims = part(hosted.body, 1)
    assert (claims["aud"], claims["exp"], claims["max_age"]) == (ISSUER, NOW + 300, 60)
    assert repr(hosted) == "<RequestObject>" and hosted.request_uri not in repr(started)
    again = settled(rp.authorize()).request_object
    assert again is not None and again.request_uri != hosted.request_uri
    assert settled(make(PushingOp(), **BOUND).authorize()).request_object is None


@pytest.mark.parametrize(
    ("metadata", "options"),
    [
        ({"request_uri_parameter_supported": False}, {}),
        ({"require_pushed_authorization_requests": True}, {}),
        ({}, {"request_uri_base": "https://app.example/requests"}),
    ],
)
def test_k5_a_provider_that_fetches_no_requests_is_refused_by_name(
    make: Make, metadata: dict[str, Any], options: dict[str, Any]
) -> None:
    op = PushingOp()
    op.metadata.update(metadata)
    with pytest.raises(ConfigurationError) as raised:
        settled(make(op, **{"signing_keys": [KEY], "request_uri_base": BASE, **options}).authorize())
    assert raised.value.details["member"] == "request_uri_base"


def test_a_signed_response_is_verified_and_then_checked(make: Make) -> None:
    op = PushingOp()
    rp = make(op, **BOUND)
    started = settled(rp.authorize(response_mode="jwt"))
    assert query(started.url)["response_mode"] == ["query.jwt"]
    back = op.browser(started.url)
    assert rp.cookie_name(back) == started.cookie_name
    assert LoginCookies({started.cookie_name: started.id}).id(back) == started.id
    session = settled(rp.callback(back, started.id))
    assert session.sub == "alice"
    assert {"signature", "response_mode", "state"} <= {made.check for made in session.decisions}


def test_a_signed_response_in_a_form(make: Make) -> None:
    op = PushingOp()
    rp = make(op, **BOUND)
    started = settled(rp.authorize(response_mode="form_post.jwt"))
    body = urlsplit(op.browser(started.url)).query
    assert settled(rp.callback_form_post(body, started.id)).sub == "alice"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"iss": "https://other.example"}, "iss_mismatch"),
        ({"aud": "other"}, "aud_mismatch"),
        ({"exp": NOW - 600}, "token_expired"),
        ({"code": None}, "code_missing"),
    ],
)
def test_a_signed_response_for_somebody_else_is_refused(make: Make, changed: dict[str, Any], code: str) -> None:
    op = PushingOp()
    rp = make(op, **BOUND)
    started = settled(rp.authorize(response_mode="jwt"))
    with pytest.raises(Error) as raised:
        settled(rp.callback(op.browser(started.url, **changed), started.id))
    assert raised.value.code == code
    assert "token" not in endpoints(op), "no code is exchanged"


def test_a_signed_response_that_nobody_signed_is_refused(make: Make) -> None:
    op = PushingOp()
    rp = make(op, **BOUND)
    started = settled(rp.authorize(response_mode="jwt"))
    back = op.browser(started.url)
    last = back[-5]
    with pytest.raises(Error) as raised:
        settled(rp.callback(back[:-5] + ("A" if last != "A" else "B") + back[-4:], started.id))
    assert raised.value.code == "bad_signature"


def test_k5_a_plain_response_is_no_answer_to_who_asked_for_a_signed_one(make: Make) -> None:
    op = PushingOp()
    rp = make(op, **BOUND)
    started = settled(rp.authorize(response_mode="jwt"))
    state = query(started.url)["state"][0]
    with pytest.raises(CallbackError) as raised:
        settled(rp.callback(f"{CALLBACK}?code=canary-code&state={state}&iss={ISSUER}", started.id))
    assert raised.value.code == "response_mode_mismatch"


def test_a_signed_response_without_its_cookie_belongs_to_no_login(make: Make) -> None:
    op = PushingOp()
    rp = make(op, **BOUND)
    back = op.browser(settled(rp.authorize(response_mode="jwt")).url)
    for query_or_url, code in ((back, "no_pending_login"), (f"{CALLBACK}?response=x.y.z", "state_missing")):
        with pytest.raises(CallbackError) as raised:
            settled(rp.callback(query_or_url, None))
        assert raised.value.code == code


@pytest.mark.parametrize("preset", ["fapi2", "fapi2_message_signing"])
def test_a_profile_switches_on_what_it_demands(make: Make, preset: str) -> None:
    op = PushingOp()
    rp = make(op, policy={"preset": preset}, **BOUND)
    started = settled(rp.authorize())
    assert set(query(started.url)) == {"client_id", "request_uri"}
    assert ("request" in op.pushed[0]) == (preset == "fapi2_message_signing")
    back = op.browser(started.url)
    assert ("response" in query(back)) == (preset == "fapi2_message_signing")
    session = settled(rp.callback(back, started.id))
    assert (session.sub, session.token_type) == ("alice", "DPoP")


@pytest.mark.parametrize(
    ("preset", "options", "member"),
    [
        ("fapi2", {"dpop_keys": [KEYS["EdDSA"]], "client_secret": "canary-client"}, "token_endpoint_auth_method"),
        ("fapi2", {"signing_keys": [KEY]}, "dpop_keys"),
        ("fapi2", {"signing_keys": [KEYS["RS256"]], "dpop_keys": [KEY]}, "signing_keys"),
        ("oauth2_1", {}, "code_challenge_methods_supported"),
    ],
)
def test_who_cannot_meet_a_profile_is_told_why(make: Make, preset: str, options: Any, member: str) -> None:
    op = PushingOp()
    if preset == "oauth2_1":
        del op.metadata["code_challenge_methods_supported"]
    with pytest.raises(ConfigurationError) as raised:
        settled(make(op, policy={"preset": preset}, **options).authorize())
    assert raised.value.code == "profile_unmet"
    assert (raised.value.details["profile"], raised.value.details["member"]) == (preset, member)


def test_what_the_application_may_do(make: Make) -> None:
    op, details = PushingOp(), [{"type": "payment", "amount": "12.50"}, {"type": "account"}]
    rp = make(op, **BOUND)
    started = settled(rp.authorize(authorization_details=details))
    assert json.loads(query(started.url)["authorization_details"][0]) == details
    op.granted = {"authorization_details": details}
    session = settled(rp.callback(op.browser(started.url), started.id))
    assert session.authorization_details == details
    op.asked.clear()
    settled(rp.refresh(session, authorization_details=details[:1]))
    [request] = [request for request in op.asked if request.endpoint == "token"]
    assert json.loads(parse_qs(request.body.decode())["authorization_details"][0]) == details[:1]
    assert settled(rp.restore(session.encode())).authorization_details == details
    refreshed = settled(rp.refresh_token("canary-elsewhere", "alice", authorization_details=details))
    assert refreshed.grant.authorization_details == refreshed.session.authorization_details == details
    op.granted = {}
    assert settled(rp.refresh(session)).authorization_details == details, "what was granted holds on"
    started = settled(rp.authorize(authorization_details=details))
    silent = settled(rp.callback(op.browser(started.url), started.id))
    assert silent.authorization_details is None, "who asks is not granted"
    assert log_in(make(op, **BOUND), op).authorization_details is None


@pytest.mark.parametrize("wrong", [{"type": "payment"}, "payment", [{"amount": 1}], ["payment"], None])
def test_authorization_details_that_are_none_are_refused(make: Make, wrong: Any) -> None:
    with pytest.raises(ConfigurationError) as raised:
        settled(make(PushingOp(), **BOUND).authorize(authorization_details=wrong))
    assert raised.value.details["member"] == "authorization_details"


def test_the_layer_without_io_says_which_way_to_go() -> None:
    op = PushingOp()
    send: Any = op.send
    provider = run(Provider.discover(Issuer(ISSUER)), send)
    keys: Any = {"client_id": "client", "redirect_uri": CALLBACK, **BOUND}
    plain = Client(provider, Registration(**keys), Policy(), clock=lambda: NOW)
    assert not plain.authorizes_in_steps()
    at_once = plain.authorize_in_steps(ENTROPY)
    assert at_once.request is None and at_once.result.url == plain.authorize(ENTROPY).url
    client = Client(provider, Registration(**keys, require_pushed_authorization_requests=True), clock=lambda: NOW)
    assert client.authorizes_in_steps()
    with pytest.raises(MisuseError) as raised:
        client.authorize(ENTROPY)
    assert raised.value.code == "proving_needed"
    started = run(client.authorize_in_steps(ENTROPY, response_mode="jwt"), send)
    params = CallbackParams.parse(op.browser(started.url))
    assert params.is_signed and params.handle == started.handle
    code = run(client.signed_callback(started.pending, params), send)
    assert run(client.exchange(code, ENTROPY), send).sub == "alice"
    with pytest.raises(CallbackError):
        client.signed_callback(started.pending, params)
