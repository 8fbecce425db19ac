"""The pages of ``docs/start``: what they print, started as they say, logs in."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from browser import Browser
from op import Op, provider
from servers import free_port, listening
from test_docs import DOCS, fenced


@pytest.fixture(scope="module")
def op() -> Iterator[Op]:
    with provider() as running:
        yield running


class Place:
    """Where a page's application is to run: a folder, a port, and a client of its own."""

    def __init__(self, op: Op, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.home = f"http://localhost:{self.port}"
        registered = op("register", redirect_uris=[f"{self.home}/auth/callback"])
        self._here = {
            "https://op.example": op.issuer,
            "my-client": registered["client_id"],
            "https://app.example": self.home,
            '=os.environ["OIDC_CLIENT_SECRET"]': '=os.environ["OIDC_CLIENT_SECRET"], allow_insecure_loopback=True',
            '"CLIENT_SECRET":': '"ALLOW_INSECURE_LOOPBACK": True, "CLIENT_SECRET":',
            '"127.0.0.1", 8000': f'"127.0.0.1", {self.port}',
        }
        self._env = {
            **os.environ,
            "OIDC_CLIENT_SECRET": registered["client_secret"],
            "SESSION_KEY": secrets.token_hex(32),
            "PYTHONPATH": os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]),
        }

    def snippet(self, page: str, at: int) -> str:
        """What a page prints, with this place's names."""
        code = fenced(DOCS / "start" / page)[at]
        for printed, here in self._here.items():
            code = code.replace(printed, here)
        return code

    def run(self, *module: str) -> None:
        subprocess.run([sys.executable, "-m", *module], env=self._env, cwd=self.folder, check=True)

    @contextmanager
    def running(self, *arguments: str) -> Iterator[None]:
        command = [sys.executable, *arguments]
        with subprocess.Popen(command, env=self._env, cwd=self.folder, stderr=subprocess.DEVNULL) as process:
            try:
                listening(self.port, process)
                yield
            finally:
                process.terminate()


@pytest.fixture
def place(op: Op, tmp_path: Path) -> Place:
    return Place(op, tmp_path)


@pytest.mark.parametrize(
    ("page", "at", "command"),
    [
        ("fastapi.md", 0, "-m uvicorn main:app --port {port}"),
        ("fastapi.md", 1, "-m uvicorn main:app --port {port}"),
        ("flask.md", 0, "-m flask --app main run --port {port}"),
        ("python.md", 0, "main.py"),
    ],
)
def test_an_application_of_one_file(place: Place, page: str, at: int, command: str) -> None:
    (place.folder / "main.py").write_text(place.snippet(page, at), encoding="utf-8")
    with place.running(*command.format(port=place.port).split()):
        browser = Browser()
        browser.log_in(f"{place.home}/auth/login")
        assert (browser.url, browser.status) == (f"{place.home}/", 200)
        assert "alice" in browser.page


def test_a_project_of_django(place: Place) -> None:
    place.run("django", "startproject", "shop", ".")
    settings, urls = place.folder / "shop" / "settings.py", place.folder / "shop" / "urls.py"
    settings.write_text(f"{settings.read_text()}\n{place.snippet('django.md', 0)}", encoding="utf-8")
    urls.write_text(place.snippet("django.md", 1) + HOME, encoding="utf-8")
    place.run("django", "check", "--settings", "shop.settings")
    place.run("django", "migrate", "--settings", "shop.settings", "--verbosity", "0")
    with place.running("manage.py", "runserver", "--noreload", str(place.port)):
        browser = Browser()
        browser.log_in(f"{place.home}/")
        assert (browser.url, browser.page) == (f"{place.home}/", "alice")


HOME = """
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse

urlpatterns.append(path("", login_required(lambda request: HttpResponse(request.oidc_session.sub))))
"""
