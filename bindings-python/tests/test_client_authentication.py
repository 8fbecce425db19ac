"""How a client says who it is: with a key of its own or of a KMS, with its secret, with an assertion from elsewhere."""

from __future__ import annotations

import asyncio
import hmac
import threading
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from client_keys import KEYS, ed25519_jwk, is_good, part, pem, signature
from parties import Make, OnLoop, log_in, settled
from relyingparty import (
    Assertion,
    AssertionRequest,
    AsyncRelyingParty,
    CallbackParams,
    Client,
    Error,
    HttpRequest,
    HttpResponse,
    Issuer,
    MisuseError,
    PendingLogin,
    Provider,
    Registration,
    SigningKey,
    SignRequest,
    TransportError,
    Unreachable,
    run,
    token_file,
)
from scripted import CALLBACK, ISSUER, NOW, ScriptedOp, base64url
from test_tracebacks import leaks

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SECRET = "canary-secret-of-at-least-sixty-four-octets-as-HS512-wants-them!!"
ENTROPY = bytes(range(32))


def forms(op: ScriptedOp) -> list[dict[str, str]]:
    """What was sent to the token endpoint since the last call."""
    asked, op.asked = op.asked, []
    sent = [parse_qs(request.body.decode()) for request in asked if request.endpoint == "token"]
    assert all(len(values) == 1 for form in sent for values in form.values())
    return [{name: value for name, [value] in form.items()} for form in sent]


def assertion_of(form: dict[str, str]) -> str:
    assert (form["client_id"], form["client_assertion_type"]) == ("client", JWT_BEARER)
    assert "client_secret" not in form
    return form["client_assertion"]


@pytest.mark.parametrize("alg", [*KEYS, "PS256", "Ed25519"])
def test_f3_k4_a_key_signs_an_assertion_for_the_issuer_that_lives_for_a_minute(make: Make, alg: str) -> None:
    key = KEYS[{"PS256": "RS256", "Ed25519": "EdDSA"}.get(alg, alg)]
    op = ScriptedOp()
    rp = make(op, signing_keys=[SigningKey.from_key(key, kid="k-1", alg=alg)])
    session = log_in(rp, op)
    settled(rp.refresh(session))
    settled(rp.refresh_token("canary-elsewhere", "alice"))
    assertions = [assertion_of(form) for form in forms(op)]
    for assertion in assertions:
        assert is_good(assertion, key)
        assert part(assertion, 0) == {"typ": "client-authentication+jwt", "alg": alg, "kid": "k-1"}
        claims = part(assertion, 1)
        jti = claims.pop("jti")
        assert claims == {"iss": "client", "sub": "client", "aud": ISSUER, "iat": NOW, "exp": NOW + 60}
        assert len(jti) == 43
    assert len({part(assertion, 1)["jti"] for assertion in assertions}) == 3


def test_a_key_is_named_by_its_certificate_for_who_wants_that(make: Make) -> None:
    digest, op = base64url(sha256(b"the DER of a certificate").digest()), ScriptedOp()
    kms = SigningKey.from_callable(lambda *_: b"x" * 64, alg="EdDSA", kid="k", x5t_s256=digest)
    for key in (SigningKey.from_jwk(ed25519_jwk(), kid="k", x5t_s256=digest), kms):
        log_in(make(op, signing_keys=[key]), op)
        first = part(assertion_of(forms(op)[0]), 0)
        assert first == {"typ": "client-authentication+jwt", "alg": "EdDSA", "kid": "k", "x5t#S256": digest}


def test_k4_an_assertion_for_the_token_endpoint_is_an_option_that_has_a_name(make: Make) -> None:
    op = ScriptedOp()
    log_in(make(op, signing_keys=[ed25519_jwk()], client_assertion_audience="token_endpoint"), op)
    assert part(assertion_of(forms(op)[0]), 1)["aud"] == f"{ISSUER}/token"


@pytest.mark.parametrize("alg", [None, "HS256", "HS384", "HS512"])
def test_a_secret_signs_where_the_registration_says_so(make: Make, alg: str | None) -> None:
    op = ScriptedOp()
    more = {} if alg is None else {"token_endpoint_auth_signing_alg": alg}
    log_in(make(op, client_secret=SECRET, token_endpoint_auth_method="client_secret_jwt", **more), op)
    [form] = forms(op)
    assertion = assertion_of(form)
    assert part(assertion, 0)["alg"] == (alg or "HS256")
    signing_input, _, tag = assertion.rpartition(".")
    digest = "sha" + (alg or "HS256")[2:]
    assert base64url(hmac.digest(SECRET.encode(), signing_input.encode(), digest)) == tag


def test_only_a_client_that_signs_draws_randomness_for_it(make: Make) -> None:
    drawn: list[int] = []

    def entropy(octets: int) -> bytes:
        drawn.append(octets)
        return bytes(range(len(drawn), len(drawn) + octets))

    op = ScriptedOp()
    for options, draws in (({"client_secret": SECRET}, 1), ({}, 1), ({"signing_keys": [ed25519_jwk()]}, 4)):
        drawn.clear()
        rp = make(op, entropy=entropy, **options)
        session = log_in(rp, op)
        settled(rp.refresh(session))
        settled(rp.refresh_token("canary-elsewhere", "alice"))
        assert drawn == [32] * draws, options


def test_keys_are_published_in_the_order_in_which_they_are_given(make: Make) -> None:
    next_one = SigningKey.from_pem(pem(KEYS["ES256"]), kid="next")
    rp = make(ScriptedOp(), signing_keys=[ed25519_jwk(kid="current"), next_one], dpop_keys=[KEYS["ES384"]])
    assert [key["kid"] for key in rp.jwks()["keys"]] == ["current", "next"]
    assert rp.jwks()["keys"][1] == next_one.public_jwk
    assert make(ScriptedOp()).jwks() == {"keys": []}


@pytest.mark.parametrize("alg", KEYS)
def test_a_kms_is_asked_for_each_signature(make: Make, alg: str) -> None:
    asked: list[tuple[bytes, str]] = []

    def sign(signing_input: bytes, alg: str) -> bytes:
        asked.append((signing_input, alg))
        return signature(KEYS[alg], signing_input, alg)

    op = ScriptedOp()
    rp = make(op, signing_keys=[SigningKey.from_callable(sign, alg=alg, kid="in the KMS")])
    settled(rp.refresh(log_in(rp, op)))
    assertions = [assertion_of(form) for form in forms(op)]
    assert [is_good(assertion, KEYS[alg]) for assertion in assertions] == [True, True]
    assert asked == [(assertion.rpartition(".")[0].encode(), alg) for assertion in assertions]
    assert part(assertions[0], 0)["kid"] == "in the KMS"


def test_a_kms_may_be_one_of_asyncio() -> None:
    async def sign(signing_input: bytes, alg: str) -> bytes:
        await asyncio.sleep(0)
        return signature(KEYS["ES256"], signing_input, alg)

    async def assertion() -> str:
        await asyncio.sleep(0)
        return "a.b.c"

    op = ScriptedOp()
    for options in ({"signing_keys": [SigningKey.from_callable(sign, alg="ES256")]}, {"client_assertion": assertion}):
        rp = AsyncRelyingParty(ISSUER, "client", CALLBACK, transport=OnLoop(op), clock=lambda: NOW, **options)
        assert log_in(rp, op).sub == "alice"
        sent = assertion_of(forms(op)[0])
        assert sent == "a.b.c" or is_good(sent, KEYS["ES256"])


def test_each_key_has_its_own_function(make: Make) -> None:
    def signer(name: str) -> SigningKey:
        def sign(signing_input: bytes, alg: str) -> bytes:
            return signature(KEYS[name], signing_input, alg)

        return SigningKey.from_callable(sign, alg=name)

    op = ScriptedOp()
    for first, second in (("ES256", "EdDSA"), ("EdDSA", "ES256")):
        log_in(make(op, signing_keys=[signer(first), signer(second)]), op)
        assert is_good(assertion_of(forms(op)[0]), KEYS[first])


DER = b"\x30\x45" + b"\x01" * 69
NONSENSE: list[tuple[Any, str, str]] = [
    (b"", "signature_unusable", "of the wrong length"),
    (b"\x01" * 63, "signature_unusable", "of the wrong length"),
    (DER, "signature_unusable", "in DER, and JWS wants r and s alone"),
    (None, "unreachable", "the function of the signing key returned no bytes but NoneType"),
    ("canary", "unreachable", "the function of the signing key returned no bytes but str"),
    (bytearray(64), "unreachable", "the function of the signing key returned no bytes but bytearray"),
]


@pytest.mark.parametrize(("given", "code", "reason"), NONSENSE, ids=[repr(given)[:20] for given, _, _ in NONSENSE])
def test_k7_a_kms_that_answers_nonsense_is_told_so(make: Make, given: Any, code: str, reason: str) -> None:
    op = ScriptedOp()
    rp = make(op, signing_keys=[SigningKey.from_callable(lambda *_: given, alg="ES256")])
    with pytest.raises(Error) as raised:
        log_in(rp, op)
    assert (raised.value.code, raised.value.details["reason"]) == (code, reason)
    assert forms(op) == [], "nothing was sent"


def test_what_a_kms_raises_is_the_cause(make: Make) -> None:
    def sign(signing_input: bytes, alg: str) -> bytes:
        given = signing_input
        raise LookupError(f"no key of {len(given)} octets")

    op = ScriptedOp()
    rp = make(op, signing_keys=[SigningKey.from_callable(sign, alg="ES256")])
    with pytest.raises(TransportError) as raised:
        log_in(rp, op)
    error = raised.value
    assert (error.code, error.details) == (
        "unreachable",
        {"endpoint": "client_assertion", "reason": "the function failed (LookupError)"},
    )
    assert isinstance(error.__cause__, LookupError)
    assert error.__cause__.__traceback__ is None, "its frames hold what was to be signed"
    assert error.is_retryable


def test_k1_an_assertion_from_elsewhere_is_had_anew_for_each_request(make: Make) -> None:
    op, count = ScriptedOp(), iter(range(1, 10))
    rp = make(op, client_assertion=lambda: f"assertion-{next(count)}")
    session = log_in(rp, op)
    settled(rp.refresh(session))
    settled(rp.userinfo(session))
    assert [assertion_of(form) for form in forms(op)] == ["assertion-1", "assertion-2"]


def test_an_assertion_may_be_of_another_type(make: Make) -> None:
    spiffe = "urn:ietf:params:oauth:client-assertion-type:jwt-spiffe"
    op = ScriptedOp()
    log_in(make(op, client_assertion=lambda: "a.b.c", client_assertion_type=spiffe), op)
    [form] = forms(op)
    assert (form["client_assertion"], form["client_assertion_type"]) == ("a.b.c", spiffe)


UNUSABLE: list[tuple[Any, str, str]] = [
    ("", "assertion_unusable", "empty"),
    ("canary-assertion\n", "assertion_unusable", "a line end"),
    ("canary assertion", "assertion_unusable", "blank"),
    ("canary-\ud800", "assertion_unusable", "character"),
    ("canary-" * 10_000, "assertion_unusable", "longer than 65536 bytes"),
    (b"canary-assertion", "unreachable", "client_assertion returned no text but bytes"),
    (None, "unreachable", "client_assertion returned no text but NoneType"),
]


@pytest.mark.parametrize(("given", "code", "reason"), UNUSABLE, ids=[ascii(given)[:20] for given, _, _ in UNUSABLE])
def test_u9_an_assertion_that_cannot_be_sent_is_refused_and_not_shown(
    make: Make, given: Any, code: str, reason: str
) -> None:
    op = ScriptedOp()
    rp = make(op, client_assertion=lambda: given)
    with pytest.raises(Error) as raised:
        log_in(rp, op)
    assert raised.value.code == code and reason in raised.value.details["reason"]
    assert leaks(raised.value, "canary") == []
    assert forms(op) == []


def test_u9_an_assertion_is_in_no_frame_when_the_provider_is_away(make: Make) -> None:
    class Away(ScriptedOp):
        def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
            if request.endpoint == "token":
                self.asked.append(request)
                raise OSError(5, "away")
            return super().send(request)

    op = Away()
    keys = [SigningKey.from_jwk(ed25519_jwk())]
    for options in ({"client_assertion": lambda: "canary-assertion"}, {"signing_keys": keys}):
        with pytest.raises(TransportError) as raised:
            log_in(make(op, **options), op)
        sent = assertion_of(forms(op)[-1])
        assert leaks(raised.value, sent, "canary") == []


def test_a_file_is_read_for_each_request(make: Make, tmp_path: Path) -> None:
    file = tmp_path / "token"
    op = ScriptedOp()
    rp = make(op, client_assertion=token_file(file))
    contents = {b"first": "first", b"second\n": "second", b"third\r\n": "third"}
    for content, expected in contents.items():
        file.write_bytes(content)
        log_in(rp, op)
        assert assertion_of(forms(op)[0]) == expected
    assert token_file(str(file))() == "third"


FILES: list[tuple[bytes | None, str, str]] = [
    (None, "unreachable", "No such file or directory"),
    (b"", "unreachable", "the file is empty"),
    (b"\n", "unreachable", "the file is empty"),
    (b"canary-\xff", "unreachable", "the file holds no token"),
    ("canary-ä".encode(), "unreachable", "the file holds no token"),
    (b"canary\n\n", "assertion_unusable", ""),
    (b"canary canary", "assertion_unusable", ""),
    (b"canary-" * 10_000, "assertion_unusable", ""),
]


@pytest.mark.parametrize(("content", "code", "reason"), FILES, ids=[str(content)[:20] for content, _, _ in FILES])
def test_u9_a_file_that_holds_no_token_is_named_and_its_content_is_not(
    make: Make, tmp_path: Path, content: bytes | None, code: str, reason: str
) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    op = ScriptedOp()
    with pytest.raises(Error) as raised:
        log_in(make(op, client_assertion=token_file(file)), op)
    assert raised.value.code == code
    if reason:
        assert raised.value.details["reason"] == f"{file}: {reason}"
        with pytest.raises(Exception, match=reason) as direct:
            token_file(file)()
        assert leaks(direct.value, "canary") == []
    assert leaks(raised.value, "canary") == []


def test_a_path_is_one() -> None:
    for odd in ("", None, 1, b"", True):
        with pytest.raises(Error) as raised:
            token_file(odd)  # type: ignore[arg-type]
        assert raised.value.details["member"] == "token_file"


def test_threads_share_a_key(make: Make) -> None:
    op = ScriptedOp()
    rp = make(op, signing_keys=[KEYS["RS256"]])
    session, jtis = log_in(rp, op), set()
    forms(op)
    threads = [
        threading.Thread(target=lambda: settled(rp.refresh_token(session.refresh_token, "alice"))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    for form in forms(op):
        jtis.add(part(assertion_of(form), 1)["jti"])
    assert len(jtis) == 8


def client(op: ScriptedOp, **registration: Any) -> Client:
    provider = run(Provider.discover(Issuer(ISSUER), clock=lambda: NOW), op.send)  # type: ignore[arg-type]
    made = Registration(client_id="client", redirect_uri=CALLBACK, **registration)
    return Client(provider, made, clock=lambda: NOW)


def test_a_flow_asks_its_host_to_sign_or_for_an_assertion() -> None:
    def sign(signing_input: bytes, alg: str) -> bytes:
        return signature(KEYS["ES256"], signing_input, alg)

    op = ScriptedOp()
    key = SigningKey.from_callable(sign, alg="ES256", kid="k")
    seen: list[str] = []

    def answer(request: Any) -> Any:
        seen.append(repr(request))
        if isinstance(request, SignRequest):
            assert (request.alg, request.key, request.purpose) == ("ES256", key, "client_assertion")
            assert part(request.signing_input.decode() + ".", 1)["aud"] == ISSUER
            return request.sign()
        if isinstance(request, AssertionRequest):
            assert (request.assertion_type, request.audience) == (JWT_BEARER, ISSUER)
            return Assertion("canary-assertion")
        return op.send(request)

    for options in ({"signing_keys": [key]}, {"client_assertion_type": JWT_BEARER}):
        sans_io = client(op, **options)
        assert sans_io.needs_entropy()
        started = sans_io.authorize(ENTROPY)
        code = sans_io.callback(started.pending, CallbackParams.parse(op.browser(started.url)))
        assert run(sans_io.exchange(code, ENTROPY), answer).sub == "alice"
    assert seen[0] == "<SignRequest(client_assertion, ES256)>"
    assert f"<AssertionRequest for {ISSUER}>" in seen
    assert "canary" not in repr(Assertion("canary"))


def test_a_client_that_signs_needs_entropy_and_says_so() -> None:
    op = ScriptedOp()
    sans_io = client(op, signing_keys=[ed25519_jwk()])
    assert not client(op, client_secret=SECRET).needs_entropy()
    started = sans_io.authorize(ENTROPY)
    stored, back = started.pending.encode(), CallbackParams.parse(op.browser(started.url))
    for entropy, code in ((None, "entropy_missing"), (b"", "weak_entropy"), (bytes(32), "weak_entropy")):
        arrived = sans_io.callback(PendingLogin.decode(stored), back)
        with pytest.raises(MisuseError) as raised:
            sans_io.exchange(arrived, entropy)
        assert raised.value.code == code
        with pytest.raises(MisuseError) as raised:
            sans_io.refresh_token("canary", "alice", entropy)
        assert raised.value.code == code
