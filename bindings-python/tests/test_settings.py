"""What an option may be, at every depth: nothing that is missing, empty or merely truthy makes a check go away.

``claims`` of ``authorize`` is the core's to judge, and has tests of its own there.
"""

from __future__ import annotations

import math
import types
from collections.abc import Callable, Iterator
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest

from exchange import TRANSPORTS, Constructor
from relyingparty import (
    AsyncRelyingParty,
    Cache,
    ConfigurationError,
    Error,
    Issuer,
    MemoryStore,
    MisuseError,
    PendingLogin,
    RelyingParty,
    Session,
    SigningKey,
    ThreadedTransport,
    UrllibTransport,
)
from relyingparty.options import (
    AuthorizeOptions,
    EndSessionOptions,
    Expectations,
    PolicyOptions,
    PrivateKey,
    RegistrationOptions,
    TokenOptions,
)
from scripted import CALLBACK, ISSUER, NOW, ScriptedOp, log_in, relying_party

ODD: list[Any] = [
    *(None, "", [], {}, (), b"", b"x", object(), set(), [None], [""], [[]], {"": None}, {1: 2}, {"a": None}, {"a": 1}),
    *(True, False, 0, 1, -1, 2**70, 1.5, -0.0, math.nan, math.inf, "false", "true", "0", "no", "\ud800", lambda: None),
]


def loop() -> list[Any]:
    made: list[Any] = []
    made.append(made)
    return made


ODD.append(loop())


def fits(value: Any, kind: Any) -> bool:
    """Whether ``value`` is of the type that an option has."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        return value in arguments and type(value) is str
    if kind in (SigningKey, bytes):
        return isinstance(value, kind)
    if kind is PrivateKey:
        return hasattr(value, "private_bytes")
    if kind in (str, int, bool):
        return type(value) is kind
    if origin is types.UnionType:
        return any(fits(value, one) for one in arguments)
    if origin is not None and origin.__name__ == "Sequence":
        return isinstance(value, list | tuple) and all(fits(one, arguments[0]) for one in value)
    if origin is not None and origin.__name__ == "Mapping":
        return isinstance(value, dict) and all(
            fits(name, arguments[0]) and fits(one, arguments[1]) for name, one in value.items()
        )
    raise AssertionError(kind)


def session_of(op: ScriptedOp) -> Session:
    return log_in(relying_party(op), op)


OP = ScriptedOp()
SESSION = session_of(OP)
RP = relying_party(OP)
KMS = SigningKey.from_callable(lambda signing_input, alg: b"", alg="ES256")
RP.authorize()
POSITIONS: dict[str, tuple[Any, Callable[[str, Any], object]]] = {
    "policy": (PolicyOptions, lambda name, value: relying_party(OP, policy={name: value})),
    "registration": (RegistrationOptions, lambda name, value: relying_party(OP, **{name: value})),
    "authorize": (AuthorizeOptions, lambda name, value: RP.authorize(**{name: value})),
    "refresh": (TokenOptions, lambda name, value: RP.refresh(SESSION, **{name: value})),
    "refresh_token": (TokenOptions, lambda name, value: RP.refresh_token("canary", "alice", **{name: value})),
    "end_session": (EndSessionOptions, lambda name, value: RP.end_session(**{name: value})),
    "verify": (Expectations, lambda name, value: RP.verify(OP.id_token(), **{name: value})),
}


def tree() -> Iterator[tuple[str, str, Any]]:
    for position, (options, _) in POSITIONS.items():
        for name, kind in get_type_hints(options).items():
            if (position, name) not in [("authorize", "claims"), ("authorize", "return_to")]:
                yield position, name, kind


@pytest.mark.parametrize(("position", "name", "kind"), list(tree()))
def test_u1_u13_an_option_of_another_type_is_an_error_of_ours(position: str, name: str, kind: Any) -> None:
    _, use = POSITIONS[position]
    for value in ODD:
        try:
            use(name, value)
        except Error as error:
            if not fits(value, kind):
                assert error.code == "invalid_configuration", (value, error)
        else:
            assert fits(value, kind), f"{value!r} is taken"


def test_a_return_to_of_any_type_ends_no_login() -> None:
    op = ScriptedOp()
    rp = relying_party(op)
    for value in [*ODD, "me", "https://evil.example/", "//evil.example", "/a\n", "/\ud800", "/" * 20_000_000, Page()]:
        started = rp.authorize(return_to=value)
        assert started.return_to_dropped, repr(value)[:80]
        assert rp.callback(op.browser(started.url), started.id).return_to is None
    started = rp.authorize(return_to="/inbox")
    assert (started.return_to_dropped, started.pending.return_to) == (None, "/inbox")


class Page:
    def __str__(self) -> str:
        return "/inbox"

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)


CONSTRUCTOR: dict[str, Callable[[Any], bool]] = {
    "issuer": lambda value: False,
    "client_id": lambda value: isinstance(value, str) and value != "" and value.isascii(),
    "redirect_uri": lambda value: False,
    "client_secret": lambda value: value is None or (isinstance(value, str) and value != "" and value.isascii()),
    "scopes": lambda value: value is None,
    "policy": lambda value: value is None or value == {},
    "store": lambda value: value is None,
    "transport": lambda value: value is None,
    "verifier": lambda value: value is None or callable(value),
    "cache": lambda value: value is None,
    "clock": callable,
    "entropy": callable,
    "client_assertion": lambda value: value is None or callable(value),
    "signing_keys": lambda value: False,
    "dpop_keys": lambda value: False,
    "sealing_keys": lambda value: False,
    "allow_insecure_loopback": lambda value: value is True or value is False,
    "ca_file": lambda value: value is None,
    "ca_pem": lambda value: value is None,
}


@pytest.mark.parametrize("party", [RelyingParty, AsyncRelyingParty])
@pytest.mark.parametrize("name", CONSTRUCTOR)
def test_u1_u13_a_setting_of_another_type_is_an_error_of_ours(name: str, party: Any) -> None:
    for value in ODD:
        given: dict[str, Any] = {"issuer": ISSUER, "client_id": "client", "redirect_uri": CALLBACK, name: value}
        try:
            party(**given)
        except ConfigurationError:
            assert not CONSTRUCTOR[name](value), f"{value!r} is refused"
        else:
            assert CONSTRUCTOR[name](value), f"{value!r} is taken"


@pytest.mark.parametrize("constructor", TRANSPORTS.values(), ids=TRANSPORTS)
def test_u13_only_true_turns_verification_off(constructor: Constructor) -> None:
    for value in ODD:
        if value is not True and value is not False:
            with pytest.raises(ConfigurationError) as raised:
                constructor(danger_accept_invalid_certs=value)
            assert raised.value.details["member"] == "danger_accept_invalid_certs"
    for name in ("ca_file", "ca_pem"):
        for value in ["", b"", "nothing", [], {}, 0, False, True, object()]:
            with pytest.raises(ConfigurationError) as raised:
                constructor(**{name: value})
            assert raised.value.details["member"] == name


@pytest.mark.parametrize(
    ("options", "member"),
    [
        ({"policy": {"allowed_skew_secs": 600}}, "allowed_skew_secs"),
        ({"policy": {"max_keys": 0}}, "max_keys"),
        ({"redirect_uri": "/callback"}, "redirect_uri"),
        ({"redirect_uri": "http://app.example/callback"}, "redirect_uri"),
        ({"client_id": ""}, "client_id"),
        ({"client_secret": ""}, "client_secret"),
        ({"scopes": ["profile"]}, "scopes"),
        ({"scopes": "openid profile"}, "scopes"),
        ({"post_logout_redirect_uri": "javascript:alert(1)"}, "post_logout_redirect_uri"),
        ({"end_session_endpoint": "http://elsewhere.example/"}, "end_session_endpoint"),
        ({"token_endpoint_auth_method": "client_secret_basic"}, "client_secret"),
        ({"id_token_signed_response_alg": "HS256", "client_secret": "short"}, "client_secret"),
        ({"policy": {"signatures": "host"}}, "verifier"),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "signing_keys"),
        ({"token_endpoint_auth_method": "client_secret_jwt"}, "client_secret"),
        ({"token_endpoint_auth_method": "client_secret_jwt", "client_secret": "short"}, "client_secret"),
        ({"token_endpoint_auth_method": "client_assertion"}, "client_assertion_type"),
        ({"token_endpoint_auth_method": "tls_client_auth"}, "tls_client_certificate"),
        ({"tls_client_certificate": True}, "tls_client_certificate"),
        ({"token_endpoint_auth_signing_alg": "RS256", "signing_keys": [KMS]}, "token_endpoint_auth_signing_alg"),
        ({"client_assertion_audience": "https://op.example"}, "client_assertion_audience"),
        ({"client_assertion_type": "urn:example:kind"}, "client_assertion"),
        ({"client_assertion": "a.b.c"}, "client_assertion"),
        ({"client_assertion": str, "client_assertion_type": "jwt"}, "client_assertion_type"),
        ({"signing_keys": []}, "signing_keys"),
        ({"dpop_keys": [KMS]}, "dpop_keys"),
        ({"transport": lambda request: None}, "transport"),
        ({"transport": UrllibTransport}, "transport"),
        ({"policy": {"local_hosts": ["*.cluster.local"]}}, "local_hosts"),
        ({"policy": {"local_hosts": "keycloak"}}, "local_hosts"),
        ({"policy": {"danger_http_hosts": ["http://keycloak:8080"]}}, "danger_http_hosts"),
        ({"store": dict()}, "store"),
        ({"store": MemoryStore}, "store"),
        ({"cache": Cache}, "cache"),
        ({"transport": UrllibTransport(), "ca_pem": "x"}, "ca_file"),
    ],
)
@pytest.mark.parametrize("party", [RelyingParty, AsyncRelyingParty])
def test_what_cannot_work_is_said_when_it_is_given(options: dict[str, Any], member: str, party: Any) -> None:
    with pytest.raises(ConfigurationError) as raised:
        party(**{"issuer": ISSUER, "client_id": "client", "redirect_uri": CALLBACK, **options})
    assert raised.value.details["member"] == member
    assert member in str(raised.value)


class Awaited:
    async def send(self, request: Any) -> Any: ...
    async def put(self, id: str, pending: str, max_age: int) -> None: ...
    async def take(self, id: str) -> str | None: ...
    async def __call__(self, request: Any) -> bool:
        return True


async def verifies(request: Any) -> bool:
    return True


async def signs(signing_input: bytes, alg: str) -> bytes:
    return b""


async def asserts() -> str:
    return ""


@pytest.mark.parametrize(
    ("party", "options", "member"),
    [
        (RelyingParty, {"transport": Awaited()}, "transport"),
        (RelyingParty, {"transport": ThreadedTransport(UrllibTransport())}, "transport"),
        (RelyingParty, {"store": Awaited()}, "store"),
        (RelyingParty, {"verifier": verifies}, "verifier"),
        (RelyingParty, {"client_assertion": asserts}, "client_assertion"),
        (RelyingParty, {"signing_keys": [SigningKey.from_callable(signs, alg="ES256")]}, "signing_key"),
        (AsyncRelyingParty, {"transport": UrllibTransport()}, "transport"),
    ],
)
def test_what_is_for_the_other_kind_of_program_is_refused(party: Any, options: dict[str, Any], member: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        party(ISSUER, "client", CALLBACK, **options)
    assert raised.value.details["member"] == member


def test_a_cache_that_is_set_later_is_judged_too() -> None:
    rp = relying_party(OP)
    with pytest.raises(ConfigurationError):
        rp.cache = None  # type: ignore[assignment]


@pytest.mark.parametrize(
    "shown",
    [math.inf, -math.inf, math.nan, -1, -0.5, "1800000000", None, True, b"1", 1e300, 2**80, NOW * 1000, object()],
)
def test_a_clock_that_shows_no_time_is_not_believed(shown: Any) -> None:
    op = ScriptedOp()
    time: list[Any] = [NOW]
    rp = relying_party(op, clock=lambda: time[0])
    session = log_in(rp, op)
    started = rp.authorize()
    back = op.browser(started.url)
    time[0] = shown
    for verb in (
        rp.authorize,
        lambda: rp.callback(back, started.id),
        lambda: rp.refresh(session),
        lambda: rp.userinfo(session),
        lambda: rp.verify(session.id_token),
        lambda: rp.restore(session.encode()),
        rp.end_session,
    ):
        with pytest.raises(MisuseError) as raised:
            verb()
        assert raised.value.code == "implausible_clock"
    time[0] = NOW
    assert rp.callback(back, started.id).sub == "alice"


@pytest.mark.parametrize("text", ["\ud800", '{"v":1,"\udfff":0}', None, b"{}", 1, [], {}])
def test_stored_texts_that_are_no_text_end_in_an_error_of_ours(text: Any) -> None:
    rp = relying_party(OP)
    with pytest.raises(MisuseError) as raised:
        rp.restore(text)
    assert raised.value.code == "unreadable_session"
    with pytest.raises(MisuseError) as raised:
        Cache.from_json(text)
    assert raised.value.code == "unreadable_cache"
    if text is not None:
        with pytest.raises(MisuseError) as raised:
            PendingLogin.decode(text)
        assert raised.value.code == "unreadable_pending_login"
    with pytest.raises(ConfigurationError) as refused:
        Issuer(text)
    assert refused.value.code == "invalid_issuer"


def test_u4_names_of_options_are_shown_by_harmless_characters_alone() -> None:
    name = '<img src=x onerror="alert(1)">\u202e'
    rp = relying_party(ScriptedOp())
    for value in (1, None, {1, 2}, object()):
        options: dict[str, Any] = {name: value}
        for refused in (lambda: rp.authorize(**options), lambda: relying_party(ScriptedOp(), **options)):  # noqa: B023
            with pytest.raises(ConfigurationError) as raised:
                refused()
            assert raised.value.code == "invalid_configuration"
            assert not set(str(raised.value)) & set("<>\"'&\\\u202e")
