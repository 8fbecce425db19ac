"""The findings of a set-up check."""

from __future__ import annotations

from typing import Literal, NamedTuple


class Finding(NamedTuple):
    """One thing that ``relyingparty.RelyingParty.check`` looked at."""

    topic: str
    """What was checked: ``discovery``, ``clock``, ``keys``, the name of an endpoint or of an option."""
    verdict: Literal["ok", "warning", "error"]
    """``ok``, ``warning``, or ``error``: no login can work."""
    found: str
    """What the provider or the configuration has there."""
    advice: str
    """What to do about it; empty if there is nothing to do."""
    code: str | None
    """The code of the error that a login would end with; ``None`` if it would not fail."""
