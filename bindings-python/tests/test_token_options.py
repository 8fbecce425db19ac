"""What a login asks for, and what an exchange and a refresh ask for besides."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs

import pytest

from relyingparty import AsyncRelyingParty, ConfigurationError, ThreadedTransport
from scripted import CALLBACK, ISSUER, NOW, ScriptedOp, relying_party


def sent(op: ScriptedOp) -> dict[str, list[str]]:
    return parse_qs([request.body for request in op.asked if request.endpoint == "token"][-1].decode())


def test_what_was_asked_for_is_asked_for_again() -> None:
    op = ScriptedOp()
    rp = relying_party(op, policy={"scope_in_refreshes": True})
    started = rp.authorize(resource=["https://a.example", "urn:b"], scopes=["openid", "api"])
    session = rp.callback(op.browser(started.url), started.id)
    assert session.resource == sent(op)["resource"] == ["https://a.example", "urn:b"]
    for _ in range(2):
        session = rp.refresh(rp.restore(session.encode()))
        assert sent(op)["resource"] == ["https://a.example", "urn:b"]
        assert sent(op)["scope"] == ["openid api"]


def test_the_verbs_take_parameters_of_their_own() -> None:
    op = ScriptedOp()
    rp = relying_party(op)
    started = rp.authorize(resource="urn:a")
    session = rp.callback(op.browser(started.url), started.id, resource="urn:b", extra={"tenant": "1"})
    assert (sent(op)["resource"], sent(op)["tenant"]) == (["urn:b"], ["1"])
    rp.refresh(session, scopes=["openid", "api"], resource=[], extra={"tenant": "2"})
    assert (sent(op)["scope"], sent(op).get("resource"), sent(op)["tenant"]) == (["openid api"], None, ["2"])
    rp.refresh_token("canary", "alice", scopes=["openid"], extra={"tenant": "3"})
    assert (sent(op)["scope"], sent(op)["tenant"]) == (["openid"], ["3"])
    started = rp.authorize(response_mode="form_post")
    query = op.browser(started.url).partition("?")[2]
    rp.callback_form_post(query, started.id, extra={"tenant": "4"})
    assert sent(op)["tenant"] == ["4"]


def test_on_asyncio_too() -> None:
    op = ScriptedOp()

    async def log_in() -> None:
        rp = AsyncRelyingParty(ISSUER, "client", CALLBACK, transport=ThreadedTransport(op), clock=lambda: NOW)
        started = await rp.authorize(resource="urn:a")
        session = await rp.callback(op.browser(started.url), started.id, extra={"tenant": "1"})
        assert (sent(op)["resource"], sent(op)["tenant"]) == (["urn:a"], ["1"])
        await rp.refresh(session, extra={"tenant": "2"})
        assert sent(op)["tenant"] == ["2"]

    asyncio.run(log_in())


def test_refreshes_that_ask_for_different_things_are_no_one_request() -> None:
    op = ScriptedOp()
    rp = relying_party(op)
    started = rp.authorize()
    session = rp.callback(op.browser(started.url), started.id)
    op.asked.clear()
    options: list[dict[str, Any]] = [{"resource": "urn:a"}, {"resource": "urn:a"}, {"resource": "urn:b"}, {}]
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda given: rp.refresh(session, **given), options))
    asked = [parse_qs(request.body.decode()).get("resource") for request in op.asked if request.endpoint == "token"]
    assert sorted(asked, key=str) == [None, ["urn:a"], ["urn:b"]]


@pytest.mark.parametrize("name", ["refresh_token", "grant_type", "scope", "resource", "client_id", "client_secret"])
def test_a_parameter_of_the_librarys_is_no_extra_one(name: str) -> None:
    op = ScriptedOp()
    rp = relying_party(op)
    started = rp.authorize()
    session = rp.callback(op.browser(started.url), started.id)
    op.asked.clear()
    with pytest.raises(ConfigurationError) as raised:
        rp.refresh(session, extra={name: "x"})
    assert (raised.value.code, raised.value.details) == ("reserved_parameter", {"parameter": name})
    assert op.asked == []
