"""What the host's own code raises or returns ends in an error of ours, with its exception as the cause."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from relyingparty import AsyncRelyingParty, HttpRequest, TransportError
from relyingparty.errors import Error
from scripted import CALLBACK, ISSUER, NOW, ScriptedOp, log_in, relying_party


class Mine(Exception):
    """An application's own."""


class Failing(ScriptedOp):
    """Raises at one endpoint, or returns what is no answer."""

    def __init__(self, endpoint: str, outcome: object) -> None:
        super().__init__()
        self.at, self.outcome = endpoint, outcome

    def send(self, request: HttpRequest) -> Any:
        if request.endpoint == self.at:
            if isinstance(self.outcome, BaseException):
                raise self.outcome
            return self.outcome
        return super().send(request)


class AsyncFailing(Failing):
    """The same on asyncio."""

    async def send(self, request: HttpRequest) -> Any:  # type: ignore[override]
        return super().send(request)


RAISED = [
    *(Mine("canary"), TypeError("canary"), AttributeError("canary"), KeyError("canary")),
    *(RecursionError(), OSError(5)),
]


async def at_once(_: float) -> None:
    """No pause."""


def verbs(rp: Any, op: ScriptedOp, endpoint: str) -> Any:
    return log_in(rp, op) if endpoint != "userinfo" else rp.userinfo(log_in(rp, op))


@pytest.mark.parametrize("endpoint", ["discovery", "jwks", "token", "userinfo"])
@pytest.mark.parametrize("error", RAISED, ids=[type(error).__name__ for error in RAISED])
def test_what_a_transport_raises_is_the_cause_of_an_error_of_ours(endpoint: str, error: Exception) -> None:
    op = Failing(endpoint, error)
    with pytest.raises(TransportError) as raised:
        verbs(relying_party(op, sleep=int), op, endpoint)
    assert raised.value.code == ("keys_unavailable" if endpoint == "jwks" else "unreachable")
    assert raised.value.__cause__ is error
    assert "canary" not in str(raised.value)
    if hasattr(error, "__notes__"):
        assert "test_hosts.py" in error.__notes__[0]

    async def scenario() -> None:
        op = AsyncFailing(endpoint, error)
        rp = AsyncRelyingParty(ISSUER, "client", CALLBACK, transport=op, clock=lambda: NOW, sleep=at_once)
        started = await rp.authorize()
        await rp.userinfo(await rp.callback(op.browser(started.url), started.id))

    with pytest.raises(TransportError) as raised:
        asyncio.run(scenario())
    assert raised.value.__cause__ is error


@pytest.mark.parametrize("returned", [None, True, 200, "{}", {}, (200, [], b""), object()])
def test_what_a_transport_returns_is_an_answer_or_an_error_of_ours(returned: object) -> None:
    for endpoint in ("discovery", "token", "userinfo"):
        op = Failing(endpoint, returned)
        with pytest.raises(TransportError) as raised:
            verbs(relying_party(op), op, endpoint)
        assert type(returned).__name__ in raised.value.details["reason"]


def test_a_blocking_transport_on_asyncio_is_told_apart() -> None:
    rp = AsyncRelyingParty(ISSUER, "client", CALLBACK, transport=ScriptedOp(), clock=lambda: NOW)  # type: ignore[arg-type]
    with pytest.raises(TransportError) as raised:
        asyncio.run(rp.authorize())
    assert isinstance(raised.value.__cause__, TypeError)


@pytest.mark.parametrize("fault", [SystemExit, KeyboardInterrupt, GeneratorExit])
def test_what_ends_a_program_passes(fault: type[BaseException]) -> None:
    op = Failing("discovery", fault())
    with pytest.raises(fault):
        relying_party(op).authorize()


@pytest.mark.parametrize("outcome", [Mine(), None, 1, "yes", [True], object()])
def test_a_verifier_says_yes_by_true_alone(outcome: object) -> None:
    def verifier(_: object) -> Any:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    op = ScriptedOp()
    rp = relying_party(op, policy={"signatures": "host"}, verifier=verifier)
    with pytest.raises(Error) as raised:
        log_in(rp, op)
    assert raised.value.code == "unreachable"
