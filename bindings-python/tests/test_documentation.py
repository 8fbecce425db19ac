"""Whatever an editor shows when it is pointed at, it explains."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import relyingparty
from relyingparty import _relyingparty

PACKAGE = Path(__file__).parents[1] / "python" / "relyingparty"
STUB = PACKAGE / "_relyingparty.pyi"
# What a page of documentation leads to. The other modules hold no public name.
PUBLIC = (
    *(
        "__init__",
        "assertions",
        "async_relying_party",
        "async_site",
        "auth/__init__",
        "auth/aiohttp",
        "auth/httpx",
        "auth/httpx2",
        "auth/requests",
        "claims",
        "codes",
        "decisions",
        "django/__init__",
        "django/backends",
        "django/middleware",
        "django/signals",
        "django/stores",
        "django/urls",
        "errors",
        "events",
        "findings",
        "options",
        "relying_party",
    ),
    *("session_stores/__init__", "session_stores/memory", "session_stores/redis", "session_stores/sqlalchemy"),
    *(
        "session_stores/tables",
        "run",
        "stores",
        "transports/__init__",
        "transports/aiohttp",
        "transports/httpx",
        "transports/protocols",
    ),
    *("transports/requests", "transports/threaded", "transports/urllib", "verbs"),
    *("fastapi", "flask", "starlette"),
    *("session_stores/__init__", "session_stores/memory", "site", "sites"),
)
Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def public(name: str) -> bool:
    return not name.startswith("_") or name == "__new__"


def names(body: list[ast.stmt], within: str = "") -> Iterator[tuple[str, str | None]]:
    """Each public class, function, property and attribute of a module or class, and its documentation."""
    for statement, following in zip(body, [*body[1:], None], strict=True):
        if isinstance(statement, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            if not public(statement.name) or is_setter(statement):
                continue
            if statement.name != "__new__" or parameters(statement):
                yield within + statement.name, ast.get_docstring(statement)
            if isinstance(statement, ast.ClassDef):
                yield from names(statement.body, f"{within}{statement.name}.")
        for name in assigned(statement, bool(within)):
            text = following.value if isinstance(following, ast.Expr) else None
            documented = isinstance(text, ast.Constant) and isinstance(text.value, str)
            yield within + name, str(ast.literal_eval(text)) if documented and text is not None else None


def is_setter(statement: ast.stmt) -> bool:
    decorators = getattr(statement, "decorator_list", [])
    return any(isinstance(decorator, ast.Attribute) and decorator.attr == "setter" for decorator in decorators)


def parameters(function: ast.stmt) -> bool:
    assert isinstance(function, ast.FunctionDef)
    return len(function.args.args) > 1 or function.args.kwarg is not None


def assigned(statement: ast.stmt, in_class: bool) -> Iterator[str]:
    """The public names that a statement declares: members of classes, and what modules call types."""
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    for target in targets:
        if isinstance(target, ast.Name) and public(target.id) and (in_class or not is_private_kind(target.id)):
            yield target.id


def is_private_kind(name: str) -> bool:
    """Type variables, and names in capitals, are nobody's but the module's."""
    return name.isupper() or name.endswith("T")


@pytest.mark.parametrize("module", [*PUBLIC, "_relyingparty"])
def test_every_public_name_is_documented(module: str) -> None:
    file = PACKAGE / f"{module}.py"
    tree = ast.parse((file if file.exists() else file.with_suffix(".pyi")).read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    assert [name for name, text in names(tree.body) if not text] == []


def test_the_lists_of_modules_hold_every_public_name() -> None:
    for name in relyingparty.__all__:
        thing = getattr(relyingparty, name)
        module = getattr(thing, "__module__", "relyingparty").removeprefix("relyingparty").lstrip(".")
        listed = {*(name.removesuffix("/__init__") for name in PUBLIC), "", "_relyingparty", "typing", "types"}
        assert module.replace(".", "/") in listed, name


def test_an_undocumented_name_is_noticed() -> None:
    source = 'class A:\n  """A."""\n  a: int\n  b: int\n  """B."""\n  def c(self) -> None: ...\ndef d() -> None: ...\n'
    found = dict(names(ast.parse(source).body))
    assert [name for name, text in found.items() if not text] == ["A.a", "A.c", "d"]
    assert found["A.b"] == "B."


def test_stubs_say_what_help_says() -> None:
    """An editor reads the stubs, ``help()`` the module: one text."""
    differing = []
    for name, text in names(ast.parse(STUB.read_text(encoding="utf-8")).body):
        thing: object = _relyingparty
        for part in name.split("."):
            thing = getattr(thing, part)
        if name.endswith("__new__") or not (said := getattr(thing, "__doc__", None)) or isinstance(thing, str):
            continue
        if one_line(said) != one_line(text or ""):
            differing.append(name)
    assert differing == []


def one_line(text: str) -> str:
    return re.sub(r"\s+", " ", inspect.cleandoc(text)).strip()


@pytest.mark.parametrize(
    ("awaited", "blocking"),
    [
        (relyingparty.AsyncRelyingParty, relyingparty.RelyingParty),
        (relyingparty.AsyncSite, relyingparty.Site),
    ],
)
def test_each_async_verb_has_words_of_its_own(awaited: type, blocking: type) -> None:
    for name, verb in vars(awaited).items():
        if inspect.iscoroutinefunction(verb) and not name.startswith("_"):
            text = inspect.getdoc(verb) or ""
            same = inspect.getdoc(getattr(blocking, name)) or ""
            assert text.split("\n")[0] == same.split("\n")[0], name
            assert len(text) >= 0.8 * len(same), name


def test_dir_lists_what_is_loaded_when_it_is_asked_for() -> None:
    assert set(relyingparty.__all__) <= set(dir(relyingparty))
    assert {"UrllibTransport", "ThreadedTransport"} <= set(dir(relyingparty.transports))
