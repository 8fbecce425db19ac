"""A provider and an API over TLS on this machine, which see whether a client shows its certificate."""

from __future__ import annotations

import datetime
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import trustme
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from conftest import server_tls
from relyingparty import HttpResponse, Unreachable
from scripted import ScriptedOp

PASSWORD = "canary-password"


@dataclass(frozen=True)
class Identity:
    """A client's certificate and key, in files of every form."""

    certificate: Path
    key: Path
    locked_key: Path
    both: Path

    @property
    def der(self) -> bytes:
        """The certificate as TLS shows it."""
        return ssl.PEM_cert_to_DER_cert(self.certificate.read_text())


def identity(folder: Path, authority: x509.Certificate | None = None, signer: Any = None) -> Identity:
    """A new certificate: an authority's, or one that is signed by its own key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "client")])
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = x509.CertificateBuilder(
        name if authority is None else authority.subject,
        name,
        key.public_key(),
        x509.random_serial_number(),
        now - datetime.timedelta(days=1),
        now + datetime.timedelta(days=1),
    )
    certificate = builder.sign(signer or key, SHA256()).public_bytes(Encoding.PEM)

    def pem(encryption: KeySerializationEncryption) -> bytes:
        return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)

    folder.mkdir()
    texts = {
        "certificate": certificate,
        "key": pem(NoEncryption()),
        "locked_key": pem(BestAvailableEncryption(PASSWORD.encode())),
        "both": certificate + pem(NoEncryption()),
    }
    for file, text in texts.items():
        (folder / f"{file}.pem").write_bytes(text)
    return Identity(**{file: folder / f"{file}.pem" for file in texts})


def issued(folder: Path) -> tuple[Identity, str]:
    """A certificate of an authority's, and the authority as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "clients of the provider")])
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = x509.CertificateBuilder(
        name,
        name,
        key.public_key(),
        x509.random_serial_number(),
        now - datetime.timedelta(days=1),
        now + datetime.timedelta(days=1),
    ).add_extension(x509.BasicConstraints(True, None), True)
    authority = builder.sign(key, SHA256())
    return identity(folder, authority, key), authority.public_bytes(Encoding.PEM).decode()


class Door:
    """One server. Who ``demands`` a certificate of the client's lets nobody in without; any other asks for one."""

    def __init__(self, op: MutualOp, leaf: trustme.LeafCert, clients: str, demands: bool) -> None:
        tls = server_tls(leaf)
        tls.verify_mode = ssl.CERT_REQUIRED if demands else ssl.CERT_OPTIONAL
        tls.load_verify_locations(cadata=clients)

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                self.request.settimeout(10)
                self.request = tls.wrap_socket(self.request, server_side=True)
                super().setup()

            def finish(self) -> None:
                super().finish()
                self.request.close()

            def handle_any(self) -> None:
                shown = self.request.getpeercert(binary_form=True)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                reply = op.reply(
                    self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, body, shown
                )
                assert isinstance(reply, HttpResponse)
                self.send_response(reply.status)
                for name, value in [*reply.headers, ("Content-Length", str(len(reply.body))), ("Connection", "close")]:
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body)

            do_GET = do_POST = handle_any

            def log_message(self, format: str, *args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, request: Any, client_address: Any) -> None:
                # A client that was not let in, or one that left.
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"https://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        """Let nobody in."""
        self._server.shutdown()
        self._server.server_close()


@dataclass(frozen=True)
class Asked:
    """What a request asks for, as a scripted provider reads it."""

    endpoint: str
    method: str
    body: bytes


class MutualOp(ScriptedOp):
    """A provider with two doors: ``mtls_endpoint_aliases`` and the API are behind the one that demands a certificate.
    ``seen`` are the paths that were asked for, each with the certificate that was shown. A token that ``binds`` is for
    who shows the certificate that it was given to."""

    def __init__(self, leaf: trustme.LeafCert, clients: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, bytes | None]] = []
        self.forms: list[bytes] = []
        self.binds = False
        self.bound: bytes | None = None
        self.plain = Door(self, leaf, clients, demands=False)
        self.mutual = Door(self, leaf, clients, demands=True)
        self.claims["iss"] = self.plain.url
        self.metadata = {
            **{name: str(value).replace("https://op.example", self.plain.url) for name, value in self.metadata.items()},
            "id_token_signing_alg_values_supported": ["EdDSA"],
            "tls_client_certificate_bound_access_tokens": True,
            "mtls_endpoint_aliases": {
                "token_endpoint": f"{self.mutual.url}/token",
                "userinfo_endpoint": f"{self.mutual.url}/userinfo",
            },
        }

    def reply(
        self, method: str, path: str, headers: dict[str, str], body: bytes, shown: bytes | None
    ) -> HttpResponse | Unreachable:
        """Answer a request that came with this certificate."""
        self.seen.append((path, shown))
        if path == "/token":
            self.forms.append(body)
            self.bound = shown and sha256(shown).digest()
        elif path in ("/userinfo", "/api"):
            is_bound = self.bound == (shown and sha256(shown).digest())
            if headers.get("authorization") != "Bearer canary-access" or (self.binds and not is_bound):
                return HttpResponse(401, [("WWW-Authenticate", 'Bearer error="invalid_token"')], b"")
            if path == "/api":
                return HttpResponse(200, [], b"canary-answer")
        endpoint = {"/.well-known/openid-configuration": "discovery", "/jwks": "jwks", "/token": "token"}.get(path)
        asked: Any = Asked(endpoint or "userinfo", method, body)
        return self.send(asked)


@contextmanager
def mutual_op(leaf: trustme.LeafCert, clients: str) -> Iterator[MutualOp]:
    """A provider that runs for the length of the block."""
    op = MutualOp(leaf, clients)
    try:
        yield op
    finally:
        op.plain.close()
        op.mutual.close()
