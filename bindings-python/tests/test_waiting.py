"""Nobody waits for somebody who cannot answer: not for a caller, a thread that was forked away, one that exits."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from relyingparty import AsyncRelyingParty, Error, HttpRequest, HttpResponse, MemoryStore, RelyingParty, Unreachable
from scripted import CALLBACK, ISSUER, NOW, ScriptedOp, log_in, relying_party

SHORT = {"metadata_timeout_secs": 1, "token_timeout_secs": 1}
BOUND = 2 * (1 + 1) + 3


def within(seconds: float, work: Callable[[], object]) -> object:
    """What ``work`` comes to in a thread; it is an error if that takes longer."""
    found: list[object] = []

    def run() -> None:
        try:
            found.append(work())
        except BaseException as error:
            found.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    assert not thread.is_alive(), "it hangs"
    return found[0]


class Reentrant(ScriptedOp):
    """Asks the relying party that asked it, at one endpoint: once, or each time."""

    def __init__(self, endpoint: str, always: bool, ask: Callable[[], object]) -> None:
        super().__init__()
        self.at, self.always, self.ask = endpoint, always, ask
        self.inner: list[object] = []

    def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
        if request.endpoint == self.at and (self.always or not self.inner):
            self.inner.append("asked")
            try:
                self.inner.append(self.ask())
            except Error as error:
                self.inner.append(error.code)
        return super().send(request)


@pytest.mark.parametrize("always", [False, True], ids=["once", "always"])
@pytest.mark.parametrize("endpoint", ["discovery", "jwks"])
def test_u8_a_transport_that_asks_who_asked_it_for_the_same_gets_an_answer(endpoint: str, always: bool) -> None:
    def ask() -> object:
        return rp.authorize() if endpoint == "discovery" else rp.verify(op.id_token())

    op = Reentrant(endpoint, always, ask)
    rp = relying_party(op)
    started = within(1, rp.authorize)
    assert not isinstance(started, BaseException), started
    assert within(1, lambda: log_in(rp, op).sub) == "alice"
    assert len(op.inner) > 1
    if always:
        assert "unreachable" in op.inner


@pytest.mark.parametrize("always", [False, True], ids=["once", "always"])
def test_u8_a_transport_that_asks_by_way_of_a_pool_thread_gets_an_answer(always: bool) -> None:
    with ThreadPoolExecutor(8) as pool:
        op = Reentrant("discovery", always, lambda: pool.submit(rp.authorize).result())
        rp = relying_party(op, policy=SHORT)
        before = time.monotonic()
        assert not isinstance(within(BOUND, rp.authorize), BaseException)
        assert time.monotonic() - before >= 1
    assert len(op.inner) > 1


def test_u8_a_refresh_within_a_refresh_gets_an_answer() -> None:
    op = Reentrant("token", True, lambda: rp.refresh(session))
    op.inner.append("not yet")
    op.always = False
    rp = relying_party(op)
    session = log_in(rp, op)
    op.inner.clear()
    op.always = True
    assert within(1, lambda: rp.refresh(session).sub) == "alice"
    assert "unreachable" in op.inner


class AsyncReentrant(ScriptedOp):
    """As :class:`Reentrant`, on asyncio."""

    def __init__(self, endpoint: str, always: bool) -> None:
        super().__init__()
        self.at, self.always = endpoint, always
        self.inner: list[object] = []
        self.ask: Callable[[], object] = lambda: None

    async def send(self, request: HttpRequest) -> HttpResponse | Unreachable:  # type: ignore[override]
        if request.endpoint == self.at and (self.always or not self.inner):
            self.inner.append("asked")
            try:
                self.inner.append(await self.ask())  # type: ignore[misc]
            except Error as error:
                self.inner.append(error.code)
        return super().send(request)


def async_relying_party(op: object, **options: object) -> AsyncRelyingParty:
    return AsyncRelyingParty(ISSUER, "client", CALLBACK, transport=op, clock=lambda: NOW, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("always", [False, True], ids=["once", "always"])
@pytest.mark.parametrize("way", ["awaited", "in a task", "on the loop, by a thread"])
def test_u8_an_asyncio_transport_that_asks_who_asked_it_gets_an_answer(way: str, always: bool) -> None:
    async def scenario() -> None:
        op = AsyncReentrant("discovery", always)
        rp = async_relying_party(op, policy=SHORT)
        loop = asyncio.get_running_loop()

        def from_outside() -> object:
            found: list[object] = []

            def ask() -> None:
                try:
                    found.append(asyncio.run_coroutine_threadsafe(rp.authorize(), loop).result())
                except Error as error:
                    found.append(error.code)

            thread = threading.Thread(target=ask)
            thread.start()
            thread.join()
            return found

        asks: dict[str, Callable[[], object]] = {
            "awaited": rp.authorize,
            "in a task": lambda: asyncio.create_task(rp.authorize()),
            "on the loop, by a thread": lambda: loop.run_in_executor(None, from_outside),
        }
        op.ask = asks[way]
        await asyncio.wait_for(rp.authorize(), BOUND)
        assert len(op.inner) > 1

    asyncio.run(scenario())


def test_u8_an_asyncio_refresh_within_a_refresh_gets_an_answer() -> None:
    async def scenario() -> None:
        op = AsyncReentrant("none", True)
        rp = async_relying_party(op)
        started = await rp.authorize()
        session = await rp.callback(op.browser(started.url), started.id)
        op.at, op.ask = "token", lambda: rp.refresh(session)
        assert (await asyncio.wait_for(rp.refresh(session), 2)).sub == "alice"
        assert "unreachable" in op.inner

    asyncio.run(scenario())


class Held(ScriptedOp):
    """Holds the requests to one endpoint until it is told to go, or ``fault`` is there to raise."""

    def __init__(self, endpoint: str) -> None:
        super().__init__()
        self.at = endpoint
        self.entered, self.go = threading.Event(), threading.Event()
        self.fault: BaseException | None = None

    def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
        if request.endpoint == self.at and not self.entered.is_set():
            self.entered.set()
            assert self.go.wait(10)
            if self.fault is not None:
                raise self.fault
        return super().send(request)


class GreenletExit(BaseException):
    """As greenlets are ended."""


@pytest.mark.parametrize("exit", [SystemExit, KeyboardInterrupt, GreenletExit])
@pytest.mark.parametrize("endpoint", ["discovery", "token"])
def test_u8_what_ends_the_thread_that_fetches_ends_no_other(endpoint: str, exit: type[BaseException]) -> None:
    op = Held("none")
    rp = relying_party(op)
    session = log_in(rp, op)
    op.at, op.fault = endpoint, exit()
    if endpoint == "discovery":
        rp = relying_party(op)
    found: list[object] = []

    def ask() -> None:
        try:
            found.append(rp.refresh(session).sub if endpoint == "token" else type(rp.authorize()).__name__)
        except BaseException as error:
            found.append(type(error))

    threads = [threading.Thread(target=ask, daemon=True) for _ in range(4)]
    threads[0].start()
    assert op.entered.wait(5)
    for thread in threads[1:]:
        thread.start()
    time.sleep(0.1)
    asked = len(op.asked)
    op.go.set()
    for thread in threads:
        thread.join(5)
    assert found.count(exit) == 1
    assert len(found) == 4
    assert sum(request.endpoint == endpoint for request in op.asked[asked:]) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("endpoint", ["discovery", "token"])
def test_u8_a_child_does_not_wait_for_a_thread_of_its_parent(endpoint: str) -> None:
    op = Held("none")
    rp = relying_party(op)
    session = log_in(rp, op)
    op.at = endpoint
    rp = relying_party(op) if endpoint == "discovery" else rp
    thread = threading.Thread(target=lambda: rp.refresh(session), daemon=True)
    thread.start()
    assert op.entered.wait(5)
    child = os.fork()
    if child == 0:
        try:
            before = time.monotonic()
            rp.refresh(session)
            os._exit(0 if time.monotonic() - before < 1 else 2)
        except BaseException:
            os._exit(3)
    assert waited_for(child, 10) == 0
    op.go.set()
    thread.join(5)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_u8_a_child_finds_no_lock_that_a_thread_of_its_parent_held() -> None:
    rp = relying_party(ScriptedOp())
    gets: Any = rp._gets
    gets._lock.acquire()
    child = os.fork()
    if child == 0:
        rp.authorize()
        os._exit(0)
    gets._lock.release()
    assert waited_for(child, 10) == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_u8_a_child_finds_a_store_that_threads_of_its_parent_were_using() -> None:
    store, over = MemoryStore(capacity=100), threading.Event()

    def use() -> None:
        number = 0
        while not over.is_set():
            number += 1
            store.put(str(number), "x", 60)
            store.take(str(number - 50))

    threads = [threading.Thread(target=use, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(50):
            child = os.fork()
            if child == 0:
                store.put("a", "x", 60)
                os._exit(0 if store.take("a") == "x" else 2)
            assert waited_for(child, 10) == 0
    finally:
        over.set()
        for thread in threads:
            thread.join(5)


def waited_for(child: int, seconds: float) -> int:
    """The exit status of ``child``; one that hangs is ended."""
    for _ in range(int(seconds * 20)):
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.05)
    os.kill(child, 9)
    os.waitpid(child, 0)
    raise AssertionError("the child hangs")


def test_u8_a_transport_that_never_answers_holds_up_no_other_for_long() -> None:
    op = Held("discovery")
    rp = relying_party(op, policy=SHORT)
    stuck = threading.Thread(target=rp.authorize, daemon=True)
    stuck.start()
    assert op.entered.wait(5)
    assert not isinstance(within(BOUND, rp.authorize), BaseException)
    op.go.set()
    stuck.join(5)


@pytest.mark.parametrize("fault", [GreenletExit, asyncio.CancelledError])
def test_u8_what_ends_the_task_that_fetches_ends_no_other(fault: type[BaseException]) -> None:
    async def scenario() -> None:
        entered, go, sent = asyncio.Event(), asyncio.Event(), []
        op = ScriptedOp()

        class Ending:
            async def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
                sent.append(request)
                if len(sent) == 1:
                    entered.set()
                    await go.wait()
                    raise fault
                return op.send(request)

        rp = async_relying_party(Ending())
        tasks = [asyncio.create_task(rp.authorize()) for _ in range(4)]
        await entered.wait()
        await asyncio.sleep(0.05)
        go.set()
        found = await asyncio.gather(*tasks, return_exceptions=True)
        assert [isinstance(one, BaseException) for one in found].count(True) == 1
        assert len(sent) == 2

    asyncio.run(scenario())


def test_u8_a_cancelled_leader_leaves_the_answer_to_who_waits_and_nobody_a_request() -> None:
    async def scenario() -> None:
        entered, go, cancelled = asyncio.Event(), asyncio.Event(), []
        op = ScriptedOp()

        class Slow:
            async def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
                entered.set()
                try:
                    await go.wait()
                except asyncio.CancelledError:
                    cancelled.append(request)
                    raise
                return op.send(request)

        rp = async_relying_party(Slow())
        first, second = (asyncio.create_task(rp.authorize()) for _ in range(2))
        await entered.wait()
        first.cancel()
        await asyncio.sleep(0)
        go.set()
        assert (await second).url
        assert len(op.asked) == 1
        rp, entered, go = async_relying_party(Slow()), asyncio.Event(), asyncio.Event()
        alone = asyncio.create_task(rp.authorize())
        await entered.wait()
        alone.cancel()
        await asyncio.gather(alone, return_exceptions=True)
        await asyncio.sleep(0)
        assert len(cancelled) == 1
        assert rp._gets._open == {}

    asyncio.run(scenario())


def test_u6_answers_do_not_pile_up_however_many_urls_a_provider_names() -> None:
    op, now = ScriptedOp(), [float(NOW)]
    rp = relying_party(op, clock=lambda: now[0])
    for turn in range(200):
        op.metadata["jwks_uri"] = f"{ISSUER}/jwks?{turn}"
        now[0] += 700
        op.claims |= {"iat": int(now[0]), "exp": int(now[0]) + 60}
        rp.verify(op.id_token())
    assert len(op.asked) == 400
    assert len(rp._gets._latest) <= 16
    assert rp._gets._open == {}


def test_u6_an_answer_that_failed_is_kept_without_its_exception() -> None:
    class Failing:
        def send(self, _: HttpRequest) -> Unreachable:
            raise OSError("no route")

    rp = relying_party(Failing(), policy={"key_cooldown_secs": 0})  # type: ignore[arg-type]
    for _ in range(3):
        with pytest.raises(Error) as raised:
            rp.authorize()
        assert isinstance(raised.value.__cause__, OSError)
    for _, _, answer in rp._gets._latest.values():
        assert isinstance(answer, Unreachable)
        assert answer.cause is None


def test_the_default_transport_of_asyncio_leaves_the_loop_s_threads_to_the_application() -> None:
    class Blocking:
        def __init__(self) -> None:
            self.go = threading.Event()
            self.names: list[str] = []

        def send(self, _: HttpRequest) -> Unreachable:
            self.names.append(threading.current_thread().name)
            assert self.go.wait(10)
            return Unreachable("no")

    async def scenario() -> None:
        from relyingparty.transports import ThreadedTransport

        blocking = Blocking()
        transport = ThreadedTransport(blocking)
        parties = [
            AsyncRelyingParty(f"https://op{number}.example", "client", CALLBACK, transport=transport)
            for number in range(100)
        ]
        logins = [asyncio.create_task(party.authorize()) for party in parties]
        await asyncio.sleep(0.2)
        assert await asyncio.wait_for(asyncio.to_thread(lambda: "free"), 2) == "free"
        assert 1 <= len(blocking.names) <= 32
        assert all(name.startswith("relyingparty") for name in blocking.names)
        blocking.go.set()
        await asyncio.gather(*logins, return_exceptions=True)

    asyncio.run(scenario())


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_u8_a_child_makes_threads_of_its_own() -> None:
    from relyingparty.transports import ThreadedTransport

    class Quick:
        def send(self, _: HttpRequest) -> Unreachable:
            return Unreachable("no")

    transport = ThreadedTransport(Quick())
    request: HttpRequest = ScriptedOp  # type: ignore[assignment]
    asyncio.run(transport.send(request))
    child = os.fork()
    if child == 0:
        asyncio.run(transport.send(request))
        os._exit(0)
    assert waited_for(child, 10) == 0


def test_relying_parties_may_be_dropped() -> None:
    from relyingparty import forking

    before = len(forking._watched)
    for _ in range(10):
        RelyingParty(ISSUER, "client", CALLBACK)
    assert len(forking._watched) <= before + 2


@pytest.mark.parametrize("on_asyncio", [False, True], ids=["threads", "asyncio"])
def test_each_attempt_to_fetch_keys_is_a_request_of_its_own(on_asyncio: bool) -> None:
    class WithoutKeys(ScriptedOp):
        def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
            answer = super().send(request)
            return Unreachable("connection refused") if request.endpoint == "jwks" else answer

    class Transport:
        async def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
            return op.send(request)

    async def log_in_on_asyncio() -> object:
        async def pause(seconds: float) -> None:
            pauses.append(seconds)

        rp = AsyncRelyingParty(ISSUER, "client", CALLBACK, transport=Transport(), clock=lambda: NOW, sleep=pause)
        started = await rp.authorize()
        return await rp.callback(op.browser(started.url), started.id)

    op, pauses = WithoutKeys(), list[float]()
    with pytest.raises(Error) as raised:
        if on_asyncio:
            asyncio.run(log_in_on_asyncio())
        else:
            log_in(relying_party(op, sleep=pauses.append), op)
    assert (raised.value.code, raised.value.details["reason"]) == ("keys_unavailable", "unreachable")
    assert [request.endpoint for request in op.asked].count("jwks") == 3
    assert pauses == [3, 3]
