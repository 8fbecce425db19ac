"""The plain calls, against a provider without a network."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from relyingparty import (
    AsyncRelyingParty,
    Cache,
    ConfigurationError,
    HttpRequest,
    HttpResponse,
    MisuseError,
    RelyingParty,
    Session,
    Unreachable,
    UrllibTransport,
)
from scripted import CALLBACK, ISSUER, NOW, ScriptedOp, log_in, relying_party


def endpoints(op: ScriptedOp) -> list[str]:
    return [request.endpoint for request in op.asked]


def test_nothing_is_fetched_before_it_is_needed() -> None:
    op = ScriptedOp()
    rp = relying_party(op)
    assert endpoints(op) == []
    log_in(rp, op)
    log_in(rp, op)
    assert endpoints(op) == ["discovery", "token", "jwks", "token"]


def test_metadata_is_found_anew_when_it_is_stale() -> None:
    op, now = ScriptedOp(), float(NOW)
    rp = relying_party(op, clock=lambda: now)
    rp.authorize()
    op.metadata["authorization_endpoint"] = f"{ISSUER}/moved"
    assert rp.authorize().url.startswith(f"{ISSUER}/authorize?")
    now += 601
    assert rp.authorize().url.startswith(f"{ISSUER}/moved?")
    assert endpoints(op) == ["discovery", "discovery"]


def test_a_cache_can_be_kept() -> None:
    op = ScriptedOp()
    rp = relying_party(op)
    log_in(rp, op)
    op.asked.clear()
    log_in(relying_party(op, cache=Cache.from_json(rp.cache.to_json())), op)
    assert endpoints(op) == ["token"]


def test_claims_are_a_mapping() -> None:
    op = ScriptedOp()
    op.claims |= {"email": "alice@example.test", "email_verified": "true", "big": 2**53 + 1, "nested": {"a": [1]}}
    claims = log_in(relying_party(op), op).claims
    assert isinstance(claims, Mapping)
    assert dict(claims) == op.claims
    assert set(claims.keys()) == set(claims) == set(op.claims)
    assert len(claims) == len(list(claims.values())) == len(list(claims.items()))
    assert "email" in claims and "phone" not in claims
    assert (claims["big"], claims.get("phone"), claims.get("phone", 1)) == (2**53 + 1, None, 1)
    assert (claims.email_verified, claims.email_verified_lenient) == (False, True)
    with pytest.raises(KeyError, match="phone"):
        claims["phone"]


def test_a_session_has_what_came_with_the_tokens() -> None:
    op = ScriptedOp()
    session = log_in(relying_party(op), op)
    assert session.access_token == "canary-access"
    assert session.refresh_token == "canary-refresh"
    assert session.token_type == "Bearer"
    assert session.scope == ["openid", "profile", "email"]
    assert session.expires_at is None
    assert session.return_to is None


def test_a_confidential_client_authenticates() -> None:
    op = ScriptedOp()
    log_in(relying_party(op), op)
    token = next(request for request in op.asked if request.endpoint == "token")
    assert token.method == "POST"
    assert not token.coalesces
    assert dict(token.headers)["authorization"].startswith("Basic ")
    assert b"code=canary-code" in token.body


def test_logout_has_a_url() -> None:
    op = ScriptedOp()
    rp = relying_party(op, post_logout_redirect_uri="https://app.example/bye")
    session = log_in(rp, op)
    assert f"id_token_hint={session.id_token}" in rp.end_session(session)
    assert "id_token_hint" not in rp.end_session()
    with pytest.raises(ConfigurationError, match="id_token_hint"):
        rp.end_session(session, id_token_hint=session.id_token)


def test_the_names_of_a_callback() -> None:
    op = ScriptedOp()
    rp = relying_party(op)
    started = rp.authorize()
    back = op.browser(started.url)
    assert (rp.cookie_name(back), rp.handle(back)) == (started.cookie_name, started.handle)
    assert (rp.cookie_name("code=x"), rp.handle("code=x")) == (None, None)


def test_entropy_and_clock_can_be_given() -> None:
    drawn: list[int] = []

    def entropy(size: int) -> bytes:
        drawn.append(size)
        return bytes(range(size))

    urls = {relying_party(ScriptedOp(), entropy=entropy).authorize().url for _ in range(2)}
    assert len(urls) == 1
    assert drawn == [32, 32]


def test_settings_are_checked_at_once() -> None:
    with pytest.raises(ConfigurationError) as raised:
        RelyingParty("http://127.0.0.1:1", "client", CALLBACK)
    assert raised.value.code == "invalid_issuer"
    with pytest.raises(ConfigurationError) as raised:
        RelyingParty(ISSUER, "client", CALLBACK, colour="red")  # type: ignore[call-arg]
    assert raised.value.code == "invalid_configuration"
    with pytest.raises(ConfigurationError, match="ca_file"):
        RelyingParty(ISSUER, "client", CALLBACK, transport=UrllibTransport(), ca_pem="x")


def test_without_a_refresh_token_there_is_no_refresh() -> None:
    op = ScriptedOp()
    rp = relying_party(op)
    session = log_in(rp, op)
    stored = session.encode().replace(',"refresh_token":"canary-refresh"', "")
    with pytest.raises(MisuseError) as raised:
        rp.refresh(rp.restore(stored))
    assert raised.value.code == "no_refresh_token"


class AsyncOp(ScriptedOp):
    """The scripted provider on asyncio."""

    async def send(self, request: HttpRequest) -> HttpResponse | Unreachable:  # type: ignore[override]
        await asyncio.sleep(0)
        return super().send(request)


class AsyncDict:
    """A store that has to be awaited."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[str, int]] = {}

    async def put(self, id: str, pending: str, max_age: int) -> None:
        await asyncio.sleep(0)
        self.kept[id] = (pending, max_age)

    async def take(self, id: str) -> str | None:
        await asyncio.sleep(0)
        return self.kept.pop(id, (None, 0))[0]


def test_a_login_on_asyncio_with_a_store_of_its_own() -> None:
    async def scenario() -> Session:
        op, store = AsyncOp(), AsyncDict()
        rp = AsyncRelyingParty(ISSUER, "client", CALLBACK, transport=op, store=store, clock=lambda: NOW)
        started = await rp.authorize(return_to="/inbox")
        assert store.kept[started.id][1] == started.max_age == 600
        session = await rp.callback(op.browser(started.url), started.id)
        assert store.kept == {}
        assert (await rp.userinfo(session))["name"] == "Alice"
        refreshed = await rp.refresh(session)
        restored = await rp.restore(refreshed.encode())
        assert (await rp.end_session(restored)).startswith(f"{ISSUER}/logout?")
        return session

    assert asyncio.run(scenario()).return_to == "/inbox"


def test_a_cancelled_login_leaves_nothing_behind() -> None:
    class Stuck:
        async def send(self, _: HttpRequest) -> HttpResponse:
            await asyncio.Event().wait()
            raise AssertionError

    async def scenario() -> None:
        rp = AsyncRelyingParty(ISSUER, "client", CALLBACK, transport=Stuck(), clock=lambda: NOW)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(rp.authorize(), 0.05)

    asyncio.run(scenario())


def test_what_was_verified_cannot_be_changed() -> None:
    op = ScriptedOp()
    op.claims["groups"] = ["user"]
    session = log_in(relying_party(op), op)
    session.claims["groups"].append("admin")
    session.claims.get("groups", []).append("admin")
    for value in session.claims.values():
        if isinstance(value, list):
            value.append("admin")
    dict(session.claims.items())["groups"].append("admin")
    assert session.claims["groups"] == ["user"]


def test_u20_claims_name_the_issuer_as_configured() -> None:
    op = ScriptedOp()
    op.claims["iss"] = "op.example"
    rp = relying_party(op, issuer_aliases=["op.example"])
    session = log_in(rp, op)
    for claims in (session.claims, rp.restore(session.encode()).claims, rp.verify(op.id_token())):
        assert (claims["iss"], claims.get("iss"), dict(claims)["iss"], claims.iss) == (ISSUER,) * 4
        assert [made.found for made in claims.decisions if made.check == "iss"] == ["op.example"]
