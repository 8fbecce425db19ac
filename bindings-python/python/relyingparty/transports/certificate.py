"""The client's own certificate (RFC 8705)."""

from __future__ import annotations

import ssl
from os import PathLike
from typing import Any

from relyingparty import settings
from relyingparty.options import ClientCert
from relyingparty.withheld import Withheld

_FORM = "is neither a file, (certificate, key) nor (certificate, key, password)"


def identify(tls: ssl.SSLContext, client_cert: Withheld[ClientCert]) -> None:
    """Have ``tls`` show this certificate to servers that ask for one."""
    if not _is_path(client_cert.lend()) and not _is_tuple(client_cert.lend()):
        settings.refuse("client_cert", _FORM)
    try:
        tls.load_cert_chain(**_arguments(client_cert.take()))
    except (OSError, TypeError, ValueError) as error:
        settings.refuse("client_cert", "cannot be used: is each file PEM, and are key and password right?", error)


def _arguments(given: ClientCert) -> dict[str, Any]:
    files = given if isinstance(given, tuple) else (given,)
    password = files[2] if len(files) == 3 else ""
    # Without a function OpenSSL would ask for the password on the terminal.
    return {"certfile": files[0], "keyfile": files[1] if len(files) > 1 else None, "password": lambda: password}


def _is_path(value: object) -> bool:
    return isinstance(value, str | PathLike) and bool(str(value))


def _is_tuple(value: object) -> bool:
    if not isinstance(value, tuple) or len(value) not in (2, 3):
        return False
    return all(map(_is_path, value[:2])) and all(isinstance(password, str | bytes) for password in value[2:])
