"""The checks that were made."""

from __future__ import annotations

from typing import NamedTuple


class Decision(NamedTuple):
    """One check that was made of a login, a token or a response."""

    check: str
    """What was checked, for example ``iss`` or ``signature``."""
    rule: str
    """The section of the specification that requires it, for example ``OIDC Core 3.1.3.7``."""
    expected: str
    """The value that was required. Secret values are described, not shown."""
    found: str
    """The value that was found. Secret values are described, not shown."""
    passed: bool
    """Whether the check passed. The first check that fails ends the operation."""
