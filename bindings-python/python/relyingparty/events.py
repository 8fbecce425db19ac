"""What happened at a site: the ``event`` of ``Handled`` and of ``Visit``.

>>> match handled.event:
...     case LoggedIn(provider, session):
...         print("logged in:", provider, session.sub)
...     case Failed(error):
...         print("failed:", error.code)
"""

from __future__ import annotations

from typing import TypeAlias

from relyingparty._relyingparty import Session
from relyingparty.errors import Error


class _Happened:
    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class LoggedIn(_Happened):
    """A user logged in."""

    __slots__ = __match_args__ = ("provider", "session")

    def __init__(self, provider: str, session: Session) -> None:
        self.provider = provider
        """The name of the provider."""
        self.session = session
        """The session."""


class SessionChanged(_Happened):
    """A session was refreshed."""

    __slots__ = __match_args__ = ("session",)

    def __init__(self, session: Session) -> None:
        self.session = session
        """The session as it is now."""


class LoggedOut(_Happened):
    """A user logged out, here or at the provider."""

    __slots__ = __match_args__ = ("session", "error")

    def __init__(self, session: Session | None, error: Error | None) -> None:
        self.session = session
        """The session that was ended; ``None`` if the provider ended it."""
        self.error = error
        """Why the provider was not told, if it should have been."""


class SessionEnded(_Happened):
    """The provider takes the refresh token no longer: the session is over. This is told once."""

    __slots__ = __match_args__ = ("error",)

    def __init__(self, error: Error) -> None:
        self.error = error
        """What the provider said."""


class Failed(_Happened):
    """A login or a logout failed."""

    __slots__ = __match_args__ = ("error",)

    def __init__(self, error: Error) -> None:
        self.error = error
        """Why."""


Event: TypeAlias = LoggedIn | SessionChanged | LoggedOut | SessionEnded | Failed
"""Any of them."""
