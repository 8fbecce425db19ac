"""``python -m relyingparty check ISSUER``: judges a set-up at the provider.

It prints a line for each thing that a login needs, and ends with 1 where no login can work, with 2 where it was called
wrongly. A client secret is read from the environment, never from the command line, which other users of the machine can
see.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from relyingparty import ConfigurationError, RelyingParty, settings
from relyingparty.options import ClientCert, RegistrationOptions

SECRET = "OIDC_CLIENT_SECRET"
PASSPHRASE = "RELYINGPARTY_CLIENT_KEY_PASSPHRASE"


class _Parser(argparse.ArgumentParser):
    """Says in one line what is wrong."""

    def error(self, message: str) -> NoReturn:
        print(f"{self.prog}: {message}; usage: {_PROGRAM} check ISSUER [options]; --help lists them", file=sys.stderr)
        raise SystemExit(2)


_PROGRAM = "python -m relyingparty"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    parser = _Parser(_PROGRAM, description="OpenID Connect for relying parties.")
    check = parser.add_subparsers(required=True, metavar="COMMAND").add_parser(
        "check",
        help="judge a set-up at the provider",
        epilog=f"The client secret is read from the environment variable {SECRET}, the passphrase of a client key from "
        f"{PASSPHRASE}. Other users of this machine see the command line: a proxy with a password belongs in "
        "HTTPS_PROXY.",
    )
    check.add_argument("issuer", metavar="ISSUER", help="the issuer identifier, exactly as the provider publishes it")
    check.add_argument("--client-id", default="client", help="the client's identifier at the provider")
    check.add_argument("--redirect-uri", default="https://localhost/callback", help="where the browser comes back to")
    check.add_argument("--scope", default="openid profile email", help="what to ask for, separated by spaces")
    check.add_argument("--alg", help="the one algorithm of ID tokens, as registered")
    check.add_argument("--auth-method", help="how the client authenticates (token_endpoint_auth_method)")
    check.add_argument("--client-cert", metavar="FILE", help="the client's TLS certificate (RFC 8705), in PEM")
    check.add_argument("--client-key", metavar="FILE", help="its private key, if that is in a file of its own")
    check.add_argument("--ca-file", help="certificate authorities to trust instead of the system's")
    check.add_argument("--proxy", help="the HTTP proxy, such as http://proxy.example:3128")
    check.add_argument("--proxy-from-environment", action="store_true", help="use HTTPS_PROXY and NO_PROXY")
    check.add_argument(
        "--allow-insecure-loopback", action="store_true", help="for development: http:// on this machine"
    )
    check.add_argument("--json", action="store_true", help="print the report as a JSON object")
    given = parser.parse_args(arguments)
    registered: RegistrationOptions = {}
    if given.alg is not None:
        registered["id_token_signed_response_alg"] = given.alg
    if given.auth_method is not None:
        registered["token_endpoint_auth_method"] = given.auth_method
    try:
        rp = RelyingParty(
            given.issuer,
            given.client_id,
            given.redirect_uri,
            client_secret=os.environ.get(SECRET),
            scopes=given.scope.split(),
            allow_insecure_loopback=given.allow_insecure_loopback,
            ca_file=given.ca_file,
            client_cert=_client_cert(given.client_cert, given.client_key),
            proxy=given.proxy,
            proxy_from_environment=given.proxy_from_environment,
            **registered,
        )
        report = rp.check()
    except ConfigurationError as error:
        print(f"error    {error.code}: {error}", file=sys.stderr)
        return 2
    if given.json:
        findings = [finding._asdict() for finding in report.findings]
        print(json.dumps({"ok": report.ok, "findings": findings}, indent=2))
    else:
        print(report, end="")
    return 0 if report.ok else 1


def _client_cert(certificate: str | None, key: str | None) -> ClientCert | None:
    if certificate is None:
        if key is not None:
            settings.refuse("client_cert", "is missing beside the key")
        return None
    return (certificate, key or certificate, os.environ.get(PASSPHRASE, ""))


if __name__ == "__main__":
    sys.exit(main())
