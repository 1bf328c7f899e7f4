"""What the documentation shows is run, block after block, as a reader would type it."""

import doctest
import importlib
import re
from pathlib import Path

import pytest

from dfws_html.work.registry import registry

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "name", ["README.md", *(f"docs/{name}.md" for name in ("calls", "guide", "html", "live"))]
)
def test_every_block_of_python_runs(name: str) -> None:
    blocks = BLOCK.findall((ROOT / name).read_text())
    assert blocks
    space = {"__name__": "tests.the_readers_module"}
    with registry.isolated():
        for block in blocks:
            exec(compile(block, name, "exec"), space)


# The components' needs the apps of django-components.
MODULES = [path for path in sorted(ROOT.glob("dfws_html/**/*.py")) if path.stem != "components"]


def test_every_example_of_a_docstring_runs(subtests) -> None:
    found = 0
    with registry.isolated():
        for path in MODULES:
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            with subtests.test(name):
                failed, tried = doctest.testmod(importlib.import_module(name))
                found += tried
                assert failed == 0
    assert found > 50


@pytest.mark.parametrize("path", [*sorted(ROOT.glob("docs/*.md")), ROOT / "README.md"], ids=str)
def test_every_link_leads_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text()):
        assert (path.parent / target).exists(), target
