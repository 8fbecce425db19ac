"""The exceptions that this package raises: one class for each side that can be at fault.

The core decides the class, the ``code`` and the message. Codes are stable and meant to be compared;
messages are for people and may change. ``relyingparty.error_codes()`` lists every code.
"""

from __future__ import annotations

from typing import Any, ClassVar

from relyingparty.codes import ErrorCode
from relyingparty.decisions import Decision


class Error(Exception):
    """Base of all errors of this package."""

    category: ClassVar[str]
    """Whose fault it is: the class by its name in the other languages."""
    code: ErrorCode
    """Stable name of what went wrong, for instance ``state_mismatch``."""
    details: dict[str, str]
    """Public values that explain it (issuer, audience, algorithm, key id). Never a secret or a token."""
    decisions: list[Decision]
    """The checks made up to here; the last is the one that failed, where a check failed."""

    def __init__(self, message: str, code: ErrorCode, details: dict[str, str], decisions: list[Decision]) -> None:
        super().__init__(message)
        self.code = code
        self.details = details
        self.decisions = decisions

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), self.code, self.details, self.decisions)


class CallbackError(Error):
    """The browser came back with something that does not belong to a login started here."""

    category = "Callback"


class ConfigurationError(Error):
    """The settings given to this package, or their fit with the provider's metadata, are wrong."""

    category = "Configuration"


class MisuseError(Error):
    """The calling program used the API in an order or with values that cannot be right."""

    category = "Misuse"


class ProtocolError(Error):
    """The provider's answer does not follow the specifications."""

    category = "Protocol"


class TokenError(Error):
    """A token failed a check: signature, issuer, audience, time, nonce or another claim."""

    category = "Token"


class TransportError(Error):
    """The provider could not be reached. The transport's own exception is the ``__cause__``."""

    category = "Transport"


class ProviderError(Error):
    """The provider itself reports an error (RFC 6749 4.1.2.1 and 5.2).

    ``error``, ``error_description`` and ``error_uri`` are what it sent: untrusted text, to be escaped
    before it is shown, and not part of ``str()``. All are ``None`` when it refused without saying why
    (``provider_status``).
    """

    category = "Provider"
    error: str | None
    error_description: str | None
    error_uri: str | None

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
        constructor, arguments = super().__reduce__()
        return constructor, (*arguments, self.error, self.error_description, self.error_uri)
