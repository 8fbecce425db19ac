"""The login of a web application as data: blocking and on asyncio, over one store and with none."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from client_keys import KEYS, signature
from parties import settled
from relyingparty import (
    AsyncSite,
    ConfigurationError,
    Failed,
    HttpRequest,
    HttpResponse,
    Incoming,
    LoggedIn,
    LoggedOut,
    MemorySessionStore,
    MisuseError,
    SessionChanged,
    SessionEnded,
    SigningKey,
    Site,
    SiteProvider,
    TransportError,
    Unreachable,
)
from scripted import ISSUER, NOW
from visitors import BASE, KEY, LIVES, SITES, Clock, SiteOp, Visitor, code, location, provided, site_of

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(params=SITES)
def kind(request: pytest.FixtureRequest) -> Any:
    """A site in plain calls, and one on asyncio."""
    return request.param


def stored(kind: Any, clock: Clock, **options: Any) -> tuple[Any, SiteOp, MemorySessionStore]:
    """A site with a store, its provider, and the store."""
    op, store = SiteOp(clock=clock), MemorySessionStore(clock=clock)
    return site_of(kind, op, store=store, **options), op, store


def test_a_session_in_cookies_begins_and_ends(kind: Any) -> None:
    op, visitor = SiteOp(), Visitor()
    site = site_of(kind, op)
    assert visitor.visit(site).session is None
    began = visitor.get(site, "login?return_to=/inbox?a=1")
    assert (began.status, began.event, began.body) == (303, None, b"")
    assert location(began).startswith(f"{ISSUER}/authorize?")
    back = visitor.get(site, "callback" + op.browser(location(began)))
    assert (back.status, location(back)) == (303, "/inbox?a=1")
    assert isinstance(back.event, LoggedIn)
    assert (back.event.provider, back.event.session.sub) == ("default", "alice")
    assert list(visitor.cookies) == ["__Host-rp-session"]

    op.asked.clear()
    visit = visitor.visit(site)
    assert visit.session is not None and visit.session.claims.sub == "alice"
    assert visit.session.refresh_token is None
    assert (visit.provider, visit.event, visit.error, visit.set_cookies, op.asked) == ("default", None, None, [], [])

    out = visitor.post(site, "logout", "return_to=/bye")
    assert isinstance(out.event, LoggedOut)
    assert out.event.session is not None and out.event.error is None
    assert location(out).startswith(f"{ISSUER}/logout?")
    assert visitor.visit(site).session is None


def test_the_way_back_from_a_logout_is_checked(kind: Any) -> None:
    op, visitor = SiteOp(), Visitor()
    site = site_of(kind, op, provider={"post_logout_redirect_uri": f"{BASE}/logged-out"})
    visitor.log_in(site, op)
    out = visitor.post(site, "logout", "return_to=/bye")
    state = location(out).partition("state=")[2].partition("&")[0]
    assert code(Visitor().get(site, f"logged-out?state={state}").event) == "logout_state_mismatch"
    back = visitor.get(site, f"logged-out?state={state}")
    assert (location(back), back.event, visitor.cookies) == ("/bye", None, {})


def test_a_session_in_the_store_is_refreshed_when_it_is_due(kind: Any) -> None:
    clock, visitor = Clock(), Visitor()
    site, op, _ = stored(kind, clock)
    visitor.log_in(site, op)
    clock.now += LIVES
    visit = visitor.visit(site)
    assert isinstance(visit.event, SessionChanged)
    assert visit.session is not None and visit.session.access_token == "canary-access-1"
    assert visit.event.session.access_token == "canary-access-1"
    again = visitor.visit(site)
    assert again.event is None and again.session is not None
    assert (again.session.access_token, op.refreshes) == ("canary-access-1", 1)


def test_two_workers_have_the_same_sessions(kind: Any) -> None:
    clock, visitor = Clock(), Visitor()
    one, op, store = stored(kind, clock)
    other = site_of(kind, op, store=store)
    visitor.get(other, "callback" + op.browser(location(visitor.get(one, "login"))))
    clock.now += LIVES
    assert visitor.visit(one).event is not None
    found = visitor.visit(other)
    assert found.event is None and found.session is not None
    assert (found.session.access_token, op.refreshes) == ("canary-access-1", 1)
    visitor.post(other, "logout")
    assert visitor.visit(one).session is None


def test_threads_of_two_workers_refresh_once() -> None:
    clock, visitor = Clock(), Visitor()
    one, op, store = stored(Site, clock)
    other = site_of(Site, op, store=store)
    visitor.log_in(one, op)
    for turn in range(1, 6):
        clock.now += LIVES
        with ThreadPoolExecutor(16) as threads:
            found = list(threads.map(lambda site: site.visit(visitor.request("GET", "/")), [one, other] * 16))
        assert {visit.session.access_token for visit in found if visit.session} == {f"canary-access-{turn}"}
        assert (sum(visit.event is not None for visit in found), op.refreshes) == (1, turn)


@pytest.mark.parametrize("blocks", [True, False], ids=["a store that blocks", "a store of asyncio"])
def test_tasks_of_two_workers_refresh_once(blocks: bool) -> None:
    clock, visitor = Clock(), Visitor()
    op, memory = SiteOp(clock=clock), MemorySessionStore(clock=clock)
    store = Slow(memory) if blocks else Awaited(memory)
    one, other = (site_of(AsyncSite, op, store=store) for _ in range(2))
    visitor.log_in(one, op)
    clock.now += LIVES

    async def many() -> list[Any]:
        return await asyncio.gather(*(site.visit(visitor.request("GET", "/")) for site in [one, other] * 50))

    found = asyncio.run(many())
    assert {visit.session.access_token for visit in found if visit.session} == {"canary-access-1"}
    assert len([visit for visit in found if visit.session]) == 100
    assert op.refreshes == 1


class Slow:
    """A store that blocks, in a thread that is not the event loop's."""

    def __init__(self, store: MemorySessionStore) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any) -> Any:
            assert threading.current_thread() is not threading.main_thread()
            time.sleep(0.001)
            return getattr(self._store, name)(*arguments)

        return call


class Awaited:
    """A store of asyncio."""

    def __init__(self, store: MemorySessionStore) -> None:
        self._store = store

    async def get(self, key: str) -> tuple[str, str] | None:
        return self._store.get(key)

    async def add(self, key: str, value: str, expires_at: int, labels: list[str]) -> bool:
        return self._store.add(key, value, expires_at, labels)

    async def put(self, key: str, value: str, expires_at: int, labels: list[str], version: str) -> bool:
        return self._store.put(key, value, expires_at, labels, version)

    async def take(self, key: str) -> tuple[str, str] | None:
        return self._store.take(key)

    async def delete(self, key: str) -> None:
        self._store.delete(key)

    async def delete_labelled(self, label: str) -> None:
        self._store.delete_labelled(label)

    async def lock(self, key: str, owner: str, lifetime: int, wait: int) -> bool:
        for _ in range(wait * 100):
            if self._store.lock(key, owner, lifetime, 0):
                return True
            await asyncio.sleep(0.01)
        return False

    async def unlock(self, key: str, owner: str) -> None:
        self._store.unlock(key, owner)


def test_a_refresh_token_that_is_dead_ends_the_session_once(kind: Any) -> None:
    clock, visitor = Clock(), Visitor()
    site, op, _ = stored(kind, clock)
    visitor.log_in(site, op)
    clock.now += LIVES
    op.dead = True
    before = dict(visitor.cookies)
    ended = visitor.visit(site)
    assert isinstance(ended.event, SessionEnded) and ended.event.error.code == "provider_error"
    assert (ended.session, visitor.cookies) == (None, {})
    visitor.cookies = before
    assert visitor.visit(site).event is None


def test_a_provider_that_is_down_ends_no_session(kind: Any) -> None:
    clock, visitor = Clock(), Visitor()
    site, op, _ = stored(kind, clock)
    visitor.log_in(site, op)
    clock.now += LIVES - 30
    op.down = True
    visit = visitor.visit(site)
    assert visit.session is not None and visit.error is not None
    assert (visit.error.code, type(visit.error.__cause__)) == ("unreachable", OSError)
    clock.now += 600
    op.down = False
    assert visitor.visit(site).session is not None


def test_the_provider_ends_sessions_from_server_to_server(kind: Any) -> None:
    clock, visitor, other = Clock(), Visitor(), Visitor()
    site, op, _ = stored(kind, clock)
    visitor.log_in(site, op)
    op.claims["sid"] = "session-2"
    other.log_in(site, op)
    form = f"logout_token={op.logout_token()}"
    ended = settled(site.handle(Incoming("POST", f"{BASE}/backchannel-logout", body=form)))
    assert (ended.status, type(ended.event), dict(ended.headers)["Cache-Control"]) == (200, LoggedOut, "no-store")
    assert visitor.visit(site).session is None
    assert other.visit(site).session is not None
    replayed = settled(site.handle(Incoming("POST", f"{BASE}/backchannel-logout", body=form)))
    assert (replayed.status, code(replayed.event)) == (400, "logout_token_replayed")


def test_the_provider_ends_sessions_in_a_frame(kind: Any) -> None:
    clock, visitor = Clock(), Visitor()
    site, op, _ = stored(kind, clock)
    visitor.log_in(site, op)
    frame = settled(site.handle(Incoming("GET", f"/auth/frontchannel-logout?iss={ISSUER}&sid=session-1")))
    assert (frame.status, type(frame.event)) == (200, LoggedOut)
    assert visitor.visit(site).session is None


def test_a_login_fails_as_an_answer(kind: Any) -> None:
    op, visitor = SiteOp(), Visitor()
    site = site_of(kind, op)
    state = location(visitor.get(site, "login")).partition("state=")[2].partition("&")[0]
    denied = visitor.get(site, f"callback?error=access_denied&state={state}")
    assert (denied.status, type(denied.event), code(denied.event)) == (403, Failed, "provider_error")
    assert (Visitor().get(site, "callback?code=x&state=y").status, visitor.cookies) == (400, {})
    assert visitor.post(site, "logout", origin="cross-site").status == 403
    assert visitor.get(site, "logout").status == 405
    assert visitor.get(site, "nothing").status == 404
    assert code(visitor.get(site, "login?provider=nobody").event) == "unknown_provider"


def test_a_provider_that_is_down_is_an_answer_with_its_cause(kind: Any) -> None:
    op = SiteOp()
    op.down = True
    handled = Visitor().get(site_of(kind, op), "login")
    assert (handled.status, code(handled.event)) == (503, "unreachable")
    assert isinstance(handled.event, Failed)
    assert isinstance(handled.event.error.__cause__, OSError)


class Broken(MemorySessionStore):
    """A store that raises, or returns what no store may, in one of its methods."""

    def __init__(self, method: str, returned: object = None) -> None:
        super().__init__(clock=lambda: NOW)

        def broken(*arguments: Any) -> Any:
            if returned is None:
                raise OSError("canary")
            return returned

        setattr(self, method, broken)


@pytest.mark.parametrize("method", ["get", "add"])
@pytest.mark.parametrize("returned", [None, 1, "yes", ("one",), (b"value", b"version")])
def test_what_a_store_does_wrong_is_store_unavailable(kind: Any, method: str, returned: object) -> None:
    op, visitor = SiteOp(), Visitor()
    site = site_of(kind, op, store=Broken(method, returned))
    with pytest.raises(TransportError) as raised:
        visitor.log_in(site, op)
        visitor.visit(site)
    assert raised.value.code == "store_unavailable"
    assert isinstance(raised.value.__cause__, OSError if returned is None else type(None))
    assert "canary" not in str(raised.value)
    if returned is not None:
        assert f"{method}() of the store returned {type(returned).__name__}" in str(raised.value)


JUNK = [
    "\0",
    "\ud800",
    "%00%ff%",
    "=;,=",
    "é" * 5000,
    "__Host-rp-session=",
    "a=b; " * 2000,
    "logout_token=a.b.c",
    "iss=x&sid=y",
]


@pytest.mark.parametrize("junk", JUNK)
@pytest.mark.parametrize("with_store", [True, False])
def test_junk_is_an_answer(kind: Any, junk: str, with_store: bool) -> None:
    op = SiteOp()
    site = site_of(kind, op, store=MemorySessionStore(clock=lambda: NOW) if with_store else None)
    octets = junk.encode("utf-8", "surrogatepass")
    for method in ("GET", "POST", junk):
        for route in ("", "login", "callback", "initiate", "logout", "logged-out", "backchannel-logout", junk):
            for url in (f"/auth/{route}?{junk}", f"//{junk}/auth/{route}?{junk}"):
                headers = [
                    (b"cookie", octets),
                    (b"origin", octets),
                    (b"Sec-Fetch-Site", b"same-origin"),
                    (octets, octets),
                ]
                incoming = Incoming(method, url, headers, octets)
                assert settled(site.handle(incoming)).status in (200, 303, 400, 403, 404, 405, 500, 502, 503)
                assert settled(site.visit(incoming)).session is None


@pytest.mark.parametrize("name", ["rp-session", "__Host-rp-session"])
def test_e15_a_session_that_was_planted_is_nobody_s(kind: Any, name: str) -> None:
    clock, visitor, attacker = Clock(), Visitor(), Visitor()
    site, op, _ = stored(kind, clock)
    visitor.cookies[name] = attacker.cookies[name] = "A" * 43
    visitor.log_in(site, op)
    assert visitor.cookies["__Host-rp-session"] != "A" * 43
    assert attacker.visit(site).session is None


def test_a_setting_that_cannot_be_used_is_refused(kind: Any) -> None:
    def refused(*providers: Any, base: str = BASE, **options: Any) -> str:
        with pytest.raises(ConfigurationError) as raised:
            kind(base, *providers, **{"sealing_keys": [KEY], **options})
        return str(raised.value)

    op = SiteOp()
    assert "base_url" in refused(base="http://app.example/auth")
    assert "base_url" in refused(base="https://app.example/auth/")
    assert "sealing_keys" in refused(sealing_keys=[b"short"])
    assert "idle_secs" in refused(policy={"idle_secs": 1})
    assert refused(policy={"idle_sec": 60}).endswith("; did you mean idle_secs?")
    assert "follows from the parameter store" in refused(policy={"store": True})
    assert "is no SiteProvider" in refused("https://op.example")
    assert "is no object with lock() and unlock()" in refused(store=without("lock", "unlock"))
    assert "is no object with" in refused(store=MemorySessionStore)
    assert "cannot be called" in refused(clock=1)
    one = provided(kind, op)
    assert "has a name that another one has" in refused(one, one)
    assert "redirect_uri" in refused(provided(kind, op, redirect_uri="https://other.example/callback"))
    assert "a session with a refresh token needs one" in refused(
        provided(kind, op, scopes=["openid", "offline_access"])
    )
    assert "scopess" in refused(provided(kind, op, authorize={"scopess": []}))
    with pytest.raises(ConfigurationError, match="is an option of the site"):
        provided(kind, op, store=MemorySessionStore())
    with pytest.raises(ConfigurationError, match="is none of this site"):
        site_of(kind, op).relying_party("other")


def without(*names: str) -> Any:
    """A store that lacks these methods."""
    methods = ("get", "add", "put", "take", "delete", "delete_labelled", "lock", "unlock")
    return type("Store", (), {name: lambda *_: None for name in methods if name not in names})()


def test_a_store_of_asyncio_is_for_asyncio() -> None:
    with pytest.raises(ConfigurationError, match="AsyncSite takes it"):
        site_of(Site, SiteOp(), store=Awaited(MemorySessionStore()))


def test_a_request_has_text_or_bytes() -> None:
    for headers in ({"Cookie": "a=b"}, [("cookie", "a=b")], [(b"cookie", b"a=b")], iter([("Cookie", "a=b")]), None):
        assert repr(Incoming("get", "https://app.example/x?canary", headers)) == "<Incoming(GET /x)>"
    wrong: Any
    for wrong in (1, [1], [("a", 1)], [("a",)]):
        with pytest.raises((TypeError, ValueError)):
            Incoming("GET", "/", wrong)
    wrong = 1
    with pytest.raises(TypeError):
        Incoming("GET", "/", [], wrong)
    with pytest.raises(TypeError):
        Incoming("GET", wrong)


def test_a_clock_that_cannot_be_right_is_refused(kind: Any) -> None:
    site = site_of(kind, SiteOp(), clock=lambda: 0)
    with pytest.raises(MisuseError) as raised:
        Visitor().visit(site)
    assert raised.value.code == "implausible_clock"


def test_a_visitor_chooses_among_providers(kind: Any) -> None:
    one, two = SiteOp("https://one.example"), SiteOp("https://two.example")
    site = site_of(kind, one, two)
    visitor = Visitor()
    assert location(visitor.get(site, "login")).startswith("https://one.example/authorize?")
    logged_in = visitor.log_in(site, two, "login?provider=op-1", "callback/op-1")
    assert isinstance(logged_in.event, LoggedIn) and logged_in.event.provider == "op-1"
    assert visitor.visit(site).provider == "op-1"
    assert len(two.asked) == 3
    # What one of them sends is not taken where the other one's responses come in (mix-up).
    mixed = Visitor()
    back = two.browser(location(mixed.get(site, "login?provider=op-1")))
    assert code(mixed.get(site, "callback/op-0" + back).event) == "pending_login_mismatch"


def test_each_provider_is_asked_with_the_keys_of_its_client(kind: Any) -> None:
    asked: list[str] = []

    def held(name: str) -> dict[str, Any]:
        def sign(signing_input: bytes, alg: str) -> bytes:
            asked.append(name)
            return signature(KEYS[alg], signing_input, alg)

        key = SigningKey.from_callable(sign, alg="ES256")
        return {"signing_keys": [key], "client_secret": None}

    def asserts() -> str:
        asked.append("three")
        return "assertion"

    ops = [SiteOp(f"https://{name}.example") for name in ("one", "two", "three")]
    options = [held("one"), held("two"), {"client_assertion": asserts, "client_secret": None}]
    names = [op.issuer.split(".")[0][8:] for op in ops]
    made = [provided(kind, op, name=name, **more) for op, name, more in zip(ops, names, options, strict=True)]
    site = kind(BASE, *made, sealing_keys=[KEY], clock=lambda: NOW)
    for op, name in zip(ops, names, strict=True):
        event = Visitor().log_in(site, op, f"login?provider={name}", f"callback/{name}").event
        assert isinstance(event, LoggedIn), event
    assert asked == names


def test_a_provider_comes_and_goes_while_the_site_runs(kind: Any) -> None:
    one, two = SiteOp("https://one.example"), SiteOp("https://two.example")
    site = site_of(kind)
    site.add_provider(provided(kind, one, name="one"))
    visitor = Visitor()
    visitor.log_in(site, one, "login", "callback/one")
    site.add_provider(provided(kind, two, name="two"))
    other = Visitor()
    other.log_in(site, two, "login?provider=two", "callback/two")
    assert visitor.visit(site).session is not None and other.visit(site).session is not None
    site.remove_provider("one")
    assert visitor.visit(site).session is None and other.visit(site).session is not None
    assert code(visitor.get(site, "login?provider=one").event) == "unknown_provider"
    assert location(visitor.get(site, "login")).startswith("https://two.example/authorize?")
    assert "two.example" in repr(site.relying_party())


def test_a_provider_that_goes_leaves_a_login_under_way_its_network() -> None:
    class Leaving(SiteOp):
        def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
            site.remove_provider("default")
            return super().send(request)

    op = Leaving()
    site = site_of(Site, op)
    assert location(Visitor().get(site, "login")).startswith(f"{ISSUER}/authorize?")


def test_what_talks_to_the_provider_shares_the_cache(kind: Any) -> None:
    op, visitor = SiteOp(), Visitor()
    site = site_of(kind, op)
    visitor.log_in(site, op)
    session = visitor.visit(site).session
    op.asked.clear()
    assert settled(site.relying_party().userinfo(session)).sub == "alice"
    assert [request.endpoint for request in op.asked] == ["userinfo"]
    assert site.relying_party("default").cache is site.cache


def test_a_site_knows_its_own_urls(kind: Any) -> None:
    site = site_of(kind, SiteOp())
    for url in ("/auth/login", "https://app.example/auth/callback?x=/y", "http://10.0.0.1:8000/auth/logged-out"):
        assert site.handles(url)
    for url in (
        "/",
        "/auth",
        "/auth/",
        "/login",
        "/authentic",
        "/x/auth/login",
        "https://app.example",
        "https://app.example/?x=/auth/login",
    ):
        assert not site.handles(url)


def test_a_logout_that_no_url_holds_is_a_page(kind: Any) -> None:
    op, visitor = SiteOp(), Visitor()
    op.claims["note"] = "x" * 2000
    site = site_of(kind, op, store=MemorySessionStore(clock=lambda: NOW))
    visitor.log_in(site, op)
    out = visitor.post(site, "logout")
    headers = dict(out.headers)
    assert (out.status, headers["Content-Type"], headers["Cache-Control"]) == (
        200,
        "text/html; charset=utf-8",
        "no-store",
    )
    page = out.body.decode()
    assert f'<form method="post" action="{ISSUER}/logout">' in page
    assert 'name="id_token_hint"' in page and "<button>" in page
    [script] = re.findall("<script>(.*?)</script>", page)
    policy = headers["Content-Security-Policy"]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert policy.startswith(f"default-src 'none'; form-action {ISSUER} 'self'; ")


def test_a_page_escapes_what_it_shows() -> None:
    from relyingparty.pages import form

    _, body = form("https://op.example/?a=1&b='\"", [('<">', "</script>&'")])
    assert body.count(b"<script>") == 1 and body.count(b"</script>") == 1
    assert b'action="https://op.example/?a=1&amp;b=&#39;&quot;"' in body
    assert b'name="&lt;&quot;&gt;" value="&lt;/script&gt;&amp;&#39;"' in body


def test_a_refresh_is_carried_to_its_end_though_nobody_waits() -> None:
    clock, visitor = Clock(), Visitor()
    site, op, _ = stored(AsyncSite, clock)
    visitor.log_in(site, op)
    clock.now += LIVES

    async def scenario() -> None:
        sent, go_on = asyncio.Event(), asyncio.Event()
        party = site.relying_party()
        send = party._transport.send

        async def held_up(request: HttpRequest) -> HttpResponse | Unreachable:
            answered: HttpResponse | Unreachable = await send(request)
            if request.endpoint == "token":
                sent.set()
                await go_on.wait()
            return answered

        party._transport.send = held_up
        task = asyncio.create_task(site.visit(visitor.request("GET", "/")))
        await sent.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        go_on.set()
        found = await site.visit(visitor.request("GET", "/"))
        assert found.session is not None and found.session.access_token == "canary-access-1"

    asyncio.run(scenario())
    assert op.refreshes == 1


def test_a_login_is_carried_to_its_end_though_nobody_waits() -> None:
    clock, visitor = Clock(), Visitor()
    site, op, store = stored(AsyncSite, clock)
    query = op.browser(location(visitor.get(site, "login")))

    async def scenario() -> None:
        task = asyncio.create_task(site.handle(visitor.request("GET", f"/auth/callback{query}")))
        while not op.asked or op.asked[-1].endpoint != "token":
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        for _ in range(1000):
            if len(store) == 2:
                return
            await asyncio.sleep(0.001)
        raise AssertionError("the session was not stored")

    asyncio.run(scenario())


def test_a_site_is_imported_when_it_is_used() -> None:
    program = (
        "import sys, relyingparty; names = ('site', 'sites', 'async_site', 'events', 'pages', 'session_stores');"
        "sys.exit(any(f'relyingparty.{name}' in sys.modules for name in names))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_provider_serves_several_sites_and_shows_nothing() -> None:
    shown = SiteProvider(ISSUER, "client", client_secret="canary")
    assert repr(shown) == "<SiteProvider default: client at https://op.example>"
    assert [repr(Site(url, shown, sealing_keys=[KEY])) for url in (BASE, "https://other.example")] == [
        "<Site https://app.example/auth>",
        "<Site https://other.example>",
    ]
