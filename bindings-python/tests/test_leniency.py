"""Providers that differ from the specifications: the options by their names, and what is told of each use."""

from __future__ import annotations

from typing import Any

import pytest

from relyingparty import ConfigurationError, Policy, RelyingParty
from scripted import CALLBACK, ISSUER


@pytest.mark.parametrize("typ", ["at+jwt", "application/Logout+JWT", "dpop+jwt", ""])
def test_no_kind_of_another_token_is_a_word_for_id_tokens(typ: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        RelyingParty(ISSUER, "client", CALLBACK, policy={"accepted_typ": [typ]})
    assert raised.value.details["member"] == "accepted_typ"


def test_tenants_are_judged_before_anything_is_fetched() -> None:
    RelyingParty(f"{ISSUER}/organizations/v2.0", "client", CALLBACK, tenants=["9122040d"])
    with pytest.raises(ConfigurationError) as raised:
        RelyingParty(ISSUER, "client", CALLBACK, tenants=["9122040d"])
    assert raised.value.details["member"] == "tenants"


def test_options_are_read_by_their_names() -> None:
    Policy(
        accept_missing_access_token=True,
        accept_userinfo_without_iss_aud=True,
        accept_new_claims_at_refresh=True,
        accepted_typ=["ID+JWT"],
        use_known_provider=False,
    )
    odd: tuple[dict[str, Any], ...] = (
        {"accepted_typ": "ID+JWT"},
        {"use_known_provider": 1},
        {"accept_missing_access_token": None},
    )
    for wrong in odd:
        with pytest.raises(ConfigurationError):
            Policy(**wrong)
