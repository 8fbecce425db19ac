"""What every store of sessions owes: the same assertions for each, for threads and processes, too."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from relyingparty.session_stores import SessionStore

Check = Callable[[SessionStore], None]
Open = Callable[..., Any]
T = TypeVar("T")
VALUE, OTHER = "sealed-value", "another-value"


def name() -> str:
    """A text that nobody used before."""
    return uuid4().hex


def soon(seconds: int = 60) -> int:
    return int(time.time()) + seconds


def added(store: SessionStore, *labels: str, value: str = VALUE, key: str | None = None) -> tuple[str, str]:
    """A new entry: its key and its version."""
    key = key or name()
    assert store.add(key, value, soon(), labels) is True
    return key, version(store, key)


def version(store: SessionStore, key: str) -> str:
    found = store.get(key)
    assert found is not None
    assert isinstance(found[1], str)
    return found[1]


def value(store: SessionStore, key: str) -> str | None:
    found = store.get(key)
    return None if found is None else found[0]


def at_once(count: int, work: Callable[[int], T]) -> list[T]:
    """What so many threads got that began at the same moment."""
    barrier = threading.Barrier(count)

    def begin(number: int) -> T:
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(begin, range(count)))


def an_entry_is_found_as_it_was_added(store: SessionStore) -> None:
    long = "x" * 100_000
    key, _ = added(store, value=long)
    assert value(store, key) == long
    assert store.get(name()) is None


def nothing_is_added_twice(store: SessionStore) -> None:
    label = name()
    key, before = added(store)
    assert store.add(key, OTHER, soon(), (label,)) is False
    assert store.get(key) == (VALUE, before)
    store.delete_labelled(label)
    assert store.get(key) == (VALUE, before)


def names_are_compared_byte_by_byte(store: SessionStore) -> None:
    for first, second in (("a", "A"), ("a_b", "a-b"), ("a.b", "a_b"), ("a", "ab"), ("x", "x-")):
        base = name()
        one, two = (f"{base}.{part}" for part in (first, second))
        for label, key in ((one, two), (two, one)):
            assert store.add(key, VALUE, soon(), [label])
        store.delete_labelled(one)
        assert (value(store, one), value(store, two)) == (VALUE, None)
        assert store.lock(one, base, 60, 0)
        assert store.lock(two, name(), 60, 0)
        store.delete(one)
    longest = f"{name()}{'-._A' * 17}"
    assert added(store, longest, key=longest)[0] == longest
    assert store.lock(longest, longest, 60, 0)


def a_put_changes_what_was_read(store: SessionStore) -> None:
    key, before = added(store)
    assert store.put(key, OTHER, soon(), (), before) is True
    after = version(store, key)
    assert value(store, key) == OTHER
    assert after != before
    assert store.put(key, VALUE, soon(), (), before) is False
    assert store.get(key) == (OTHER, after)


def a_put_of_the_same_value_is_another_version(store: SessionStore) -> None:
    key, before = added(store)
    assert store.put(key, VALUE, soon(), (), before)
    assert version(store, key) != before


def no_put_revives(store: SessionStore) -> None:
    label = name()
    ends: Sequence[Callable[[str], object]] = (store.delete, store.take, lambda _: store.delete_labelled(label))
    for end in ends:
        key, before = added(store, label)
        end(key)
        assert store.put(key, OTHER, soon(), (), before) is False
        assert store.get(key) is None
        assert store.add(key, VALUE, soon(), ())
        assert store.put(key, OTHER, soon(), (), before) is False
        assert value(store, key) == VALUE
    assert store.put(name(), VALUE, soon(), (), "1") is False


def an_entry_is_taken_once(store: SessionStore) -> None:
    key, before = added(store)
    assert store.take(key) == (VALUE, before)
    assert store.take(key) is None
    assert store.get(key) is None


def deleting_what_is_not_there_is_nothing(store: SessionStore) -> None:
    store.delete(name())
    store.delete_labelled(name())
    store.unlock(name(), name())


def a_label_ends_what_has_it(store: SessionStore) -> None:
    label, other = name(), name()
    with_both, _ = added(store, label, other)
    with_one, _ = added(store, label)
    without, _ = added(store, other)
    store.delete_labelled(label)
    assert [value(store, key) for key in (with_both, with_one, without)] == [None, None, VALUE]
    store.delete_labelled(other)
    assert store.get(without) is None


def labels_change_with_the_entry(store: SessionStore) -> None:
    label, other = name(), name()
    key, before = added(store, label)
    assert store.put(key, OTHER, soon(), (other,), before)
    store.delete_labelled(label)
    assert value(store, key) == OTHER
    store.delete_labelled(other)
    assert store.get(key) is None


def a_put_keeps_labels_that_it_names(store: SessionStore) -> None:
    label = name()
    key, before = added(store, label)
    assert store.put(key, OTHER, soon(), (label, label), before)
    store.delete_labelled(label)
    assert store.get(key) is None


def labels_go_with_their_entry(store: SessionStore) -> None:
    label = name()
    for end in (store.delete, store.take):
        key, _ = added(store, label)
        end(key)
        assert store.add(key, OTHER, soon(), ())
        store.delete_labelled(label)
        assert value(store, key) == OTHER


def what_has_expired_is_gone(store: SessionStore) -> None:
    label, other = name(), name()
    late = soon(-1)
    key, taken, put, replaced = name(), name(), name(), name()
    for each in (key, taken, replaced):
        assert store.add(each, VALUE, late, (label,))
    assert store.get(key) is None
    assert store.take(taken) is None
    _, before = added(store, key=put)
    assert store.put(put, VALUE, late, (label,), before)
    assert store.put(put, OTHER, soon(), (), before) is False
    # The second `add` finds room, and no label of the first.
    assert store.add(replaced, OTHER, soon(), (other,))
    store.delete_labelled(label)
    assert value(store, replaced) == OTHER
    store.delete(key)


def what_expires_is_gone_in_time(store: SessionStore) -> None:
    label, key, other, lock = name(), name(), name(), name()
    began = time.time()
    until = int(began) + 2
    for each in (key, other):
        assert store.add(each, VALUE, until, (label,))
    read = version(store, key)
    longer, before = added(store, label)
    assert store.put(longer, OTHER, soon(), (label,), before)
    assert store.lock(lock, "owner", 1, 0)
    free = time.time() + 1
    assert store.lock(lock, "another", 60, 0) is False
    time.sleep(max(0, until - time.time(), free - time.time()) + 0.05)
    assert store.get(key) is None
    assert store.put(key, OTHER, soon(), (), read) is False
    assert store.take(other) is None
    assert store.add(key, OTHER, soon(), ())
    assert store.lock(lock, "another", 60, 0) is True
    store.unlock(lock, "owner")
    assert store.lock(lock, "third", 60, 0) is False
    # The label outlives the first of its entries, and does not lead to what is there by another name.
    store.delete_labelled(label)
    assert (value(store, key), value(store, longer)) == (OTHER, None)


def a_lock_is_its_owners(store: SessionStore) -> None:
    lock = name()
    assert store.lock(lock, "owner", 60, 0) is True
    assert store.lock(lock, "another", 60, 0) is False
    assert store.lock(lock, "owner", 60, 0) is True
    store.unlock(lock, "another")
    assert store.lock(lock, "another", 60, 0) is False
    store.unlock(lock, "owner")
    assert store.lock(lock, "another", 60, 0) is True


def a_lock_and_an_entry_have_the_same_name(store: SessionStore) -> None:
    key, before = added(store, "label")
    assert store.lock(key, "owner", 60, 0)
    assert store.get(key) == (VALUE, before)
    store.delete(key)
    assert store.lock(key, "another", 60, 0) is False
    store.unlock(key, "owner")


def locking_again_begins_anew(store: SessionStore) -> None:
    lock = name()
    assert store.lock(lock, "owner", 1, 0)
    assert store.lock(lock, "owner", 60, 0)
    time.sleep(1.1)
    assert store.lock(lock, "another", 60, 0) is False


def whoever_waits_gets_the_lock(store: SessionStore) -> None:
    lock = name()
    assert store.lock(lock, "owner", 60, 0)
    timer = threading.Timer(0.2, store.unlock, (lock, "owner"))
    timer.start()
    began = time.monotonic()
    assert store.lock(lock, "another", 60, 10) is True
    assert 0.15 < time.monotonic() - began < 5
    timer.join()


def whoever_waits_gets_a_lock_that_ends(store: SessionStore) -> None:
    lock = name()
    assert store.lock(lock, "owner", 1, 0)
    began = time.monotonic()
    assert store.lock(lock, "another", 60, 10) is True
    assert 0.5 < time.monotonic() - began < 5


def nobody_waits_longer_than_said(store: SessionStore) -> None:
    lock = name()
    assert store.lock(lock, "owner", 60, 0)
    began = time.monotonic()
    assert store.lock(lock, "another", 60, 1) is False
    assert 0.9 < time.monotonic() - began < 3


def one_of_many_adds(store: SessionStore) -> None:
    for _ in range(5):
        key = name()
        done = at_once(8, lambda number, key=key: store.add(key, str(number), soon(), ()))  # type: ignore[misc]
        assert Counter(done) == {True: 1, False: 7}
        assert value(store, key) == str(done.index(True))


def one_of_many_replaces_what_has_expired(store: SessionStore) -> None:
    for _ in range(5):
        key, label = name(), name()
        assert store.add(key, VALUE, soon(-1), ())
        done = at_once(8, lambda _, key=key, label=label: store.add(key, VALUE, soon(), (label,)))  # type: ignore[misc]
        assert Counter(done) == {True: 1, False: 7}
        store.delete_labelled(label)
        assert store.get(key) is None


def one_of_many_puts(store: SessionStore) -> None:
    for _ in range(5):
        key, read = added(store, "label")
        done = at_once(8, lambda number, key=key, read=read: store.put(key, str(number), soon(), ("label",), read))  # type: ignore[misc]
        assert Counter(done) == {True: 1, False: 7}
        assert value(store, key) == str(done.index(True))


def one_of_many_takes(store: SessionStore) -> None:
    for _ in range(5):
        key, read = added(store, "label")
        got = at_once(8, lambda _, key=key: store.take(key))  # type: ignore[misc]
        assert Counter(got) == {(VALUE, read): 1, None: 7}


def a_logout_wins_over_every_put(store: SessionStore) -> None:
    """However a refresh and the end of a session meet, nothing is there afterwards, and nothing comes back."""
    for turn in range(24):
        label = name()
        key, _ = added(store, label)
        ends: Sequence[Callable[[], object]] = (
            lambda label=label: store.delete_labelled(label),  # type: ignore[misc]
            lambda key=key: store.delete(key),  # type: ignore[misc]
            lambda key=key: store.take(key),  # type: ignore[misc]
        )

        def work(number: int, key: str = key, label: str = label, end: Callable[[], object] = ends[turn % 3]) -> None:
            if number == 0:
                end()
            else:
                while (found := store.get(key)) is not None:
                    store.put(key, name(), soon(), (label,), found[1])

        at_once(4, work)
        assert store.get(key) is None


def labels_that_move_are_followed(store: SessionStore) -> None:
    """A label ends what has it at that moment: a put that is done is not undone by the label before."""
    for _ in range(12):
        before, after = name(), name()
        key, read = added(store, before)

        def work(number: int, key: str = key, read: str = read, before: str = before, after: str = after) -> bool:
            if number == 0:
                return store.put(key, OTHER, soon(), (after,), read)
            store.delete_labelled(before)
            return False

        is_put = at_once(3, work)[0]
        assert value(store, key) == (OTHER if is_put else None)
        store.delete_labelled(after)
        assert store.get(key) is None


def labels_are_ended_by_many_at_once(store: SessionStore) -> None:
    label, other = name(), name()
    keys = [added(store, *((label, other) if number % 2 else (other, label)))[0] for number in range(20)]
    at_once(6, lambda number: store.delete_labelled((label, other)[number % 2]))
    assert {value(store, key) for key in keys} == {None}


def a_lock_lets_one_in(store: SessionStore) -> None:
    lock, inside, most, turns = name(), [0], [0], [0]

    def work(number: int) -> None:
        for turn in range(5):
            owner = f"{number}.{turn}"
            assert store.lock(lock, owner, 60, 60)
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            turns[0] += 1
            time.sleep(0.001)
            inside[0] -= 1
            store.unlock(lock, owner)

    at_once(6, work)
    assert (most[0], turns[0]) == (1, 30)


CHECKS: tuple[Check, ...] = (
    an_entry_is_found_as_it_was_added,
    nothing_is_added_twice,
    names_are_compared_byte_by_byte,
    a_put_changes_what_was_read,
    a_put_of_the_same_value_is_another_version,
    no_put_revives,
    an_entry_is_taken_once,
    deleting_what_is_not_there_is_nothing,
    a_label_ends_what_has_it,
    labels_change_with_the_entry,
    a_put_keeps_labels_that_it_names,
    labels_go_with_their_entry,
    what_has_expired_is_gone,
    what_expires_is_gone_in_time,
    a_lock_is_its_owners,
    a_lock_and_an_entry_have_the_same_name,
    locking_again_begins_anew,
    whoever_waits_gets_the_lock,
    whoever_waits_gets_a_lock_that_ends,
    nobody_waits_longer_than_said,
    one_of_many_adds,
    one_of_many_replaces_what_has_expired,
    one_of_many_puts,
    one_of_many_takes,
    a_logout_wins_over_every_put,
    labels_that_move_are_followed,
    labels_are_ended_by_many_at_once,
    a_lock_lets_one_in,
)
"""What one store owes."""

_ROUNDS, _PROCESSES = 20, 4


def processes(open_store: Open, arguments: tuple[Any, ...], folder: Path) -> None:
    """What the store of processes owes: one adds, one puts, one takes, one is inside, and logouts win."""
    shared = name()
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(_PROCESSES)
    counter = folder / "counter"
    counter.write_text("0")
    answers: Any = context.Queue()
    began = [
        context.Process(target=_process, args=(open_store, arguments, barrier, shared, str(counter), answers))
        for _ in range(_PROCESSES)
    ]
    for process in began:
        process.start()
    told = [answers.get(timeout=120) for _ in began]
    for process in began:
        process.join()
    for kind in ("added", "put", "taken"):
        assert [sum(each) for each in zip(*(one[kind] for one in told), strict=True)] == [1] * _ROUNDS, kind
    assert [one["left"] for one in told] == [[False] * _ROUNDS] * _PROCESSES
    assert int(counter.read_text()) == _PROCESSES * _ROUNDS


def _process(
    open_store: Open, arguments: tuple[Any, ...], barrier: Any, shared: str, counter: str, answers: Any
) -> None:
    told: dict[str, list[bool]] = {"added": [], "put": [], "taken": [], "left": []}
    with open_store(*arguments) as store:
        for turn in range(_ROUNDS):
            key, label = f"{shared}.{turn}", f"{shared}-{turn}"
            barrier.wait(60)
            told["added"].append(store.add(key, VALUE, soon(), (label,)))
            barrier.wait(60)
            read = version(store, key)
            barrier.wait(60)
            told["put"].append(store.put(key, str(os.getpid()), soon(), (label,), read))
            barrier.wait(60)
            told["taken"].append(store.take(key) is not None)
            owner = f"{os.getpid()}.{turn}"
            assert store.lock(shared, owner, 60, 60)
            Path(counter).write_text(str(int(Path(counter).read_text()) + 1))
            store.unlock(shared, owner)
            barrier.wait(60)
            if store.add(key, VALUE, soon(), (label,)):
                barrier.wait(60)
                store.delete_labelled(label)
            else:
                barrier.wait(60)
                while (found := store.get(key)) is not None:
                    store.put(key, name(), soon(), (label,), found[1])
            barrier.wait(60)
            told["left"].append(store.get(key) is not None)
    answers.put(told)
