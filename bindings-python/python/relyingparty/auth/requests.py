"""Access tokens for programs that use ``requests``."""

from __future__ import annotations

from functools import partial
from typing import Any

from requests import PreparedRequest, Response
from requests.auth import AuthBase
from requests.exceptions import UnrewindableBodyError

from relyingparty._relyingparty import HttpRequest, HttpResponse
from relyingparty.auth.base import Authorizer, Call, dress, shown, undress


class RequestsAuth(Authorizer, AuthBase):
    """The ``auth`` of a ``requests`` session or request.

    >>> requests.get("https://api.example/things", auth=RequestsAuth(rp, session))

    If the request has to be sent once more, its body is rewound; ``requests.exceptions.UnrewindableBodyError`` is
    raised if that cannot be. A redirect is followed without the token.
    """

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        call = self._call(r.method or "", r.url or "", blocks=True)
        asked = call.next()
        if asked is not None:
            dress(r.headers, asked)
        hook = partial(self._carry_on, call, _position(r.body))
        r.register_hook("response", hook)  # type: ignore[no-untyped-call]
        return r

    def _carry_on(self, call: Call, position: int | None, response: Response, **options: Any) -> Response:
        if call.is_redirected:
            return response
        original = response.request
        try:
            while (asked := call.next(_shown(response))) is not None:
                response = _again(response, asked, position, options)
        except BaseException:
            response.close()
            raise
        self._answered(response, call)
        if response.is_redirect:
            # What follows is a copy of the request.
            call.is_redirected = True
            undress(original.headers)
        return response


def _shown(response: Response) -> HttpResponse:
    return shown(response.status_code, response.headers.items(), response.url)


def _again(refused: Response, asked: HttpRequest, position: int | None, options: dict[str, Any]) -> Response:
    refused.close()
    request = refused.request.copy()
    if position is not None:
        body: Any = request.body
        body.seek(position)
    elif not isinstance(request.body, bytes | str | None):
        raise UnrewindableBodyError("the request has to be sent once more, and its body cannot be rewound")
    dress(request.headers, asked)
    adapter: Any = refused.connection
    response: Response = adapter.send(request, **options)
    response.history.append(refused)
    response.request = request
    return response


def _position(body: Any) -> int | None:
    """Where a body that can be rewound begins."""
    try:
        return int(body.tell()) if body.seekable() else None
    except (AttributeError, OSError):
        return None
