"""Sessions that are stored sealed."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from relyingparty import (
    AsyncRelyingParty,
    Client,
    ConfigurationError,
    HttpRequest,
    HttpResponse,
    Issuer,
    MisuseError,
    Policy,
    Provider,
    Registration,
    RelyingParty,
    SealingKeys,
    SessionSeal,
    Unreachable,
)
from scripted import CALLBACK, ISSUER, NOW, ScriptedOp, log_in, relying_party

OLD, NEW = bytes(range(32)), bytes(range(32, 64))


class WithoutKeys(ScriptedOp):
    """The provider withdrew its keys, or is down but for its metadata."""

    def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
        if request.endpoint == "jwks":
            return Unreachable("connection refused")
        return super().send(request)


def sealed(op: ScriptedOp, **options: Any) -> tuple[RelyingParty, str]:
    rp = relying_party(op, sealing_keys=[OLD], **options)
    return rp, rp.encode(log_in(rp, op))


def refusal(rp: RelyingParty, text: str) -> str:
    with pytest.raises(MisuseError) as raised:
        rp.restore(text)
    return raised.value.code


def test_u14_a_sealed_session_outlives_the_key_that_signed_it() -> None:
    rp, text = sealed(ScriptedOp())
    assert text.startswith("v1.") and "canary" not in text
    op = WithoutKeys()
    session = relying_party(op, sealing_keys=[OLD]).restore(text)
    assert (session.sub, session.claims["iss"]) == ("alice", ISSUER)
    assert [decision.check for decision in session.decisions] == ["sealed"]
    assert op.asked == []
    assert session.encode() == rp.restore(text).encode()


def test_each_text_is_another() -> None:
    op = ScriptedOp()
    rp, text = sealed(op)
    assert rp.encode(rp.restore(text)) != text


def test_keys_change_one_after_the_other() -> None:
    op = ScriptedOp()
    _, text = sealed(op)
    both = relying_party(op, sealing_keys=[NEW, bytearray(OLD)])
    resealed = both.encode(both.restore(text))
    new = relying_party(op, sealing_keys=[NEW])
    assert new.restore(resealed).sub == "alice"
    assert refusal(new, text) == "unreadable_session"


def test_u14_what_is_not_sealed_is_refused_unless_the_policy_takes_it() -> None:
    op = ScriptedOp()
    rp, text = sealed(op)
    clear = rp.restore(text).encode()
    assert refusal(rp, clear) == "unreadable_session"
    assert refusal(relying_party(op), text) == "unreadable_session"
    accepting = relying_party(op, sealing_keys=[OLD], policy={"accept_unsealed_sessions": True})
    assert accepting.restore(clear).sub == accepting.restore(text).sub == "alice"


def test_without_keys_nothing_is_sealed() -> None:
    op = ScriptedOp()
    rp = relying_party(op)
    session = log_in(rp, op)
    with pytest.raises(ConfigurationError) as raised:
        rp.encode(session)
    assert raised.value.code == "invalid_configuration"


@pytest.mark.parametrize("keys", [[], [b""], [OLD[:31]], [bytes(32)], [OLD] * 9, [OLD, b"x" * 32]])
def test_e14_keys_that_are_no_keys_are_refused(keys: list[bytes]) -> None:
    with pytest.raises(ConfigurationError) as raised:
        relying_party(ScriptedOp(), sealing_keys=keys)
    assert raised.value.details["member"] == "sealing_keys"


@pytest.mark.parametrize("keys", [None, (), OLD, "0" * 32, ["0" * 32], [list(OLD)], [OLD, None], {OLD: 1}, 1, True])
def test_u1_keys_that_are_not_a_list_of_bytes_are_refused(keys: Any) -> None:
    with pytest.raises(ConfigurationError) as raised:
        relying_party(ScriptedOp(), sealing_keys=keys)
    assert raised.value.details["member"] == "sealing_keys"


def test_u1_keys_that_are_taken_away_afterwards_are_still_there() -> None:
    op, keys = ScriptedOp(), [bytearray(OLD)]
    rp = relying_party(op, sealing_keys=keys)
    keys[0][:] = bytes(32)
    keys.clear()
    text = rp.encode(log_in(rp, op))
    assert relying_party(op, sealing_keys=[OLD]).restore(text).sub == "alice"


def test_a_client_without_io_seals_too() -> None:
    op = ScriptedOp()
    rp, text = sealed(op)
    provider = Provider.from_metadata(Issuer(ISSUER), json.dumps(op.metadata))
    registration = Registration(client_id="client", redirect_uri=CALLBACK)
    client = Client(provider, registration, sealing_keys=SealingKeys([OLD]), clock=lambda: NOW)
    flow = client.restore(text)
    assert flow.request is None
    again = client.seal(flow.result, bytes(range(40)))
    assert rp.restore(again).sub == "alice"
    assert repr(SealingKeys([OLD])) == "<SealingKeys>"
    with pytest.raises(MisuseError) as raised:
        client.seal(flow.result, b"short")
    assert raised.value.code == "weak_entropy"


def test_u1_u14_a_client_whose_keys_are_missing_is_none() -> None:
    op = ScriptedOp()
    provider = Provider.from_metadata(Issuer(ISSUER), json.dumps(op.metadata))
    registration = Registration(client_id="client", redirect_uri=CALLBACK)
    wrong: list[Any] = [None, [OLD], OLD, False]
    for keys in wrong:
        with pytest.raises(TypeError):
            Client(provider, registration, sealing_keys=keys)
    assert Client(provider, registration, clock=lambda: NOW)


def test_a_seal_needs_nothing_of_the_provider() -> None:
    op = ScriptedOp()
    rp, text = sealed(op)
    seal = SessionSeal(SealingKeys([OLD]), Issuer(ISSUER), "client")
    session = seal.open(text)
    assert session is not None
    assert session.sub == "alice"
    assert rp.restore(seal.seal(session, bytes(range(40)))).sub == "alice"
    for key, client_id in ((OLD, "other"), (NEW, "client")):
        other = SessionSeal(SealingKeys([key]), Issuer(ISSUER), client_id)
        with pytest.raises(MisuseError) as raised:
            other.open(text)
        assert raised.value.code == "unreadable_session"
    with pytest.raises(MisuseError):
        seal.open(session.encode())
    accepting = SessionSeal(SealingKeys([OLD]), Issuer(ISSUER), "client", Policy(accept_unsealed_sessions=True))
    assert accepting.open(session.encode()) is None


def test_u14_a_session_is_sealed_and_opened_as_elsewhere() -> None:
    path = Path(__file__).parents[2] / "core/tests/data/sealed_session.json"
    vector = json.loads(path.read_text("utf-8"))
    keys = SealingKeys([bytes.fromhex(key) for key in vector["keys"]])
    seal = SessionSeal(keys, Issuer(vector["issuer"]), vector["client_id"])
    session = seal.open(vector["sealed"])
    assert session is not None
    assert session.encode() == vector["session"]
    assert seal.seal(session, bytes.fromhex(vector["entropy"])) == vector["sealed"]


def test_a_sealed_session_is_restored_on_asyncio() -> None:
    class Transport:
        def __init__(self, op: ScriptedOp) -> None:
            self._op = op

        async def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
            return self._op.send(request)

    op = ScriptedOp()
    rp, text = sealed(op)
    other = AsyncRelyingParty(
        ISSUER, "client", CALLBACK, transport=Transport(op), clock=lambda: NOW, sealing_keys=[OLD]
    )

    async def scenario() -> str:
        return await other.encode(await other.restore(text))

    assert rp.restore(asyncio.run(scenario())).sub == "alice"
