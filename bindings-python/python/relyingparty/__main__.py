"""``python -m relyingparty check ISSUER``: judges a set-up at the provider.

It prints a line for each thing that a login needs, and ends with 1 where no login can work. A client secret is read
from the environment, never from the command line, which other users of the machine can see.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from relyingparty import ConfigurationError, RelyingParty
from relyingparty.options import RegistrationOptions

SECRET = "RELYINGPARTY_CLIENT_SECRET"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    parser = argparse.ArgumentParser("relyingparty", description="OpenID Connect for relying parties.")
    check = parser.add_subparsers(required=True, metavar="COMMAND").add_parser(
        "check",
        help="judge a set-up at the provider",
        epilog=f"The client secret, if there is one, is read from the environment variable {SECRET}.",
    )
    check.add_argument("issuer", metavar="ISSUER", help="the issuer identifier, exactly as the provider publishes it")
    check.add_argument("--client-id", default="client", help="the client's identifier at the provider")
    check.add_argument("--redirect-uri", default="https://localhost/callback", help="where the browser comes back to")
    check.add_argument("--scope", default="openid profile email", help="what to ask for, separated by spaces")
    check.add_argument("--alg", help="the one algorithm of ID tokens, as registered")
    check.add_argument("--ca-file", help="certificate authorities to trust instead of the system's")
    check.add_argument(
        "--allow-insecure-loopback", action="store_true", help="for development: http:// on this machine"
    )
    given = parser.parse_args(arguments)
    registered: RegistrationOptions = {}
    if given.alg is not None:
        registered["id_token_signed_response_alg"] = given.alg
    try:
        rp = RelyingParty(
            given.issuer,
            given.client_id,
            given.redirect_uri,
            client_secret=os.environ.get(SECRET),
            scopes=given.scope.split(),
            allow_insecure_loopback=given.allow_insecure_loopback,
            ca_file=given.ca_file,
            **registered,
        )
        report = rp.check()
    except ConfigurationError as error:
        print(f"error    {error.code}: {error}", file=sys.stderr)
        return 2
    print(report, end="")
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main())
