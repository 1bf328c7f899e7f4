"""What the documentation shows is run, block after block, as a reader would type it."""

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


@pytest.mark.parametrize("path", [*sorted(ROOT.glob("docs/*.md")), ROOT / "README.md"], ids=str)
def test_every_link_leads_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text()):
        assert (path.parent / target).exists(), target
