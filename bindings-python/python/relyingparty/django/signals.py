"""What happens at the site. Each receiver also gets the ``request``."""

from __future__ import annotations

from django.dispatch import Signal

logged_in = Signal()
"""A user logged in: ``user``, ``session``, and ``provider``, its name."""

logged_out = Signal()
"""A session is over: ``session`` (``None`` if the provider ended it), and ``error``, if the provider could not be told
or takes the refresh token no longer."""

failed = Signal()
"""A login or a logout failed: ``error``. With ``store_unavailable`` at Django's ``logout()`` the browser has forgotten
the session, which stays in the store."""
