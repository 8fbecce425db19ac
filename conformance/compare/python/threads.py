"""What a second thread gains."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import perf_counter

from rounds import Call, calls_per_turn, show

# Longer turns than elsewhere, and fewer: two threads have to meet and to part in each.
TURNS = 200


def gains(group: str, row: str, rounds: int, ours: Call, theirs: Call | None) -> None:
    """Print, round by round, the throughput of two threads over that of one, for both sides in turns."""
    sides = [ours] if theirs is None else [ours, theirs]
    calls = [calls_per_turn(side, rounds) * TURNS for side in sides]
    found: list[list[float]] = [[], []]
    with ThreadPoolExecutor(2) as pool:
        for round in range(max(3, rounds // 20)):
            order = range(len(sides)) if round % 2 == 0 else reversed(range(len(sides)))
            for side in order:
                found[side].append(gain(pool, sides[side], calls[side]))
    show(group, row, found[0], found[1])


def gain(pool: ThreadPoolExecutor, call: Call, calls: int) -> float:
    return 2 * seconds(pool, 1, call, calls) / seconds(pool, 2, call, calls)


def seconds(pool: ThreadPoolExecutor, threads: int, call: Call, calls: int) -> float:
    """From the first thread's start to the last one's end, each making ``calls`` calls."""
    barrier = Barrier(threads)

    def work() -> tuple[float, float]:
        barrier.wait()
        started = perf_counter()
        for _ in range(calls):
            call()
        return started, perf_counter()

    spans = [future.result() for future in [pool.submit(work) for _ in range(threads)]]
    return max(ended for _, ended in spans) - min(started for started, _ in spans)
