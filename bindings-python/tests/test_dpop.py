"""Access tokens that are bound to a key (DPoP, RFC 9449)."""

from __future__ import annotations

import asyncio
import threading
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from client_keys import KEYS, BindingOp, ed25519_jwk, header, is_good, part, pem, signature, thumbprint
from parties import Make, OnLoop, log_in, settled
from relyingparty import (
    AsyncRelyingParty,
    Cache,
    Error,
    HttpRequest,
    HttpResponse,
    MisuseError,
    ProtocolError,
    RelyingParty,
    Session,
    SigningKey,
    Unreachable,
)
from scripted import CALLBACK, ISSUER, NOW, ScriptedOp, base64url, relying_party

KEY = SigningKey.from_pem(pem(KEYS["ES256"]))
OTHER = SigningKey.from_jwk(ed25519_jwk())


def test_k2_a_login_proves_possession_of_its_key_at_each_request(make: Make) -> None:
    op = BindingOp()
    rp = make(op, dpop_keys=[KEY])
    started = settled(rp.authorize())
    assert parse_qs(urlsplit(started.url).query)["dpop_jkt"] == [KEY.thumbprint]
    session = settled(rp.callback(op.browser(started.url), started.id))
    assert (session.token_type, session.dpop_jkt) == ("DPoP", KEY.thumbprint)
    assert settled(rp.userinfo(session))["name"] == "Alice"
    refreshed = settled(rp.refresh(session))
    assert (refreshed.dpop_jkt, refreshed.access_token) == (KEY.thumbprint, "canary-access-2")

    token, userinfo, refresh = (request for request in op.asked if request.endpoint in ("token", "userinfo"))
    for request in (token, userinfo, refresh):
        proof = header(request, "dpop")
        assert is_good(proof, KEYS["ES256"])
        first = part(proof, 0)
        assert KEY.thumbprint == thumbprint(first.pop("jwk"))
        assert first == {"typ": "dpop+jwt", "alg": "ES256"}
        claims = part(proof, 1)
        assert len(claims.pop("jti")) == 43
        expected = {"htm": request.method, "htu": request.url, "iat": NOW}
        if request is userinfo:
            assert header(request, "authorization") == "DPoP canary-access-1"
            expected["ath"] = base64url(sha256(b"canary-access-1").digest())
        assert claims == expected


def test_a_token_of_a_stored_session_stays_bound(make: Make) -> None:
    op = BindingOp()
    rp = make(op, dpop_keys=[KEY], sealing_keys=[b"canary-sealing-key-of-32-octets!"])
    session = log_in(rp, op)
    assert settled(rp.restore(settled(rp.encode(session)))).dpop_jkt == KEY.thumbprint
    plain = make(op, dpop_keys=[KEY])
    assert settled(plain.restore(session.encode())).dpop_jkt == KEY.thumbprint
    refreshed = settled(plain.refresh_token("canary-elsewhere", "alice"))
    assert refreshed.grant.dpop_jkt == refreshed.session.dpop_jkt == KEY.thumbprint


def test_k9_a_bearer_token_is_no_answer_to_a_proof(make: Make) -> None:
    op = ScriptedOp()
    assert log_in(make(op), op).dpop_jkt is None
    with pytest.raises(ProtocolError) as raised:
        log_in(make(op, dpop_keys=[KEY]), op)
    assert raised.value.code == "token_not_bound"


def test_k9_a_session_serves_with_its_own_key_alone(make: Make) -> None:
    op = BindingOp()
    session = log_in(make(op, dpop_keys=[KEY]), op)
    both = make(op, dpop_keys=[OTHER, KEY])
    assert settled(both.refresh(session)).dpop_jkt == KEY.thumbprint
    assert log_in(both, op).dpop_jkt == OTHER.thumbprint
    for rp in (make(op, dpop_keys=[OTHER]), make(op)):
        for verb in (rp.refresh, rp.userinfo):
            op.asked.clear()
            with pytest.raises(MisuseError) as raised:
                settled(verb(session))
            assert raised.value.code == "dpop_key_mismatch"
            assert raised.value.details["expected"] == KEY.thumbprint
            assert [request.endpoint for request in op.asked if request.endpoint in ("token", "userinfo")] == []


@pytest.mark.parametrize("held", ["here", "elsewhere"])
def test_k1_a_nonce_that_is_asked_for_is_remembered_for_all_who_share_the_cache(make: Make, held: str) -> None:
    def sign(signing_input: bytes, alg: str) -> bytes:
        return signature(KEYS["ES256"], signing_input, alg)

    elsewhere = SigningKey.from_callable(sign, alg="ES256", jwk=KEY.public_jwk)
    op = BindingOp("token", "userinfo")
    options: dict[str, Any] = {"dpop_keys": [KEY if held == "here" else elsewhere], "cache": Cache()}
    rp = make(op, **options)
    session = log_in(rp, op)
    assert [proof.get("nonce") for proof in op.proofs()] == [None, "nonce-1"]
    settled(rp.userinfo(session))
    session = settled(rp.refresh(session))
    other = make(op, **options)
    settled(other.userinfo(session))
    assert [proof.get("nonce") for proof in op.proofs()] == ["nonce-1"] * 3, "no round trip more"

    op.nonce = "nonce-2"
    settled(other.userinfo(session))
    proofs = op.proofs()
    assert [proof["nonce"] for proof in proofs] == ["nonce-1", "nonce-2"]
    assert len({proof["jti"] for proof in proofs}) == 2
    settled(rp.userinfo(session))
    assert [proof["nonce"] for proof in op.proofs()] == ["nonce-2"]

    rp.cache = Cache.from_json(rp.cache.to_json())
    session = settled(rp.refresh(session))
    assert [proof.get("nonce") for proof in op.proofs()] == [None, "nonce-2"], "a lost nonce costs a round trip"


def test_a_nonce_that_comes_with_a_success_is_for_the_next_proof(make: Make) -> None:
    class Rotating(BindingOp):
        def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
            reply = super().send(request)
            if not isinstance(reply, HttpResponse) or request.endpoint not in ("token", "userinfo"):
                return reply
            self.nonce = f"nonce-{self.serial + 10}"
            return HttpResponse(reply.status, [*reply.headers, ("DPoP-Nonce", self.nonce)], reply.body)

    op = Rotating()
    rp = make(op, dpop_keys=[KEY])
    session = log_in(rp, op)
    settled(rp.userinfo(session))
    assert [proof.get("nonce") for proof in op.proofs()] == [None, "nonce-11"]


def test_k1_each_attempt_has_an_assertion_of_its_own(make: Make) -> None:
    op, count = BindingOp("token"), iter(range(1, 10))
    log_in(make(op, dpop_keys=[KEY], client_assertion=lambda: f"assertion-{next(count)}"), op)
    bodies = [parse_qs(request.body.decode()) for request in op.asked if request.endpoint == "token"]
    assert [body["client_assertion"] for body in bodies] == [["assertion-1"], ["assertion-2"]]


def test_k8_a_nonce_is_asked_for_once(make: Make) -> None:
    class Insatiable(BindingOp):
        def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
            if request.endpoint == "token":
                self.nonce += "x"
            return super().send(request)

    op = Insatiable("token")
    with pytest.raises(ProtocolError) as raised:
        log_in(make(op, dpop_keys=[KEY]), op)
    assert raised.value.code == "dpop_nonce_refused"
    assert len(op.proofs()) == 2


def test_u8_refreshes_of_a_client_that_signs_are_one_request() -> None:
    class Slow(BindingOp):
        def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
            reply = super().send(request)
            if request.endpoint == "token":
                threading.Event().wait(0.05)
            return reply

    op = Slow()
    rp = relying_party(op, dpop_keys=[KEY])
    started = rp.authorize()
    session = rp.callback(op.browser(started.url), started.id)
    found: list[Session] = []
    barrier = threading.Barrier(8)

    def refresh() -> None:
        barrier.wait()
        found.append(rp.refresh(session))

    threads = [threading.Thread(target=refresh) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert {one.access_token for one in found} == {"canary-access-2"} and len(found) == 8
    assert op.serial == 2, "a proof of its own does not make it another refresh"
    assert rp.refresh(session, resource="https://api.example").access_token == "canary-access-3"


def test_u8_whoever_waited_in_vain_proves_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("relyingparty.sharing.LITTLE", 0.1)
    now, op, held = [float(NOW)], BindingOp(), threading.Event()

    class Held(threading.local):
        first = False

    place = Held()

    class Stuck:
        def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
            if place.first and request.endpoint == "token":
                under_way.set()
                held.wait(10)
                return Unreachable("given up")
            return op.send(request)

    policy: Any = {"token_timeout_secs": 1}
    rp = RelyingParty(
        ISSUER, "client", CALLBACK, transport=Stuck(), clock=lambda: now[0], dpop_keys=[KEY], policy=policy
    )
    started = rp.authorize()
    session, under_way = rp.callback(op.browser(started.url), started.id), threading.Event()
    op.proofs()

    def stuck() -> None:
        place.first = True
        with pytest.raises(Error):
            rp.refresh(session)

    def later() -> None:
        now[0] += 50

    thread = threading.Thread(target=stuck)
    thread.start()
    assert under_way.wait(5)
    timer = threading.Timer(0.5, later)
    timer.start()
    assert rp.refresh(session).access_token == "canary-access-2"
    held.set()
    thread.join(10)
    timer.join(10)
    assert [proof["iat"] for proof in op.proofs()] == [NOW + 50]


def test_threads_and_tasks_share_the_nonces_of_a_cache() -> None:
    op, cache = BindingOp("token", "userinfo"), Cache()
    rp = relying_party(op, dpop_keys=[KEY], cache=cache)
    started = rp.authorize()
    session = rp.callback(op.browser(started.url), started.id)
    op.proofs()

    async def herd() -> None:
        party = AsyncRelyingParty(
            ISSUER,
            "client",
            CALLBACK,
            client_secret="canary-client",
            transport=OnLoop(op),
            clock=lambda: NOW,
            dpop_keys=[KEY],
            cache=cache,
        )
        await asyncio.gather(*(party.userinfo(session) for _ in range(8)))

    asyncio.run(herd())
    proofs = op.proofs()
    assert [proof["nonce"] for proof in proofs] == ["nonce-1"] * 8
    assert len({proof["jti"] for proof in proofs}) == 8
