"""What a callback is told that finds no login, and what stores remember for that."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from relyingparty import AsyncRelyingParty, CallbackError, ConfigurationError, LoginCookies, MemoryStore, RelyingParty
from relyingparty.stores import AsyncStore, Store
from scripted import CALLBACK, ISSUER, NOW, ScriptedOp, relying_party


class Clock:
    """Seconds that are moved by hand."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class TwoMethods:
    """A user's own store, and what it was asked."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.asked: list[str] = []

    def put(self, id: str, pending: str, max_age: int) -> None:
        self.asked.append("put")
        self.kept[id] = pending

    def take(self, id: str) -> str | None:
        self.asked.append("take")
        return self.kept.pop(id, None)


class Marking(TwoMethods):
    """One that remembers, too."""

    def __init__(self, told: Any = None) -> None:
        super().__init__()
        self.marks: dict[str, Any] = {}
        self.told = told

    def begun(self, handle: str, max_age: int) -> None:
        self.marks[handle] = max_age

    def used(self, handle: str) -> None:
        self.marks[handle] = "used"

    def why_missing(self, handle: str) -> Any:
        return self.told or (self.marks[handle] if self.marks.get(handle) == "used" else None)


def refusal(call: Callable[[], object]) -> CallbackError:
    with pytest.raises(CallbackError) as raised:
        call()
    assert not raised.value.is_retryable
    return raised.value


def cause(call: Callable[[], object]) -> str:
    error = refusal(call)
    return error.details["reason"] if error.code == "no_pending_login" else error.code


def test_what_the_browser_sends_tells_the_causes_apart() -> None:
    op = ScriptedOp()
    rp = relying_party(op)
    mine, other = rp.authorize(), rp.authorize()
    back = op.browser(mine.url)
    other_cookie = {other.cookie_name: other.id, "theme": "dark"}
    causes: list[tuple[Any, str]] = [
        (None, "id_missing"),
        ("", "id_missing"),
        ("session:alice", "id_malformed"),
        (7, "id_malformed"),
        (b"a" * 43, "id_malformed"),
        ("a" * 43, "not_in_store"),
        (LoginCookies(None), "no_cookie"),
        (LoginCookies({"theme": "dark"}), "no_cookie"),
        (LoginCookies(other_cookie), "other_cookies"),
        (LoginCookies({mine.cookie_name: "x"}), "id_malformed"),
        (LoginCookies({mine.cookie_name: "a" * 43}), "not_in_store"),
    ]
    steps = {}
    for held, expected in causes:
        error = refusal(lambda held=held: rp.callback(back, held))  # type: ignore[misc]
        assert (error.code, error.details) == ("no_pending_login", {"reason": expected})
        steps[expected] = str(error).partition("; ")[2]
    assert len(set(steps.values())) == len(steps) and all(steps.values())
    assert "LoginCookies" in steps["id_missing"] and "set_cookie" in steps["no_cookie"]
    at_http = back.replace("https:", "http:")
    assert cause(lambda: rp.callback(at_http, LoginCookies({}))) == "plain_http"
    assert cause(lambda: rp.callback(at_http, LoginCookies(other_cookie))) == "other_cookies"
    assert rp.callback(back, LoginCookies({**other_cookie, mine.cookie_name: mine.id})).sub == "alice"


def test_a_form_that_is_posted_finds_its_login_by_the_cookies() -> None:
    op = ScriptedOp()
    rp = relying_party(op)
    login = rp.authorize(response_mode="form_post")
    body = op.browser(login.url).partition("?")[2]
    assert cause(lambda: rp.callback_form_post(body, LoginCookies(None))) == "no_cookie"
    assert rp.callback_form_post(body, LoginCookies({login.cookie_name: login.id})).sub == "alice"


@pytest.mark.parametrize("cookies", ["sent again", "cleared", "none of ours"])
def test_a_reload_is_told_from_a_callback_that_nobody_began(cookies: str) -> None:
    op = ScriptedOp()
    rp = relying_party(op)
    login = rp.authorize()
    back = op.browser(login.url)
    assert rp.callback(back, login.id).sub == "alice"
    held = {"sent again": login.id, "cleared": LoginCookies({}), "none of ours": None}[cookies]
    error = refusal(lambda: rp.callback(back, held))  # type: ignore[arg-type]
    assert (error.code, error.category, error.details) == ("no_pending_login", "Callback", {"reason": "used"})
    assert "cannot be used again" in str(error)
    # And again, however often it is reloaded.
    assert cause(lambda: rp.callback(back, held)) == "used"  # type: ignore[arg-type]
    assert cause(lambda: rp.callback("code=x&state=of-nobody", held)) != "used"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ours", "the_stores", "cookie"),
    [(601, 601, True), (601, 601, False), (0, 601, True), (0, 601, False), (601, 0, True)],
)
def test_a_login_of_601_seconds_expired_whichever_clock_moved(ours: int, the_stores: int, cookie: bool) -> None:
    op, clock, its_clock = ScriptedOp(), Clock(), Clock(1_000)
    rp = relying_party(op, clock=clock, store=MemoryStore(clock=its_clock))
    login = rp.authorize()
    back = op.browser(login.url)
    clock.now += ours
    its_clock.now += the_stores
    # Browsers drop the cookie by then.
    held = login.id if cookie else LoginCookies({})
    error = refusal(lambda: rp.callback(back, held))
    assert (error.code, error.category) == ("pending_login_expired", "Callback")
    assert "begin a new login" in str(error)


def test_marks_go_after_ten_minutes() -> None:
    clock = Clock(1_000)
    store = MemoryStore(clock=clock)
    store.begun("used", 60)
    store.begun("expired", 60)
    store.used("used")
    assert (store.why_missing("used"), store.why_missing("expired")) == ("used", None)
    for now, told in ((1_060, ("used", "expired")), (1_659, ("used", "expired")), (1_660, (None, None))):
        clock.now = now
        store.begun("another", 60)
        assert (store.why_missing("used"), store.why_missing("expired")) == told
    assert len(store._marks) == 1


def test_a_flood_of_marks_is_bounded_and_ends_no_login() -> None:
    op, store = ScriptedOp(), MemoryStore()
    rp = relying_party(op, store=store)
    login = rp.authorize()
    for number in range(30_000):
        store.begun(f"{number:022}", 600)
        store.used(f"{number:022}")
    assert (len(store._marks), len(store)) == (10_000, 1)
    assert rp.callback(op.browser(login.url), login.id).sub == "alice"
    assert store.why_missing(login.handle) == "used"


def test_a_store_of_two_methods_is_asked_for_nothing_else() -> None:
    op, store = ScriptedOp(), TwoMethods()
    rp = relying_party(op, store=store)
    login = rp.authorize()
    back = op.browser(login.url)
    assert rp.callback(back, login.id).sub == "alice"
    assert (store.asked, store.kept) == (["put", "take"], {})
    assert cause(lambda: rp.callback(back, login.id)) == "not_in_store"
    assert cause(lambda: rp.callback(back, LoginCookies({}))) == "no_cookie"
    assert (store.asked, store.kept) == (["put", "take", "take"], {})


def test_a_store_of_the_users_own_may_remember() -> None:
    op, store = ScriptedOp(), Marking()
    rp = relying_party(op, store=store)
    login = rp.authorize()
    assert store.marks == {login.handle: 600}
    back = op.browser(login.url)
    assert rp.callback(back, login.id).sub == "alice"
    assert cause(lambda: rp.callback(back, LoginCookies({}))) == "used"
    for told, expected in (("expired", "pending_login_expired"), ("id_missing", "no_cookie"), (7, "no_cookie")):
        store.told = told
        assert cause(lambda: rp.callback(back, LoginCookies({}))) == expected


def test_a_store_of_asyncio_may_remember() -> None:
    class Awaited(AsyncStore):
        def __init__(self) -> None:
            self.store = Marking()

        async def put(self, id: str, pending: str, max_age: int) -> None:
            self.store.put(id, pending, max_age)

        async def take(self, id: str) -> str | None:
            return self.store.take(id)

        async def begun(self, handle: str, max_age: int) -> None:
            self.store.begun(handle, max_age)

        async def used(self, handle: str) -> None:
            self.store.used(handle)

        async def why_missing(self, handle: str) -> Any:
            return self.store.why_missing(handle)

    class Op(ScriptedOp):
        async def send(self, request: Any) -> Any:  # type: ignore[override]
            return super().send(request)

    async def scenario(store: AsyncStore | Store) -> str:
        op = Op()
        rp = AsyncRelyingParty(ISSUER, "client", CALLBACK, transport=op, store=store, clock=lambda: NOW)
        login = await rp.authorize()
        back = op.browser(login.url)
        assert (await rp.callback(back, LoginCookies({login.cookie_name: login.id}))).sub == "alice"
        with pytest.raises(CallbackError) as raised:
            await rp.callback(back, LoginCookies({}))
        return raised.value.details["reason"]

    for store, reason in ((Awaited(), "used"), (MemoryStore(), "used"), (TwoMethods(), "no_cookie")):
        assert asyncio.run(scenario(store)) == reason
    with pytest.raises(ConfigurationError, match="AsyncRelyingParty"):
        relying_party(ScriptedOp(), store=Awaited())


def test_a_store_that_can_only_say_why_is_none() -> None:
    class Half(TwoMethods):
        def why_missing(self, handle: str) -> None: ...

    with pytest.raises(ConfigurationError) as raised:
        relying_party(ScriptedOp(), store=Half())
    assert raised.value.details["member"] == "store"


@pytest.mark.parametrize("store", [MemoryStore, TwoMethods, Marking])
@pytest.mark.parametrize("differs", ["issuer", "client"])
def test_a_login_that_another_relying_party_takes_is_put_back(differs: str, store: Callable[[], Any]) -> None:
    shared, clock = store(), Clock()
    op, elsewhere = ScriptedOp(), ScriptedOp()
    rp = relying_party(op, store=shared, clock=clock)
    issuer, client = (f"{ISSUER}/2", "client") if differs == "issuer" else (ISSUER, "other")
    elsewhere.metadata["issuer"] = issuer
    other = RelyingParty(issuer, client, CALLBACK, transport=elsewhere, store=shared, clock=clock)
    login = rp.authorize()
    back = op.browser(login.url)
    clock.now += 100
    for _ in range(2):
        error = refusal(lambda: other.callback(back, login.id))
        assert (error.code, error.details["member"]) == (
            "pending_login_mismatch",
            "issuer" if differs == "issuer" else "client_id",
        )
    assert [request.endpoint for request in elsewhere.asked] == ["discovery"]
    assert rp.callback(back, login.id).sub == "alice"
    assert cause(lambda: rp.callback(back, login.id)) == ("not_in_store" if store is TwoMethods else "used")
