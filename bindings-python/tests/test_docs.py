"""The Python code of the pages in ``docs`` compiles and has the right types. ``test_start_pages.py`` runs it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
# What a snippet that is not whole takes from the text around it.
AROUND = "from relyingparty import RelyingParty\n"


def snippets() -> dict[str, str]:
    """Each snippet by the name of a module: its page and its place there."""
    found: dict[str, str] = {}
    for page in sorted(DOCS.rglob("*.md")):
        name = re.sub(r"\W", "_", str(page.relative_to(DOCS).with_suffix("")))
        found |= {f"{name}_{place}": code for place, code in enumerate(fenced(page))}
    return found


def fenced(page: Path) -> list[str]:
    """The snippets of a page."""
    return re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("name", snippets())
def test_a_snippet_compiles(name: str) -> None:
    compile(snippets()[name], name, "exec")


def test_every_snippet_has_the_right_types(tmp_path: Path) -> None:
    for name, code in snippets().items():
        around = "" if "from relyingparty" in code else AROUND
        (tmp_path / f"{name}.py").write_text(around + code, encoding="utf-8")
    mypy = [sys.executable, "-m", "mypy", "--config-file=", "--check-untyped-defs", f"--cache-dir={tmp_path / 'cache'}"]
    checked = subprocess.run([*mypy, str(tmp_path)], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_fence_of_python_is_found() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in DOCS.rglob("*.md"))
    assert len(snippets()) == len(re.findall(r"^\s*```\s*(?:python|py)\b", text, re.MULTILINE)) > 0
