"""What a new user gets wrong first, and what the errors say to do about it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from exchange import Constructor
from relyingparty import (
    AsyncRelyingParty,
    ConfigurationError,
    Error,
    HttpRequest,
    HttpResponse,
    MemoryStore,
    MisuseError,
    RelyingParty,
    Session,
    TransportError,
    Unreachable,
)
from relyingparty.__main__ import main
from scripted import CALLBACK, ISSUER, NOW, ScriptedOp, answer, log_in, relying_party

BOTH = pytest.mark.parametrize("party", [RelyingParty, AsyncRelyingParty])


def said(call: Callable[[], Any], kind: type[Error] = ConfigurationError) -> str:
    with pytest.raises(kind) as raised:
        call()
    return str(raised.value)


@pytest.mark.parametrize(
    ("misspelt", "meant"),
    [
        ("clientSecret", "client_secret"),
        ("transprot", "transport"),
        ("post_logout_redirect_url", "post_logout_redirect_uri"),
        ("allow_insecure", "allow_insecure_loopback"),
        ("id_token_signing_response_alg", "id_token_signed_response_alg"),
    ],
)
@BOTH
def test_first_use_a_misspelt_option_leads_to_the_one_that_was_meant(party: Any, misspelt: str, meant: str) -> None:
    message = said(lambda: party(ISSUER, "client", CALLBACK, **{misspelt: "canary"}))
    assert message.endswith(f"; did you mean {meant}?")
    assert "canary" not in message


def test_first_use_options_of_policy_and_verbs_are_judged_alike() -> None:
    op = ScriptedOp()
    rp = relying_party(op)
    options: Any = {"allowed_skew": 60}
    assert said(lambda: relying_party(op, policy=options)).endswith("; did you mean allowed_skew_secs?")
    options = {"maxAge": 60}
    assert said(lambda: rp.authorize(**options)).endswith("; did you mean max_age?")
    options = {"zzzzzz": 1}
    assert "; known are scopes, " in said(lambda: rp.authorize(**options))
    started = rp.authorize()
    options = {"resources": "https://api.example"}
    message = said(lambda: rp.callback(op.browser(started.url), started.id, **options))
    assert message.endswith("; did you mean resource?")


@pytest.mark.parametrize("secret", ["canary\n", "canary\r\n", "canary ", " canary", "\ufeffcanary"])
@BOTH
def test_first_use_a_secret_with_a_line_end_is_refused_and_not_shown(party: Any, secret: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        party(ISSUER, "client", CALLBACK, client_secret=secret)
    assert raised.value.details["member"] == "client_secret"
    assert "take it away" in str(raised.value)
    assert "canary" not in repr(raised.value) + str(raised.value.details)


@pytest.mark.parametrize("shown", [NOW * 1000, NOW * 1000 + 0.25])
def test_first_use_a_clock_in_milliseconds_is_refused_by_the_first_verb(shown: float) -> None:
    rp = relying_party(ScriptedOp(), clock=lambda: shown)
    for verb in (rp.authorize, lambda: rp.verify("a.b.c")):
        assert "tells milliseconds: divide by 1000" in said(verb, MisuseError)
    store = MemoryStore(clock=lambda: time.time() * 1000)
    assert "clock" in said(lambda: store.put("id", "pending", 600)) and len(store) == 0


def test_first_use_a_ca_file_that_cannot_be_used_is_named(constructor: Constructor, tmp_path: Path) -> None:
    missing, nothing = tmp_path / "missing.pem", tmp_path / "no.pem"
    nothing.write_text("-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n")
    for path, reason in [(missing, "does not exist"), (tmp_path, "is a directory"), (nothing, "has no certificates")]:
        for given in (path, str(path)):
            message = said(lambda given=given: constructor(ca_file=given))  # type: ignore[misc]
            assert "ca_file" in message and path.name in message.replace("\ufffd", "") and reason in message


def test_first_use_a_ca_file_is_judged_with_the_other_options(tmp_path: Path) -> None:
    for party in (RelyingParty, AsyncRelyingParty):
        message = said(lambda party=party: party(ISSUER, "client", CALLBACK, ca_file=str(tmp_path / "x.pem")))  # type: ignore[misc]
        assert "does not exist" in message


@pytest.mark.parametrize(
    "arguments",
    [[], ["check"], ["login", ISSUER], ["check", ISSUER, "--nothing"], ["check", ISSUER, "--ca-file"]],
)
def test_first_use_wrong_usage_of_the_command_is_one_line(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    captured = capsys.readouterr()
    assert (ended.value.code, captured.out, captured.err.count("\n")) == (2, "", 1)
    assert "usage: python -m relyingparty check ISSUER" in captured.err


def test_first_use_the_command_takes_a_proxy_and_prints_json(capsys: pytest.CaptureFixture[str]) -> None:
    nobody = ["check", "http://127.0.0.1:1", "--allow-insecure-loopback", "--client-id", "me"]
    assert main([*nobody, "--json", "--proxy", "http://127.0.0.1:2"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["ok"] is False
    assert [finding["verdict"] for finding in report["findings"] if finding["topic"] == "discovery"] == ["error"]
    assert main(["check", ISSUER, "--proxy", "ftp://proxy.example"]) == 2
    assert main(["check", ISSUER, "--ca-file", "nowhere.pem"]) == 2
    assert "nowhere.pem does not exist" in capsys.readouterr().err


class Reusing(ScriptedOp):
    """Its refresh tokens serve more than once."""

    def __init__(self) -> None:
        super().__init__()
        self.refreshes = 0

    def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
        if request.endpoint == "token" and b"grant_type=refresh_token" in request.body:
            self.refreshes += 1
            time.sleep(0.1)
            return answer({"access_token": f"access-{self.refreshes}", "token_type": "Bearer"})
        return super().send(request)


class AsyncReusing(Reusing):
    """The same on asyncio."""

    async def send(self, request: HttpRequest) -> HttpResponse | Unreachable:  # type: ignore[override]
        return await asyncio.to_thread(super().send, request)


def test_first_use_one_refresh_token_is_spent_once_at_a_time_whatever_session_has_it() -> None:
    op, other = AsyncReusing(), AsyncReusing()
    plain = Reusing()
    text = log_in(relying_party(plain), plain).encode()
    for one in (op, other):
        one._keys, one._kid = plain._keys, plain._kid

    def party(op: AsyncReusing) -> AsyncRelyingParty:
        return AsyncRelyingParty(
            ISSUER, "client", CALLBACK, client_secret="canary-client", transport=op, clock=lambda: NOW
        )

    async def scenario() -> None:
        parties = [party(op), party(other), party(op)]
        first = await parties[0].restore(text)
        newer = await parties[0].refresh(first)
        assert (newer.refresh_token, op.refreshes) == (first.refresh_token, 1)
        held: list[Session] = [first, newer, await parties[1].restore(text)]
        found = await asyncio.gather(*(rp.refresh(one) for rp, one in zip(parties, held, strict=True)))
        assert len({one.access_token for one in found}) == 1
        assert op.refreshes + other.refreshes == 2

    asyncio.run(scenario())


def test_first_use_what_a_library_hangs_on_its_errors_is_not_with_the_cause() -> None:
    class Response:
        request = "canary-body"

    class LibraryError(Exception):
        def __init__(self) -> None:
            super().__init__("refused")
            self.response = Response()

    def send(request: HttpRequest) -> HttpResponse:
        secret = "canary-local"
        try:
            raise LibraryError()
        except LibraryError as error:
            raise RuntimeError("wrapped") from error if secret else None

    op = ScriptedOp()
    op.send = send  # type: ignore[method-assign]
    with pytest.raises(TransportError) as raised:
        relying_party(op).authorize()
    link: BaseException | None = raised.value.__cause__
    assert isinstance(link, RuntimeError) and isinstance(link.__cause__, LibraryError)
    while link is not None:
        assert link.__traceback__ is None
        assert not any(isinstance(value, Response) for value in vars(link).values())
        link = link.__cause__ or link.__context__


def test_first_use_a_list_of_hosts_says_what_stands_in_one() -> None:
    for hosts, reason in [
        (["http://keycloak:8080"], "write it as keycloak or keycloak:8080"),
        (["keycloak/realms"], "write it as keycloak or keycloak:8080"),
        ("keycloak", "is one string: put it in a list"),
    ]:
        policy: Any = {"danger_http_hosts": hosts}
        assert reason in said(lambda policy=policy: relying_party(ScriptedOp(), policy=policy))  # type: ignore[misc]


def test_first_use_a_refusal_says_what_to_compare() -> None:
    op = ScriptedOp()
    rp = relying_party(op)
    started = rp.authorize()
    send = op.send
    op.send = lambda request: (  # type: ignore[method-assign]
        answer({"error": "invalid_client"}, 401) if request.endpoint == "token" else send(request)
    )
    message = said(lambda: rp.callback(op.browser(started.url), started.id), Error)
    assert "the client authenticated with client_secret_basic" in message
    assert "token_endpoint_auth_method" in message and "canary" not in message
