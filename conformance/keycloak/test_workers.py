"""Keycloak ends the sessions of an application that is two processes on one Redis: `cargo ci keycloak`."""

from __future__ import annotations

import json
import os

import pytest
from browser import Browser
from frameworks import Make, in_flask, in_starlette
from op import Op
from workers import become, pages, two_workers

ABOUT = json.loads(os.environ.get("RP_TEST_KEYCLOAK", "{}"))
pytestmark = pytest.mark.skipif(not ABOUT, reason="needs Keycloak: cargo ci keycloak")
NOBODY = "Log in"


def logged_in(auth: str) -> Browser:
    """A browser whose user is logged in."""
    browser = Browser()
    browser.open(f"{auth}/login")
    browser.submit(username="alice", password="password")
    return browser


@pytest.mark.parametrize("make", [in_flask, in_starlette])
def test_keycloak_ends_the_sessions_of_two_workers(make: Make) -> None:
    client, control = ABOUT["two_workers"], Op(ABOUT["issuer"], ABOUT["control"])
    auth = client["base_url"]
    with two_workers(make, auth, {**client, "issuer": ABOUT["issuer"]}) as origins:
        one, other = logged_in(auth), logged_in(auth)
        (hello,) = pages(one, origins)
        assert hello.startswith("Hello ")
        assert pages(other, origins) == {hello}

        # In one browser, at Keycloak itself.
        one.open(f"{ABOUT['issuer']}/protocol/openid-connect/logout")
        one.submit()
        assert become(one, origins, NOBODY)
        assert pages(other, origins) == {hello}

        # By the administrator, in all of them.
        control("logout", user="alice")
        assert become(other, origins, NOBODY)
        again = logged_in(auth)
        assert pages(again, origins) == {hello}
