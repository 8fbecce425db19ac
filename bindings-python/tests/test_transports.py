"""What every shipped transport promises, against a server that breaks every rule."""

from __future__ import annotations

import socket
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from exchange import BLOCKING, TRANSPORTS, Constructor, Limits, StandIn, send
from hostile import CODED, DOCUMENT, UNDONE_BY_NOBODY, HostileServer
from relyingparty import Error, HttpResponse, RelyingParty, Unreachable
from relyingparty.transports import Transport

SECRET = "Basic c2VjcmV0"


def test_an_answer_is_handed_over_as_it_came(constructor: Constructor, hostile: HostileServer) -> None:
    answer = send(constructor(), StandIn(f"{hostile.url}/fine?a=%2F"))
    assert isinstance(answer, HttpResponse)
    assert (answer.status, answer.body) == (200, b"{}")
    headers = [(name.lower(), value) for name, value in answer.headers]
    assert [value for name, value in headers if name == "set-cookie"] == ["a=1", "b=2"]
    assert ("content-type", "application/json") in headers
    [(head, _)] = hostile.received
    assert head.startswith("get /fine?a=%2f http/1.1")


def test_a_request_is_sent_as_the_core_made_it(constructor: Constructor, hostile: HostileServer) -> None:
    headers = [("Authorization", SECRET), ("Content-Type", "application/x-www-form-urlencoded")]
    send(constructor(), StandIn(f"{hostile.url}/fine", "POST", headers, b"grant_type=x"))
    [(head, body)] = hostile.received
    assert head.startswith("post /fine http/1.1")
    assert body == b"grant_type=x"
    for name in ("authorization", "content-type", "content-length", "accept-encoding", "user-agent", "host"):
        assert head.count(f"\r\n{name}:") == 1, name
    assert f"\r\nauthorization: {SECRET.lower()}\r\n" in head
    assert "\r\naccept-encoding: identity\r\n" in head


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("body", [b"", b'{"a": 1}'])
def test_a_request_of_any_method_has_its_body(
    constructor: Constructor, hostile: HostileServer, method: str, body: bytes
) -> None:
    headers = [("content-type", "application/json"), ("x-a", "1"), ("x-a", "2"), ("user-agent", "mine/1")]
    answer = send(constructor(), StandIn(f"{hostile.url}/fine", method, headers, body))
    assert isinstance(answer, HttpResponse)
    [(head, received)] = hostile.received
    assert head.startswith(f"{method.lower()} /fine http/1.1")
    assert received == body
    lengths = [line for line in head.splitlines() if line.startswith(("content-length:", "transfer-encoding:"))]
    assert lengths in ([f"content-length: {len(body)}"], *([[]] if not body and method not in ("POST", "PUT") else []))
    assert [line for line in head.splitlines() if line.startswith("user-agent:")] == ["user-agent: mine/1"]
    values = [line.removeprefix("x-a: ") for line in head.splitlines() if line.startswith("x-a:")]
    assert ", ".join(values) == "1, 2"


def test_an_answer_to_head_has_no_body(constructor: Constructor, hostile: HostileServer) -> None:
    answer = send(constructor(), StandIn(f"{hostile.url}/bodiless", "HEAD"))
    assert isinstance(answer, HttpResponse)
    assert (answer.status, answer.body) == (200, b"")


def test_a_url_without_a_path_has_one_on_the_wire(constructor: Constructor, hostile: HostileServer) -> None:
    for url, target in ((hostile.url, "/"), (f"{hostile.url}?a=b", "/?a=b")):
        send(constructor(), StandIn(url))
        head, _ = hostile.received.pop()
        assert head.startswith(f"get {target} http/1.1")


def test_d6_f1_a_redirect_is_not_followed(constructor: Constructor, hostile: HostileServer) -> None:
    answer = send(constructor(), StandIn(f"{hostile.url}/redirect", "POST", [("Authorization", SECRET)], b"code=1"))
    assert isinstance(answer, HttpResponse)
    assert answer.status == 307
    assert len(hostile.received) == 1


@pytest.mark.parametrize("behaviour", ["large", "endless"])
def test_f4_a_body_is_read_one_byte_past_its_limit(
    constructor: Constructor, hostile: HostileServer, behaviour: str
) -> None:
    answer = send(constructor(), StandIn(f"{hostile.url}/{behaviour}"))
    assert isinstance(answer, HttpResponse)
    assert len(answer.body) == 1001


@pytest.mark.parametrize("behaviour", ["silent", "dripping-head", "dripping-body", "dripping-until-closed"])
def test_f4_a_slow_server_is_cut_off(constructor: Constructor, hostile: HostileServer, behaviour: str) -> None:
    started = time.monotonic()
    answer = send(constructor(), StandIn(f"{hostile.url}/{behaviour}", limits=Limits(timeout_secs=0.3)))
    assert isinstance(answer, Unreachable)
    assert answer.reason == "no complete response in time"
    assert time.monotonic() - started < 2


def test_a_server_that_never_starts_tls_is_cut_off(constructor: Constructor) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/fine"
        answer = send(constructor(), StandIn(url, limits=Limits(timeout_secs=0.3)))
    assert isinstance(answer, Unreachable)
    assert answer.reason == "no complete response in time"


def test_f4_a_name_with_many_addresses_is_given_up_in_time(
    constructor: Constructor, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve = socket.getaddrinfo

    def many(host: Any, *given: Any, **options: Any) -> list[Any]:
        return resolve(host, *given, **options) * (10 if host == "localhost" else 1)

    monkeypatch.setattr(socket, "getaddrinfo", many)
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, socket.socket() as first:
        # One connection fills the backlog; whoever comes next waits.
        first.connect(listener.getsockname())
        started = time.monotonic()
        url = f"http://localhost:{listener.getsockname()[1]}/fine"
        answer = send(constructor(), StandIn(url, limits=Limits(timeout_secs=0.3)))
    assert isinstance(answer, Unreachable)
    assert answer.reason == "no complete response in time"
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("behaviour", CODED)
def test_what_is_compressed_although_nobody_asked_is_read(
    constructor: Constructor, hostile: HostileServer, behaviour: str
) -> None:
    answer = send(constructor(), StandIn(f"{hostile.url}/{behaviour}"))
    assert isinstance(answer, HttpResponse)
    assert answer.body == DOCUMENT


@pytest.mark.parametrize("behaviour", UNDONE_BY_NOBODY)
def test_what_cannot_be_decompressed_is_handed_over_as_it_came(
    constructor: Constructor, hostile: HostileServer, behaviour: str
) -> None:
    answer = send(constructor(), StandIn(f"{hostile.url}/{behaviour}"))
    assert isinstance(answer, HttpResponse)
    assert answer.body == UNDONE_BY_NOBODY[behaviour][1]
    assert "content-encoding" in [name.lower() for name, _ in answer.headers]


def test_f4_the_limit_counts_what_was_decompressed(constructor: Constructor, hostile: HostileServer) -> None:
    for behaviour, length in (
        ("at-the-limit", 1000),
        ("past-the-limit", 1001),
        ("bomb", 1001),
        ("empty-members", 1001),
    ):
        tracemalloc.start()
        answer = send(constructor(), StandIn(f"{hostile.url}/{behaviour}"))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert isinstance(answer, HttpResponse)
        assert len(answer.body) == length, behaviour
        assert peak < 4_000_000, "ten million bytes are in the bomb"


@pytest.mark.parametrize(
    ("path", "code"),
    [("gzip", "metadata_issuer_mismatch"), ("zstd", "compressed_response"), ("bomb", "response_too_large")],
)
@pytest.mark.parametrize("transport", BLOCKING.values(), ids=BLOCKING)
def test_a_relying_party_reads_gzip_and_says_what_it_cannot_read(
    transport: Callable[..., Transport], hostile: HostileServer, path: str, code: str
) -> None:
    rp = RelyingParty(
        f"{hostile.url}/{path}",
        "client",
        "https://app.example/callback",
        transport=transport(),
        policy={"max_response_bytes": 4096},
        allow_insecure_loopback=True,
    )
    with pytest.raises(Error) as raised:
        rp.authorize()
    assert raised.value.code == code
    assert raised.value.details.get("coding", "zstd") == "zstd"


@pytest.mark.parametrize("behaviour", ["half", "half-chunked", "closed", "garbage"])
def test_an_incomplete_answer_is_no_answer(constructor: Constructor, hostile: HostileServer, behaviour: str) -> None:
    answer = send(constructor(), StandIn(f"{hostile.url}/{behaviour}"))
    assert isinstance(answer, Unreachable)
    assert isinstance(answer.cause, Exception)


def test_a_closed_port_is_named_as_the_reason(constructor: Constructor) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    answer = send(constructor(), StandIn(f"http://127.0.0.1:{port}/fine"))
    assert isinstance(answer, Unreachable)
    assert answer.reason == "Connection refused"
    assert isinstance(answer.cause, Exception)


def test_f7_a_reason_never_quotes_a_header(constructor: Constructor, hostile: HostileServer) -> None:
    answer = send(constructor(), StandIn(f"{hostile.url}/fine", headers=[("Authorization", f"{SECRET}\r\nX: y")]))
    assert isinstance(answer, Unreachable)
    assert "c2Vj" not in answer.reason
    assert "c2Vj" not in repr(answer)
    assert not hostile.received


def test_f11_ambient_credentials_are_not_sent(
    constructor: Constructor, hostile: HostileServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login alice password wonder\ndefault login alice password wonder\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(netrc))
    send(constructor(), StandIn(f"{hostile.url}/fine"))
    send(constructor(), StandIn(f"{hostile.url}/fine", headers=[("Authorization", SECRET)]))
    [(without, _), (given, _)] = hostile.received
    assert "authorization" not in without
    assert f"\r\nauthorization: {SECRET.lower()}\r\n" in given


def test_f11_cookies_are_not_kept(constructor: Constructor, hostile: HostileServer) -> None:
    transport = constructor()
    for _ in range(2):
        send(transport, StandIn(f"{hostile.url}/fine"))
    assert len(hostile.received) == 2
    assert not any("\r\ncookie:" in head for head, _ in hostile.received)


def test_f11_a_proxy_in_the_environment_is_ignored(
    constructor: Constructor, hostile: HostileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://user:password@127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    answer = send(constructor(), StandIn(f"{hostile.url}/fine"))
    assert isinstance(answer, HttpResponse)
    assert answer.status == 200


@pytest.mark.parametrize("constructor", TRANSPORTS.values(), ids=TRANSPORTS)
def test_f7_a_failure_keeps_no_request(constructor: Constructor, hostile: HostileServer) -> None:
    for url in ("http://127.0.0.1:1/away", f"{hostile.url}/garbage"):
        answer = send(constructor(), StandIn(url, headers=[("authorization", "Bearer canary")]))
        assert isinstance(answer, Unreachable)
        link = answer.cause
        assert link is not None
        while link is not None:
            kept = [*vars(link).values(), *link.args]
            shown = [str(link), repr(link), repr([getattr(thing, "headers", None) for thing in kept])]
            assert "canary" not in "".join(shown)
            link = link.__cause__ or link.__context__
