"""Keys that a client signs with: what they are read from, and what is said of those that are no good."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa, x25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from client_keys import KEYS, SEED, PrivateKey, ed25519_jwk, pem, thumbprint
from relyingparty import ConfigurationError, Registration, SigningKey
from scripted import CALLBACK, base64url

EC = KEYS["ES256"]
PLAIN = (Encoding.PEM, PrivateFormat.PKCS8)


def refusal(work: Any) -> str:
    with pytest.raises(ConfigurationError) as raised:
        work()
    assert raised.value.code == "invalid_configuration"
    return raised.value.details["reason"]


@pytest.mark.parametrize("alg", KEYS)
def test_a_key_is_the_same_whatever_it_is_read_from(alg: str) -> None:
    key = KEYS[alg]
    read = [SigningKey.from_pem(pem(key)), SigningKey.from_pem(pem(key).encode()), SigningKey.from_key(key)]
    assert {one.alg for one in read} == {alg}
    assert {one.kid for one in read} == {None}
    [jwk] = [json.loads(text) for text in {json.dumps(one.public_jwk) for one in read}]
    assert (jwk["alg"], jwk["use"]) == (alg, "sig")
    assert {one.thumbprint for one in read} == {thumbprint(jwk)}


def test_a_jwk_says_how_it_is_called_and_what_it_is_for() -> None:
    jwk = ed25519_jwk(kid="k-1", alg="Ed25519", use="sig")
    for given in (jwk, json.dumps(jwk), json.dumps(jwk).encode()):
        key = SigningKey.from_jwk(given)
        assert (key.kid, key.alg) == ("k-1", "Ed25519")
    other = SigningKey.from_jwk(jwk, kid="k-2", alg="EdDSA")
    assert (other.kid, other.alg) == ("k-2", "EdDSA")
    assert other.public_jwk == {
        **{name: jwk[name] for name in ("kty", "crv", "x")},
        **{"kid": "k-2", "alg": "EdDSA", "use": "sig"},
    }
    assert other.thumbprint == thumbprint(jwk)


def test_an_rsa_key_signs_with_any_of_its_algorithms() -> None:
    for alg in ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"):
        assert SigningKey.from_key(KEYS["RS256"], kid="k", alg=alg).alg == alg
    for alg in ("ES256", "HS256", "EdDSA"):
        assert "type" in refusal(lambda alg=alg: SigningKey.from_key(KEYS["RS256"], alg=alg))
    for odd in ("none", "RS1", "rs256", "", 1, b"RS256", "\ud800"):
        assert "algorithm" in refusal(lambda odd=odd: SigningKey.from_key(KEYS["RS256"], alg=odd))


def public(key: PrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


UNUSABLE: dict[str, tuple[Any, str]] = {
    "no PEM": (lambda: SigningKey.from_pem("canary"), "is not PEM"),
    "no text": (lambda: SigningKey.from_pem(1), "is not text"),  # type: ignore[arg-type]
    "no bytes of text": (lambda: SigningKey.from_pem(b"\xff"), "is not text"),
    "half a character": (lambda: SigningKey.from_pem("\ud800"), "is not Unicode text"),
    "encrypted": (
        lambda: SigningKey.from_pem(EC.private_bytes(*PLAIN, BestAvailableEncryption(b"x"))),
        "is encrypted",
    ),
    "SEC 1": (
        lambda: SigningKey.from_pem(
            EC.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
        ),
        "is not PKCS#8",
    ),
    "public PEM": (lambda: SigningKey.from_pem(public(EC)), "is public"),
    "public JWK": (lambda: SigningKey.from_jwk({**ed25519_jwk(), "d": None}), ""),
    "public JWK without d": (
        lambda: SigningKey.from_jwk({name: value for name, value in ed25519_jwk().items() if name != "d"}),
        "is public",
    ),
    "another curve": (lambda: SigningKey.from_key(ec.generate_private_key(ec.SECP256K1())), ""),
    "Ed448": (lambda: SigningKey.from_key(ed448.Ed448PrivateKey.generate()), ""),
    "X25519": (lambda: SigningKey.from_key(x25519.X25519PrivateKey.generate()), ""),
    "a small RSA key": (lambda: SigningKey.from_key(rsa.generate_private_key(65537, 1024)), ""),
    "a public key": (lambda: SigningKey.from_key(EC.public_key()), "is no private key of the package cryptography"),  # type: ignore[arg-type]
    "no key": (lambda: SigningKey.from_key(1), "is no private key of the package cryptography"),  # type: ignore[arg-type]
    "another half": (lambda: SigningKey.from_jwk(ed25519_jwk(x=base64url(b"x" * 32))), ""),
    "a key set": (lambda: SigningKey.from_jwk({"keys": [ed25519_jwk()]}), "is a key set"),
    "for encryption": (lambda: SigningKey.from_jwk(ed25519_jwk(use="enc")), "is not for signatures"),
    "a secret": (lambda: SigningKey.from_jwk({"kty": "oct", "k": "canary"}), ""),
    "no JSON": (lambda: SigningKey.from_jwk("canary"), "is not JSON"),
    "no value of JSON": (lambda: SigningKey.from_jwk({"kty": {1, 2}}), "is no JWK"),
    "no name": (lambda: SigningKey.from_pem(pem(EC), kid=""), "the kid is empty"),
    "a name of another type": (lambda: SigningKey.from_pem(pem(EC), kid=1), "is not text"),  # type: ignore[arg-type]
    "a long name": (lambda: SigningKey.from_pem(pem(EC), kid="k" * 1025), "longer than 1024"),
    "no thumbprint": (lambda: SigningKey.from_pem(pem(EC), x5t_s256="AA"), "no SHA-256 in base64url"),
    "a thumbprint of another type": (lambda: SigningKey.from_pem(pem(EC), x5t_s256=1), "is not text"),  # type: ignore[arg-type]
    "no function": (lambda: SigningKey.from_callable(1, alg="ES256"), "cannot be called"),  # type: ignore[arg-type]
    "a private key beside a function": (
        lambda: SigningKey.from_callable(print, alg="EdDSA", jwk=ed25519_jwk()),  # type: ignore[arg-type]
        "private members",
    ),
    "a function with a secret": (lambda: SigningKey.from_callable(print, alg="HS256"), "shared secret"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_what_is_no_key_is_refused_without_being_shown(name: str) -> None:
    work, reason = UNUSABLE[name]
    said = refusal(work)
    assert reason in said
    assert "canary" not in said and base64url(SEED)[:10] not in said


@pytest.mark.parametrize("member", ["signing_keys", "dpop_keys"])
def test_an_option_lists_keys_of_every_kind(member: str) -> None:
    jwk = ed25519_jwk(kid="in the JWK")
    kinds = [SigningKey.from_pem(pem(EC), kid="named"), pem(EC), pem(EC).encode(), jwk, json.dumps(jwk), EC]
    for given in (kinds, tuple(kinds)):
        options: dict[str, Any] = {"client_id": "client", "redirect_uri": CALLBACK, member: given}
        published = Registration(**options).jwks()["keys"]
        assert len(published) == (6 if member == "signing_keys" else 0)
        assert all("d" not in key for key in published)
        if published:
            assert [key.get("kid") for key in published] == ["named", None, None, "in the JWK", "in the JWK", None]


@pytest.mark.parametrize("member", ["signing_keys", "dpop_keys"])
def test_a_list_of_keys_is_one_and_has_some(member: str) -> None:
    def registered(given: Any) -> Registration:
        options: dict[str, Any] = {"client_id": "client", "redirect_uri": CALLBACK, member: given}
        return Registration(**options)

    odd: Any
    for odd in (None, [], (), pem(EC), ed25519_jwk(), EC, 1, [1], [None], [[]], ["canary"], [{}], [EC, object()]):
        with pytest.raises(ConfigurationError) as raised:
            registered(odd)
        assert (raised.value.code, raised.value.details["member"]) == ("invalid_configuration", member)
        assert "canary" not in str(raised.value)


def test_a_function_may_leave_out_what_only_others_need() -> None:
    key = SigningKey.from_callable(lambda signing_input, alg: b"", alg="ES256", kid="k")
    assert (key.alg, key.kid, key.thumbprint, key.public_jwk) == ("ES256", "k", None, None)
    jwk = SigningKey.from_pem(pem(EC), kid="in the JWK").public_jwk
    assert jwk is not None
    key = SigningKey.from_callable(lambda signing_input, alg: b"", alg="ES256", jwk=jwk)
    assert (key.kid, key.public_jwk, key.thumbprint) == ("in the JWK", jwk, thumbprint(jwk))


def test_f7_a_key_is_not_shown() -> None:
    for key in (SigningKey.from_jwk(ed25519_jwk(kid="k-1")), SigningKey.from_key(KEYS["EdDSA"], kid="k-1")):
        for text in (repr(key), str(key), repr([key]), repr(dir(key)), repr(key.public_jwk)):
            assert base64url(SEED)[:10] not in text and "canary" not in text
        assert repr(key) == "<SigningKey(EdDSA, k-1)>"
        assert not hasattr(key, "__dict__")
