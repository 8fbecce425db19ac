"""Applications of Starlette, FastAPI and Flask, over HTTP, with the certified provider."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any

import flask
import httpx
import pytest
from fastapi import Depends, FastAPI
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

import relyingparty.fastapi
import relyingparty.flask
import relyingparty.starlette
from browser import Browser
from frameworks import FRAMEWORKS, Application, free_port, in_fastapi, in_flask, in_starlette, served
from op import Op, provider
from parties import OnLoop
from relyingparty import AsyncSite, ConfigurationError, MemorySessionStore, Session, Site, SiteProvider
from scripted import NOW
from test_example import cookies
from test_site import Broken
from test_tracebacks import leaks
from visitors import BASE, KEY, SiteOp, Visitor, provided, site_of
from workers import become, pages, two_workers


@pytest.fixture(scope="module")
def op() -> Iterator[Op]:
    with provider() as running:
        yield running


@pytest.fixture(params=FRAMEWORKS)
def application(request: pytest.FixtureRequest, op: Op) -> Application:
    """The application in each framework in turn."""
    return Application(op, request.param)


def test_a_user_logs_in_and_out(application: Application) -> None:
    home, browser = application.home, Browser()
    with application.running():
        assert browser.open(f"{home}/") and browser.page == "Log in"
        # Sent to log in, and back to the page that was asked for.
        assert browser.log_in(f"{home}/private?a=1&b=%2F") == f"{home}/private?a=1&b=%2F"
        assert "Private page of alice" in browser.page
        browser.open(f"{home}/")
        assert browser.page == "Hello alice"
        browser.open(f"{application.auth}/logout", {}, Origin=application.origin)
        assert browser.url.startswith(application.op.issuer)
        assert browser.submit(logout="yes") == f"{home}/"
        assert browser.page == "Log in"
    # The provider sends its logout to the application, too, which has no store to end a session in.
    assert application.events == ["LoggedIn", "LoggedOut", "Failed"]
    assert cookies(browser.cookies, "rp-") == []


def test_two_tabs_log_in_at_the_same_time(application: Application) -> None:
    auth, browser = application.auth, Browser(stop_at=f"{application.auth}/callback")
    with application.running():
        one = browser.log_in(f"{auth}/login?return_to=/private?tab=1")
        other = browser.log_in(f"{auth}/login?return_to=/private?tab=2")
        follow(browser)
        assert browser.open(one) == f"{application.home}/private?tab=1"
        assert browser.open(other) == f"{application.home}/private?tab=2"
        assert "alice" in browser.page


def follow(browser: Browser) -> None:
    """From now on redirects are followed everywhere."""
    browser._stops._stop_at = None


def test_a_callback_that_comes_again_leads_to_the_application(application: Application) -> None:
    browser = Browser(stop_at=f"{application.auth}/callback")
    with application.running():
        back = browser.log_in(f"{application.auth}/login?return_to=/private")
        follow(browser)
        browser.open(back)
        # A reload, and the back button.
        assert browser.open(back) == f"{application.home}/"
        assert browser.page == "Hello alice"
        stranger = Browser()
        stranger.open(back)
        assert (stranger.status, stranger.page) == (400, "The login did not succeed: no_pending_login\n")


def test_an_application_starts_anew_in_the_middle_of_a_login(application: Application) -> None:
    browser = Browser(stop_at=f"{application.auth}/callback")
    with application.running():
        back = browser.log_in(f"{application.auth}/login?return_to=/private")
    follow(browser)
    with application.running():
        assert browser.open(back) == f"{application.home}/private"
    with application.running():
        browser.open(f"{application.home}/")
        assert browser.page == "Hello alice"


def test_a_login_that_took_too_long_ends_on_a_page(application: Application) -> None:
    browser = Browser(stop_at=f"{application.auth}/callback")
    with application.running():
        back = browser.log_in(f"{application.auth}/login")
        application.clock.by = 700
        follow(browser)
        browser.open(back)
        assert (browser.status, browser.page) == (400, "The login did not succeed: pending_login_expired\n")
        assert application.events == ["Failed"]
        browser.open(f"{application.home}/")
        assert browser.page == "Log in"


def test_a_consent_that_is_denied_ends_on_a_page(application: Application) -> None:
    browser = Browser()
    with application.running():
        browser.open(f"{application.auth}/login")
        browser.follow("[ Cancel ]")
        assert (browser.status, browser.page) == (403, "The login did not succeed: access_denied\n")


def test_an_application_shows_a_page_of_its_own(application: Application) -> None:
    def shown(*given: Any) -> Any:
        text = f"Sorry: {given[-1].error.code}"
        return flask.Response(text, 418) if application.make is in_flask else PlainTextResponse(text, 418)

    browser = Browser()
    with application.running(on_failure=shown):
        browser.open(f"{application.auth}/login")
        assert len(cookies(browser.cookies, "rp-")) == 1
        browser.follow("[ Cancel ]")
        assert (browser.status, browser.page) == (418, "Sorry: provider_error")
        # The cookie of the login that is over has gone, whoever made the page.
        assert cookies(browser.cookies, "rp-") == []


def test_the_provider_ends_a_session(application: Application) -> None:
    browser = Browser()
    with application.running(store=MemorySessionStore()):
        browser.log_in(f"{application.auth}/login")
        assert browser.page == "Hello alice"
        browser.open(f"{application.op.issuer}/session/end")
        browser.submit(logout="yes")
        browser.open(f"{application.home}/")
        assert browser.page == "Log in"
    assert application.events == ["LoggedIn", "LoggedOut"]


@pytest.mark.parametrize("make", [in_flask, in_starlette])
def test_the_provider_ends_a_session_of_two_processes(op: Op, make: Any) -> None:
    auth = f"http://127.0.0.1:{free_port()}/auth"
    client = op(
        "register",
        redirect_uris=[f"{auth}/callback"],
        post_logout_redirect_uris=[f"{auth}/logged-out"],
        backchannel_logout_uri=f"{auth}/backchannel-logout",
        backchannel_logout_session_required=True,
    )
    one, other = Browser(), Browser()
    with two_workers(make, auth, {**client, "issuer": op.issuer}) as origins:
        for browser in (one, other):
            browser.log_in(f"{auth}/login")
            assert pages(browser, origins) == {"Hello alice"}
        one.open(f"{op.issuer}/session/end")
        one.submit(logout="yes")
        assert become(one, origins, "Log in")
        assert pages(other, origins) == {"Hello alice"}


def test_two_workers_over_one_store_refresh_once(application: Application) -> None:
    browser, store, op = Browser(), MemorySessionStore(clock=application.clock), application.op
    worker = Application(op, application.make)
    policy = {"refresh_margin_secs": 3_540}
    with (
        application.running(store=store, policy=policy),
        served(application.app(store=store, policy=policy), worker.port),
    ):
        browser.log_in(f"{application.auth}/login")
        headers = {"Cookie": "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies)}

        def get(index: int) -> str:
            return httpx.get(
                f"{(application, worker)[index % 2].origin}/", headers=headers, trust_env=False, timeout=20
            ).text

        for _ in range(3):
            application.clock.by += 90
            op.requests()
            with ThreadPoolExecutor(10) as threads:
                assert set(threads.map(get, range(20))) == {"Hello alice"}
            assert op.requests().count("/token") == 1


def test_who_is_no_browser_is_told_so(application: Application) -> None:
    with application.running(), httpx.Client(base_url=application.home, trust_env=False) as client:
        page = {"Accept": "text/html"}
        for method, headers in (
            ("GET", {}),
            ("POST", page),
            ("GET", {"Accept": "application/json"}),
            ("GET", {**page, "Sec-Fetch-Mode": "cors"}),
        ):
            refused = client.request(method, "/private", headers=headers)
            assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Cookie")
        for headers in (page, {"Sec-Fetch-Mode": "navigate"}):
            sent = client.get("/private?x=1", headers=headers)
            assert sent.status_code == 303
            assert sent.headers["Location"] == f"{application.auth}/login?return_to=%2Fprivate%3Fx%3D1"
        assert client.head("/auth/login").status_code == 405
        assert client.post("/auth/logout").status_code == 403
        assert client.post("/auth/callback", content=b"x" * 1_000_000).status_code == 400


def test_an_application_below_a_path(application: Application) -> None:
    below_path = Application(application.op, application.make, "/sub")
    browser, home = Browser(), below_path.home
    with below_path.running(policy={"after_login": "/sub/", "after_logout": "/sub/"}):
        assert browser.log_in(f"{home}/private?x=1") == f"{home}/private?x=1"
        assert "alice" in browser.page
        browser.open(f"{below_path.auth}/logout", {}, Origin=below_path.origin)
        assert browser.submit(logout="yes") == f"{home}/"
        assert browser.page == "Log in"


@pytest.mark.parametrize("make", [in_starlette, in_fastapi])
@pytest.mark.parametrize("path", ["/private", "/t%C3%A4ols/private"])
def test_a_login_leads_back_below_the_root_path_whether_a_server_says_it_or_not(make: Any, path: str) -> None:
    app = make(site_of(AsyncSite, SiteOp()))
    client = TestClient(app, base_url="https://app.example", root_path="/täols", follow_redirects=False)
    sent = client.get(f"{path}?x=1", headers={"Accept": "text/html"})
    assert sent.headers["Location"] == f"{BASE}/login?return_to=%2Ft%25C3%25A4ols%2Fprivate%3Fx%3D1"


def test_the_cookies_of_a_visit_are_sent_with_every_response(application: Application) -> None:
    browser = Browser()
    with application.running():
        browser.log_in(f"{application.auth}/login")
        [before] = cookies(browser.cookies, "rp-session")
        application.clock.by = 3_600
        for page in ("/", "/private"):
            with httpx.Client(base_url=application.home, trust_env=False) as client:
                response = client.get(page, headers={"Cookie": f"rp-session={before}"})
                [session] = [
                    cookie for cookie in response.headers.get_list("set-cookie") if cookie.startswith("rp-session=")
                ]
                assert before not in session
                assert "Cookie" in response.headers["Vary"]
                assert response.headers["Cache-Control"] == "no-store"


def test_s25_a_store_that_is_away_logs_nobody_out(application: Application) -> None:
    with (
        application.running(store=Broken("get")),
        httpx.Client(base_url=application.home, trust_env=False) as client,
    ):
        headers = {"Cookie": f"rp-session={'A' * 43}", "Accept": "text/html"}
        for page in ("/", "/private"):
            assert client.get(page, headers=headers).status_code == 503
        posted = client.post("/auth/backchannel-logout", data={"logout_token": "x"})
        assert posted.status_code in (400, 503)
        assert client.get("/").text == "Log in"


@pytest.mark.parametrize("make", FRAMEWORKS)
def test_a_store_that_is_away_is_a_page(make: Any) -> None:
    op, visitor = SiteOp(), Visitor()
    site = site_of(Site if make is in_flask else AsyncSite, op, store=Broken("add"))
    began = visitor.get(site, "login")
    back = "/auth/callback" + op.browser(dict(began.headers)["Location"])
    events: list[Any] = []
    client: Any = client_of(make(site, on_failure=lambda *given: events.append(given[-1])))
    response = client.get(back, headers={"Cookie": "; ".join(f"{n}={v}" for n, v in visitor.cookies.items())})
    assert (response.status_code, response.text) == (503, "The login did not succeed: store_unavailable\n")
    assert [event.error.code for event in events] == ["store_unavailable"]
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("make", FRAMEWORKS)
def test_a_logout_that_no_url_holds_is_the_page_and_nothing_else(make: Any) -> None:
    op, visitor = SiteOp(), Visitor()
    op.claims["note"] = "x" * 2_000
    store = MemorySessionStore(clock=op.clock)
    site = site_of(Site if make is in_flask else AsyncSite, op, store=store)
    visitor.log_in(site, op)
    headers = {"Cookie": "; ".join(f"{n}={v}" for n, v in visitor.cookies.items()), "Sec-Fetch-Site": "same-origin"}
    response = client_of(make(site)).post("/auth/logout", headers=headers)
    sent = [(name.lower(), value) for name, value in all_headers(response)]
    assert (response.status_code, sent.count(("content-type", "text/html; charset=utf-8"))) == (200, 1)
    assert len([name for name, _ in sent if name == "content-type"]) == 1
    assert "id_token_hint" in response.text
    assert "script-src 'sha256-" in dict(sent)["content-security-policy"]


def all_headers(response: Any) -> list[tuple[str, str]]:
    return list(response.headers) if isinstance(response, flask.Response) else response.headers.multi_items()


@pytest.mark.parametrize("make", FRAMEWORKS)
def test_a_redirect_uri_is_where_it_was_registered(make: Any) -> None:
    op, kind = SiteOp(), Site if make is in_flask else AsyncSite
    for path in ("/private", "/signin-oidc"):
        made = provided(kind, op, redirect_uri=f"https://app.example{path}")
        client = client_of(make(kind(BASE, made, sealing_keys=[KEY], clock=op.clock)))
        began = client.get("/auth/login?return_to=/x", follow_redirects=False)
        headers = {"Cookie": all_cookies(began)}
        back = client.get(path + op.browser(began.headers["Location"]), headers=headers, follow_redirects=False)
        assert (back.status_code, back.headers["Location"]) == (303, "/x")
        assert client.get("/callback").status_code == 404


@pytest.mark.parametrize("make", FRAMEWORKS)
def test_a_route_of_the_site_has_the_last_word_on_cookies(make: Any) -> None:
    """Whatever asks for the visitor on the way: a hook, or something that runs before each request."""
    seen: list[Any] = []

    def look(request: Any = None, event: Any = None) -> Any:
        if make is in_flask:
            return seen.append(bool(relyingparty.flask.current_session))
        return lookup(request)

    async def lookup(request: Any) -> None:
        seen.append((await login.visit(request)).session is not None)

    now = [NOW]
    op, visitor = SiteOp(clock=lambda: now[0]), Visitor()
    site = site_of(Site if make is in_flask else AsyncSite, op, policy={"idle_secs": 800})
    visitor.log_in(site, op)
    now[0] += 200  # a visit would write the session's cookie anew
    if make is in_flask:
        app = in_flask(site, on_logout=lambda event: look())
        app.before_request_funcs.setdefault(None, []).insert(0, lambda: look())
    else:
        module = relyingparty.starlette if make is in_starlette else relyingparty.fastapi
        login = module.Login(site, on_logout=look)
        app = Starlette() if make is in_starlette else FastAPI()
        login.init_app(app)
    headers = {"Cookie": "; ".join(f"{n}={v}" for n, v in visitor.cookies.items()), "Sec-Fetch-Site": "same-origin"}
    response = client_of(app).post("/auth/logout", headers=headers, **NO_REDIRECTS)
    set_cookies = [value for name, value in all_headers(response) if name.lower() == "set-cookie"]
    ours = [value for value in set_cookies if value.startswith("__Host-rp-session=")]
    assert len(ours) == 1 and "Max-Age=0" in ours[0], "what a visit would set comes after it"
    assert seen and seen[-1] is False, "nobody is logged in when the hook is told"


NO_REDIRECTS = {"follow_redirects": False}


def test_a_visit_does_not_outlive_its_request_in_flask() -> None:
    op, visitor = SiteOp(), Visitor()
    site = site_of(Site, op)
    visitor.log_in(site, op)
    app = in_flask(site)
    cookie = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
    with app.app_context():  # as a command of Flask's, which serves, has one
        client = client_of(app)
        assert client.get("/", headers={"Cookie": cookie}).text == "Hello alice"
        assert client.get("/").text == "Log in"


def test_who_is_no_user_of_a_flask_application_is_told_so_and_not_sent_round() -> None:
    op, visitor = SiteOp(), Visitor()
    site = site_of(Site, op)
    visitor.log_in(site, op)
    app = flask.Flask("app")
    app.secret_key = "k"
    relyingparty.flask.Login(site, app=app, user_loader=lambda issuer, sub: None)
    flask_login: Any = import_module("flask_login")
    app.add_url_rule("/private", view_func=flask_login.login_required(lambda: "private"))
    headers = {"Cookie": "; ".join(f"{n}={v}" for n, v in visitor.cookies.items()), "Accept": "text/html"}
    assert client_of(app).get("/private", headers=headers).status_code == 403


@pytest.mark.parametrize("make", FRAMEWORKS)
def test_a_login_that_a_hook_stops_leaves_no_session(make: Any) -> None:
    def refuse(*given: Any) -> None:
        raise RuntimeError("no")

    op, visitor = SiteOp(), Visitor()
    store = MemorySessionStore(clock=op.clock)
    site = site_of(Site if make is in_flask else AsyncSite, op, store=store)
    began = visitor.get(site, "login")
    app = make(site, on_login=refuse)
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())}
    url = "/auth/callback" + op.browser(dict(began.headers)["Location"])
    of_starlette: dict[str, Any] = {"base_url": "https://app.example", "raise_server_exceptions": False}
    client: Any = client_of(app) if make is in_flask else TestClient(app, **of_starlette)
    assert client.get(url, headers=headers).status_code == 500
    assert not [key for key in kept(store) if key.startswith("session.")]


@pytest.mark.parametrize("make", FRAMEWORKS)
def test_what_stops_a_login_is_told_though_the_store_is_away(make: Any) -> None:
    def refuse(*given: Any) -> None:
        store.broken = "take"
        raise RuntimeError("no")

    op, visitor = SiteOp(), Visitor()
    store = Breaking()
    site = site_of(Site if make is in_flask else AsyncSite, op, store=store)
    began = visitor.get(site, "login")
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())}
    app = make(site, on_login=refuse)
    app.debug = True  # what is raised passes through
    with pytest.raises(RuntimeError, match="no"):
        client_of(app).get("/auth/callback" + op.browser(dict(began.headers)["Location"]), headers=headers)


class Breaking(MemorySessionStore):
    """A store of which a method is away from some time on."""

    broken = ""

    def take(self, key: str) -> tuple[str, str] | None:
        if self.broken == "take":
            raise ConnectionError("away")
        return super().take(key)


@pytest.mark.parametrize("make", FRAMEWORKS)
def test_a_logout_that_is_refused_is_no_login(make: Any) -> None:
    site = site_of(Site if make is in_flask else AsyncSite, SiteOp())
    refused = client_of(make(site)).post("/auth/logout", headers={"Sec-Fetch-Site": "cross-site"})
    assert (refused.status_code, refused.text) == (403, "The logout did not succeed: cross_site_request\n")


def kept(store: MemorySessionStore) -> list[str]:
    """The keys of what is there."""
    return list(store._entries)


@pytest.mark.parametrize("make", FRAMEWORKS)
def test_what_a_hook_raises_stops_the_login(make: Any) -> None:
    def refuse(*given: Any) -> None:
        if make is in_flask:
            flask.abort(403, given[-1].session.sub)
        raise HTTPException(403, given[-1].session.sub)

    op, visitor = SiteOp(), Visitor()
    site = site_of(Site if make is in_flask else AsyncSite, op)
    began = visitor.get(site, "login")
    client = client_of(make(site, on_login=refuse))
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())}
    refused = client.get("/auth/callback" + op.browser(dict(began.headers)["Location"]), headers=headers)
    assert refused.status_code == 403 and "alice" in refused.text
    assert "rp-session" not in all_cookies(refused)


def all_cookies(response: Any) -> str:
    return "; ".join(value.split(";")[0] for name, value in all_headers(response) if name.lower() == "set-cookie")


def client_of(app: Any) -> Any:
    return (
        app.test_client(use_cookies=False)
        if isinstance(app, flask.Flask)
        else TestClient(app, base_url="https://app.example")
    )


@pytest.mark.parametrize(("base", "name"), [(BASE, "__Host-rp-session"), ("http://127.0.0.1:80/auth", "rp-session")])
def test_the_page_of_the_documentation_shows_the_cookie(base: str, name: str) -> None:
    app = in_fastapi(base, SiteProvider("https://op.example", "client"), sealing_keys=[KEY])
    app.add_api_route("/open", lambda: "open")
    document = TestClient(app).get("/openapi.json").json()
    scheme = {"type": "apiKey", "in": "cookie", "name": name, "description": "A login."}
    assert document["components"]["securitySchemes"] == {"login": scheme}
    assert document["paths"]["/private"]["get"]["security"] == [{"login": []}]
    assert "security" not in document["paths"]["/open"]["get"]
    assert set(document["paths"]) == {"/", "/private", "/open"}


def test_a_cookie_has_the_name_that_the_site_says() -> None:
    for base, name in ((BASE, "__Host-mine"), ("http://127.0.0.1:8000/auth", "mine")):
        op, visitor = SiteOp(), Visitor()
        site = Site(
            base,
            SiteProvider(op.issuer, "client", transport=op),
            sealing_keys=[KEY],
            policy={"cookie_name": "mine"},
            clock=op.clock,
        )
        visitor.log_in(site, op)
        assert [site.cookie_name] == [name] == list(visitor.cookies)


def test_a_middleware_that_is_missing_is_noticed() -> None:
    login = relyingparty.fastapi.Login(BASE, SiteProvider("https://op.example", "client"), sealing_keys=[KEY])
    app = FastAPI()
    app.router.routes.extend(login.routes)

    @app.get("/")
    async def home(session: Session | None = Depends(login.visitor)) -> str:  # noqa: B008
        return "never"

    with pytest.raises(RuntimeError, match="init_app"):
        TestClient(app).get("/")


def test_a_websocket_is_for_who_is_logged_in() -> None:
    op, visitor = SiteOp(), Visitor()
    site = site_of(AsyncSite, op)
    login = relyingparty.starlette.Login(site)

    async def hello(websocket: WebSocket) -> None:
        session = await login.required(websocket)
        await websocket.accept()
        await websocket.send_text(f"Hello {session.sub}")
        await websocket.close()

    app = Starlette(routes=[WebSocketRoute("/ws", hello)])
    login.init_app(app)
    client = TestClient(app, base_url="https://app.example")
    with pytest.raises(WebSocketDisconnect) as refused, client.websocket_connect("/ws"):
        pass
    assert refused.value.code == 1008
    visitor.log_in(site, op)
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())}
    with client.websocket_connect("/ws", headers=headers) as connection:
        assert connection.receive_text() == "Hello alice"


def test_two_sites_in_one_application() -> None:
    ops = SiteOp("https://one.example"), SiteOp("https://two.example")
    logins = [
        relyingparty.starlette.Login(
            f"https://app.example/{name}",
            SiteProvider(op.issuer, "client", transport=OnLoop(op)),
            sealing_keys=[KEY],
            clock=op.clock,
            policy={"cookie_name": name},
        )
        for name, op in zip(("staff", "users"), ops, strict=True)
    ]

    async def home(request: Request) -> PlainTextResponse:
        found = [await login.visitor(request) for login in logins]
        return PlainTextResponse(" ".join(str(session.claims["iss"]) for session in found if session))

    app = Starlette(routes=[Route("/", home)])
    for login in logins:
        login.init_app(app)
    client = TestClient(app, base_url="https://app.example")
    for name, op in zip(("staff", "users"), ops, strict=True):
        began = client.get(f"/{name}/login", follow_redirects=False)
        back = op.browser(began.headers["Location"])
        client.get(f"/{name}/callback{back}", follow_redirects=False)
    assert client.get("/").text == "https://one.example https://two.example"


def test_flask_login_knows_the_user() -> None:
    flask_login: Any = pytest.importorskip("flask_login")

    class User(flask_login.UserMixin):  # type: ignore[misc]
        def __init__(self, issuer: str, sub: str) -> None:
            self.id = f"{sub} of {issuer}"

    op, visitor = SiteOp(), Visitor()
    site = site_of(Site, op)
    app = flask.Flask("app")
    app.secret_key = "of the application's own"
    relyingparty.flask.Login(site, app=app, user_loader=User)

    @app.get("/mine")
    @flask_login.login_required  # type: ignore[untyped-decorator]
    def mine() -> str:
        assert relyingparty.flask.current_user.id == flask_login.current_user.id
        return str(flask_login.current_user.id)

    client = app.test_client(use_cookies=False)
    assert client.get("/mine").status_code == 401
    sent = client.get("/mine", headers={"Accept": "text/html"})
    assert sent.headers["Location"] == f"{BASE}/login?return_to=%2Fmine"
    visitor.log_in(site, op)
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())}
    assert client.get("/mine", headers=headers).text == "alice of https://op.example"


def test_the_claims_are_the_user_of_an_application_without_users() -> None:
    op, visitor = SiteOp(), Visitor()
    site = site_of(Site, op)
    app = in_flask(site)
    user = relyingparty.flask.current_user
    app.add_url_rule("/me", "me", lambda: user.sub)
    app.add_url_rule("/any", "any", lambda: str(bool(user)))
    client = app.test_client(use_cookies=False)
    assert client.get("/any").text == "False"
    visitor.log_in(site, op)
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())}
    assert client.get("/me", headers=headers).text == "alice"


def test_a_form_that_was_read_before_is_read_all_the_same() -> None:
    op, visitor = SiteOp(), Visitor()
    site = site_of(Site, op)
    app = in_flask(site)

    def read() -> None:
        assert flask.request.form["return_to"] == "/bye"

    app.before_request(read)
    visitor.log_in(site, op)
    headers = {"Cookie": "; ".join(f"{n}={v}" for n, v in visitor.cookies.items()), "Sec-Fetch-Site": "same-origin"}
    out = app.test_client(use_cookies=False).post("/auth/logout", headers=headers, data={"return_to": "/bye"})
    assert out.headers["Location"].startswith("https://op.example/logout?")


@pytest.mark.parametrize("module", [relyingparty.starlette, relyingparty.fastapi, relyingparty.flask])
def test_what_an_adapter_is_given_is_judged(module: Any) -> None:
    made = SiteProvider("https://op.example", "client", client_secret="canary")
    ready = site_of(AsyncSite if module is not relyingparty.flask else Site, SiteOp())
    wrong: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
        ((1,), {}),
        ((site_of(Site if module is not relyingparty.flask else AsyncSite, SiteOp()),), {}),
        ((ready, made), {}),
        ((ready,), {"policy": {}}),
        ((BASE, made), {"sealing_keys": [b"canary"]}),
        ((BASE, made), {"sealing_keys": [b"canary-sealing-key-of-32-octets!"], "policy": 1}),
        ((BASE, made), {"sealing_keys": [KEY], "on_login": 1}),
    ]
    for given, options in wrong:
        with pytest.raises(ConfigurationError) as raised:
            module.Login(*given, **options)
        assert leaks(raised.value, "canary") == []
    login = module.Login(ready)
    assert repr(login).startswith("<Login <")
    assert login.login_url("/a?b", provider="x") == f"{BASE}/login?return_to=%2Fa%3Fb&provider=x"
    assert login.logout_url == f"{BASE}/logout"


def test_frameworks_are_imported_by_their_own_modules_alone() -> None:
    names = ("starlette", "fastapi", "flask", "flask_login", "werkzeug")
    for module in ("site", "async_site", "adapters"):
        program = f"import sys, relyingparty.{module}; sys.exit(any(name in sys.modules for name in {names}))"
        assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
    program = "import sys, relyingparty.flask; sys.exit('relyingparty.async_site' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
