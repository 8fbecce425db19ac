"""Keys of clients, and what they sign as a server reads it."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from relyingparty import HttpRequest, HttpResponse, Unreachable
from scripted import ScriptedOp, answer, base64url

PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey

SEED = b"canary-seed-of-a-key-32-octets!!"
KEYS: dict[str, PrivateKey] = {
    "RS256": rsa.generate_private_key(65537, 2048),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "ES384": ec.generate_private_key(ec.SECP384R1()),
    "ES512": ec.generate_private_key(ec.SECP521R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.from_private_bytes(SEED),
}
_HASHES: dict[str, hashes.HashAlgorithm] = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}


def pem(key: PrivateKey) -> str:
    """The key as PKCS#8."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def ed25519_jwk(**members: Any) -> dict[str, Any]:
    """The Ed25519 key as a private JWK."""
    public = KEYS["EdDSA"].public_key()
    assert isinstance(public, ed25519.Ed25519PublicKey)
    x = base64url(public.public_bytes_raw())
    return {"kty": "OKP", "crv": "Ed25519", "x": x, "d": base64url(SEED), **members}


def signature(key: PrivateKey, signing_input: bytes, alg: str) -> bytes:
    """A signature as JWS has it."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(signing_input)
    digest = _HASHES[alg[2:]]
    if isinstance(key, rsa.RSAPrivateKey):
        pss = padding.PSS(padding.MGF1(digest), padding.PSS.DIGEST_LENGTH)
        return key.sign(signing_input, pss if alg.startswith("PS") else padding.PKCS1v15(), digest)
    r, s = decode_dss_signature(key.sign(signing_input, ec.ECDSA(digest)))
    length = (key.curve.key_size + 7) // 8
    return r.to_bytes(length, "big") + s.to_bytes(length, "big")


def is_good(jwt: str, key: PrivateKey) -> bool:
    """Whether it is signed by this key."""
    signing_input, _, given = jwt.rpartition(".")
    signed, octets, alg = decoded(given), signing_input.encode(), part(jwt, 0)["alg"]
    try:
        if isinstance(key, ed25519.Ed25519PrivateKey):
            key.public_key().verify(signed, octets)
        elif isinstance(key, rsa.RSAPrivateKey):
            digest = _HASHES[alg[2:]]
            pss = padding.PSS(padding.MGF1(digest), padding.PSS.DIGEST_LENGTH)
            how = pss if alg.startswith("PS") else padding.PKCS1v15()
            key.public_key().verify(signed, octets, how, digest)
        else:
            r, s = (int.from_bytes(half, "big") for half in (signed[: len(signed) // 2], signed[len(signed) // 2 :]))
            key.public_key().verify(encode_dss_signature(r, s), octets, ec.ECDSA(_HASHES[alg[2:]]))
    except InvalidSignature:
        return False
    return True


def decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "==")


def part(jwt: str, place: int) -> dict[str, Any]:
    """The header (0) or the claims (1)."""
    found: dict[str, Any] = json.loads(decoded(jwt.split(".")[place]))
    return found


def thumbprint(jwk: dict[str, Any]) -> str:
    """RFC 7638."""
    bare = {name: jwk[name] for name in sorted(jwk) if name in ("kty", "crv", "x", "y", "n", "e")}
    return base64url(sha256(json.dumps(bare, separators=(",", ":")).encode()).digest())


def header(request: HttpRequest, name: str) -> str:
    """The one header of this name."""
    [value] = [value for given, value in request.headers if given == name]
    return value


class BindingOp(ScriptedOp):
    """Binds tokens to keys (RFC 9449), and wants ``nonce`` in each proof at the endpoints of ``demanding``.

    ``granted`` are members of its token responses."""

    def __init__(self, *demanding: str) -> None:
        super().__init__()
        self.demanding = demanding
        self.nonce = "nonce-1"
        self.serial = 0
        self.granted: dict[str, Any] = {}

    def proofs(self) -> list[dict[str, Any]]:
        """The claims of the proofs that came since the last call."""
        asked, self.asked = self.asked, []
        return [part(header(request, "dpop"), 1) for request in asked if request.endpoint in ("token", "userinfo")]

    def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
        if request.endpoint in self.demanding and part(header(request, "dpop"), 1).get("nonce") != self.nonce:
            self.asked.append(request)
            headers = [("DPoP-Nonce", self.nonce), ("Content-Type", "application/json")]
            if request.endpoint == "userinfo":
                headers.append(("WWW-Authenticate", 'DPoP error="use_dpop_nonce"'))
                return HttpResponse(401, headers, b"")
            return HttpResponse(400, headers, b'{"error": "use_dpop_nonce"}')
        reply = super().send(request)
        if request.endpoint != "token":
            return reply
        self.serial += 1
        tokens = {"access_token": f"canary-access-{self.serial}", "refresh_token": f"canary-refresh-{self.serial}"}
        granted = {**tokens, "token_type": "DPoP", "expires_in": 60, "id_token": self.id_token()}
        return answer({**granted, **self.granted})
