"""Logins against a certified provider: every transport, threads and asyncio, http and https."""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import time
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from inspect import isawaitable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import trustme

from browser import Browser
from exchange import ASYNCIO, TRANSPORTS
from op import Op, provider
from proxy import proxy
from relyingparty import (
    AsyncRelyingParty,
    Cache,
    CallbackError,
    ConfigurationError,
    ProviderError,
    RelyingParty,
    Session,
    TransportError,
    VerifyRequest,
)

HERE = "http://127.0.0.1:1/"
CALLBACK = HERE + "callback"
BYE = HERE + "bye"


@pytest.fixture(scope="module")
def op() -> Iterator[Op]:
    """A provider over plain HTTP."""
    with provider() as running:
        yield running


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``ca.pem``, and ``cert.pem`` and ``key.pem`` for 127.0.0.1 and op.example."""
    given = os.environ.get("RP_TEST_TLS")
    if given:
        return Path(given)
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1", "op.example")
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    certificate.cert_chain_pems[0].write_to_path(str(folder / "cert.pem"))
    certificate.private_key_pem.write_to_path(str(folder / "key.pem"))
    return folder


@pytest.fixture(scope="module")
def tls_op(certificates: Path) -> Iterator[Op]:
    """A provider over HTTPS."""
    options = ("--tls-cert", str(certificates / "cert.pem"), "--tls-key", str(certificates / "key.pem"))
    with provider(*options) as running:
        yield running


@pytest.fixture(scope="module")
def far_op(certificates: Path) -> Iterator[Op]:
    """A provider over HTTPS that calls itself ``op.example``, which only a proxy knows."""
    tls = ("--tls-cert", str(certificates / "cert.pem"), "--tls-key", str(certificates / "key.pem"))
    with provider("--host", "op.example", *tls) as running:
        yield running


@pytest.fixture(params=list(TRANSPORTS))
def transport(request: pytest.FixtureRequest) -> str:
    """Each transport's name in turn."""
    name: str = request.param
    return name


def client(op: Op, transport: str = "urllib", tls: dict[str, Any] | None = None, **options: Any) -> Any:
    """A relying party for a client that is registered for it, confidential unless told otherwise."""
    method = options.pop("method", "client_secret_basic")
    registered = op(
        "register", redirect_uris=[CALLBACK], post_logout_redirect_uris=[BYE], token_endpoint_auth_method=method
    )
    made: Any = TRANSPORTS[transport](**(tls or {}))
    kind = AsyncRelyingParty if transport in ASYNCIO else RelyingParty
    secret = registered.get("client_secret")
    return kind(
        op.issuer,
        registered["client_id"],
        CALLBACK,
        client_secret=secret,
        transport=made,
        allow_insecure_loopback=True,
        **options,
    )


def settled(value: Any) -> Any:
    """What a verb returns, awaited if it is asyncio's."""
    if not isawaitable(value):
        return value

    async def wait() -> Any:
        return await value

    return asyncio.run(wait())


def log_in(rp: Any, browser: Browser | None = None, **options: Any) -> Session:
    """One login from start to session."""
    started = settled(rp.authorize(**options))
    back = (browser or Browser(stop_at=HERE)).log_in(started.url)
    assert rp.cookie_name(back) == started.cookie_name
    session = settled(rp.callback(back, started.id))
    assert isinstance(session, Session)
    return session


def whole_round(rp: Any, op: Op, browser: Browser) -> None:
    op.requests()
    session = log_in(rp, browser, return_to="/inbox", scopes=["openid", "profile", "email", "offline_access"])
    assert session.sub == session.claims["sub"] == "alice"
    assert session.claims.iss == op.issuer
    assert session.return_to == "/inbox"
    assert session.expires_at is not None and session.expires_at > time.time()
    assert {"state", "signature", "nonce", "aud"} <= {made.check for made in session.decisions}
    assert all(made.passed for made in session.decisions)

    info = settled(rp.userinfo(session))
    assert (info["name"], info["email"], info.email_verified) == ("Alice Example", "alice@example.test", True)

    refreshed = settled(rp.refresh(session))
    assert refreshed.refresh_token not in (None, session.refresh_token)
    assert refreshed.access_token != session.access_token
    assert refreshed.sub == "alice"

    asked = op.requests()
    assert (asked.count("/.well-known/openid-configuration"), asked.count("/jwks")) == (1, 1)

    browser.open(settled(rp.end_session(refreshed, post_logout_redirect_uri=BYE, state="done")))
    assert browser.submit(logout="yes") == f"{BYE}?state=done"


def test_a_logout_goes_there_and_back(op: Op, transport: str) -> None:
    browser = Browser(stop_at=HERE)
    rp = client(op, transport)
    session = log_in(rp, browser)
    logout = settled(rp.log_out(session, post_logout_redirect_uri=BYE, logout_hint="alice", ui_locales="de en"))
    assert logout.fields is None
    browser.open(logout.url)
    rp.logged_out(browser.submit(logout="yes"), logout.state)


def test_a_session_and_its_tokens_are_revoked(op: Op, transport: str) -> None:
    rp = client(op, transport)
    session = log_in(rp, prompt="consent", scopes=["openid", "offline_access"])
    settled(rp.revoke(session.access_token, "access_token"))
    with pytest.raises(ProviderError) as refused:
        settled(rp.userinfo(session))
    assert refused.value.error == "invalid_token"
    settled(rp.revoke(session))
    settled(rp.revoke(session))  # once more makes no difference
    with pytest.raises(ProviderError) as spent:
        settled(rp.refresh(session))
    assert spent.value.error == "invalid_grant"


def test_a_confidential_client_logs_in_and_out(op: Op, transport: str) -> None:
    whole_round(client(op, transport), op, Browser(stop_at=HERE))


def test_a_public_client_logs_in_and_out(op: Op, transport: str) -> None:
    whole_round(client(op, transport, method="none"), op, Browser(stop_at=HERE))


def test_all_of_it_over_https(tls_op: Op, certificates: Path, transport: str) -> None:
    tls = ssl.create_default_context(cafile=certificates / "ca.pem")
    browser = Browser(stop_at=HERE, tls=tls)
    whole_round(client(tls_op, transport, tls={"ca_file": certificates / "ca.pem"}), tls_op, browser)


def test_all_of_it_through_a_proxy(far_op: Op, certificates: Path, transport: str) -> None:
    with proxy("--password", "alice:a password") as way:
        tls = ssl.create_default_context(cafile=certificates / "ca.pem")
        url = way.with_password("alice:a%20password")
        browser = Browser(stop_at=HERE, tls=tls, proxy=url)
        rp = client(far_op, transport, tls={"ca_file": certificates / "ca.pem", "proxy": url})
        whole_round(rp, far_op, browser)
        seen = way.seen()
    assert {(request["method"], request["authorized"]) for request in seen} == {("CONNECT", True)}
    assert {request["target"] for request in seen} == {far_op.issuer.removeprefix("https://")}


def test_f10_without_the_ca_file_there_is_no_connection(tls_op: Op, transport: str) -> None:
    with pytest.raises(TransportError) as raised:
        settled(client(tls_op, transport).authorize())
    assert raised.value.code == "unreachable"
    assert raised.value.details["reason"].startswith("the certificate is not trusted")
    assert isinstance(raised.value.__cause__, Exception)


def test_the_default_transport_takes_the_ca_file(tls_op: Op, certificates: Path) -> None:
    pem = (certificates / "ca.pem").read_text()
    for options in ({"ca_file": certificates / "ca.pem"}, {"ca_pem": pem}):
        rp = RelyingParty(tls_op.issuer, "client", "https://app.example/cb", **options)
        assert rp.authorize().url.startswith(tls_op.issuer)


@pytest.mark.parametrize("kind", ["urllib", "aiohttp"])
def test_d1_a_rotated_key_is_fetched_once(op: Op, kind: str) -> None:
    ahead = 0.0
    rp = client(op, kind, clock=lambda: time.time() + ahead)
    log_in(rp)
    op("rotate")
    op.requests()
    ahead = 31.0
    for _ in range(2):
        assert log_in(rp).sub == "alice"
    assert op.requests().count("/jwks") == 1


@pytest.mark.parametrize("kind", ["urllib", "httpx on asyncio"])
def test_an_outage_is_told_with_its_cause(op: Op, kind: str) -> None:
    rp = client(op, kind)
    op("down")
    try:
        with pytest.raises(TransportError) as raised:
            settled(rp.authorize())
    finally:
        op("up")
    assert raised.value.code == "unreachable"
    assert raised.value.details == {"endpoint": "discovery", "reason": "Connection refused"}
    assert isinstance(raised.value.__cause__, Exception)
    assert settled_code(rp) == "metadata_unavailable", "asked a moment ago"
    assert log_in(client(op, kind)).sub == "alice"


def settled_code(rp: Any) -> str:
    with pytest.raises(TransportError) as raised:
        settled(rp.authorize())
    return raised.value.code


RESOURCE = "https://api.example/v1"
ASKED: dict[str, Any] = {"resource": RESOURCE, "scopes": ["openid", "offline_access", "api"], "prompt": "consent"}


def audience(session: Session) -> Any:
    """Whom the access token is for; ``None`` of one that is for UserInfo, which is no JWT."""
    assert session.access_token is not None
    assert session.access_token is not None
    _, dot, rest = session.access_token.partition(".")
    return json.loads(urlsafe_b64decode(rest.partition(".")[0] + "==="))["aud"] if dot else None


def test_a_resource_is_asked_for_the_whole_way(op: Op, transport: str) -> None:
    rp = client(op, transport, policy={"scope_in_refreshes": True})
    session = log_in(rp, **ASKED)
    assert audience(session) == RESOURCE
    refreshed = settled(rp.refresh(settled(rp.restore(session.encode()))))
    assert audience(refreshed) == RESOURCE
    with pytest.raises(ProviderError) as raised:
        settled(rp.refresh(refreshed, resource="https://other.example"))
    assert raised.value.error == "invalid_target"


def test_a_resource_can_be_kept_out_of_token_requests(op: Op) -> None:
    rp = client(op, policy={"resource_in_token_requests": False})
    session = log_in(rp, **ASKED)
    assert audience(session) is None
    session = rp.refresh(session, resource=RESOURCE)
    assert audience(session) == RESOURCE
    assert audience(rp.refresh(session)) is None


def test_a_login_that_is_cancelled_is_the_provider_s_error(op: Op) -> None:
    rp = client(op)
    started = rp.authorize()
    browser = Browser(stop_at=HERE)
    browser.open(started.url)
    back = browser.follow("[ Cancel ]")
    with pytest.raises(ProviderError) as raised:
        rp.callback(back, started.id)
    assert raised.value.code == "provider_error"
    assert raised.value.error == "access_denied"
    assert raised.value.error_description is not None
    assert raised.value.error_description not in str(raised.value)


def test_e1_two_tabs_are_two_logins(op: Op) -> None:
    rp = client(op)
    browser = Browser(stop_at=HERE)
    one, two = rp.authorize(return_to="/one"), rp.authorize(return_to="/two")
    assert one.cookie_name != two.cookie_name
    back = {login.id: browser.log_in(login.url) for login in (one, two)}
    assert rp.callback(back[two.id], two.id).return_to == "/two"
    assert rp.callback(back[one.id], one.id).return_to == "/one"


def test_e1_e5_another_browser_cannot_finish_a_login(op: Op) -> None:
    rp = client(op)
    victim, attacker = rp.authorize(), rp.authorize()
    back = Browser(stop_at=HERE).log_in(attacker.url)
    for id, code in ((victim.id, "state_mismatch"), (None, "no_pending_login"), ("guess", "no_pending_login")):
        with pytest.raises(CallbackError) as raised:
            rp.callback(back, id)
        assert raised.value.code == code


def test_b10_e1_a_callback_serves_once(op: Op) -> None:
    rp = client(op)
    started = rp.authorize()
    back = Browser(stop_at=HERE).log_in(started.url)
    rp.callback(back, started.id)
    with pytest.raises(CallbackError) as raised:
        rp.callback(back, started.id)
    assert raised.value.code == "no_pending_login"


@pytest.mark.parametrize("kind", ["urllib", "aiohttp"])
def test_a_response_that_is_posted_as_a_form(op: Op, kind: str) -> None:
    rp = client(op, kind)
    started = settled(rp.authorize(response_mode="form_post"))
    browser = Browser(stop_at=HERE)
    browser.log_in(started.url)
    body = urlencode(browser.form().hidden)
    assert rp.cookie_name(body) == started.cookie_name
    assert settled(rp.callback_form_post(body, started.id)).sub == "alice"


@pytest.mark.parametrize("kind", ["urllib", "aiohttp"])
def test_a_stored_session_is_restored(op: Op, kind: str) -> None:
    rp = client(op, kind)
    session = log_in(rp)
    restored = settled(rp.restore(session.encode()))
    assert dict(restored.claims) == dict(session.claims)
    assert settled(rp.verify(session.id_token, nonce=session.claims["nonce"])).sub == "alice"


def test_signatures_can_be_left_to_the_host(op: Op) -> None:
    asked: list[VerifyRequest] = []

    def verifier(request: VerifyRequest) -> bool:
        asked.append(request)
        return len(asked) == 1

    async def async_verifier(request: VerifyRequest) -> bool:
        return verifier(request)

    rp = client(op, policy={"signatures": "host"}, verifier=verifier)
    assert log_in(rp).sub == "alice"
    assert asked[0].alg == "RS256"
    assert '"kty":"RSA"' in asked[0].jwk
    asked.clear()
    rp = client(op, "aiohttp", policy={"signatures": "host"}, verifier=async_verifier)
    session = log_in(rp)
    with pytest.raises(Exception, match="signature") as raised:
        settled(rp.verify(session.id_token))
    assert getattr(raised.value, "code", None) == "bad_signature"
    for kind in ("urllib", "aiohttp"):
        with pytest.raises(ConfigurationError, match="verifier"):
            client(op, kind, policy={"signatures": "host"})


def test_d1_a_herd_of_threads_fetches_once(op: Op) -> None:
    rp = client(op)
    herd = [rp.authorize() for _ in range(8)]
    backs = [Browser(stop_at=HERE).log_in(started.url) for started in herd]
    rp.cache = Cache()
    op.requests()
    with ThreadPoolExecutor(8) as threads:
        sessions = list(threads.map(rp.callback, backs, [started.id for started in herd]))
    assert [session.sub for session in sessions] == ["alice"] * 8
    asked = op.requests()
    assert (asked.count("/.well-known/openid-configuration"), asked.count("/jwks")) == (1, 1)


def test_d1_a_herd_of_tasks_fetches_once(op: Op) -> None:
    async def scenario() -> list[Session]:
        rp = client(op, "aiohttp")
        herd = [await rp.authorize() for _ in range(8)]
        loop = asyncio.get_running_loop()
        backs = [await loop.run_in_executor(None, Browser(stop_at=HERE).log_in, started.url) for started in herd]
        rp.cache = Cache()
        op.requests()
        return list(await asyncio.gather(*(rp.callback(back, made.id) for back, made in zip(backs, herd, strict=True))))

    assert [session.sub for session in asyncio.run(scenario())] == ["alice"] * 8
    asked = op.requests()
    assert (asked.count("/.well-known/openid-configuration"), asked.count("/jwks")) == (1, 1)
