"""Access tokens for programs that use ``httpx2``."""

from __future__ import annotations

import httpx2

from relyingparty.auth.flows import AuthFlows


class Httpx2Auth(AuthFlows, httpx2.Auth):
    """The ``auth`` of an ``httpx2`` client or request. ``httpx2.Client`` needs a ``RelyingParty``,
    ``httpx2.AsyncClient`` an ``AsyncRelyingParty``.

    >>> httpx2.get("https://api.example/things", auth=Httpx2Auth(rp, session))

    A body that is streamed is read into memory first, if the request may have to be sent once more. Leave
    ``follow_redirects`` off: ``httpx2`` follows before this sees it. It takes the token along to no other origin, and
    then ``redirect_refused`` is raised. ``client.send(response.next_request)`` follows with a token of its own.
    """

    _replayable = httpx2.ByteStream
