"""A small fleet on each store that processes share, at a provider that rotates strictly: ``fleet.py``."""

from __future__ import annotations

import pytest

from fleet import Fleet, Seen, is_good, measure, of_processes, of_tasks


@pytest.mark.parametrize("store", ["redis", "sqlite", "postgresql"])
def test_a_fleet_of_processes_refreshes_once_per_expiry(store: str) -> None:
    def work(fleet: Fleet) -> Seen:
        return of_processes(fleet, processes=3, threads=4, start="spawn")

    figures = measure(store, work, sessions=2, expiries=3, lives=4)
    assert is_good(figures), figures
    assert figures["expiries"] >= 2


def test_a_fleet_of_tasks_refreshes_once_per_expiry() -> None:
    figures = measure("redis", lambda fleet: of_tasks(fleet, 100), sessions=2, expiries=3, lives=4)
    assert is_good(figures), figures
    assert figures["expiries"] >= 2
