"""Our sites: sessions that are sealed in a cookie. Their provider is asked for nothing."""

from typing import Any

from ours import Work
from relyingparty import SiteProvider


def settings(work: Work) -> dict[str, Any]:
    """What a site is made of, beside its provider."""
    return {"sealing_keys": [bytes(work["session"]["sealing_key"])]}


def provider(work: Work) -> SiteProvider:
    return SiteProvider(work["issuer"], work["client_id"], client_secret=work["client_secret"])


def headers(work: Work, cookie: str) -> list[tuple[bytes, bytes]]:
    """A browser's, as ASGI has them."""
    sent = [*work["session"]["headers"], ("cookie", cookie)]
    return [(name.encode(), value.encode()) for name, value in sent]
