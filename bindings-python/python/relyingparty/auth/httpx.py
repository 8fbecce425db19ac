"""Access tokens for programs that use ``httpx``."""

from __future__ import annotations

import httpx

from relyingparty.auth.flows import AuthFlows


class HttpxAuth(AuthFlows, httpx.Auth):
    """The ``auth`` of an ``httpx`` client or request. ``httpx.Client`` needs a ``RelyingParty``,
    ``httpx.AsyncClient`` an ``AsyncRelyingParty``.

    >>> httpx.get("https://api.example/things", auth=HttpxAuth(rp, session))

    A body that is streamed is read into memory first, if the request may have to be sent once more. Leave
    ``follow_redirects`` off: ``httpx`` follows before this sees it. It takes the token along to no other origin, and
    then ``redirect_refused`` is raised. ``client.send(response.next_request)`` follows with a token of its own.
    """

    _replayable = httpx.ByteStream
