"""Django over a real server, wsgiref's and uvicorn, with two workers, at a certified provider."""

from __future__ import annotations

import json
import os
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from browser import Browser
from op import Op, provider
from servers import free_port, listening

HERE = Path(__file__).parent


class App:
    """A running application."""

    def __init__(self, folder: Path, port: int, op: Op, settings: dict[str, Any]) -> None:
        self.url, self.op = f"http://127.0.0.1:{port}", op
        registered = op(
            "register",
            redirect_uris=[f"{self.url}/auth/callback"],
            post_logout_redirect_uris=[f"{self.url}/auth/logged-out"],
            backchannel_logout_uri=f"{self.url}/auth/backchannel-logout",
            backchannel_logout_session_required=True,
        )
        self.site = {
            "ISSUER": op.issuer,
            "CLIENT_ID": registered["client_id"],
            "CLIENT_SECRET": registered["client_secret"],
            "BASE_URL": f"{self.url}/auth",
            "SEALING_KEYS": [secrets.token_hex(32)],
            "POST_LOGOUT_REDIRECT_URI": f"{self.url}/auth/logged-out",
            "ALLOW_INSECURE_LOOPBACK": True,
            "SITE_POLICY": {"refresh_margin_secs": 0},
        }
        self.environment = environment(folder, {"RELYINGPARTY": self.site, **settings})

    def manage(self, *arguments: str) -> str:
        return manage(self.environment, *arguments)

    def browser(self) -> Visitor:
        return Visitor(self.url)


class Visitor(Browser):
    """A browser, which says that its forms are of the same origin, and reads JSON."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._app = url
        self._opener.addheaders = [("Sec-Fetch-Site", "same-origin")]

    def see(self, path: str, form: dict[str, str] | None = None) -> dict[str, Any]:
        self.open(self._app + path, form)
        found: dict[str, Any] = json.loads(self.page)
        return found

    def enter(self, name: str = "alice", path: str = "/private") -> dict[str, Any]:
        """Go to a page, and log in on the way."""
        self.log_in(self._app + path, name)
        found: dict[str, Any] = json.loads(self.page)
        return found


def environment(folder: Path, settings: dict[str, Any]) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(HERE),
        "DJANGO_SETTINGS_MODULE": "django_settings",
        "TEST_FOLDER": str(folder),
        "TEST_SETTINGS": json.dumps(settings),
    }


def manage(env: dict[str, str], *arguments: str) -> str:
    """What a command of ``manage.py`` prints."""
    command = [sys.executable, "-W", "error", "-m", "django", *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True).stderr


@contextmanager
def running(folder: Path, op: Op, kind: str, workers: int, **settings: Any) -> Iterator[App]:
    """The application, migrated and served."""
    port = free_port()
    app = App(folder, port, op, settings)
    assert app.manage("migrate", "--verbosity", "0") == ""
    command = [sys.executable, str(HERE / "django_server.py"), kind, str(port), str(workers)]
    with subprocess.Popen(command, env=app.environment, start_new_session=True) as process:
        try:
            listening(port, process)
            yield app
        finally:
            os.killpg(process.pid, signal.SIGTERM)


@pytest.fixture(scope="module")
def op() -> Iterator[Op]:
    with provider() as made:
        yield made


@pytest.fixture(scope="module", params=["wsgi", "asgi"])
def app(request: pytest.FixtureRequest, op: Op, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    with running(tmp_path_factory.mktemp("django"), op, request.param, 2) as made:
        yield made


def heard(visitor: Visitor) -> list[str]:
    """What the receivers of signals of both workers heard."""
    found: list[str] = []
    workers: set[int] = set()
    deadline = time.monotonic() + 30
    while len(workers) < 2 and time.monotonic() < deadline:
        told = visitor.see("/heard")
        found += told["heard"]
        workers.add(told["worker"])
    assert len(workers) == 2
    return found


def test_a_page_for_users_leads_to_the_provider_and_back(app: App) -> None:
    visitor = app.browser()
    nobody = visitor.see("/")
    assert (nobody["user"], nobody["sub"], nobody["keys"]) == ("", None, [])
    heard(visitor)
    found = visitor.enter()
    assert visitor.url == f"{app.url}/private"
    assert (found["sub"], found["user"][:5], len(found["user"])) == ("alice", "oidc-", 37)
    assert heard(visitor) == [f"logged in alice by default as {found['user']}"]
    for path in ("/", "/later", "/private"):
        seen = visitor.see(path)
        assert (seen["sub"], seen["user"]) == ("alice", found["user"])


def test_each_user_of_the_provider_is_one_here(app: App) -> None:
    names = {name: {app.browser().enter(name)["user"] for _ in range(2)} for name in ("bob", "Bob", "carol")}
    assert [len(name) for name in names.values()] == [1, 1, 1]
    assert len(set.union(*names.values())) == 3


def test_twenty_logins_of_two_workers_succeed(app: App) -> None:
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda number: app.browser().enter(f"user-{number % 5}"), range(20)))
    assert [each["sub"] for each in found] == [f"user-{number % 5}" for number in range(20)]


def test_two_tabs_log_in_one_after_the_other(app: App) -> None:
    one = app.browser()
    one.open(f"{app.url}/auth/login?return_to=/later")
    first = one.url
    one.open(f"{app.url}/private")
    one.submit(login="alice", password="x")
    if one.form().hidden.get("prompt") == "consent":
        one.submit()
    assert one.url == f"{app.url}/private"
    one.log_in(first)
    assert (one.url, json.loads(one.page)["sub"]) == (f"{app.url}/later", "alice")


def test_a_callback_that_is_opened_twice_changes_nothing(app: App) -> None:
    visitor = Recording(app.url)
    before = visitor.enter()
    [callback] = [url for url in visitor.went if "/auth/callback?" in url]
    visitor.open(callback)
    assert visitor.see("/")["user"] == before["user"]
    stranger = app.browser()
    stranger.open(callback)
    assert stranger.status == 400
    assert stranger.see("/")["user"] == ""


class Recording(Visitor):
    """A browser that remembers where redirects led."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.went: list[str] = []
        stops: Any = self._stops
        follow = stops.redirect_request

        def redirect_request(*arguments: Any) -> Any:
            self.went.append(arguments[-1])
            return follow(*arguments)

        stops.redirect_request = redirect_request


def test_a_login_that_is_denied_is_told(app: App) -> None:
    visitor = app.browser()
    heard(visitor)
    visitor.open(f"{app.url}/private")
    visitor.follow("[ Cancel ]")
    assert (visitor.status, visitor.see("/")["user"]) == (403, "")
    assert heard(visitor) == ["failed provider_error"]


def test_a_logout_ends_both_sessions_and_goes_on_at_the_provider(app: App) -> None:
    visitor = app.browser()
    visitor.enter()
    heard(visitor)
    visitor.open(f"{app.url}/auth/logout", {"return_to": "/later"})
    visitor.submit(logout="yes")
    assert visitor.url == f"{app.url}/later"
    assert (json.loads(visitor.page)["user"], json.loads(visitor.page)["keys"]) == ("", [])
    assert "logged out alice None" in heard(visitor)
    visitor.open(f"{app.url}/private")
    assert visitor.url.startswith(app.op.issuer)


def test_a_logout_from_another_site_is_refused(app: App) -> None:
    visitor = app.browser()
    visitor.enter()
    visitor._opener.addheaders = [("Sec-Fetch-Site", "cross-site")]
    visitor.open(f"{app.url}/auth/logout", {})
    assert visitor.status == 403
    assert visitor.see("/")["sub"] == "alice"


def test_a_logout_of_django_s_ends_the_session_of_the_site(app: App) -> None:
    visitor = app.browser()
    visitor.enter()
    heard(visitor)
    kept = {cookie.name: cookie.value for cookie in visitor.cookies}
    visitor.open(f"{app.url}/leave", {})
    assert visitor.page == "left"
    assert visitor.see("/")["user"] == ""
    assert "logged out alice None" in heard(visitor)
    # Whoever kept the cookies has nothing of them.
    thief = app.browser()
    thief._opener.addheaders.append(("Cookie", "; ".join(f"{name}={value}" for name, value in kept.items())))
    assert thief.see("/")["user"] == ""


def test_the_provider_s_logout_ends_django_s_session(app: App) -> None:
    visitor, other = app.browser(), app.browser()
    visitor.enter("dora")
    other.enter("dora")
    heard(visitor)
    visitor.open(f"{app.op.issuer}/session/end")
    visitor.submit(logout="yes")
    deadline = time.monotonic() + 10
    while visitor.see("/")["user"] and time.monotonic() < deadline:
        time.sleep(0.05)
    assert (visitor.see("/")["user"], visitor.see("/")["keys"]) == ("", [])
    assert visitor.see("/later")["user"] == ""
    assert heard(visitor) == ["logged out None None"]
    assert other.see("/")["sub"] == "dora"


def test_what_a_user_sends_is_left_to_the_view(app: App) -> None:
    visitor = app.browser()
    visitor.enter()
    visitor.open(f"{app.url}/upload", {"large": "x" * 4_000_000})
    assert visitor.page == str(len("large=") + 4_000_000)


def test_a_user_who_lost_django_s_session_has_it_again(app: App) -> None:
    visitor = app.browser()
    before = visitor.enter()["user"]
    visitor.cookies.clear(domain="127.0.0.1", path="/", name="sessionid")
    assert visitor.see("/")["user"] == before


def test_a_user_who_lost_the_site_s_session_is_nobody(app: App) -> None:
    visitor = app.browser()
    visitor.enter()
    [name] = [cookie.name for cookie in visitor.cookies if cookie.name.endswith("rp-session")]
    visitor.cookies.clear(domain="127.0.0.1", path="/", name=name)
    assert (visitor.see("/")["user"], visitor.see("/")["keys"]) == ("", [])


PASSWORDS = {
    "AUTHENTICATION_BACKENDS": ["django_views.Picky", "django.contrib.auth.backends.ModelBackend"],
}
MAKE_ALICE = (
    "from django.contrib.auth.models import User; User.objects.create_user('alice', 'alice@example.test', 'pw')"
)


@pytest.fixture
def picky(op: Op, tmp_path: Path) -> Iterator[App]:
    """An application that knows alice alone, and a user of Django's with her name and her e-mail address."""
    with running(tmp_path, op, "wsgi", 1, **PASSWORDS) as made:
        assert "Error" not in made.manage("shell", "-c", MAKE_ALICE)
        yield made


def test_nobody_is_found_by_name_or_e_mail_address(picky: App) -> None:
    assert picky.browser().enter()["user"].startswith("oidc-")


def site_cookies(visitor: Visitor) -> str:
    kept = (f"{each.name}={each.value}" for each in visitor.cookies if "rp-session" in each.name)
    return "; ".join(kept)


def told(visitor: Visitor) -> list[str]:
    """What the receivers of the only worker heard."""
    found: list[str] = visitor.see("/heard")["heard"]
    return found


def test_a_user_who_is_no_longer_active_is_refused_once(picky: App) -> None:
    visitor = picky.browser()
    name = visitor.enter()["user"]
    cookies = site_cookies(visitor)
    assert visitor.see("/")["sub"] == "alice"
    assert visitor.answered["Cache-Control"] == "public, max-age=60"
    assert "Cookie" in visitor.answered["Vary"]
    told(visitor)
    change = "from django.contrib.auth.models import User; User.objects.filter(username={!r}).update(is_active={})"
    assert "Error" not in picky.manage("shell", "-c", change.format(name, False))
    seen = visitor.see("/")
    assert (seen["user"], seen["sub"], seen["keys"]) == ("", None, [])
    assert visitor.answered["Cache-Control"] == "no-store"
    assert "Cookie" in visitor.answered["Vary"]
    assert site_cookies(visitor) == ""
    assert visitor.see("/")["user"] == ""
    assert told(visitor) == ["refused {}", "logged out alice None"]
    # The session is gone, not its cookie alone.
    assert "Error" not in picky.manage("shell", "-c", change.format(name, True))
    thief = picky.browser()
    thief._opener.addheaders.append(("Cookie", cookies))
    assert thief.see("/")["user"] == ""
    assert told(visitor) == []


def test_a_login_with_a_password_ends_the_session_of_another_user(picky: App) -> None:
    visitor = picky.browser()
    visitor.enter()
    told(visitor)
    visitor.open(f"{picky.url}/enter", {"username": "alice", "password": "pw"})
    assert site_cookies(visitor) == ""
    assert told(visitor) == ["logged out alice None"]
    visitor.open(f"{picky.url}/leave", {})
    assert visitor.see("/")["user"] == ""


@pytest.mark.parametrize("kind", ["wsgi", "asgi"])
def test_a_store_that_is_away(op: Op, tmp_path: Path, kind: str) -> None:
    away = tmp_path / "away"
    with running(tmp_path, op, kind, 1, FRAGILE=True) as app:
        visitor = app.browser()
        visitor.enter()
        told(visitor)
        away.touch()
        for path in ("/", "/later"):
            visitor.open(f"{app.url}{path}")
            assert (visitor.status, visitor.page) == (503, "Service Unavailable\n")
            assert visitor.answered["Cache-Control"] == "no-store"
        visitor.open(f"{app.url}/auth/logout", {})
        assert visitor.status == 503
        away.unlink()
        assert visitor.see("/")["sub"] == "alice"
        assert told(visitor) == ["failed store_unavailable"]
        visitor.open(f"{app.url}/leave?away", {})
        away.unlink()
        assert (visitor.status, visitor.page, site_cookies(visitor)) == (200, "left", "")
        assert (visitor.see("/")["user"], told(visitor)) == ("", ["failed store_unavailable"])


def test_a_user_who_lacks_a_permission_is_told_so(app: App) -> None:
    visitor = Recording(app.url)
    visitor.enter()
    visitor.open(f"{app.url}/secret")
    assert (visitor.url, visitor.status) == (f"{app.url}/auth/login?next=/secret", 403)
    assert visitor.page == "Forbidden\n"
    assert visitor.see("/")["sub"] == "alice"
    visitor.went.clear()
    visitor.open(f"{app.url}/auth/login?return_to=/later")
    assert [url for url in visitor.went if url.startswith(f"{app.op.issuer}/auth?")]
    assert visitor.url == f"{app.url}/later"
    visitor.open(f"{app.url}/auth/login?next=/secret&prompt=login")
    assert visitor.url.startswith(app.op.issuer)
    stranger = app.browser()
    stranger.open(f"{app.url}/secret")
    assert stranger.url.startswith(app.op.issuer)


LABELLED = """
from relyingparty.django.models import SessionEntry
left = [(entry.key, entry.labels) for entry in SessionEntry.objects.all()]
assert all(not labels.strip() for _, labels in left), left
"""


@pytest.mark.parametrize(("name", "status"), [("raises", 500), ("denied", 403), ("leaves", 403)])
def test_a_receiver_that_raises_leaves_no_session(op: Op, tmp_path: Path, name: str, status: int) -> None:
    with running(tmp_path, op, "wsgi", 1) as app:
        visitor = app.browser()
        visitor.log_in(f"{app.url}/private", name)
        assert (visitor.status, site_cookies(visitor)) == (status, "")
        assert visitor.see("/")["user"] == ""
        assert [each for each in told(visitor) if each != "raised []"] == []
        # What is left is that the login was used.
        assert app.manage("shell", "-c", LABELLED) == ""


RACE = """
import time
from relyingparty.django.stores import DatabaseSessionStore

class Raced(DatabaseSessionStore):
    def _label(self, *given):
        super()._label(*given)
        store.delete_labelled(given[-1][0])

soon = int(time.time()) + 60
store, raced = DatabaseSessionStore(), Raced()
assert raced.add("added", "value", soon, ["one"])
assert store.add("put", "value", soon, [])
assert raced.put("put", "other", soon, ["two"], store.get("put")[1])
assert store.get("added") and store.get("put")
store.delete_labelled("one")
store.delete_labelled("two")
assert store.get("added") is None and store.get("put") is None
"""


def test_a_label_that_is_ended_meanwhile_still_leads_to_a_new_entry(tmp_path: Path) -> None:
    env = environment(tmp_path, {"RELYINGPARTY": GOOD})
    assert manage(env, "migrate", "--verbosity", "0") == ""
    assert manage(env, "shell", "-c", RACE) == ""


def test_a_login_that_the_backend_refuses_leaves_no_session(picky: App) -> None:
    visitor = picky.browser()
    visitor.log_in(f"{picky.url}/private", "mallory")
    assert visitor.status == 403
    assert [cookie.name for cookie in visitor.cookies if "rp-session" in cookie.name] == []
    assert visitor.see("/")["user"] == ""


def test_a_user_with_a_password_stays_whoever_has_a_session_of_the_site(picky: App) -> None:
    visitor = picky.browser()
    visitor.enter()
    visitor.open(f"{picky.url}/enter", {"username": "alice", "password": "pw"})
    seen = visitor.see("/")
    assert (seen["user"], seen["sub"]) == ("alice", None)


def test_two_workers_refresh_a_session_once(tmp_path: Path) -> None:
    with provider("--access-token-secs", "3") as op, running(tmp_path, op, "wsgi", 2) as app:
        visitor = app.browser()
        before = visitor.enter()["token"]
        cookies = "; ".join(
            f"{cookie.name}={cookie.value}" for cookie in visitor.cookies if cookie.domain == "127.0.0.1"
        )
        op.requests()
        time.sleep(3.5)

        def visit(_: int) -> str:
            tab = app.browser()
            tab._opener.addheaders.append(("Cookie", cookies))
            return str(tab.see("/private")["token"])

        with ThreadPoolExecutor(8) as threads:
            found = set(threads.map(visit, range(16)))
        assert len(found) == 1
        assert found != {before}
        assert [request["path"] for request in op("requests")].count("/token") == 1
        time.sleep(3)
        op("down")
        for path in ("/private", "/later"):
            seen = visitor.see(path)
            assert (seen["user"][:5], seen["sub"]) == ("oidc-", None)
            assert seen["error"] in ("unreachable", "metadata_unavailable", "refresh_pending")


def test_the_readme_s_settings_are_enough(op: Op, tmp_path: Path) -> None:
    readme = (HERE.parent / "README.md").read_text(encoding="utf-8").split("### Django")[1]
    shown = re.search(r"```python\n# settings.py\n(.*?)\n# urls.py\n(.*?)```", readme, re.DOTALL)
    assert shown is not None
    port = free_port()
    base = f"http://localhost:{port}/auth"
    registered = op("register", redirect_uris=[f"{base}/callback"])
    env = {
        **os.environ,
        "OIDC_ISSUER": op.issuer,
        "OIDC_CLIENT_ID": registered["client_id"],
        "OIDC_CLIENT_SECRET": registered["client_secret"],
        "SESSION_KEY": secrets.token_hex(32),
        "DJANGO_SETTINGS_MODULE": "shop.settings",
        "PYTHONPATH": str(tmp_path),
    }
    subprocess.run([sys.executable, "-m", "django", "startproject", "shop", str(tmp_path)], check=True)
    settings, urls = tmp_path / "shop" / "settings.py", tmp_path / "shop" / "urls.py"
    local = 'RELYINGPARTY["ALLOW_INSECURE_LOOPBACK"] = True\n'
    settings.write_text(f"import os\n{settings.read_text()}\n{shown[1].replace(':8000', f':{port}')}\n{local}")
    urls.write_text(f"{urls.read_text()}\nfrom django.urls import include\n{shown[2]}{PAGE}")
    assert manage(env, "check") == ""
    assert manage(env, "migrate", "--verbosity", "0") == ""
    command = [sys.executable, "-m", "django", "runserver", "--noreload", f"127.0.0.1:{port}"]
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            listening(port, process)
            visitor = Visitor(f"http://localhost:{port}")
            visitor.log_in(f"http://localhost:{port}/mine")
            assert visitor.page == "alice is here"
        finally:
            process.terminate()


PAGE = """
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse

@login_required
def mine(request):
    assert request.user.is_authenticated
    return HttpResponse(f"{request.oidc_session.sub} is here")

urlpatterns += [path("mine", mine)]
"""


GOOD = {
    "ISSUER": "https://op.example",
    "CLIENT_ID": "client",
    "BASE_URL": "https://app.example/auth",
    "SEALING_KEYS": [secrets.token_hex(32)],
}


def without(name: str) -> dict[str, Any]:
    return {member: value for member, value in GOOD.items() if member != name}


@pytest.mark.parametrize(
    ("settings", "id", "words"),
    [
        ({}, "E001", "RELYINGPARTY is no dict"),
        ({"RELYINGPARTY": without("ISSUER")}, "E001", "RELYINGPARTY has no ISSUER"),
        ({"RELYINGPARTY": without("BASE_URL")}, "E001", "RELYINGPARTY has no BASE_URL"),
        ({"RELYINGPARTY": without("SEALING_KEYS")}, "E001", "RELYINGPARTY has no SEALING_KEYS"),
        ({"RELYINGPARTY": {**GOOD, "PROVIDERS": {"a": {}}}}, "E001", "PROVIDERS"),
        ({"RELYINGPARTY": {**without("ISSUER"), "CLIENT_ID": ""}}, "E001", "ISSUER"),
        ({"RELYINGPARTY": {**GOOD, "ISSUER": "op.example"}}, "E002", "issuer"),
        ({"RELYINGPARTY": {**GOOD, "SEALING_KEYS": ["00"]}}, "E002", "sealing_keys"),
        ({"RELYINGPARTY": {**GOOD, "SEALING_KEYS": ["canary"]}}, "E001", "hexadecimal"),
        ({"RELYINGPARTY": {**GOOD, "CLIENT_SECRT": "canary"}}, "E002", "client_secrt"),
        ({"RELYINGPARTY": {**GOOD, "SITE_POLICY": {"idle_secs": 1}}}, "E002", "idle_secs"),
        ({"RELYINGPARTY": {**GOOD, "STORE": "redis"}}, "E002", "store"),
        ({"RELYINGPARTY": GOOD, "ROOT_URLCONF": "django.contrib.auth.urls"}, "E003", "routes"),
        ({"RELYINGPARTY": {**GOOD, "BASE_URL": "https://app.example/oidc"}}, "E004", "'/oidc'"),
        ({"RELYINGPARTY": GOOD, "MIDDLEWARE": []}, "E005", "MIDDLEWARE"),
        (
            {
                "RELYINGPARTY": GOOD,
                "MIDDLEWARE": [
                    "relyingparty.django.middleware.RelyingPartyMiddleware",
                    "django.contrib.sessions.middleware.SessionMiddleware",
                    "django.contrib.auth.middleware.AuthenticationMiddleware",
                ],
            },
            "E006",
            "behind",
        ),
        (
            {"RELYINGPARTY": GOOD, "AUTHENTICATION_BACKENDS": ["django.contrib.auth.backends.ModelBackend"]},
            "E007",
            "OidcBackend",
        ),
        ({"RELYINGPARTY": GOOD, "LOGIN_URL": "/accounts/login/"}, "W001", "LOGIN_URL"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_wrong_setting_is_found_by_check(tmp_path: Path, settings: dict[str, Any], id: str, words: str) -> None:
    said = manage(environment(tmp_path, settings), "check")
    assert f"(relyingparty.{id})" in said
    assert words in said
    assert said.count("(relyingparty.") == 1
    assert "canary" not in said


def test_good_settings_are_silent(tmp_path: Path) -> None:
    assert manage(environment(tmp_path, {"RELYINGPARTY": GOOD}), "check") == ""
    others = {
        "a": {"ISSUER": "https://a.example", "CLIENT_ID": "a"},
        "b": {"ISSUER": "https://b.example", "CLIENT_ID": "b"},
    }
    several = {"BASE_URL": GOOD["BASE_URL"], "SEALING_KEYS": GOOD["SEALING_KEYS"], "PROVIDERS": others}
    assert manage(environment(tmp_path, {"RELYINGPARTY": several}), "check") == ""


def test_the_migration_is_complete(tmp_path: Path) -> None:
    env = environment(tmp_path, {"RELYINGPARTY": GOOD})
    assert manage(env, "makemigrations", "--check", "--dry-run", "relyingparty") == ""
