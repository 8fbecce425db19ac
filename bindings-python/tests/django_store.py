"""A store that is away while there is a file ``away``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from relyingparty.sites import METHODS

AWAY = Path(os.environ["TEST_FOLDER"]) / "away"


class Fragile:
    """The database's, as long as it is there."""

    def __getattr__(self, name: str) -> Any:
        if name not in METHODS:
            raise AttributeError(name)

        def asked(*given: Any) -> Any:
            from relyingparty.django.stores import DatabaseSessionStore

            if AWAY.exists():
                raise OSError(5, "away")
            return getattr(DatabaseSessionStore(), name)(*given)

        return asked
