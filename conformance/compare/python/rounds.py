"""Timing two sides in turns, so that whatever else the machine does falls on both."""

import json
from collections.abc import Callable
from time import perf_counter

Call = Callable[[], object]

TURN = 100
"""As long as one side is timed, in microseconds, before it is the other's turn, or one call if that takes longer: short
beside the time that other programs get in one go, so that most turns are undisturbed."""


def pair(group: str, row: str, rounds: int, ours: Call, theirs: Call) -> None:
    """Time both in turns and print the row, in microseconds per call."""
    calls = calls_per_turn(ours, rounds), calls_per_turn(theirs, rounds)
    times: tuple[list[float], list[float]] = [], []
    for round in range(rounds):
        for side in (0, 1) if round % 2 == 0 else (1, 0):
            times[side].append(turn((ours, theirs)[side], calls[side]))
    show(group, row, times[0], times[1])


def alone(group: str, row: str, rounds: int, ours: Call) -> None:
    """Time ``ours`` where there is nothing to compare it with, and print the row."""
    calls = calls_per_turn(ours, rounds)
    show(group, row, [turn(ours, calls) for _ in range(rounds)])


def show(group: str, row: str, ours: list[float], theirs: list[float] | None = None) -> None:
    print(json.dumps({"group": group, "row": row, "ours": ours, "theirs": theirs or []}), flush=True)


def turn(call: Call, calls: int) -> float:
    """Microseconds per call."""
    started = perf_counter()
    for _ in range(calls):
        call()
    return (perf_counter() - started) * 1e6 / calls


def calls_per_turn(call: Call, rounds: int) -> int:
    """How many calls fill a turn, by the best of a few. A smoke run, of a few rounds, makes one."""
    if rounds <= 5:
        return 1
    turn(call, 20)
    return max(1, int(TURN / min(turn(call, 5) for _ in range(20))))
