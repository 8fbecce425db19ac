"""What a host's own code answers, as a flow takes it: what it raises instead is an answer too."""

from __future__ import annotations

from relyingparty._relyingparty import (
    Assertion,
    AssertionRequest,
    HttpRequest,
    HttpResponse,
    SignRequest,
    Unreachable,
    VerifyRequest,
    WaitRequest,
)

_PATIENCE = 60.0
"""How long a function of the host's may take, in seconds, for whoever waits for what comes of it."""


def patience(request: HttpRequest | VerifyRequest | SignRequest | AssertionRequest | WaitRequest | None) -> float:
    """How long the answer to ``request`` may take, in seconds."""
    if isinstance(request, HttpRequest):
        return request.limits.timeout_secs
    return 0 if request is None else _PATIENCE


def answered(given: object) -> HttpResponse | Unreachable:
    """What a transport returned."""
    if isinstance(given, (HttpResponse, Unreachable)):
        return given
    return Unreachable(f"the transport returned neither HttpResponse nor Unreachable but {type(given).__name__}")


def verified(given: object) -> bool | Unreachable:
    """What a verifier returned: nothing is a yes but ``True``."""
    if given is True or given is False:
        return given
    return Unreachable(f"the verifier returned no bool but {type(given).__name__}")


def signed(given: object) -> bytes | Unreachable:
    """What the function of a signing key returned. The core says whether it can be a signature."""
    if isinstance(given, bytes):
        return given
    return Unreachable(f"the function of the signing key returned no bytes but {type(given).__name__}")


def asserted(given: object) -> Assertion | Unreachable:
    """What the function for client assertions returned. The core says whether it can be sent."""
    if isinstance(given, str):
        return Assertion(given)
    return Unreachable(f"client_assertion returned no text but {type(given).__name__}")


def raised(error: Exception, what: str = "the exchange") -> Unreachable:
    """What a transport or a function raised, by which ``what`` failed. It becomes the cause of the error that the flow
    ends with.
    """
    from relyingparty.transports.reasons import reason, with_place, without_request

    return Unreachable(reason(error, what=what), without_request(with_place(error)))
