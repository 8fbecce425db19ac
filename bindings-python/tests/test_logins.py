"""Which logins a callback finds, and what reaches a store."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

import pytest

from relyingparty import AsyncRelyingParty, CallbackError, Error, MemoryStore
from scripted import CALLBACK, ISSUER, NOW, ScriptedOp, relying_party

NO_IDS: list[Any] = [
    *(None, "", "*", "session:alice", "../../x", "a" * 42, "a" * 44, "a" * 42 + "=", "a" * 42 + "\n", "ä" * 43),
    *("a" * 100_000, b"a" * 43, b"a" * 100_000, 0, 43, True, [], ["a"] * 43, {}, object(), "\ud800" * 43),
]


class Watched(MemoryStore):
    """Remembers what it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[object] = []

    def take(self, id: str) -> str | None:
        self.asked.append(id)
        return super().take(id)


@pytest.mark.parametrize("id", NO_IDS, ids=[ascii(id)[:20] for id in NO_IDS])
def test_u7_what_is_no_id_reaches_no_store(id: Any) -> None:
    op, store = ScriptedOp(), Watched()
    rp = relying_party(op, store=store)
    back = op.browser(rp.authorize().url)
    for verb in (rp.callback, rp.callback_form_post):
        with pytest.raises(CallbackError) as raised:
            verb(back if verb == rp.callback else back.split("?")[1], id)
        assert raised.value.code == "no_pending_login"

    async def scenario() -> None:
        rp = AsyncRelyingParty(ISSUER, "client", CALLBACK, transport=op, store=store, clock=lambda: NOW)  # type: ignore[arg-type]
        with pytest.raises(CallbackError) as raised:
            await rp.callback(back, id)
        assert raised.value.code == "no_pending_login"

    asyncio.run(scenario())
    assert store.asked == []


@pytest.mark.parametrize("response", ["", "code=x", "error=access_denied", "state=&code=x", f"iss={ISSUER}&code=x"])
def test_u7_a_response_without_state_reaches_no_store_and_no_provider(response: str) -> None:
    op, store = ScriptedOp(), Watched()
    rp = relying_party(op, store=store)
    id = rp.authorize().id
    asked = len(op.asked)
    with pytest.raises(CallbackError) as raised:
        rp.callback(response, id)
    assert raised.value.code == "state_missing"
    assert (store.asked, len(store), len(op.asked)) == ([], 1, asked)


@pytest.mark.parametrize("response", ["", "code=x", "state=a&state=b", "%", "state=%ff", "a" * 100_000, "\ud800"])
def test_a_response_that_names_no_login_names_no_cookie(response: str) -> None:
    assert relying_party(ScriptedOp()).cookie_name(response) is None


def test_a_response_that_belongs_to_no_login_leaves_the_one_that_waits_as_it_was() -> None:
    op = ScriptedOp()
    rp = relying_party(op)
    started = rp.authorize()
    back = op.browser(started.url)
    for response in ("code=x&state=of-nobody", "error=access_denied&state=of-nobody", "code=x"):
        with pytest.raises(Error):
            rp.callback(response, started.id)
    assert rp.callback(back, started.id).sub == "alice"
    with pytest.raises(CallbackError):
        rp.callback(back, started.id)


def test_a_login_that_waits_on_waits_no_longer_than_it_would_have() -> None:
    now = [float(NOW)]

    class Kept(MemoryStore):
        ages: ClassVar[list[int]] = []

        def put(self, id: str, pending: str, max_age: int) -> None:
            self.ages.append(max_age)
            super().put(id, pending, max_age)

    op, store = ScriptedOp(), Kept()
    rp = relying_party(op, store=store, clock=lambda: now[0])
    started = rp.authorize()
    now[0] += 100
    with pytest.raises(Error):
        rp.callback("code=x&state=of-nobody", started.id)
    assert store.ages == [600, 500]


def test_a_store_that_returns_something_else_than_text_ends_in_an_error() -> None:
    class Bytes(MemoryStore):
        def take(self, id: str) -> Any:
            return (super().take(id) or "").encode()

    op = ScriptedOp()
    rp = relying_party(op, store=Bytes())
    started = rp.authorize()
    with pytest.raises(Error) as raised:
        rp.callback(op.browser(started.url), started.id)
    assert raised.value.code == "unreadable_pending_login"
