"""One visit of a process asks the store for the lock of a session; the others wait for what it brings, and read it."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from parties import OnLoop
from relyingparty import AsyncSite, HttpRequest, HttpResponse, MemorySessionStore, Site, Unreachable, Visit
from relyingparty.turns import Turn, Turns
from visitors import LIVES, SITES, Clock, SiteOp, Visitor, code, site_of

pytestmark = pytest.mark.filterwarnings("error")


class Counting(MemorySessionStore):
    """A store that counts what it is asked for, and whose locks others can have."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock=clock)
        self.asked: Counter[str] = Counter()
        self.elsewhere = False
        """Whether another process has every lock."""

    def get(self, key: str) -> tuple[str, str] | None:
        self.asked["get"] += 1
        return super().get(key)

    def lock(self, key: str, owner: str, lifetime: int, wait: int) -> bool:
        self.asked["lock"] += 1
        if self.elsewhere:
            time.sleep(wait)
            return False
        return super().lock(key, owner, lifetime, wait)


class Counted:
    """The same for asyncio."""

    def __init__(self, store: Counting) -> None:
        self.store = store

    async def lock(self, key: str, owner: str, lifetime: int, wait: int) -> bool:
        self.store.asked["lock"] += 1
        if self.store.elsewhere:
            await asyncio.sleep(wait)
            return False
        return MemorySessionStore.lock(self.store, key, owner, lifetime, 0)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


class Held(SiteOp):
    """A provider whose answers to refreshes can be held up."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock=clock)
        self.came, self.go_on = threading.Event(), threading.Event()
        self.go_on.set()
        self.failure: BaseException | None = None

    def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
        is_refresh = request.endpoint == "token" and b"grant_type=refresh_token" in request.body
        if is_refresh:
            self.came.set()
            assert self.go_on.wait(20)
            if self.failure is not None:
                raise self.failure
        return super().send(request)


class OnThread(OnLoop):
    """The same for asyncio: what is held up holds nothing else up."""

    async def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
        return await asyncio.to_thread(self._op.send, request)


class Seen(Turns):
    """Turns that let the provider go on once so many visits have asked for one."""

    def __init__(self, op: Held) -> None:
        super().__init__()
        self.op, self.left = op, 0

    def hold(self, visits: int) -> None:
        self.op.go_on.clear()
        self.left = visits

    def take(self, key: str, owner: str, lifetime: int, wait: int) -> Turn | None:
        with self._lock:
            found = super().take(key, owner, lifetime, wait)
            self.left -= 1
            if self.left == 0:
                self.op.go_on.set()
            return found


class Town:
    """A site with a counting store whose visitor is due for a refresh."""

    def __init__(self, kind: Any, monkeypatch: pytest.MonkeyPatch, **policy: int) -> None:
        monkeypatch.setattr("visitors.OnLoop", OnThread)
        self.kind, self.clock, self.visitor = kind, Clock(), Visitor()
        self.op, self.store = Held(self.clock), Counting(self.clock)
        store: Any = self.store if kind is Site else Counted(self.store)
        self.site = site_of(kind, self.op, store=store, policy=policy)
        self.site._turns = self.turns = Seen(self.op)
        self.visitor.log_in(self.site, self.op)
        self.clock.now += LIVES
        self.store.asked.clear()

    def herd(self, size: int) -> list[Visit]:
        """So many visits at once."""
        request = self.visitor.request("GET", "/")
        if self.kind is Site:
            with ThreadPoolExecutor(size) as threads:
                return list(threads.map(lambda _: self.site.visit(request), range(size)))

        async def many() -> list[Visit]:
            found: list[Visit] = await asyncio.gather(*(self.site.visit(request) for _ in range(size)))
            return found

        return asyncio.run(many())

    def meanwhile(self, work: Callable[[], Any]) -> Any:
        """What ``work`` comes to while the provider holds the refresh of another visit up, and that visit."""
        self.op.go_on.clear()
        with ThreadPoolExecutor(1) as threads:
            first = threads.submit(self.herd, 1)
            assert self.op.came.wait(20)
            try:
                found = work()
            finally:
                self.op.go_on.set()
            return found, first.result()[0]


@pytest.fixture(params=SITES)
def kind(request: pytest.FixtureRequest) -> Any:
    return request.param


def held_until_all_wait(town: Town, size: int) -> list[Visit]:
    """A herd whose first one is held up until all the others wait for it."""
    town.turns.hold(size)
    return town.herd(size)


@pytest.mark.parametrize(("kind", "size"), [(Site, 32), (AsyncSite, 32), (AsyncSite, 1000)])
def test_a_herd_takes_one_lock_and_one_refresh(kind: Any, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    town = Town(kind, monkeypatch)
    found = held_until_all_wait(town, size)
    assert {visit.session.access_token for visit in found if visit.session} == {"canary-access-1"}
    assert sum(visit.session is not None for visit in found) == size
    assert sum(visit.event is not None for visit in found) == 1
    assert (town.op.refreshes, town.store.asked["lock"], town.store.asked["get"]) == (1, 1, 2 * size)


def test_a_herd_whose_first_one_cannot_reach_the_provider_asks_it_once(
    kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = Town(kind, monkeypatch)
    town.op.failure = OSError("no route")
    found = held_until_all_wait(town, 16)
    # The access token is over, and the next attempt is put off: the others are told so.
    assert Counter(map(code, found)) == {"refresh_pending": 15, "unreachable": 1}
    assert town.store.asked["lock"] == 1
    town.op.failure = None
    town.clock.now += 5
    assert all(visit.session for visit in town.herd(4))


def test_a_herd_whose_session_is_over_is_told_once(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    town = Town(kind, monkeypatch)
    town.op.dead = True
    found = held_until_all_wait(town, 16)
    assert Counter(type(visit.event).__name__ for visit in found) == {"SessionEnded": 1, "NoneType": 15}
    assert not any(visit.session or visit.error for visit in found)
    assert town.store.asked["lock"] == 1


class Stopped(BaseException):
    """What ends a thread from outside."""


def test_visits_of_threads_go_on_when_the_first_one_breaks_off(monkeypatch: pytest.MonkeyPatch) -> None:
    town = Town(Site, monkeypatch)
    town.op.failure = Stopped()
    began = time.monotonic()
    request = town.visitor.request("GET", "/")
    town.op.go_on.clear()
    with ThreadPoolExecutor(5) as threads:
        first = threads.submit(town.site.visit, request)
        assert town.op.came.wait(20)
        others = [threads.submit(town.site.visit, request) for _ in range(4)]
        time.sleep(0.2)
        town.op.go_on.set()
        with pytest.raises(Stopped):
            first.result()
        assert {code(other.result()) for other in others} == {"refresh_pending"}
    assert time.monotonic() - began < 5
    assert town.store.asked["lock"] == 1


def test_visits_of_tasks_go_on_when_the_first_one_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    town = Town(AsyncSite, monkeypatch)
    town.op.go_on.clear()

    async def main() -> list[Visit]:
        def visit() -> asyncio.Task[Visit]:
            return asyncio.create_task(town.site.visit(town.visitor.request("GET", "/")))

        first = visit()
        assert await asyncio.to_thread(town.op.came.wait, 20)
        (carried,) = town.site._tasks
        others = [visit() for _ in range(4)]
        await asyncio.sleep(0.2)
        carried.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        found = await asyncio.wait_for(asyncio.gather(*others), 5)
        town.op.go_on.set()
        return found

    assert {code(visit) for visit in asyncio.run(main())} == {"refresh_pending"}
    assert town.store.asked["lock"] == 1


def test_nobody_waits_longer_than_the_policy_says(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    town = Town(kind, monkeypatch, lock_wait_secs=1)
    began = time.monotonic()
    found, first = town.meanwhile(lambda: town.herd(8))
    assert 0.9 < time.monotonic() - began < 5
    assert {code(visit) for visit in found} == {"refresh_pending"}
    assert first.session is not None and first.session.access_token == "canary-access-1"
    assert town.store.asked["lock"] == 1


def test_visits_of_threads_and_of_event_loops_wait_for_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    town = Town(AsyncSite, monkeypatch)
    town.turns.hold(32)
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: town.herd(8), range(4)))
    assert {visit.session.access_token for visits in found for visit in visits if visit.session} == {"canary-access-1"}
    assert (sum(map(len, found)), town.op.refreshes, town.store.asked["lock"]) == (32, 1, 1)


def test_a_lock_that_another_process_has_is_asked_for_by_one_visit(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    town = Town(kind, monkeypatch, lock_wait_secs=1)
    town.store.elsewhere = True
    assert {code(visit) for visit in town.herd(8)} == {"refresh_pending"}
    assert town.store.asked["lock"] == 1


def test_whoever_came_later_waits_on_for_another_process(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    town = Town(kind, monkeypatch, lock_wait_secs=3)
    town.store.elsewhere = True
    began = time.monotonic()
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(town.herd, 1)
        time.sleep(1.5)
        second = threads.submit(town.herd, 1)
        assert code(first.result()[0]) == "refresh_pending"
        found = second.result()[0]
    # It asked once more, and then waited for as long as whole seconds of its own were left.
    assert town.store.asked["lock"] == 2
    assert time.monotonic() - began < 6
    assert code(found) == "refresh_pending"
    town.store.elsewhere = False
    assert town.herd(1)[0].session is not None


def test_a_turn_lasts_no_longer_than_its_lock() -> None:
    turns = Turns()
    assert turns.take("lock", "first", 0, 0) is None
    assert turns.take("lock", "second", 60, 0) is None
    first = turns.take("lock", "first", 60, 0)
    assert first is not None and first.owner == "second"
    # Whoever was before ends no turn of another's.
    turns.leave("lock", "first")
    assert turns.take("lock", "third", 60, 0) is first
    began = time.monotonic()
    assert not first.wait(first.left(began + 0.1))
    assert 0.09 < time.monotonic() - began < 5
    turns.answered("lock", "second", 0, True)
    assert not first.wait(first.left(began + 60))
    assert turns.take("lock", "third", 60, 0) is None


def test_an_owner_who_asks_again_waits_for_nobody() -> None:
    turns = Turns()
    assert [turns.take("lock", "owner", 60, 0) for _ in range(2)] == [None, None]
    other = turns.take("lock", "other", 60, 0)
    assert other is not None
    turns.leave("lock", "owner")
    assert (other.over, other.outcome) == (True, True)
    assert turns.take("lock", "other", 60, 0) is None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_child_process_waits_for_no_visit_of_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    town = Town(Site, monkeypatch)

    def fork() -> int:
        child = os.fork()
        if child == 0:
            status = 1
            try:
                town.op.go_on.set()
                began = time.monotonic()
                # The store is copied with the lock of the parent, which a store that is shared would have in time.
                town.store._locks.clear()
                found = town.site.visit(town.visitor.request("GET", "/"))
                status = 0 if found.session is not None and time.monotonic() - began < 0.9 else 2
            finally:
                os._exit(status)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    status, first = town.meanwhile(fork)
    assert status == 0
    assert first.session is not None
