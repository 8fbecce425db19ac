"""An application in two processes on one Redis, behind one name: whichever of them is asked."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import redis

from browser import Browser
from frameworks import Make, free_port, served
from relyingparty import SiteProvider
from relyingparty.session_stores.redis import RedisSessionStore
from servers import redis_server
from test_example import listening

WITHIN = 20
"""Seconds within which a provider ends a session."""


def worker(make: Make, port: int, auth: str, client: dict[str, str], key: bytes, address: str) -> None:
    """One process, until it is ended."""
    provider = SiteProvider(
        client["issuer"],
        client["client_id"],
        client_secret=client["client_secret"],
        post_logout_redirect_uri=f"{auth}/logged-out",
        allow_insecure_loopback=True,
    )
    with redis.Redis.from_url(address) as connections:
        app = make(auth, provider, sealing_keys=[key], store=RedisSessionStore(connections))
        with served(app, port):
            threading.Event().wait()


@contextmanager
def two_workers(make: Make, auth: str, client: dict[str, str]) -> Iterator[list[str]]:
    """Two processes of an application whose routes are at ``auth``: yields the origin of each."""
    ports = [int(auth.split(":")[2].split("/")[0]), free_port()]
    key, context = os.urandom(32), multiprocessing.get_context("spawn")
    with redis_server() as address:
        running: list[Any] = [
            context.Process(target=worker, args=(make, port, auth, client, key, address)) for port in ports
        ]
        for process in running:
            process.start()
        try:
            for port in ports:
                listening(port)
            yield [f"http://127.0.0.1:{port}" for port in ports]
        finally:
            for process in running:
                process.kill()
                process.join()


def pages(browser: Browser, origins: list[str]) -> set[str]:
    """What the workers say to a browser."""
    found = set()
    for origin in origins:
        browser.open(f"{origin}/")
        found.add(browser.page)
    return found


def become(browser: Browser, origins: list[str], page: str) -> bool:
    """Whether all workers say this before long."""
    until = time.monotonic() + WITHIN
    while pages(browser, origins) != {page}:
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True
