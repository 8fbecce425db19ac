"""A login with the installed package, and one that it has to refuse.

The environment says where: `RP_ISSUER`, `RP_BAD_ISSUER`, `RP_CLIENT_ID`, `RP_CLIENT_SECRET`.
"""

import http.client
import os
import platform
from urllib.parse import urlsplit

from relyingparty import Error, LoginCookies, RelyingParty


def visit(url: str) -> str:
    """Where the provider sends the browser."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc)
    connection.request("GET", f"{parts.path}?{parts.query}")
    location = connection.getresponse().headers["Location"]
    connection.close()
    return location


def log_in(issuer: str) -> str:
    rp = RelyingParty(
        issuer,
        os.environ["RP_CLIENT_ID"],
        "http://127.0.0.1:8000/callback",
        client_secret=os.environ["RP_CLIENT_SECRET"],
        allow_insecure_loopback=True,
    )
    login = rp.authorize()
    cookie = login.set_cookie.split(";")[0]
    session = rp.callback(visit(login.url), LoginCookies(dict([cookie.split("=", 1)])))
    return rp.userinfo(session).sub


subject = log_in(os.environ["RP_ISSUER"])
assert subject == "alice", subject
try:
    log_in(os.environ["RP_BAD_ISSUER"])
except Error as error:
    assert error.code == "nonce_mismatch", error
else:
    raise SystemExit("a login with another login's nonce was not refused")
print(f"login ok sub={subject} Python {platform.python_version()} {' '.join(platform.libc_ver())}")
