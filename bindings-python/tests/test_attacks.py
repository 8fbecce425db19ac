"""Attacks that the Python package, its store or its host decides; the ids are those of SECURITY.md."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import get_type_hints

import pytest

import relyingparty
from relyingparty import CallbackError, Error, HttpRequest, MisuseError, Unreachable
from relyingparty.options import PolicyOptions
from scripted import ScriptedOp, log_in, relying_party
from storm import StormOp

ROOT = Path(__file__).parents[2]


def test_b10_e1_a_login_is_finished_once_and_only_with_its_own_id() -> None:
    op = ScriptedOp()
    rp = relying_party(op)
    mine, other = rp.authorize(), rp.authorize()
    back = op.browser(mine.url)
    for id in (None, "", "guess", mine.handle, mine.cookie_name):
        with pytest.raises(CallbackError) as raised:
            rp.callback(back, id)
        assert raised.value.code == "no_pending_login"
    with pytest.raises(CallbackError) as raised:
        rp.callback(back, other.id)
    assert raised.value.code == "state_mismatch"
    assert rp.callback(back, mine.id).sub == "alice"
    with pytest.raises(CallbackError) as raised:
        rp.callback(back, mine.id)
    assert raised.value.code == "no_pending_login"


def test_a14_every_limit_of_the_core_is_an_option() -> None:
    for name, kind in get_type_hints(PolicyOptions).items():
        if kind is int:
            with pytest.raises(Error) as raised:
                relying_party(ScriptedOp(), policy={name: 2**32 - 1}).authorize()
            assert raised.value.code == "policy_out_of_range", name
            assert raised.value.details["member"] == name
    policy = (ROOT / "core/src/machine/policy.rs").read_text(encoding="utf-8")
    numbers = re.findall(r"(\w+): \d+ to|(\w+): [\d_]+ to", policy)
    assert {one or other for one, other in numbers} == {
        name for name, kind in get_type_hints(PolicyOptions).items() if kind is int
    }


def failing(_: int) -> bytes:
    raise OSError("no randomness")


@pytest.mark.parametrize(
    ("entropy", "error", "code"),
    [
        (failing, OSError, None),
        (lambda length: bytes(length), MisuseError, "weak_entropy"),
        (lambda length: b"\xff" * length, MisuseError, "weak_entropy"),
        (lambda length: bytes(range(length - 1)), MisuseError, "weak_entropy"),
        (lambda length: b"", MisuseError, "weak_entropy"),
        (lambda length: bytes(range(length // 2)) * 2, MisuseError, "weak_entropy"),
    ],
    ids=["failing", "zeros", "ones", "short", "empty", "repeated"],
)
def test_e14_a_source_of_randomness_that_fails_starts_no_login(
    entropy: Callable[[int], bytes], error: type[Exception], code: str | None
) -> None:
    op = ScriptedOp()
    rp = relying_party(op, entropy=entropy)
    with pytest.raises(error) as raised:
        rp.authorize()
    assert getattr(raised.value, "code", None) == code
    assert len(rp._store) == 0  # type: ignore[arg-type]


def test_f8_no_secret_is_in_a_url_that_is_requested() -> None:
    op = ScriptedOp()
    rp = relying_party(op)
    session = log_in(rp, op)
    rp.userinfo(session)
    rp.refresh(session)
    secrets = ("canary", session.claims["nonce"], session.id_token)
    assert not [request.url for request in op.asked if any(secret in request.url for secret in secrets)]


def test_g1_pyo3_is_newer_than_its_advisories() -> None:
    lock = (ROOT / "Cargo.lock").read_text(encoding="utf-8")
    found = re.search(r'name = "pyo3"\nversion = "(\d+)\.(\d+)', lock)
    assert found is not None
    assert (int(found[1]), int(found[2])) >= (0, 29)


def test_g1_no_class_takes_attributes_or_subclasses_that_forge() -> None:
    op = ScriptedOp()
    rp = relying_party(op)
    session = log_in(rp, op)
    for thing in (session, session.claims, rp.authorize(), rp.cache, op.asked[0]):
        with pytest.raises((AttributeError, TypeError)):
            thing.__class__ = dict  # type: ignore[assignment]
        with pytest.raises((AttributeError, TypeError)):
            thing.forged = True  # type: ignore[union-attr]
        with pytest.raises(TypeError):
            type("Forged", (type(thing),), {})


def test_g1_many_threads_share_one_relying_party() -> None:
    op = StormOp()
    rp = relying_party(op)
    barrier = threading.Barrier(16)

    def live() -> set[str]:
        barrier.wait()
        subjects = set()
        for _ in range(20):
            started = rp.authorize()
            session = rp.callback(op.browser(started.url), started.id)
            assert session.claims["nonce"] == op.nonce_of(session)
            subjects |= {session.sub, rp.refresh(session).sub, rp.userinfo(session).sub}
            subjects |= {rp.restore(session.encode()).sub, rp.verify(session.id_token).sub}
            repr((rp, session, rp.cache, started))
        return subjects

    with ThreadPoolExecutor(16) as threads:
        found = [future.result() for future in [threads.submit(live) for _ in range(16)]]
    assert found == [{"alice"}] * 16
    assert op.count("jwks") == op.count("discovery") == 1


def test_g2_a_transport_may_use_the_relying_party_that_asks() -> None:
    class Curious(ScriptedOp):
        def send(self, request: HttpRequest) -> relyingparty.HttpResponse | Unreachable:
            repr((rp, rp.cache.to_json(), request))
            rp.cookie_name("state=a")
            if request.endpoint == "jwks":
                assert rp.authorize().url
            return super().send(request)

    op = Curious()
    rp = relying_party(op)
    found: list[str] = []
    worker = threading.Thread(target=lambda: found.append(log_in(rp, op).sub), daemon=True)
    worker.start()
    worker.join(10)
    assert found == ["alice"]


def test_g6_a_panic_would_be_no_error_of_ours_and_there_is_none() -> None:
    op = ScriptedOp()
    rp = relying_party(op)
    readers = (rp.verify, rp.restore, rp.cookie_name, relyingparty.PendingLogin.decode, relyingparty.Cache.from_json)
    for text in ("", "\0", "?", "." * 100_000, "{" * 10_000, "[" * 10_000, "a.b.c"):
        for read in readers:
            try:
                read(text)
            except Error as error:
                assert error.code in relyingparty.error_codes()


def test_g7_what_is_secret_is_equal_to_nothing_but_itself() -> None:
    op = ScriptedOp()
    rp = relying_party(op)
    session = log_in(rp, op)
    restored = rp.restore(session.encode())
    for one, other in ((session, restored), (rp.authorize(), rp.authorize()), (session.claims, restored)):
        assert one == one
        assert one != other
