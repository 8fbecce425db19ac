"""What this package says to ``logging``, to the logger ``relyingparty``: silent where nobody listens.

Each request is one line at ``INFO``: the endpoint, the method, the origin, the status and how long it took, never a
query, a header or a body. Each check that was made is one line at ``DEBUG``. The same values are attributes of the
record.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

from relyingparty._relyingparty import HttpRequest, HttpResponse, Unreachable
from relyingparty.errors import Error

_DEBUG, _INFO = 10, 20


class _Log:
    """The logger, once it is there, and whether somebody listens at a level."""

    def __init__(self) -> None:
        self.hears: Callable[[int], bool] = self._find

    def _find(self, level: int) -> bool:
        # While the program has no use for logging, it is not imported for nobody.
        if "logging" not in sys.modules:
            return False
        import logging

        self.logger = logging.getLogger("relyingparty")
        self.logger.addHandler(logging.NullHandler())
        self.hears = self.logger.isEnabledFor
        return self.hears(level)


_log = _Log()


def exchanged(request: HttpRequest, answer: HttpResponse | Unreachable, since: float) -> None:
    """A request was sent at ``since`` by ``time.perf_counter``, and this came of it."""
    if not _log.hears(_INFO):
        return
    values: dict[str, Any] = {
        "endpoint": request.endpoint,
        "method": request.method,
        "origin": "/".join(request.url.split("?")[0].split("/", 3)[:3]),
        "status": answer.status if isinstance(answer, HttpResponse) else None,
        "duration_ms": round((time.perf_counter() - since) * 1000, 1),
    }
    shown = "unreachable" if values["status"] is None else values["status"]
    _log.logger.info(
        "%s: %s %s %s in %s ms",
        *(values["endpoint"], values["method"], values["origin"], shown, values["duration_ms"]),
        extra=values,
    )


def decided(result: object) -> None:
    """A verb came to ``result``, or to an error, by these decisions."""
    if not _log.hears(_DEBUG):
        return
    decisions: Iterable[Any] = getattr(result, "decisions", ())
    for made in decisions:
        _log.logger.debug(
            "%s (%s): %s, expected %a, found %a",
            *(made.check, made.rule, "passed" if made.passed else "failed", made.expected, made.found),
            extra={"check": made.check, "rule": made.rule, "passed": made.passed},
        )
    if isinstance(result, Error):
        _log.logger.debug("refused: %s", result.code, extra={"code": result.code})
