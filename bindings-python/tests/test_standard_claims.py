"""The standard claims (OIDC Core 5.1) by their properties: of their type, or ``None``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from relyingparty import Claims
from scripted import ScriptedOp, answer, log_in, relying_party

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "conformance" / "vectors" / "standard_claims.json").read_text(encoding="utf-8")
)


def rows() -> Iterator[tuple[str, object, object]]:
    """Each claim with each value, and what it reads as."""
    for kind in ("strings", "booleans", "times", "addresses"):
        absent = False if kind == "booleans" else None
        for name in VECTORS[kind]:
            yield from ((name, good, good) for good in VECTORS["good"][kind])
            yield from ((name, odd, absent) for odd in VECTORS["odd"][kind])
    yield "address", VECTORS["odd_members"]["sent"], VECTORS["odd_members"]["read"]


class Op(ScriptedOp):
    """It says the same in the ID token and at the UserInfo endpoint."""

    def send(self, request: Any) -> Any:
        if request.endpoint == "userinfo":
            return answer(
                {"sub": "alice", **{name: self.claims[name] for name in self.claims if name not in REGISTERED}}
            )
        return super().send(request)


REGISTERED = ("iss", "aud", "sub", "exp", "iat", "nonce")


def claims(**sent: object) -> tuple[Claims, Claims]:
    """An ID token's and a UserInfo response's claims."""
    op = Op()
    op.claims |= sent
    rp = relying_party(op)
    session = log_in(rp, op)
    return session.claims, rp.userinfo(session)


@pytest.mark.parametrize(("name", "sent", "expected"), [*rows()])
def test_a_standard_claim_is_of_its_type_or_none(name: str, sent: object, expected: object) -> None:
    for found in claims(**{name: sent}):
        read = getattr(found, name)
        assert (read, type(read)) == (expected, type(expected))
        assert found[name] == sent


def test_a_standard_claim_that_is_not_there_is_none() -> None:
    for found in claims():
        for name, _, _ in rows():
            assert getattr(found, name) is (False if name.endswith("_verified") else None)
            assert name not in found


def test_an_address_is_the_caller_s_own() -> None:
    found, _ = claims(address={"locality": "Town"})
    assert found.address is not None
    found.address["locality"] = "Elsewhere"
    assert found.address == {"locality": "Town"}
