"""The exceptions that this package raises: one class for each party that can be at fault.

Codes are stable: compare them. Messages are for people and may change. ``relyingparty.error_codes()`` lists every code.
"""

from __future__ import annotations

from typing import Any, ClassVar

from relyingparty.codes import ErrorCode
from relyingparty.decisions import Decision


class Error(Exception):
    """The base class of all errors of this package. ``str(error)`` is safe to show anywhere."""

    category: ClassVar[str]
    """Whose fault it is: the name of the class without ``Error``."""
    code: ErrorCode
    """The stable name of what went wrong, for example ``state_mismatch``."""
    details: dict[str, str]
    """Public values that explain it (issuer, audience, algorithm, key id). Never a secret or a token. Escape them."""
    decisions: list[Decision]
    """The checks that were made. If a check failed, it is the last one."""
    _retryable: bool

    def __init__(self, message: str, code: ErrorCode, details: dict[str, str], decisions: list[Decision]) -> None:
        super().__init__(message)
        self.code = code
        self.details = details
        self.decisions = decisions
        self._retryable = False

    @property
    def is_retryable(self) -> bool:
        """Whether the same call may succeed later: the provider or the network failed temporarily.

        The provider may have used up what can be sent only once (a code, a refresh token). The later call then ends
        with ``invalid_grant``.
        """
        return self._retryable

    @property
    def help(self) -> str:
        """Where the documentation explains this code: a file in the folder ``docs`` of the repository."""
        return f"errors/{self.code}.md"

    def __reduce__(self) -> tuple[Any, ...]:
        arguments = (str(self), self.code, self.details, self.decisions)
        return type(self), arguments, {"_retryable": self._retryable}


class CallbackError(Error):
    """The authorization response does not belong to a login of this browser. Offer to log in again."""

    category = "Callback"
    """``Callback``."""


class ConfigurationError(Error):
    """The configuration is wrong, or does not fit the provider's metadata. An administrator has to change it."""

    category = "Configuration"
    """``Configuration``."""


class MisuseError(Error):
    """The application called the library in a wrong way. A developer has to change it."""

    category = "Misuse"
    """``Misuse``."""


class ProtocolError(Error):
    """The provider's response does not follow the specifications."""

    category = "Protocol"
    """``Protocol``."""


class TokenError(Error):
    """A token failed a check: signature, issuer, audience, time, nonce or another claim."""

    category = "Token"
    """``Token``."""


class TransportError(Error):
    """The provider could not be reached. The transport's own exception is the ``__cause__``."""

    category = "Transport"
    """``Transport``."""


class ProviderError(Error):
    """The provider reported an error (RFC 6749 4.1.2.1 and 5.2).

    ``error``, ``error_description`` and ``error_uri`` are what it sent: untrusted text, escape it before you show it.
    All are ``None`` if the provider gave no reason (``provider_status``, ``unexpected_status``).
    """

    category = "Provider"
    """``Provider``."""
    error: str | None
    """The provider's error code, for example ``access_denied``. Untrusted."""
    error_description: str | None
    """The provider's explanation. Untrusted."""
    error_uri: str | None
    """A page of the provider about the error. Untrusted."""

    def __init__(
        self,
        message: str,
        code: ErrorCode,
        details: dict[str, str],
        decisions: list[Decision],
        error: str | None = None,
        error_description: str | None = None,
        error_uri: str | None = None,
    ) -> None:
        super().__init__(message, code, details, decisions)
        self.error = error
        self.error_description = error_description
        self.error_uri = error_uri

    def __reduce__(self) -> tuple[Any, ...]:
        constructor, arguments, state = super().__reduce__()
        return constructor, (*arguments, self.error, self.error_description, self.error_uri), state
