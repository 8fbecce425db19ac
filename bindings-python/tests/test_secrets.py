"""Nothing secret is shown, copied or pickled."""

from __future__ import annotations

import copy
import json
import pickle
import pprint
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import relyingparty
from client_keys import SEED, ed25519_jwk
from relyingparty import (
    ApiResponse,
    Assertion,
    AsyncRelyingParty,
    AsyncSite,
    Cache,
    CallbackParams,
    Client,
    Error,
    HttpRequest,
    HttpResponse,
    Incoming,
    Issuer,
    LoginCookies,
    MemorySessionStore,
    MemoryStore,
    PendingLogin,
    Policy,
    Provider,
    ProviderError,
    Registration,
    RelyingParty,
    SealingKeys,
    SessionChanged,
    SessionSeal,
    SigningKey,
    Site,
    TokenError,
    TransportError,
    Unreachable,
    run,
)
from scripted import CALLBACK, ISSUER, NOW, ScriptedOp, answer, base64url, log_in, relying_party
from test_logout import Op as LogoutOp
from visitors import SiteOp, Visitor, location, provided, site_of

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
    refreshed = rp.refresh_token("canary-elsewhere", "alice")
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
        "response": op.send(op.asked[-2]),
        "asyncio relying party": AsyncRelyingParty(ISSUER, "client", CALLBACK, client_secret="canary-client"),
        "issuer": Issuer(ISSUER),
        "provider": provider,
        "policy": Policy(),
        "limits": op.asked[0].limits,
        "verify request": waiting_for_the_host(op),
        "key report": run(provider.refresh_keys(clock=lambda: NOW), op.send),  # type: ignore[arg-type]
        "unreachable": Unreachable("no route"),
        "refreshed grant": refreshed,
        "grant": refreshed.grant,
        "sealing keys": SealingKeys([b"canary-sealing-key-of-32-octets!"]),
        "session seal": SessionSeal(SealingKeys([b"canary-sealing-key-of-32-octets!"]), Issuer(ISSUER), "client"),
        "setup report": rp.check(),
        "signing key": SigningKey.from_jwk(ed25519_jwk()),
        "key of the host's": SigningKey.from_callable(lambda *_: b"canary", alg="ES256"),
        "relying party with a key": relying_party(op, signing_keys=[ed25519_jwk()]),
        "registration with a key": Registration(client_id="c", redirect_uri=CALLBACK, dpop_keys=[ed25519_jwk()]),
        "sign request": asked_for(op, signing_keys=[SigningKey.from_callable(lambda *_: b"", alg="EdDSA")]),
        "assertion request": asked_for(op, client_assertion_type="urn:example:kind"),
        "assertion": Assertion("canary-assertion"),
        "login cookies": LoginCookies({started.cookie_name: started.id}),
        "logout": client.log_out(ENTROPY, session, state="canary-state"),
        "front-channel logout": client.front_channel_logout(f"iss={ISSUER}&sid=canary"),
        "logout token": LogoutOp.verified(jti="canary", sid="canary"),
        "API's response": refusal_of_an_api(),
        "API's challenge": refusal_of_an_api().challenge,
        **of_a_site(),
    }


def of_a_site() -> dict[str, Any]:
    """What a site makes of secrets, and what it is made of."""
    op, visitor = SiteOp(), Visitor()
    store = MemorySessionStore(clock=lambda: NOW)
    site = site_of(Site, op, store=store)
    began = visitor.get(site, "login")
    back = visitor.get(site, "callback" + op.browser(location(began)))
    visit = visitor.visit(site)
    assert visit.session is not None
    return {
        "site": site,
        "asyncio site": site_of(AsyncSite, op),
        "site's provider": provided(Site, op),
        "store of sessions": store,
        "incoming": Incoming("POST", "/auth/callback?code=canary", {"Cookie": "a=canary"}, "code=canary"),
        "handled": began,
        "visit": visit,
        "logged in": back.event,
        "logged out": visitor.post(site, "logout").event,
        "session changed": SessionChanged(visit.session),
    }


def refusal_of_an_api() -> ApiResponse:
    """What an API answers to an access token that it does not take."""

    class Api(ScriptedOp):
        def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
            challenge = 'Bearer error="canary", error_description="canary"'
            if request.endpoint == "resource":
                return HttpResponse(401, [("WWW-Authenticate", challenge)], b"canary")
            return super().send(request)

    op = Api()
    rp = relying_party(op, api_origins=["https://api.example"])
    return rp.call(log_in(rp, op), "GET", "https://api.example/canary")


def waiting_for_the_host(op: ScriptedOp) -> object:
    """The request to check a signature, whose token is a canary."""
    asked: list[object] = []
    rp = relying_party(op, policy={"signatures": "host"}, verifier=lambda request: bool(asked.append(request) or True))  # type: ignore[func-returns-value]
    log_in(rp, op)
    return asked[0]


def asked_for(op: ScriptedOp, **registration: Any) -> object:
    """What a client that signs its requests asks of its host."""
    provider = run(Provider.discover(Issuer(ISSUER), clock=lambda: NOW), op.send)  # type: ignore[arg-type]
    registered = Registration(client_id="client", redirect_uri=CALLBACK, **registration)
    client = Client(provider, registered, clock=lambda: NOW)
    return client.refresh_token("canary-elsewhere", "alice", ENTROPY).request


# Classes whose instances hold no secret, or that are shown elsewhere: errors, interfaces, transports, types.
ELSEWHERE = {
    *("Address", "AsyncStore", "AsyncTransport", "CallbackError", "Claims", "ConfigurationError", "Decision", "Error"),
    *("ErrorCode", "Finding", "MisuseError", "ProtocolError", "ProviderError", "Reply", "Request", "Store"),
    *(
        "RequestObject",
        "ThreadedTransport",
        "TokenError",
        "Transport",
        "TransportError",
        "UrllibTransport",
        "Unsupported",
        "WaitRequest",
    ),
    *("AsyncSessionStore", "Failed", "SessionEnded", "SessionStore", "Waited"),
}


THINGS = everything()
SECRETS = (
    "canary",
    THINGS["authorization"].id,
    THINGS["authorization"].pending.encode().split('"state":"')[1].split('"')[0],
    THINGS["authorization"].pending.encode().split('"verifier":"')[1].split('"')[0],
    THINGS["session"].id_token,
    base64url(SEED)[:10],
)


def found_in(text: str) -> list[str]:
    return [secret for secret in SECRETS if secret in text]


@pytest.mark.parametrize("name", THINGS)
def test_f7_a_repr_shows_nothing_secret(name: str) -> None:
    thing = THINGS[name]
    for text in (repr(thing), str(thing), f"{thing}", f"{[thing]!r:>9}", pprint.pformat({"it": [thing]})):
        assert found_in(text) == []


def test_f7_every_class_is_looked_at() -> None:
    shown = {type(thing).__name__ for thing in THINGS.values()}
    classes = {name for name in relyingparty.__all__ if isinstance(getattr(relyingparty, name), type)}
    assert classes - shown - ELSEWHERE == set()
    assert shown - set(relyingparty.__all__) == set()


@pytest.mark.parametrize("name", THINGS)
def test_f7_nothing_secret_becomes_json_by_the_way(name: str) -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        json.dumps(THINGS[name])


def refusals() -> Iterator[tuple[str, Error]]:
    """An error of each stage of a login, the secrets of that stage in reach of it."""

    def refused(name: str, op: ScriptedOp, work: Callable[[RelyingParty], object]) -> tuple[str, Error]:
        with pytest.raises(Error) as raised:
            work(relying_party(op))
        return name, raised.value

    def broken(endpoint: str, reply: HttpResponse | Unreachable) -> ScriptedOp:
        class Broken(ScriptedOp):
            def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
                return reply if request.endpoint == endpoint else super().send(request)

        return Broken()

    canary = answer({"error": "canary\n", "error_description": "canary", "access_token": ["canary"]}, 400)
    for endpoint in ("discovery", "jwks", "token"):
        for reply in (canary, answer({"canary": "canary"}), HttpResponse(200, [], b"canary"), Unreachable("no route")):
            op = broken(endpoint, reply)
            yield refused(f"{endpoint} {reply}", op, lambda rp, op=op: log_in(rp, op))  # type: ignore[misc]
    for text in ("canary", "{canary", "code=canary&code=canary", "error=canary&error=canary", "a.b.canary"):
        for verb in ("verify", "restore"):
            yield refused(f"{verb} {text}", ScriptedOp(), lambda rp, verb=verb, text=text: getattr(rp, verb)(text))  # type: ignore[misc]
        yield refused(f"callback {text}", ScriptedOp(), lambda rp, text=text: rp.callback(text, "canary"))  # type: ignore[misc]
        yield refused(f"decode {text}", ScriptedOp(), lambda _, text=text: PendingLogin.decode(text))  # type: ignore[misc]
        yield refused(f"cache {text}", ScriptedOp(), lambda _, text=text: Cache.from_json(text))  # type: ignore[misc]
    yield refused("option", ScriptedOp(), lambda rp: rp.authorize(id_token_hint="canary"))
    misspelt: dict[str, Any] = {"client_id": "c", "redirect_uri": "x", "secret": "canary"}
    yield refused("registration", ScriptedOp(), lambda _: Registration(**misspelt))


@pytest.mark.parametrize(("name", "error"), list(refusals()))
def test_f7_an_exception_of_each_stage_shows_nothing_secret(name: str, error: Error) -> None:
    shown = [str(error), repr(error), repr(error.args), repr(error.details), repr(error.decisions)]
    shown += traceback.format_exception_only(error)
    assert "canary" not in "".join(shown), name
    cause = error.__cause__ or error.__context__
    assert cause is None or "canary" not in repr(cause)


@pytest.mark.parametrize("name", [name for name in THINGS if not name.startswith("store")])
def test_g7_what_is_secret_cannot_be_pickled_or_copied(name: str) -> None:
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError):
            pickle.dumps(THINGS[name], protocol)
    with pytest.raises(TypeError):
        copy.deepcopy(THINGS[name])


@pytest.mark.parametrize("name", ["Session", "IdTokenClaims", "UserInfo", "Claims", "AuthorizationCode", "Flow"])
def test_a17_a_proof_cannot_be_made(name: str) -> None:
    proof = getattr(relyingparty, name)
    with pytest.raises(TypeError, match=r"cannot create|No constructor"):
        proof()
    with pytest.raises(TypeError):
        proof.__new__(proof)


@pytest.mark.parametrize("name", ["session", "claims", "registration", "authorization"])
def test_d10_a_thing_cannot_be_changed(name: str) -> None:
    for attribute in ("sub", "id", "client_id", "other"):
        with pytest.raises((AttributeError, TypeError)):
            setattr(THINGS[name], attribute, "mallory")


def test_a17_claims_cannot_be_changed() -> None:
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
