"""What grows with the key set, and with the logins that wait."""

from time import perf_counter

from ours import Ours, Work
from relyingparty import MemoryStore
from rounds import alone, show

PENDING = "p" * 600
"""As long as a pending login's text is."""


def keys(group: str, work: Work, rounds: int) -> None:
    id_token = work["id_tokens"]["ES256"]
    many = work["many_keys"]["keys"]
    for count in (1, 10, 100, len(many)):
        ours = Ours(work, {"keys": many[-count:]})
        alone(group, f"Python: verify ES256, {count} keys", rounds, lambda ours=ours: ours.verify(id_token))


def logins(group: str, rounds: int) -> None:
    # A smoke run, of a few rounds, leaves the million out.
    for count in (1, 10_000, 1_000_000) if rounds > 5 else (1, 10_000):
        waiting(group, rounds, count)


def waiting(group: str, rounds: int, count: int) -> None:
    now = 0.0
    store = MemoryStore(capacity=2 * count + 1, clock=lambda: now)
    for id in [f"login-{number}" for number in range(count)]:
        store.put(id, PENDING, 600)

    def put_and_take() -> None:
        store.put("another", PENDING, 600)
        store.take("another")

    alone(group, f"MemoryStore in Python: put and take, {count} pending", rounds, put_and_take)
    now = 601.0
    started = perf_counter()
    store.put("late", PENDING, 600)
    each = (perf_counter() - started) * 1e6 / count
    show(group, f"MemoryStore in Python: expire each of {count}", [each])
    if len(store) != 1:
        raise AssertionError("what has expired is still there")
