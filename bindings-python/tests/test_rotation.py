"""One session through 200 refreshes, at a provider that rotates its keys when it hurts and revokes on reuse."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from browser import Browser
from exchange import ASYNCIO, TRANSPORTS
from op import Op, provider
from relyingparty import AsyncRelyingParty, Error, ProviderError, RelyingParty, Session
from test_live import CALLBACK, HERE, log_in, settled

REFRESHES = 200
#: How often the session goes through its text.
RESTORE_EVERY = 20
#: The key that is rotated: elliptic, because making one takes no time.
ALG = "ES256"


@pytest.fixture(scope="module")
def op() -> Iterator[Op]:
    """A provider whose keys nobody else rotates."""
    with provider() as running:
        yield running


def nothing(op: Op, _step: int) -> None:
    """Let the refresh be."""


def rotation(op: Op, _step: int) -> None:
    """Have the new ID token signed by a key that nobody saw yet."""
    op("rotate", algs=[ALG], before_signing=True)


def rotation_under_one_kid(op: Op, _step: int) -> None:
    """Have it signed by such a key under the name of the old one."""
    op("rotate", algs=[ALG], before_signing=True, same_kid=True)


def first_fetch_fails(op: Op, step: int) -> None:
    """Rotate, and fail the fetch of keys that follows."""
    rotation(op, step)
    op("keys", fetches=1, **failure(step))


def every_fetch_fails(op: Op, step: int) -> None:
    """Rotate, and let nobody have the keys."""
    rotation(op, step)
    op("keys", **failure(step))


def slow_fetch(op: Op, step: int) -> None:
    """Rotate, and be slow about the keys."""
    rotation(op, step)
    op("keys", delay_ms=50)


DISTURBANCES = [nothing, rotation, rotation_under_one_kid, first_fetch_fails, every_fetch_fails, slow_fetch]


def failure(step: int) -> dict[str, object]:
    """One of the two ways to fail, in turns."""
    return {"status": 503} if step % 2 else {"closed": True}


def plan() -> list[int]:
    """Which disturbance each refresh meets: the same in every run and in every language."""
    drawn, number = [], 1
    for _ in range(REFRESHES):
        number = (number * 75 + 74) % 65537
        drawn.append(number % len(DISTURBANCES))
    return drawn


async def at_once(seconds: float) -> None:
    """No pause: what the pauses are for is over at once here."""


def client(op: Op, transport: str) -> Any:
    """A relying party for a client whose ID tokens are signed with the key that is rotated."""
    registered = op("register", redirect_uris=[CALLBACK], id_token_signed_response_alg=ALG)
    made: Any = TRANSPORTS[transport]()
    asyncio = transport in ASYNCIO
    return (AsyncRelyingParty if asyncio else RelyingParty)(
        op.issuer,
        registered["client_id"],
        CALLBACK,
        client_secret=registered["client_secret"],
        id_token_signed_response_alg=ALG,
        transport=made,
        allow_insecure_loopback=True,
        sleep=at_once if asyncio else lambda seconds: None,
    )


@pytest.mark.parametrize("transport", ["urllib", "aiohttp"])
def test_no_session_is_lost_in_200_refreshes_with_rotations_at_the_worst_moment(op: Op, transport: str) -> None:
    rp = client(op, transport)
    session = log_in(rp, Browser(stop_at=HERE))
    op("revoked")
    for step, drawn in enumerate(plan(), start=1):
        disturb = DISTURBANCES[drawn]
        disturb(op, step)
        try:
            refreshed = settled(rp.refresh(session))
        except Error as error:
            pytest.fail(f"refresh {step}, {disturb.__name__}: {error.code}; then {afterwards(rp, op, session)}")
        op("keys", fetches=0)
        assert isinstance(refreshed, Session)
        assert refreshed.access_token != session.access_token
        assert refreshed.refresh_token not in (None, session.refresh_token)
        assert refreshed.sub == "alice"
        if disturb is every_fetch_fails:
            assert dict(refreshed.claims) == dict(session.claims)
        else:
            assert refreshed.id_token not in (None, session.id_token), f"refresh {step}, {disturb.__name__}"
        used, session = session, refreshed
        if step % RESTORE_EVERY == 0 and disturb is not every_fetch_fails:
            session = settled(rp.restore(session.encode()))
    assert settled(rp.userinfo(session)).sub == "alice"
    assert op("revoked") == []

    with pytest.raises(ProviderError) as raised:
        # Not `refresh`, which has the result at hand for whoever comes a moment too late.
        settled(rp.refresh_token(used.refresh_token, used.sub))
    assert raised.value.error == "invalid_grant"
    assert len(op("revoked")) == 1, "a provider that forgives is no judge"


def afterwards(rp: Any, op: Op, session: Session) -> str:
    """What a lost session's next refresh comes to."""
    op("keys", fetches=0)
    try:
        settled(rp.refresh(session))
    except ProviderError as error:
        return f"{error.error}, grants revoked: {len(op('revoked'))}"
    return "it goes on"
