"""What was checked, as data."""

from __future__ import annotations

from typing import NamedTuple


class Decision(NamedTuple):
    """One check that the core made while a login, a token or an answer passed through it."""

    check: str
    """What was checked, for instance ``issuer`` or ``signature``."""
    rule: str
    """The section of the specification that asks for it, for instance ``OIDC Core 3.1.3.7``."""
    expected: str
    """The public value that was required."""
    found: str
    """The public value that was found; secrets are masked by the core."""
    passed: bool
    """Whether the check passed. The first that does not ends the operation."""
