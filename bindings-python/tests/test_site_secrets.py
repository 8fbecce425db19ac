"""No frame of a site that fails shows what it was given."""

from __future__ import annotations

from typing import Any

import pytest

from parties import settled
from relyingparty import AsyncSite, Error, Incoming, MemorySessionStore, Site, SiteProvider
from scripted import ISSUER, NOW
from test_tracebacks import leaks
from visitors import BASE, KEY, SITES, SiteOp, Visitor, site_of


class Failing(MemorySessionStore):
    """A store that raises in one of its methods."""

    def __init__(self, method: str) -> None:
        super().__init__(clock=lambda: NOW)
        library: dict[str, Any] = {}
        exec("def call(*given):\n    raise OSError(5, 'away')\n", library)
        setattr(self, method, library["call"])


@pytest.mark.parametrize("method", ["get", "add"])
@pytest.mark.parametrize("kind", SITES)
def test_u9_no_frame_of_a_store_that_fails_shows_a_secret(kind: Any, method: str) -> None:
    op, visitor = SiteOp(), Visitor()
    site = site_of(kind, op, store=Failing(method))
    with pytest.raises(Error) as raised:
        visitor.log_in(site, op)
        visitor.visit(site)
    assert leaks(raised.value, "canary", *visitor.cookies.values()) == []
    incoming = Incoming(
        "POST", f"{BASE}/backchannel-logout?canary", {"Cookie": "canary"}, f"logout_token={op.logout_token()}"
    )
    with pytest.raises(Error) as raised:
        settled(site.handle(incoming))
        site_of(kind, op, store=Failing("get")).handle(incoming)
    assert leaks(raised.value, "canary", op.logout_token()[:40]) == []


@pytest.mark.parametrize("endpoint", ["discovery", "token", "jwks"])
@pytest.mark.parametrize("kind", SITES)
def test_u9_nor_of_a_provider_that_is_away(kind: Any, endpoint: str) -> None:
    class Away(SiteOp):
        def send(self, request: Any) -> Any:
            if request.endpoint == endpoint:
                library: dict[str, Any] = {}
                exec("def post(body, headers):\n    raise OSError(5, 'away')\n", library)
                library["post"](request.body, request.headers)
            return super().send(request)

    op, visitor = Away(), Visitor()
    site = site_of(kind, op)
    handled = visitor.get(site, "login")
    if handled.event is None:
        handled = visitor.get(site, "callback" + op.browser(dict(handled.headers)["Location"]))
    error: Any = handled.event
    assert error.error.code in ("unreachable", "keys_unavailable")
    assert leaks(error.error, "canary", *visitor.cookies.values()) == []


@pytest.mark.parametrize("kind", [Site, AsyncSite])
@pytest.mark.parametrize(
    "wrong",
    [
        {"base_url": "x"},
        {"store": 1},
        {"policy": {"x": 1}},
        {"policy": {"store": True}},
        {"sealing_keys": [b"canary-too-short"]},
        {"sealing_keys": 1},
        {"clock": 1},
        {"cache": 1},
    ],
)
def test_u9_no_frame_of_a_refused_site_shows_its_keys(kind: Any, wrong: dict[str, Any]) -> None:
    given = {"base_url": BASE, "sealing_keys": [b"canary-sealing-key-of-32-octets!"], **wrong}
    with pytest.raises(Error) as raised:
        kind(given.pop("base_url"), SiteProvider(ISSUER, "client", client_secret="canary"), **given)
    assert leaks(raised.value, "canary") == []


@pytest.mark.parametrize("kind", [Site, AsyncSite])
@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "canary"},
        {"issuer": "x"},
        {"issuer": 1},
        {"store": "canary"},
        {"scopes": 1},
        {"ca_pem": "x"},
        {"name": "a/b"},
    ],
)
def test_u9_no_frame_of_a_refused_provider_shows_its_secret(kind: Any, wrong: dict[str, Any]) -> None:
    given = {"issuer": ISSUER, "client_id": "client", "client_secret": "canary", **wrong}
    with pytest.raises(Error) as raised:
        kind(BASE, SiteProvider(**given), sealing_keys=[KEY])
    assert leaks(raised.value, "canary") == []
