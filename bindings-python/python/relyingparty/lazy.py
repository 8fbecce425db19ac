"""Names whose modules are imported when they are first asked for (PEP 562).

Networking and asyncio take most of the time that importing takes, and few programs want every way to have them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazy(package: dict[str, Any], modules: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """``__getattr__`` and ``__dir__`` of a package, from its globals and the module of each lazy name."""

    def attribute(name: str) -> Any:
        if name not in modules:
            raise AttributeError(f"module {package['__name__']!r} has no attribute {name!r}")
        package[name] = getattr(import_module(modules[name]), name)
        return package[name]

    def listed() -> list[str]:
        return sorted({*package, *modules})

    return attribute, listed
