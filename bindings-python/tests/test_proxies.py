"""Every shipped transport goes through the proxy that it is told of, and through no other."""

from __future__ import annotations

import gc
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
import trustme

from conftest import server_tls
from exchange import Constructor, Limits, StandIn, send
from hostile import HostileServer, hostile_server
from proxy import RULES, TestProxy, proxy
from relyingparty import AsyncRelyingParty, ConfigurationError, HttpResponse, RelyingParty, Unreachable
from relyingparty.transports import UrllibTransport
from relyingparty.transports.proxy import WayOut, way_out

PASSWORD = "canary p:@/w"
IN_URL = "alice:canary%20p%3A%40%2Fw"
AS_BASE64 = "YWxpY2U6Y2FuYXJ5"
"""What Basic makes of ``alice:canary``, and of what begins so."""
VARIABLES = ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY")


@pytest.fixture(scope="module")
def open_proxy() -> Iterator[TestProxy]:
    """A proxy for everybody."""
    with proxy() as running:
        yield running


@pytest.fixture(scope="module")
def closed_proxy() -> Iterator[TestProxy]:
    """A proxy that wants a password."""
    with proxy("--password", f"alice:{PASSWORD}") as running:
        yield running


@pytest.fixture(autouse=True)
def nothing_seen(open_proxy: TestProxy, closed_proxy: TestProxy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test begins with proxies that saw nothing, and an environment that names none."""
    for running in (open_proxy, closed_proxy):
        running.seen()
    for name in (*VARIABLES, "REQUEST_METHOD"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def far(authority: trustme.CA) -> Iterator[HostileServer]:
    """A server over TLS that calls itself ``op.example``, which only the proxies know."""
    with hostile_server(server_tls(authority.issue_cert("op.example"))) as server:
        server.url = f"https://op.example:{server.port}"
        yield server


def pem(authority: trustme.CA) -> str:
    return authority.cert_pem.bytes().decode()


def fine(answer: HttpResponse | Unreachable) -> None:
    assert isinstance(answer, HttpResponse), answer
    assert (answer.status, answer.body) == (200, b"{}")


def reason(answer: HttpResponse | Unreachable) -> str:
    assert isinstance(answer, Unreachable), answer
    assert_hidden(answer)
    return answer.reason


def assert_hidden(answer: Unreachable) -> None:
    """No exception of the chain shows the password, nor what it became."""
    links: list[Any] = [answer, answer.cause]
    for link in links:
        if isinstance(link, BaseException):
            links += [link.__cause__, link.__context__]
            for thing in [link, *link.args, *vars(link).values()]:
                shown = f"{thing!s} {thing!r} {getattr(thing, 'headers', None)!r}"
                assert "canary" not in shown and AS_BASE64 not in shown
            assert link.__traceback__ is None


def test_requests_go_through_the_proxy_which_learns_a_host_and_a_port(
    constructor: Constructor, far: HostileServer, open_proxy: TestProxy, authority: trustme.CA
) -> None:
    transport = constructor(ca_pem=pem(authority), proxy=open_proxy.url)
    fine(send(transport, StandIn(f"{far.url}/fine")))
    secret = [("Authorization", "Basic c2VjcmV0")]
    fine(send(transport, StandIn(f"{far.url}/fine", "POST", secret, b"code=secret")))
    seen = open_proxy.seen()
    assert [(request["method"], request["target"]) for request in seen] == [("CONNECT", f"op.example:{far.port}")] * 2
    assert all("authorization" not in request["headers"] for request in seen)
    (_, first), (head, second) = far.received
    assert (first, second) == (b"", b"code=secret")
    assert "\r\nauthorization: basic c2vjcmv0\r\n" in head
    assert not any("\r\nproxy-" in head for head, _ in far.received)


def test_a_proxy_gets_its_password_and_nobody_else_does(
    constructor: Constructor, far: HostileServer, closed_proxy: TestProxy, authority: trustme.CA
) -> None:
    transport = constructor(ca_pem=pem(authority), proxy=closed_proxy.with_password(IN_URL))
    fine(send(transport, StandIn(f"{far.url}/fine")))
    assert [request["authorized"] for request in closed_proxy.seen()] == [True]
    assert "proxy-authorization" not in far.received[0][0]


def test_a_password_that_is_missing_or_wrong_is_named_as_the_reason(
    constructor: Constructor, far: HostileServer, closed_proxy: TestProxy, authority: trustme.CA
) -> None:
    for url, said in (
        (closed_proxy.url, "the proxy wants a user name and a password (status 407): put them into its URL"),
        (
            closed_proxy.with_password("alice:canary"),
            "the proxy refused the user name and password (status 407)",
        ),
    ):
        transport = constructor(ca_pem=pem(authority), proxy=url)
        assert reason(send(transport, StandIn(f"{far.url}/fine"))) == said
    assert not far.received


def test_f10_tls_is_verified_from_end_to_end(
    constructor: Constructor, closed_proxy: TestProxy, far: HostileServer, authority: trustme.CA
) -> None:
    way = closed_proxy.with_password(IN_URL)
    untrusted = send(constructor(proxy=way), StandIn(f"{far.url}/fine"))
    assert reason(untrusted).startswith("the certificate is not trusted: ")
    trusting = constructor(ca_pem=pem(authority), proxy=way)
    other_host = send(trusting, StandIn(f"https://other.example:{far.port}/fine"))
    assert reason(other_host).startswith("the certificate is not trusted: ")
    assert not far.received


def test_this_machine_is_not_behind_the_proxy(
    constructor: Constructor, hostile: HostileServer, open_proxy: TestProxy
) -> None:
    transport = constructor(proxy=open_proxy.url)
    fine(send(transport, StandIn(f"{hostile.url}/fine")))
    fine(send(transport, StandIn(f"http://localhost:{hostile.port}/fine")))
    assert open_proxy.seen() == []


def test_plain_http_elsewhere_goes_through_the_proxy(
    constructor: Constructor, hostile: HostileServer, closed_proxy: TestProxy
) -> None:
    transport = constructor(proxy=closed_proxy.with_password(IN_URL))
    fine(send(transport, StandIn(f"http://op.example:{hostile.port}/fine")))
    assert [request["authorized"] for request in closed_proxy.seen()] == [True]
    assert "proxy-authorization" not in hostile.received[0][0]


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("forbidden.example", "the proxy refused to connect (status 403)"),
        ("elsewhere.test", "the proxy refused to connect (status 502)"),
        ("closed.example", None),
        ("garbage.example", None),
        ("endless.example", None),
        ("talkative.example", None),
    ],
)
def test_a_proxy_that_opens_no_tunnel_is_a_reason(
    constructor: Constructor, closed_proxy: TestProxy, host: str, said: str | None
) -> None:
    transport = constructor(proxy=closed_proxy.with_password(IN_URL))
    started = time.monotonic()
    given = reason(send(transport, StandIn(f"https://{host}/fine")))
    assert said is None or given == said
    assert time.monotonic() - started < 4


def test_f4_a_proxy_that_says_nothing_is_cut_off(constructor: Constructor, open_proxy: TestProxy) -> None:
    request = StandIn("https://silent.example/fine", limits=Limits(timeout_secs=0.3))
    started = time.monotonic()
    assert reason(send(constructor(proxy=open_proxy.url), request)) == "no complete response in time"
    assert time.monotonic() - started < 2


def test_a_proxy_that_is_not_there_is_named_as_the_reason(constructor: Constructor) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    transport = constructor(proxy=f"http://alice:canary@127.0.0.1:{port}")
    said = reason(send(transport, StandIn("https://op.example/fine")))
    assert said == "the proxy cannot be reached: Connection refused"
    elsewhere = constructor(proxy="http://alice:canary@proxy.invalid:3128")
    said = reason(send(elsewhere, StandIn("https://op.example/fine")))
    assert said == "the proxy cannot be reached: the host name does not resolve"


def test_f11_the_environment_names_a_proxy_to_those_who_ask_for_it(
    constructor: Constructor,
    far: HostileServer,
    open_proxy: TestProxy,
    closed_proxy: TestProxy,
    authority: trustme.CA,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = StandIn(f"{far.url}/fine")
    named = closed_proxy.with_password(IN_URL)
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, named)
        fine(send(constructor(ca_pem=pem(authority), proxy_from_environment=True), asked))
        assert isinstance(send(constructor(ca_pem=pem(authority)), asked), Unreachable)
        monkeypatch.delenv(name)
    assert [request["authorized"] for request in closed_proxy.seen()] == [True] * 4
    monkeypatch.setenv("HTTP_PROXY", named)
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("https_proxy", open_proxy.url.removeprefix("http://"))
    from_environment = constructor(ca_pem=pem(authority), proxy_from_environment=True)
    monkeypatch.delenv("https_proxy")
    fine(send(from_environment, asked))
    assert (len(open_proxy.seen()), closed_proxy.seen()) == (1, [])


def test_no_proxy_is_honoured(
    constructor: Constructor, far: HostileServer, open_proxy: TestProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", open_proxy.url)
    monkeypatch.setenv("NO_PROXY", "elsewhere.example,op.example")
    answer = send(constructor(proxy_from_environment=True), StandIn(f"{far.url}/fine"))
    assert reason(answer) == "the host name does not resolve"
    assert open_proxy.seen() == []


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_the_rules_of_no_proxy_are_those_of_every_language(
    rule: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://proxy.example")
    monkeypatch.setenv("NO_PROXY", rule["no_proxy"])
    way = way_out(None, True)
    assert isinstance(way, WayOut)
    assert (way.proxy(rule["url"]) is not None) == rule["proxied"]


def test_a_visitor_of_a_cgi_program_names_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUEST_METHOD", "GET")
    monkeypatch.setenv("HTTP_PROXY", "http://evil.example")
    way = way_out(None, True)
    assert isinstance(way, WayOut)
    assert way.proxy("http://op.example/") is None
    monkeypatch.setenv("http_proxy", "http://proxy.example")
    way = way_out(None, True)
    assert isinstance(way, WayOut)
    assert way.proxy("http://op.example/") is not None


NO_PROXIES = [
    "",
    " ",
    "http://",
    "http://proxy.example:0",
    "http://proxy.example:65536",
    "http://proxy.example:canary",
    "http://alice:canary@",
    "http://alice:canary@proxy.example/path",
    "http://alice:canary@proxy.example?x",
    "http://alice:canary@proxy.example#x",
    "http://alice:canary@proxy.example\r\nX: y",
    "http://a%3Ab:canary@proxy.example",
    "http://alice:canary@proxy.ex\u00e4mple",
    "http://alice:canary@[::1",
    "https://alice:canary@proxy.example",
    "socks5://alice:canary@proxy.example",
]


@pytest.mark.parametrize("wrong", NO_PROXIES)
def test_f7_what_is_no_proxy_is_refused_and_not_shown(
    constructor: Constructor, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", wrong)
    for options, member in (({"proxy": wrong}, "proxy"), ({"proxy_from_environment": True}, "proxy_from_environment")):
        if not wrong and member != "proxy":
            continue
        with pytest.raises(ConfigurationError) as raised:
            constructor(**options)
        assert raised.value.details["member"] == member
        frames, shown = raised.tb, [str(raised.value), repr(raised.value), str(raised.value.details)]
        while (following := frames.tb_next) is not None:
            frames = following
            shown += [repr(value) for name, value in frames.tb_frame.f_locals.items() if name != "options"]
        assert "canary" not in "".join(shown)


def test_options_of_another_type_are_refused(constructor: Constructor) -> None:
    for value in (b"http://proxy.example", 3128, True, ["http://proxy.example"], {}, object()):
        with pytest.raises(ConfigurationError) as raised:
            constructor(proxy=value)
        assert raised.value.details["member"] == "proxy"
    for value in (None, 1, "true"):
        with pytest.raises(ConfigurationError) as raised:
            constructor(proxy_from_environment=value)
        assert raised.value.details["member"] == "proxy_from_environment"
    with pytest.raises(ConfigurationError):
        constructor(proxy="http://proxy.example", proxy_from_environment=True)


def test_f7_no_repr_shows_the_password(constructor: Constructor) -> None:
    transport: Any = constructor(proxy="http://alice:canary@proxy.example:3128")
    waiting, seen = [transport], set()
    while waiting:
        thing = waiting.pop()
        if id(thing) in seen or not type(thing).__module__.startswith("relyingparty"):
            continue
        seen.add(id(thing))
        assert "canary" not in f"{thing!r} {thing!s}"
        waiting += gc.get_referents(thing) + list(getattr(thing, "__dict__", {}).values())
    assert len(seen) > 1


@pytest.mark.parametrize("party", [RelyingParty, AsyncRelyingParty])
def test_a_relying_party_takes_a_proxy_for_its_own_transport(party: Any) -> None:
    given = ("https://op.example", "client", "https://app.example/callback")
    party(*given, proxy="http://alice:canary@proxy.example:3128")
    party(*given, proxy_from_environment=True)
    for options in ({"proxy": "http://proxy.example"}, {"proxy_from_environment": True}):
        with pytest.raises(ConfigurationError) as raised:
            party(*given, transport=UrllibTransport(), **options)
        assert raised.value.details["member"] == "proxy"
