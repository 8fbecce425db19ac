"""Concurrent refreshes of one session are one request in this process, against a provider that ends a session whose
refresh token is spent twice."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs

import pytest

from relyingparty import AsyncRelyingParty, Error, HttpRequest, HttpResponse, RelyingParty, Session, Unreachable
from relyingparty.refreshes import GRACE, MOST_KEPT, REFRESHES
from scripted import CALLBACK, ISSUER, NOW, ScriptedOp, answer, log_in, relying_party


class RotatingOp(ScriptedOp):
    """Each refresh token serves once. A second use ends the whole family, as RFC 9700 4.14.2 has it."""

    def __init__(self) -> None:
        super().__init__()
        self.refreshes = 0
        self.revoked = False
        self.pause = 0.05
        self.now = float(NOW)
        self._lock = threading.Lock()
        self._serial = 0
        self._current = ""

    def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
        if request.endpoint != "token":
            return super().send(request)
        form = parse_qs(request.body.decode())
        with self._lock:
            if "refresh_token" in form:
                self.refreshes += 1
                if self.revoked or form["refresh_token"][0] != self._current:
                    self.revoked = True
            self._serial += 1
            self._current = f"canary-refresh-{self._serial}"
            tokens = {"access_token": f"canary-access-{self._serial}", "refresh_token": self._current}
            reply = answer({**tokens, "token_type": "Bearer", "id_token": self.id_token()})
            if self.revoked:
                reply = answer({"error": "invalid_grant"}, 400)
        time.sleep(self.pause)
        return reply


class AsyncRotatingOp(RotatingOp):
    """The same on asyncio."""

    async def send(self, request: HttpRequest) -> HttpResponse | Unreachable:  # type: ignore[override]
        pause, self.pause = self.pause, 0
        reply = super().send(request)
        self.pause = pause
        await asyncio.sleep(pause if request.endpoint == "token" else 0)
        return reply


def at_once(*works: Any) -> list[Any]:
    """What each comes to, all at the same time."""
    barrier, found = threading.Barrier(len(works)), []

    def run(work: Any) -> None:
        barrier.wait()
        try:
            found.append(work())
        except Error as error:
            found.append(error.code)

    threads = [threading.Thread(target=run, args=(work,), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(found) == len(works)
    return found


def test_u8_threads_that_refresh_one_session_send_one_request() -> None:
    op = RotatingOp()
    rp = relying_party(op)
    session = log_in(rp, op)
    found = at_once(*[lambda: rp.refresh(session)] * 8)
    assert {one.refresh_token for one in found} == {"canary-refresh-2"}
    assert (op.refreshes, op.revoked) == (1, False)


def test_u8_a_session_that_was_restored_more_than_once_is_one_session() -> None:
    op = RotatingOp()
    rp = relying_party(op)
    text = log_in(rp, op).encode()
    found = at_once(*[lambda: rp.refresh(rp.restore(text))] * 8)
    assert {one.refresh_token for one in found} == {"canary-refresh-2"}
    assert rp.refresh(rp.restore(text)).refresh_token == "canary-refresh-2"
    assert (op.refreshes, op.revoked) == (1, False)


def test_u8_relying_parties_of_one_client_share_refreshes() -> None:
    op = RotatingOp()
    text = log_in(relying_party(op), op).encode()
    parties = [relying_party(op) for _ in range(4)]
    found = at_once(*[lambda rp=rp: rp.refresh(rp.restore(text)) for rp in parties])
    assert {one.refresh_token for one in found} == {"canary-refresh-2"}
    assert (op.refreshes, op.revoked) == (1, False)


def test_u8_tasks_that_refresh_one_session_send_one_request() -> None:
    async def scenario() -> None:
        op = AsyncRotatingOp()
        rp = AsyncRelyingParty(ISSUER, "client", CALLBACK, transport=op, clock=lambda: NOW)
        started = await rp.authorize()
        session = await rp.callback(op.browser(started.url), started.id)
        copies = [session, await rp.restore(session.encode()), await rp.restore(session.encode())]
        found = await asyncio.gather(*(rp.refresh(one) for one in copies * 3))
        assert {one.refresh_token for one in found} == {"canary-refresh-2"}
        assert (op.refreshes, op.revoked) == (1, False)

    asyncio.run(scenario())


def test_u8_threads_and_event_loops_share_refreshes() -> None:
    op = RotatingOp()
    rp = relying_party(op)
    session = log_in(rp, op)
    text = session.encode()

    class Threaded:
        async def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
            return await asyncio.to_thread(op.send, request)

    async def on_a_loop() -> Session:
        other = AsyncRelyingParty(
            ISSUER, "client", CALLBACK, client_secret="canary-client", transport=Threaded(), clock=lambda: NOW
        )
        return await other.refresh(await other.restore(text))

    found = at_once(
        *[lambda: rp.refresh(session)] * 3, *[lambda: asyncio.run(on_a_loop())] * 3, lambda: rp.refresh(session)
    )
    assert {getattr(one, "refresh_token", one) for one in found} == {"canary-refresh-2"}
    assert (op.refreshes, op.revoked) == (1, False)


def test_u8_a_task_that_is_cancelled_loses_no_refresh() -> None:
    async def scenario() -> None:
        op = AsyncRotatingOp()
        rp = AsyncRelyingParty(ISSUER, "client", CALLBACK, transport=op, clock=lambda: NOW)
        started = await rp.authorize()
        session = await rp.callback(op.browser(started.url), started.id)
        task = asyncio.create_task(rp.refresh(session))
        await asyncio.sleep(0.02)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()
        assert (await rp.refresh(session)).refresh_token == "canary-refresh-2"
        assert (op.refreshes, op.revoked) == (1, False)

    asyncio.run(scenario())


def test_u8_who_holds_the_old_session_gets_the_same_for_a_moment_and_no_longer() -> None:
    op = RotatingOp()
    rp = relying_party(op, clock=lambda: op.now)
    session = log_in(rp, op)
    first = rp.refresh(session)
    op.now += GRACE - 1
    assert rp.refresh(session) is first
    assert rp.refresh(first).refresh_token == "canary-refresh-3"
    op.now += 1
    with pytest.raises(Error) as raised:
        rp.refresh(session)
    assert getattr(raised.value, "error", None) == "invalid_grant"


def test_u8_sessions_are_told_apart_by_client_issuer_and_tokens() -> None:
    op = RotatingOp()
    rp = relying_party(op)
    first = rp.refresh(log_in(rp, op))
    second = rp.refresh(log_in(rp, op))
    assert (first.refresh_token, second.refresh_token) == ("canary-refresh-2", "canary-refresh-4")
    other = RelyingParty(ISSUER, "other", CALLBACK, transport=op, clock=lambda: NOW)
    with pytest.raises(Error) as raised:
        other.refresh(first)
    assert raised.value.code == "session_mismatch"


def test_u8_an_error_is_told_to_all_who_wait_and_kept_for_nobody() -> None:
    op = RotatingOp()
    rp = relying_party(op)
    session = log_in(rp, op)
    op.revoked = True
    assert set(at_once(*[lambda: rp.refresh(session)] * 4)) == {"provider_error"}
    assert op.refreshes == 1
    assert set(at_once(*[lambda: rp.refresh(session)] * 4)) == {"provider_error"}
    assert op.refreshes == 2


def test_u6_refreshes_leave_little_behind_and_no_token() -> None:
    op = RotatingOp()
    op.pause = 0
    rp = relying_party(op)
    session = log_in(rp, op)
    for _ in range(MOST_KEPT + 50):
        session = rp.refresh(session)
    assert len(REFRESHES._kept) <= MOST_KEPT
    assert REFRESHES._open == {}
    assert not any("canary" in repr(key) for key in REFRESHES._kept)


def test_userinfo_is_asked_for_each_time() -> None:
    op = RotatingOp()
    rp = relying_party(op)
    session = log_in(rp, op)
    at_once(*[lambda: rp.userinfo(session)] * 4)
    assert [request.endpoint for request in op.asked].count("userinfo") == 4


@pytest.mark.parametrize("held_up", [False, True], ids=["who sent it goes on", "who sent it is held up"])
def test_a_key_that_changes_while_somebody_else_fetches_keys_ends_no_session(held_up: bool) -> None:
    op, now, turn = RotatingOp(), [float(NOW)], threading.local()
    under_way, answered, done = threading.Event(), threading.Event(), threading.Event()

    class Shared:
        """Holds up the stranger's fetch of keys, whose answer is of before, until the refresh has its tokens."""

        def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
            given = op.send(request)
            if request.endpoint == "jwks" and getattr(turn, "strange", False):
                under_way.set()
                answered.wait(5)
                time.sleep(0.3)
            if request.endpoint == "token":
                answered.set()
            return given

    def clock() -> float:
        if held_up and getattr(turn, "strange", False) and answered.is_set():
            done.wait(5)
        return now[0]

    rp = RelyingParty(ISSUER, "client", CALLBACK, client_secret="s", transport=Shared(), clock=clock)
    session = log_in(rp, op)
    answered.clear()
    now[0] += 1_000
    op.claims.update(iat=now[0], exp=now[0] + 60)
    token, outcome = op.id_token(), list[object]()

    def stranger() -> None:
        turn.strange = True
        try:
            outcome.append(rp.verify(token).sub)
        except Error as error:
            outcome.append(error.code)

    thread = threading.Thread(target=stranger)
    thread.start()
    assert under_way.wait(5)
    op.rotate("k")
    refreshed = rp.refresh(session)
    done.set()
    thread.join(10)
    assert (refreshed.claims["iat"], refreshed.refresh_token) == (now[0], "canary-refresh-2")
    # Who is held up finds the later keys, by which the old token is no good.
    assert outcome == ["bad_signature" if held_up else "alice"] and not op.revoked


@pytest.mark.parametrize("asynchronous", [False, True])
def test_refreshes_that_ask_for_different_things_spend_no_token_twice(asynchronous: bool) -> None:
    op = RotatingOp()
    options: Any = {"client_secret": "s", "clock": lambda: op.now}
    sync = RelyingParty(ISSUER, "client", CALLBACK, transport=op, **options)
    session, resources = log_in(sync, op), [f"https://{name}.example" for name in "abab"]

    class Awaited:
        async def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
            return await asyncio.to_thread(op.send, request)

    async def at_once() -> list[Session]:
        party = AsyncRelyingParty(ISSUER, "client", CALLBACK, transport=Awaited(), **options)
        return await asyncio.gather(*(party.refresh(session, resource=[resource]) for resource in resources))

    if asynchronous:
        sessions = asyncio.run(at_once())
    else:
        with ThreadPoolExecutor() as threads:
            sessions = list(threads.map(lambda resource: sync.refresh(session, resource=[resource]), resources))
    assert not op.revoked and op.refreshes <= 4
    assert len({refreshed.access_token for refreshed in sessions}) >= 2
    # Whoever is left with the newest one goes on.
    newest = max(sessions, key=lambda refreshed: refreshed.refresh_token or "")
    assert sync.refresh(newest).refresh_token and not op.revoked


def test_relying_parties_that_judge_differently_refresh_one_after_the_other() -> None:
    op = RotatingOp()
    options: Any = {"client_secret": "s", "clock": lambda: op.now, "transport": op}
    parties = [
        RelyingParty(ISSUER, "client", CALLBACK, policy={"allowed_skew_secs": skew}, **options) for skew in (60, 120)
    ]
    session = log_in(parties[0], op)
    with ThreadPoolExecutor() as threads:
        sessions = list(threads.map(lambda party: party.refresh(session), parties))
    assert not op.revoked and op.refreshes == 2
    assert len({refreshed.refresh_token for refreshed in sessions}) == 2


def test_an_error_is_told_only_to_who_asked_for_the_same() -> None:
    op = RotatingOp()

    class Picky:
        def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
            if b"nowhere" in request.body:
                time.sleep(0.1)
                return answer({"error": "invalid_target"}, 400)
            return op.send(request)

    rp = RelyingParty(ISSUER, "client", CALLBACK, client_secret="s", transport=Picky(), clock=lambda: op.now)
    session = log_in(rp, op)
    with ThreadPoolExecutor() as threads:
        refused = threads.submit(rp.refresh, session, resource=["https://nowhere.example"])
        time.sleep(0.03)
        served = threads.submit(rp.refresh, session)
        assert served.result(10).refresh_token == "canary-refresh-2"
        with pytest.raises(Error, match="invalid_target"):
            refused.result(10)
    assert not op.revoked
