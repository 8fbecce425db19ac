"""What the environment says of an application, and its one page."""

from __future__ import annotations

import os
from html import escape
from typing import Any

from relyingparty.options import AuthorizeOptions

PORT = int(os.environ["PORT"])
PREFIX = os.environ["PREFIX"]
"""The path below which browsers find the application."""
IS_STRIPPED = os.environ["PROXY"] == "strips"
"""Whether the proxy takes it off."""
REDIS_URL = os.environ.get("REDIS_URL")
"""Where sessions are kept, if not in cookies."""
AUTH = f"{os.environ['ORIGIN']}{PREFIX}/auth"
SEALING_KEY = bytes.fromhex(os.environ["SESSION_KEY"])
PROVIDER: dict[str, Any] = {
    "issuer": os.environ["OIDC_ISSUER"],
    "client_id": os.environ["OIDC_CLIENT_ID"],
    "client_secret": os.environ["OIDC_CLIENT_SECRET"],
    "ca_file": os.environ["CA_FILE"],
    "post_logout_redirect_uri": f"{AUTH}/logged-out",
    # An ID token that makes logouts too long for a URL where the user's name is long.
    "authorize": AuthorizeOptions(
        claims={"id_token": dict.fromkeys(["name", "given_name", "preferred_username", "email"])}
    ),
}
POLICY: dict[str, Any] = {"after_login": f"{PREFIX}/", "after_logout": f"{PREFIX}/", "refresh_margin_secs": 0}


def page(sub: str | None) -> str:
    """Who is here, and the way in or out."""
    return (
        '<!doctype html><html lang="en"><title>Application</title>'
        f"<main><h1>Hello {escape(sub or 'nobody')[:40]}</h1>"
        f'<p><a href="{AUTH}/login?return_to={PREFIX}/private">Log in</a></p>'
        f'<form method="post" action="{AUTH}/logout"><button>Log out</button></form></main></html>'
    )
