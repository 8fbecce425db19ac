"""What error reporters record: the local variables of every frame of every exception in the chain."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import struct
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import trustme

from client_keys import KEYS, SEED, ed25519_jwk, pem
from conftest import server_tls
from exchange import ASYNCIO, BLOCKING, Constructor, StandIn, send
from hostile import hostile_server
from relyingparty import AsyncRelyingParty, Error, HttpRequest, HttpResponse, RelyingParty, Unreachable
from scripted import CALLBACK, ISSUER, NOW, ScriptedOp, base64url, log_in, relying_party

HERE = Path(__file__).parent
SECRET = "canary-client"
FAULTS = ["refused", "reset", "silent", "endless", "garbage", "half", "bomb"]


def recorded(error: BaseException) -> Iterator[tuple[str, str]]:
    """Where, and what an error reporter sees there: all but the frames of these tests, which are the application."""
    waiting: list[BaseException | None] = [error]
    seen: list[BaseException] = []
    while waiting:
        link = waiting.pop()
        if link is None or link in seen:
            continue
        seen.append(link)
        waiting += [link.__cause__, link.__context__, *getattr(link, "exceptions", ())]
        yield f"{type(link).__name__}", f"{link!s} {link!r} {link.args!r} {vars(link)!r}"
        yield f"notes of {type(link).__name__}", repr(getattr(link, "__notes__", []))
        frames = link.__traceback__
        while frames is not None:
            code = frames.tb_frame.f_code
            if Path(code.co_filename).parent != HERE:
                for name, value in frames.tb_frame.f_locals.items():
                    yield f"{code.co_filename}:{frames.tb_lineno} {name}", f"{value!r} {value!s}"
            frames = frames.tb_next


def leaks(error: BaseException, *secrets: str) -> list[str]:
    return [where for where, shown in recorded(error) if any(secret in shown for secret in secrets)]


class Wired(ScriptedOp):
    """The provider whose token endpoint is a real server that misbehaves, behind a shipped transport."""

    def __init__(self, transport: Any, url: str) -> None:
        super().__init__()
        self.transport, self.url = transport, url
        self.bodies: list[bytes] = []

    def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
        if request.endpoint != "token":
            return super().send(request)
        self.bodies.append(request.body)
        wired = StandIn(self.url, "POST", request.headers, request.body, limits=request.limits)  # type: ignore[arg-type]
        return send(self.transport, wired)


class AsyncWired(Wired):
    """The same on asyncio."""

    async def send(self, request: HttpRequest) -> HttpResponse | Unreachable:  # type: ignore[override]
        if request.endpoint != "token":
            return super().send(request)
        self.bodies.append(request.body)
        wired = StandIn(self.url, "POST", request.headers, request.body, limits=request.limits)  # type: ignore[arg-type]
        answer: HttpResponse | Unreachable = await self.transport.send(wired)
        return answer


@contextmanager
def resetting() -> Iterator[str]:
    """A server that resets each connection before it has read the request."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    peer, _ = listener.accept()
                except OSError:
                    return
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                peer.close()

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/fine"
        listener.shutdown(socket.SHUT_RDWR)


@contextmanager
def fault(kind: str) -> Iterator[str]:
    if kind == "refused":
        yield "http://127.0.0.1:1/away"
    elif kind == "reset":
        with resetting() as url:
            yield url
    else:
        with hostile_server() as server:
            yield f"{server.url}/{kind}"


def login_of(op: Wired, party: Any) -> tuple[Error, list[str]]:
    """A login that fails at the token endpoint, and the secrets that were in reach."""

    async def on_a_loop() -> str:
        started = await rp.authorize()
        back = op.browser(started.url)
        secrets.extend([back.split("state=")[1], started.id])
        await rp.callback(back, started.id)
        raise AssertionError

    policy = {"token_timeout_secs": 1}
    secrets = ["canary", b64encode(b"client:" + SECRET.encode()).decode().rstrip("=")[:-2]]
    rp = party(ISSUER, "client", CALLBACK, client_secret=SECRET, transport=op, clock=lambda: NOW, policy=policy)
    with pytest.raises(Error) as raised:
        if party is AsyncRelyingParty:
            asyncio.run(on_a_loop())
        started = rp.authorize()
        back = op.browser(started.url)
        secrets += [back.split("state=")[1], started.id]
        rp.callback(back, started.id)
    return raised.value, [*secrets, parse_qs(op.bodies[0].decode())["code_verifier"][0]]


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("name", [*BLOCKING, *ASYNCIO])
def test_u9_no_frame_of_a_failed_login_shows_a_secret(name: str, kind: str) -> None:
    with fault(kind) as url:
        if name in BLOCKING:
            error, secrets = login_of(Wired(BLOCKING[name](), url), RelyingParty)
        else:
            error, secrets = login_of(AsyncWired(ASYNCIO[name](), url), AsyncRelyingParty)
    assert leaks(error, *secrets) == []


def test_u9_the_search_finds_what_is_there() -> None:
    def inner(body: str) -> None:
        raise KeyError("x")

    code = compile("def outer(call, secret):\n    call(secret)\n", "/elsewhere.py", "exec")
    program: dict[str, Any] = {}
    exec(code, program)
    try:
        program["outer"](inner, "canary")
    except KeyError as error:
        wrapped = RuntimeError()
        wrapped.__context__ = error
        assert leaks(wrapped, "canary") == ["/elsewhere.py:2 secret"]


class Broken(ScriptedOp):
    """Answers as it is told at one endpoint, or raises out of a frame that holds everything."""

    def __init__(self, endpoint: str = "", reply: Any = None) -> None:
        super().__init__()
        self.at, self.reply = endpoint, reply

    def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
        if request.endpoint == self.at:
            if self.reply is None:
                library: dict[str, Any] = {}
                exec("def post(body, headers):\n    raise OSError(5, 'away')\n", library)
                library["post"](request.body, request.headers)
            return self.reply  # type: ignore[no-any-return]
        return super().send(request)


def failures() -> dict[str, tuple[Broken, Callable[[RelyingParty, Broken], object]]]:
    """Each verb at each stage, with what it is given."""

    def callback(text: str, id: str = "i" * 43) -> Callable[[RelyingParty, Broken], object]:
        return lambda rp, _: rp.callback(text, id)

    def posted(text: str) -> Callable[[RelyingParty, Broken], object]:
        return lambda rp, _: rp.callback_form_post(text, "i" * 43)

    def of_session(verb: Callable[[RelyingParty, Any], object]) -> Callable[[RelyingParty, Broken], object]:
        def run(rp: RelyingParty, op: Broken) -> object:
            at, op.at = op.at, ""
            session = log_in(rp, op)
            op.at = at
            return verb(rp, session)

        return run

    bad = HttpResponse(200, [("Content-Type", "application/json")], b'{"access_token": ["canary"]}')
    canary = {"login_hint": "canary", "id_token_hint": "canary", "prompt": "nonsense canary"}
    found: dict[str, tuple[Broken, Callable[[RelyingParty, Broken], object]]] = {
        "authorize, away": (Broken("discovery"), lambda rp, _: rp.authorize(**canary)),  # type: ignore[arg-type]
        "authorize, refused": (Broken(), lambda rp, _: rp.authorize(**canary, nonsense="canary")),  # type: ignore[call-arg,arg-type]
        "verify, away": (Broken("discovery"), lambda rp, _: rp.verify("canary", access_token="canary", nonce="canary")),
        "verify, malformed": (Broken(), lambda rp, _: rp.verify("canary", access_token="canary", nonce="canary")),
        "verify, odd": (Broken(), lambda rp, _: rp.verify("canary", colour="canary")),  # type: ignore[call-arg]
        "restore, away": (Broken("discovery"), lambda rp, _: rp.restore("canary")),
        "restore, malformed": (Broken(), lambda rp, _: rp.restore("canary")),
        "end_session": (Broken(), lambda rp, _: rp.end_session(id_token_hint="canary", nonsense="canary")),  # type: ignore[call-arg]
        "log_out": (Broken(), lambda rp, _: rp.log_out(id_token_hint="canary", nonsense="canary")),  # type: ignore[call-arg]
        "logged_out": (Broken(), lambda rp, _: rp.logged_out("state=canary", "canary canary")),
        "logout_token, away": (Broken("discovery"), lambda rp, _: rp.logout_token("canary")),
        "logout_token, malformed": (Broken(), lambda rp, _: rp.logout_token("canary")),
        "revoke, away": (Broken("discovery"), lambda rp, _: rp.revoke("canary")),
        "revoke, impossible": (Broken(), lambda rp, _: rp.revoke("canary", "refresh_token")),
        "refresh, away": (Broken("token"), of_session(lambda rp, session: rp.refresh(session))),
        "refresh, bad": (Broken("token", bad), of_session(lambda rp, session: rp.refresh(session))),
        "call, refused": (
            Broken(),
            of_session(lambda rp, session: rp.call(session, "PUT", ISSUER, headers={"x": "canary"}, content="canary")),
        ),
        "userinfo, away": (Broken("userinfo"), of_session(lambda rp, session: rp.userinfo(session))),
        "userinfo, bad": (Broken("userinfo", bad), of_session(lambda rp, session: rp.userinfo(session))),
    }
    texts = ("code=canary", "code=canary&state=canary", "code=canary&code=canary", "%", "error=canary&state=canary")
    for text in texts:
        found[f"callback {text}"] = (Broken(), callback(text))
        found[f"callback {text}, no id"] = (Broken(), callback(text, "canary"))
        found[f"callback {text}, away"] = (Broken("discovery"), callback(text))
        found[f"posted {text}"] = (Broken(), posted(text))
    for at, reply in (("token", None), ("token", bad), ("jwks", None), ("jwks", bad)):
        found[f"login, {at} {reply}"] = (Broken(at, reply), lambda rp, op: log_in(rp, op))
    return found


FAILURES = failures()


@pytest.mark.parametrize("name", FAILURES)
def test_u9_no_frame_of_a_failed_verb_shows_what_it_was_given(name: str) -> None:
    op, work = FAILURES[name]
    with pytest.raises(Error) as raised:
        work(relying_party(op), op)
    assert leaks(raised.value, "canary", "iiii") == []


@pytest.mark.parametrize("name", [name for name in FAILURES if "login" not in name])
def test_u9_nor_on_asyncio(name: str) -> None:
    class Running:
        """The asyncio relying party in plain calls."""

        def __init__(self, op: Broken) -> None:
            self._loop = asyncio.new_event_loop()
            self._rp = AsyncRelyingParty(
                ISSUER, "client", CALLBACK, client_secret=SECRET, transport=OnLoop(op), clock=lambda: NOW
            )

        def __getattr__(self, verb: str) -> Any:
            return lambda *given, **options: self._loop.run_until_complete(getattr(self._rp, verb)(*given, **options))

    class OnLoop:
        def __init__(self, op: Broken) -> None:
            self._op = op

        async def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
            return self._op.send(request)

    op, work = FAILURES[name]
    op = Broken(op.at, op.reply)
    party: Any = Running(op)
    with pytest.raises(Error) as raised:
        work(party, op)
    party._loop.close()
    assert leaks(raised.value, "canary", "iiii") == []


@pytest.mark.parametrize("party", [RelyingParty, AsyncRelyingParty])
@pytest.mark.parametrize(
    "wrong",
    [
        {"policy": {"max_keys": 0}},
        {"redirect_uri": "x"},
        {"issuer": "x"},
        {"store": 1},
        {"secret": "canary"},
        {"ca_pem": "x"},
        {"id_token_signed_response_alg": "HS512"},
    ],
)
def test_u9_no_frame_of_a_refused_configuration_shows_the_client_secret(wrong: dict[str, Any], party: Any) -> None:
    given = {"issuer": ISSUER, "client_id": "client", "redirect_uri": CALLBACK, "client_secret": SECRET}
    with pytest.raises(Error) as raised:
        party(**{**given, **wrong})
    assert leaks(raised.value, "canary") == []


@pytest.mark.parametrize("party", [RelyingParty, AsyncRelyingParty])
@pytest.mark.parametrize("wrong", [{}, {"scopes": [1]}, {"policy": {"x": 1}}, {"transport": 1}])
def test_u9_no_frame_of_a_refused_configuration_shows_a_sealing_key(wrong: dict[str, Any], party: Any) -> None:
    keys = [b"canary-sealing-key-of-32-octets!", b"canary-too-short"][: 1 if wrong else 2]
    with pytest.raises(Error) as raised:
        party(ISSUER, "client", CALLBACK, sealing_keys=keys, **wrong)
    assert leaks(raised.value, "canary") == []


@pytest.mark.parametrize("party", [RelyingParty, AsyncRelyingParty])
@pytest.mark.parametrize("wrong", [{}, {"scopes": [1]}, {"policy": {"x": 1}}, {"transport": 1}, {"store": 1}])
@pytest.mark.parametrize("member", ["signing_keys", "dpop_keys"])
def test_u9_no_frame_of_a_refused_configuration_shows_a_key(member: str, wrong: dict[str, Any], party: Any) -> None:
    for key in (ed25519_jwk(), json.dumps(ed25519_jwk()), pem(KEYS["EdDSA"]), KEYS["EdDSA"]):
        keys = [key] if wrong else [key, "canary, and no key"]
        with pytest.raises(Error) as raised:
            party(ISSUER, "client", CALLBACK, **{member: keys, **wrong})
        assert leaks(raised.value, "canary", base64url(SEED)[:10], pem(KEYS["EdDSA"])[30:80]) == []


@pytest.mark.parametrize("party", [RelyingParty, AsyncRelyingParty])
def test_u9_a_stored_login_that_cannot_be_read_is_in_no_frame(party: Any) -> None:
    class Odd:
        def put(self, *_: object) -> None:
            pass

        def take(self, _: str) -> str:
            return '{"v":1,"verifier":"canary"}'

    op = ScriptedOp()
    if party is RelyingParty:
        with pytest.raises(Error) as raised:
            relying_party(op, store=Odd()).callback("code=canary&state=canary", "i" * 43)
    else:

        class OnLoop:
            async def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
                return op.send(request)

        rp = AsyncRelyingParty(ISSUER, "client", CALLBACK, transport=OnLoop(), store=Odd(), clock=lambda: NOW)
        with pytest.raises(Error) as raised:
            asyncio.run(rp.callback("code=canary&state=canary", "i" * 43))
    assert raised.value.code == "unreadable_pending_login"
    assert leaks(raised.value, "canary", "iiii") == []


@pytest.mark.parametrize("fault", [KeyboardInterrupt, SystemExit])
def test_u9_what_ends_a_program_takes_no_frame_of_a_library_along(
    fault: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    def connect(_: object) -> None:
        raise fault

    class Quiet(StandIn):
        """Shows as little as the core's requests do."""

        def __repr__(self) -> str:
            return "<Quiet>"

    monkeypatch.setattr("relyingparty.transports.urllib._Connection.connect", connect)
    with pytest.raises(fault) as raised:
        send(BLOCKING["urllib"](), Quiet("http://127.0.0.1:1/", "POST", [("authorization", "canary")], b"canary"))
    assert leaks(raised.value, "canary") == []


@pytest.mark.skipif(not hasattr(ssl.SSLContext, "keylog_filename"), reason="OpenSSL writes no keys")
def test_u13_the_keys_of_connections_are_written_into_no_file(
    constructor: Constructor, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "keys"
    monkeypatch.setenv("SSLKEYLOGFILE", str(file))
    with hostile_server(server_tls(authority.issue_cert("127.0.0.1"))) as server:
        answer = send(constructor(ca_pem=authority.cert_pem.bytes().decode()), StandIn(f"{server.url}/fine"))
    assert isinstance(answer, HttpResponse)
    assert not file.exists()
