"""What this package says to logging: each request, each decision, and nothing that is secret."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys

import pytest

from relyingparty import AsyncRelyingParty, Error, HttpRequest, HttpResponse, Unreachable
from scripted import CALLBACK, ISSUER, NOW, ScriptedOp, log_in, relying_party


class Quirky(ScriptedOp):
    """Refuses, or is away, at one endpoint."""

    reply: HttpResponse | Unreachable | None = None

    def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
        if request.endpoint == "userinfo" and self.reply is not None:
            return self.reply
        return super().send(request)


def everything(op: Quirky) -> list[str]:
    """A program's whole life; the secrets that were in it."""
    rp = relying_party(op)
    started = rp.authorize()
    back = op.browser(started.url)
    session = rp.callback(back, started.id)
    rp.refresh(session)
    rp.userinfo(session)
    for reply in (Unreachable("canary"), HttpResponse(503, [], b"canary")):
        op.reply = reply
        with pytest.raises(Error):
            rp.userinfo(session)
    for text in ("canary", "canary.canary.canary", session.id_token[:-8] + "AAAAAAAA"):
        with pytest.raises(Error):
            rp.verify(text)
    with pytest.raises(Error):
        rp.callback("code=canary&state=canary", "i" * 43)
    return ["canary", back.split("state=")[1], started.id, session.id_token[:40], session.claims["nonce"], "iiii"]


def test_each_request_is_one_line_without_its_secrets(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "relyingparty")
    everything(Quirky())
    lines = [record for record in caplog.records if record.name == "relyingparty"]
    assert {record.levelno for record in lines} == {logging.INFO}
    found = [tuple(vars(record)[name] for name in ("endpoint", "method", "origin", "status")) for record in lines]
    assert found == [
        ("discovery", "GET", ISSUER, 200),
        ("token", "POST", ISSUER, 200),
        ("jwks", "GET", ISSUER, 200),
        ("token", "POST", ISSUER, 200),
        ("userinfo", "GET", ISSUER, 200),
        ("userinfo", "GET", ISSUER, None),
        ("userinfo", "GET", ISSUER, 503),
    ]
    assert all(vars(record)["duration_ms"] >= 0 for record in lines)
    assert lines[0].getMessage().startswith(f"discovery: GET {ISSUER} 200 in ")
    assert lines[5].getMessage().startswith(f"userinfo: GET {ISSUER} unreachable in ")


def test_f7_no_line_shows_a_secret_and_decisions_are_lines(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = everything(Quirky())
    lines = [record for record in caplog.records if record.name == "relyingparty"]
    shown = [f"{record.getMessage()} {vars(record)!r}" for record in lines]
    assert [line for line in shown if any(secret in line for secret in secrets)] == []
    checks = {vars(record).get("check") for record in lines}
    assert {"signature", "nonce", "state"} <= checks
    assert any(vars(record).get("passed") is False for record in lines)
    assert {"no_pending_login", "malformed_token", "bad_signature"} <= {vars(record).get("code") for record in lines}
    assert all(line.isprintable() and line.isascii() for line in (record.getMessage() for record in lines))


def test_asyncio_logs_the_same(caplog: pytest.LogCaptureFixture) -> None:
    class OnLoop:
        async def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
            return op.send(request)

    async def scenario() -> None:
        rp = AsyncRelyingParty(ISSUER, "client", CALLBACK, transport=OnLoop(), clock=lambda: NOW)
        started = await rp.authorize()
        await rp.callback(op.browser(started.url), started.id)

    caplog.set_level(logging.DEBUG, "relyingparty")
    op = ScriptedOp()
    asyncio.run(scenario())
    endpoints = [vars(record)["endpoint"] for record in caplog.records if "endpoint" in vars(record)]
    assert endpoints == ["discovery", "token", "jwks"]
    assert any(vars(record).get("check") == "signature" for record in caplog.records)


def test_nothing_is_shown_to_who_does_not_listen(capfd: pytest.CaptureFixture[str]) -> None:
    logger = logging.getLogger("relyingparty")
    root, level = logging.getLogger(), logger.level
    handlers, root.handlers = root.handlers, []
    try:
        logger.setLevel(logging.DEBUG)
        log_in(relying_party(op := ScriptedOp()), op)
    finally:
        root.handlers = handlers
        logger.setLevel(level)
    assert capfd.readouterr() == ("", "")
    assert any(isinstance(handler, logging.NullHandler) for handler in logger.handlers)


def test_logging_is_imported_for_nobody() -> None:
    program = "import sys, relyingparty; sys.exit('logging' in sys.modules or 'hashlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
