"""Many at once and for long, in simulated time, through the plain calls: ``pytest -s`` shows the figures."""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import pytest

from relyingparty import AsyncRelyingParty, Error, HttpRequest, HttpResponse, MemoryStore, RelyingParty, Unreachable
from scripted import CALLBACK, ISSUER, base64url, relying_party
from storm import StormOp

COOLDOWN = 30


def storm(op: StormOp) -> RelyingParty:
    return relying_party(op, clock=op.clock)


def outcome(rp: RelyingParty, id_token: str) -> str:
    try:
        rp.verify(id_token)
    except Error as error:
        return error.code
    return "ok"


def token_of_nobody(op: StormOp, number: int) -> str:
    """A token of a key that nobody has, with a signature that is nobody's."""
    claims = {**op.claims, "iat": int(op.now), "exp": int(op.now) + 1_000_000}
    parts = ({"alg": "EdDSA", "kid": f"{number:x}"}, claims)
    return ".".join([*(base64url(json.dumps(part).encode()) for part in parts), base64url(bytes(64))])


def test_d1_a_hundred_thousand_unknown_kids_fetch_at_most_once_a_cooldown() -> None:
    op = StormOp()
    rp = storm(op)
    tokens = [token_of_nobody(op, number) for number in range(1_000)]
    moving = threading.Lock()

    def attack(thread: int) -> set[str]:
        found = set()
        for turn in range(12_500):
            found.add(outcome(rp, tokens[(thread * 12_500 + turn) % 1_000]))
            if turn % 1_000 == 999:
                with moving:
                    op.now += 3
        return found

    before = op.now
    with ThreadPoolExecutor(8) as threads:
        assert set().union(*threads.map(attack, range(8))) == {"unknown_key"}
    seconds, fetches = op.now - before, op.count("jwks")
    print(f"\nd1: 100000 unknown kids on 8 threads in {seconds:.0f} s: {fetches} fetches")
    assert fetches <= 1 + seconds // COOLDOWN


def test_d1_a_thousand_logins_on_threads_across_a_rotation_all_succeed() -> None:
    op = StormOp()
    rp = storm(op)
    started = rp.authorize()
    rp.callback(op.browser(started.url), started.id)
    op.now += 60
    before = op.count("jwks")

    def login(number: int) -> str:
        if number == 500:
            op.rotate("k2")
        started = rp.authorize()
        session = rp.callback(op.browser(started.url), started.id)
        assert session.claims["nonce"] == op.nonce_of(session)
        return session.sub

    with ThreadPoolExecutor(32) as threads:
        assert list(threads.map(login, range(1_000))) == ["alice"] * 1_000
    print(f"\nd1: 1000 logins on 32 threads across a rotation: {op.count('jwks') - before} fetches of keys")
    assert op.count("jwks") - before == 1


def test_d1_a_thousand_logins_on_asyncio_across_a_rotation_all_succeed() -> None:
    op = StormOp()

    class Slow:
        async def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
            for _ in range(len(request.body) % 7):
                await asyncio.sleep(0)
            return op.send(request)

    async def logins() -> list[str]:
        rp = AsyncRelyingParty(
            ISSUER, "client", CALLBACK, client_secret="canary-client", transport=Slow(), clock=op.clock
        )

        async def login(number: int) -> str:
            started = await rp.authorize()
            for _ in range(number // 20):
                await asyncio.sleep(0)
            if number == 500:
                op.rotate("k2")
            session = await rp.callback(op.browser(started.url), started.id)
            assert session.claims["nonce"] == op.nonce_of(session)
            return session.sub

        await login(0)
        op.now += 60
        return list(await asyncio.gather(*(login(number) for number in range(1_000))))

    assert asyncio.run(logins()) == ["alice"] * 1_000
    print(f"\nd1: 1000 logins on asyncio across a rotation: {op.count('jwks') - 1} fetches of keys")
    assert op.count("jwks") == 2


def test_d3_d4_an_outage_is_survived_until_the_hard_age_and_no_longer() -> None:
    op = StormOp()
    rp = storm(op)
    assert outcome(rp, op.fresh_id_token()) == "ok"
    op.down = True
    before = op.count("jwks") + op.count("discovery")
    for _ in range(3_600):
        op.now += 1
        assert outcome(rp, op.fresh_id_token()) == "ok"
    attempts = op.count("jwks") + op.count("discovery") - before
    print(f"\nd4: down for an hour, a token a second: 3600 good, {attempts} attempts")
    assert attempts <= 2 * (1 + 3_600 // COOLDOWN)
    op.now += 86_400 - 3_600
    assert outcome(rp, op.fresh_id_token()) in ("unreachable", "keys_unavailable")
    op.down = False
    op.now += COOLDOWN
    assert outcome(rp, op.fresh_id_token()) == "ok"


def test_d1_a_clock_that_jumps_a_day_costs_a_fetch_of_each() -> None:
    op = StormOp()
    rp = storm(op)
    for jump in range(20):
        op.now += -86_400 if jump % 2 == 0 else 86_400
        before = op.count("jwks"), op.count("discovery")
        for _ in range(30):
            op.now += 1
            assert outcome(rp, op.fresh_id_token()) == "ok"
        assert (op.count("jwks") - before[0], op.count("discovery") - before[1]) == (1, 1)
    started = rp.authorize()
    back = op.browser(started.url)
    op.now -= 86_400
    with pytest.raises(Error) as raised:
        rp.callback(back, started.id)
    assert raised.value.code == "pending_login_expired"


def resident() -> int:
    """Bytes of this process in memory."""
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * 4096


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_e13_a_million_pending_logins_stay_in_bounds_and_expire() -> None:
    op = StormOp()
    pending = storm(op).authorize().pending.encode()
    logins = 1_000_000

    def flood(capacity: int) -> tuple[float, MemoryStore, Any]:
        now = [0.0]
        store = MemoryStore(capacity, clock=lambda: now[0])
        gc.collect()
        before = resident()
        for number in range(logins):
            # Each its own text, as long as a login's.
            store.put(f"{number:043}", f"{number:020}{pending[20:]}", 600)
        return (resident() - before) / 2**20, store, now

    used, store, now = flood(100_000)
    print(f"\ne13: a flood of {logins} logins of {len(pending)} characters: {len(store)} kept, {used:.0f} MiB")
    assert len(store) == 100_000
    assert used < 150
    assert store.take(f"{0:043}") is None
    assert store.take(f"{logins - 1:043}") is not None
    del store

    used, store, now = flood(logins)
    print(f"e13: with room for all of them: {len(store)} kept, {used:.0f} MiB")
    assert len(store) == logins
    assert used < 1_500
    now[0] = 600
    assert store.take(f"{5:043}") is None
    store.put("next", "x", 600)
    assert len(store) == 1
    del store, now
    cast(Any, gc).collect()
