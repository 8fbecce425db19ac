"""A set-up is judged at the provider, and what is wrong with it is a line that says what to do."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from mutual import PASSWORD, Identity, identity
from op import Op, provider
from relyingparty import (
    AsyncRelyingParty,
    Finding,
    HttpRequest,
    HttpResponse,
    Issuer,
    Registration,
    SetupReport,
    Unreachable,
    check_setup,
    run,
)
from relyingparty.__main__ import main
from scripted import CALLBACK, ISSUER, NOW, ScriptedOp, relying_party


def findings(report: SetupReport) -> dict[str, Finding]:
    return {finding.topic: finding for finding in report.findings}


def test_each_thing_that_a_login_needs_is_a_line() -> None:
    op = ScriptedOp()
    report = relying_party(op).check()
    found = findings(report)
    assert report.ok
    assert {"redirect_uri", "discovery", "clock", "pkce", "scopes", "algorithms", "keys"} < set(found)
    assert found["keys"].verdict == "ok"
    assert [request.endpoint for request in op.asked] == ["discovery", "jwks"]
    assert f"ok       discovery: {ISSUER}\n" in str(report)


def test_what_goes_wrong_is_in_the_report() -> None:
    class Down(ScriptedOp):
        def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
            return Unreachable("connection refused")

    report = relying_party(Down()).check()
    found = findings(report)["discovery"]
    assert not report.ok
    assert (found.verdict, found.code) == ("error", "unreachable")
    assert found.advice in str(report)
    assert repr(report) == "<SetupReport: no login can work>"


def test_the_layer_without_io_and_asyncio_do_the_same() -> None:
    class Transport:
        async def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
            return op.send(request)

    op = ScriptedOp()
    rp = AsyncRelyingParty(ISSUER, "client", CALLBACK, transport=Transport(), clock=lambda: NOW)
    answer: Any = op.send
    report: Any = run(
        check_setup(Issuer(ISSUER), Registration(client_id="client", redirect_uri=CALLBACK), clock=lambda: NOW), answer
    )
    assert asyncio.run(rp.check()).findings == report.findings


def test_a_real_provider_passes() -> None:
    with provider() as op:
        command = [sys.executable, "-m", "relyingparty", "check", op.issuer, "--allow-insecure-loopback"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"ok       discovery: {op.issuer}" in done.stdout
    for topic in ("clock", "pkce", "algorithms", "keys"):
        assert f"ok       {topic}: " in done.stdout


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["http://op.example"], 2, "invalid_issuer"),
        (["https://op.example", "--redirect-uri", "/cb"], 2, "redirect_uri"),
        (["http://127.0.0.1:1", "--allow-insecure-loopback"], 1, "error    discovery"),
    ],
)
def test_the_command_says_what_is_wrong(
    arguments: list[str], status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", *arguments]) == status
    captured = capsys.readouterr()
    assert said in captured.out + captured.err


@pytest.fixture(scope="module")
def real() -> Iterator[Op]:
    with provider() as running:
        yield running


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return identity(tmp_path_factory.mktemp("client") / "own")


def checked(real: Op, *arguments: object) -> int:
    return main(["check", real.issuer, "--allow-insecure-loopback", *map(str, arguments)])


def test_a_client_certificate_is_for_the_method_that_asks_for_it(
    real: Op, own: Identity, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RELYINGPARTY_CLIENT_KEY_PASSPHRASE", PASSWORD)
    for files in (["--client-cert", own.both], ["--client-cert", own.certificate, "--client-key", own.locked_key]):
        assert checked(real, *files) == 0
        assert "client_certificate: for tls_client_auth, at http" in capsys.readouterr().out
    assert checked(real, "--client-cert", own.both, "--auth-method", "none") == 0
    assert "warning  client_certificate: not used\n" in capsys.readouterr().out
    assert checked(real, "--auth-method", "tls_client_auth") == 2
    assert "tls_client_certificate" in capsys.readouterr().err


@pytest.mark.parametrize("files", [["--client-cert", "nobody.pem"], ["--client-key", "nobody.pem"]])
def test_a_client_certificate_that_cannot_be_read_is_named(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", ISSUER, *files]) == 2
    assert "[client_cert]" in capsys.readouterr().err


def test_the_command_takes_no_secret_from_its_arguments(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OIDC_CLIENT_SECRET", "canary-secret")
    assert main(["check", "http://127.0.0.1:1", "--allow-insecure-loopback"]) == 1
    assert "canary" not in "".join(capsys.readouterr())
    with pytest.raises(SystemExit):
        main(["check", ISSUER, "--client-secret", "canary-secret"])
