"""The in-memory store: bounded, expiring, single use, safe between threads."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import pytest

from relyingparty import MemoryStore


class Clock:
    """A clock that is moved by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def resident() -> int:
    """Bytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def test_e1_a_login_is_taken_once() -> None:
    store = MemoryStore()
    store.put("a", "secret", 60)
    assert store.take("a") == "secret"
    assert store.take("a") is None
    assert store.take("never put") is None


def test_e13_a_login_expires() -> None:
    clock = Clock()
    store = MemoryStore(clock=clock)
    store.put("a", "x", 60)
    store.put("b", "y", 60)
    clock.now = 59.9
    assert store.take("a") == "x"
    clock.now = 60
    assert store.take("b") is None


def test_expired_logins_make_room() -> None:
    clock = Clock()
    store = MemoryStore(capacity=3, clock=clock)
    for id in "abc":
        store.put(id, id, 60)
    clock.now = 60
    store.put("d", "d", 60)
    assert len(store) == 1


def test_e13_the_oldest_login_leaves_a_full_store() -> None:
    store = MemoryStore(capacity=2)
    for id in "abc":
        store.put(id, id, 60)
    assert [store.take(id) for id in "abc"] == [None, "b", "c"]


def test_putting_again_replaces_and_renews() -> None:
    clock = Clock()
    store = MemoryStore(capacity=2, clock=clock)
    store.put("a", "old", 60)
    store.put("b", "b", 60)
    clock.now = 30
    store.put("a", "new", 60)
    assert len(store) == 2
    clock.now = 80
    assert (store.take("a"), store.take("b")) == ("new", None)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_one_login_that_waits_keeps_nothing_of_those_that_came_and_went() -> None:
    store = MemoryStore()
    store.put("waits", "on", 60)
    before = resident()
    for number in range(200_000):
        store.put(f"{number:043}", "x" * 100, 60)
        assert store.take(f"{number:043}") == "x" * 100
    assert resident() - before < 2**23
    assert (len(store), store.take("waits")) == (1, "on")


def test_logins_taken_in_any_order_leave_the_others_in_theirs() -> None:
    clock = Clock()
    store = MemoryStore(clock=clock)
    for number in range(1_000):
        clock.now = number
        store.put(str(number), str(number), 1_000)
    # Every third stays.
    for number in range(1_000):
        if number % 3:
            assert store.take(str(number)) == str(number)
    clock.now = 1_500
    store.put("next", "next", 60)
    assert len(store) == 168
    assert [number for number in range(1_000) if store.take(str(number))] == list(range(501, 1_000, 3))


def test_a_store_needs_room() -> None:
    with pytest.raises(ValueError, match="capacity"):
        MemoryStore(capacity=0)


def test_f7_repr_shows_no_secret() -> None:
    store = MemoryStore()
    store.put("canary-id", "canary-pending", 60)
    assert "canary" not in repr(store)


def test_e1_one_of_many_threads_takes_a_login() -> None:
    store = MemoryStore()
    store.put("a", "x", 60)
    barrier = threading.Barrier(16)
    taken: list[str | None] = []

    def take() -> None:
        barrier.wait()
        taken.append(store.take("a"))

    threads = [threading.Thread(target=take) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken, key=bool) == [None] * 15 + ["x"]


def test_e13_a_call_costs_the_same_among_many_logins() -> None:
    def seconds(logins: int) -> float:
        store = MemoryStore(capacity=logins)
        started = time.perf_counter()
        for number in range(logins):
            store.put(str(number), "x", 60)
        for number in range(logins):
            store.put(str(logins + number), "x", 60)
            store.take(str(logins + number // 2))
        return (time.perf_counter() - started) / logins

    assert seconds(200_000) < 10 * seconds(2_000)
