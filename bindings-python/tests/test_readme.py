"""The README's code does what it says."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import trustme

import relyingparty
from relyingparty import Provider
from relyingparty.transports.httpx import AsyncHttpxTransport
from scripted import ISSUER, ScriptedOp, relying_party

README = (Path(__file__).parents[1] / "README.md").read_text()
LOGIN, TRANSPORT, FLOW = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


class Response:
    """A web framework, as far as the README has one."""

    def __init__(self) -> None:
        self.cookies: dict[str, str] = {}
        self.location = ""
        self.user: tuple[str, str | None] | None = None

    def set_cookie(self, name: str, value: str, max_age: int, **_: Any) -> None:
        assert max_age == 600
        self.cookies[name] = value

    def redirect(self, url: str) -> None:
        self.location = url

    def log_in(self, sub: str, then: str | None) -> None:
        self.user = (sub, then)


def test_the_login() -> None:
    program: dict[str, Any] = {}
    exec(LOGIN, program)
    op = ScriptedOp()
    assert repr(program["rp"]) == f"<RelyingParty client-id at {ISSUER}>"
    program["rp"] = relying_party(op)
    response = Response()
    program["login"](response)
    request = SimpleNamespace(url=op.browser(response.location), cookies=response.cookies)
    program["callback"](request, response)
    assert response.user == ("alice", "/inbox")


def test_the_transport(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.chdir(tmp_path)
    program: dict[str, Any] = {}
    exec(TRANSPORT, program)
    assert isinstance(program["transport"], AsyncHttpxTransport)


def test_the_flow() -> None:
    program: dict[str, Any] = {"answer": ScriptedOp().send}
    exec(FLOW, program)
    assert isinstance(program["provider"], Provider)


def test_the_classes_are_all_there() -> None:
    named = set(re.findall(r"`(\w+Error)`", README))
    assert named == {kind.__name__ for kind in relyingparty.Error.__subclasses__()}
