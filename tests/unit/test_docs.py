"""What the documentation shows runs as it is written."""

import ast
import inspect
import re
import textwrap
from pathlib import Path

import click
import pytest

import waypost
from waypost.cli import waypost as root

ROOT = Path(__file__).parents[2]


def samples(page: str) -> list[str]:
    """The Python samples of a page, padded so that an error tells the line of the page."""
    text = (ROOT / page).read_text()
    found = re.finditer(r"(?ms)^```python\n(.*?)^```$", text)
    return ["\n" * text.count("\n", 0, one.start(1)) + one[1] for one in found]


@pytest.mark.parametrize("page", ["docs/registry.md", "docs/mail.md"])
async def test_the_samples_of_a_page_run_one_after_the_other(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: dict[str, object] = {}
    parts = samples(page)
    assert len(parts) > 5
    monkeypatch.chdir(tmp_path)
    for part in parts:
        code = compile(part, page, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        outcome = eval(code, told)
        if inspect.isawaitable(outcome):
            await outcome


@pytest.mark.parametrize("page", ["README.md", "docs/trust.md"])
def test_what_other_samples_import_and_name_is_there(page: str) -> None:
    parts = samples(page)
    assert parts
    for part in parts:
        tree = compile(textwrap.dedent(part), page, "exec", ast.PyCF_ONLY_AST)
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id == "waypost"
            ):
                assert hasattr(waypost, node.attr), f"{page}: waypost.{node.attr}"


PAGES = sorted(
    str(path.relative_to(ROOT))
    for pattern in ("*.md", "docs/**/*.md", "tests/*.md", "contracts/*.md", "contracts/test/*.md")
    for path in ROOT.glob(pattern)
)


def anchors(page: Path) -> set[str]:
    """What `#...` may name: each heading, as GitHub writes it."""
    headings = re.findall(r"(?m)^#+ (.*)$", page.read_text())
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    here = ROOT / page
    for link in re.findall(r"\]\(([^)\s]+)\)", here.read_text()):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        there = (here.parent / path).resolve() if path else here
        assert there.exists(), f"{page}: {link}"
        assert not anchor or anchor in anchors(there), f"{page}: {link}"


def commands(page: Path) -> list[list[str]]:
    """The words of each `waypost ...` that a page shows, in a block or within a line."""
    text = page.read_text().replace("\\\n", " ")
    shown = re.findall(r"(?m)^    (?:\.venv/bin/)?waypost (.*)$", text)
    shown += re.findall(r"`(?:\.venv/bin/)?waypost ([^`]*)`", text)
    return [one.split() for one in shown]


@pytest.mark.parametrize("page", [page for page in PAGES if commands(ROOT / page)])
def test_commands_that_are_shown_exist(page: str) -> None:
    for words in commands(ROOT / page):
        command: click.Command = root
        while words and isinstance(command, click.Group) and words[0] in command.commands:
            command = command.commands[words.pop(0)]
        known = {name for one in command.params for name in one.opts} | {"--help"}
        assert {word for word in words if word.startswith("--")} <= known, f"{page}: {words}"
        is_open = not words or words[0].startswith("-") or not isinstance(command, click.Group)
        assert is_open, f"{page}: {words}"


def test_every_decision_is_in_the_index() -> None:
    folder = ROOT / "docs" / "adr"
    listed = re.findall(r"\]\((\d+-[\w-]+\.md)\)", (folder / "README.md").read_text())
    assert listed == sorted(path.name for path in folder.glob("[0-9]*.md"))


@pytest.mark.parametrize("name", waypost.__all__)
def test_help_says_what_each_public_name_is(name: str) -> None:
    named = getattr(waypost, name)
    said = vars(named)["__doc__"] if isinstance(named, type) else named.__doc__
    assert said
    home, _, module = getattr(named, "__module__", "").rpartition(".")
    if home == "waypost._ext":  # the stub is where editors read: both say the same
        stub = ast.parse((ROOT / f"engine/waypost/_ext/{module}.pyi").read_text())
        (there,) = (one for one in stub.body if getattr(one, "name", None) == name)
        assert inspect.cleandoc(said) == ast.get_docstring(there)
