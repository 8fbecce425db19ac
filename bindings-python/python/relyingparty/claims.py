"""The types of standard claims that are objects."""

from __future__ import annotations

from typing import TypedDict


class Address(TypedDict, total=False):
    """A postal address (OIDC Core 5.1.1)."""

    formatted: str
    """The whole address as on a label, with line breaks."""
    street_address: str
    """Street, house number and the like, possibly on several lines."""
    locality: str
    """The city."""
    region: str
    """The state, province or region."""
    postal_code: str
    """The postal code."""
    country: str
    """The name of the country."""
