"""A bare refresh token, from another library."""

from __future__ import annotations

import asyncio

import pytest

from relyingparty import AsyncRelyingParty, ConfigurationError, MisuseError, TokenError
from scripted import CALLBACK, ISSUER, NOW, ScriptedOp, relying_party


def test_a_valid_id_token_makes_a_session() -> None:
    refreshed = relying_party(ScriptedOp()).refresh_token("from-elsewhere", "alice")
    assert refreshed.session is not None
    assert refreshed.session.claims["sub"] == "alice"
    assert refreshed.grant.access_token is not None
    assert refreshed.grant.access_token == refreshed.session.access_token
    assert refreshed.grant.access_token is not None
    assert refreshed.grant.access_token not in repr(refreshed) + repr(refreshed.grant)


def test_somebody_else_is_refused() -> None:
    with pytest.raises(TokenError) as raised:
        relying_party(ScriptedOp()).refresh_token("from-elsewhere", "bob")
    assert raised.value.code == "sub_mismatch"


def test_what_is_no_token_is_refused() -> None:
    with pytest.raises(MisuseError) as raised:
        relying_party(ScriptedOp()).refresh_token("", "alice")
    assert raised.value.code == "no_refresh_token"


def test_it_is_there_to_await() -> None:
    class Transport(ScriptedOp):
        async def send(self, request):  # type: ignore[no-untyped-def, override]
            return ScriptedOp.send(self, request)

    rp = AsyncRelyingParty(ISSUER, "client", CALLBACK, transport=Transport(), clock=lambda: NOW)
    refreshed = asyncio.run(rp.refresh_token("from-elsewhere", "alice"))
    assert refreshed.session is not None


def test_u9_what_is_not_unicode_text_is_an_error_of_ours() -> None:
    rp = relying_party(ScriptedOp())
    with pytest.raises(MisuseError) as raised:
        rp.refresh_token("canary\ud800", "alice")
    assert raised.value.code == "no_refresh_token"
    assert raised.value.__cause__ is raised.value.__context__ is None
    with pytest.raises(ConfigurationError):
        rp.refresh_token("canary", "\ud800")
