"""The direction of imports: cli -> facade -> net -> sans-IO -> _ext -> kernels, never back."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "engine" / "waypost"
SHIPPED = sorted(
    [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.pxd"), *(ROOT / "ext").glob("*.pyx")],
)

# Code imports from its own floor and from those below it.
FLOORS = {"errors": 0, "_ext": 1, "sans-io": 2, "net": 3, "facade": 4, "cli": 5}

OUTSIDE_WORLD = {"asyncio", "os", "random", "secrets", "select", "socket", "threading", "time"}
OUTSIDE_WORLD |= {"fcntl", "libc.time", "platformdirs", "posix", "sqlite3", "tempfile", "uvloop"}
PERMITS = {
    "waypost.keys": {"os", "secrets"},  # makes long-lived keys and owns their files
    "waypost.cli": {"os"},
    "waypost.cli.mail_demo": {"tempfile"},  # its archives are gone when the story ends
    "waypost._ext.aead": {"os"},  # WAYPOST_TIER, read once at import
    "waypost._ext.digest": {"os"},  # the same
}

CYTHON_IMPORT = re.compile(
    r"^[ \t]*from[ \t]+([\w.]+)[ \t]+c?import[ \t]+(\([^)]*\)|[^#\n]+)"
    r"|^[ \t]*c?import[ \t]+([\w.]+)",
    re.MULTILINE,
)


def module_name(path: Path) -> str:
    if path.suffix == ".pyx":
        return f"waypost._ext.{path.stem}"
    parts = path.relative_to(ROOT / "engine").with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


MODULES = {module_name(path) for path in SHIPPED}


def room_of(name: str) -> str:
    """The room of a module of ours, or of a name inside one."""
    while name not in MODULES and "." in name:
        name = name.rpartition(".")[0]
    match name.split("."):
        case ["waypost"]:
            return "facade"
        case ["waypost", ("_ext" | "net" | "cli" | "errors") as room, *_]:
            return room
        case _:
            return "sans-io"


def python_imports(path: Path) -> Iterator[str]:
    home = [*path.relative_to(ROOT / "engine").parent.parts] if PACKAGE in path.parents else []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = home[: len(home) - node.level + 1] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{source}.{alias.name}" for alias in node.names)


def cython_imports(path: Path) -> Iterator[str]:
    for source, names, module in CYTHON_IMPORT.findall(path.read_text()):
        yield from [f"{source}.{name}" for name in re.findall(r"\w+", names)] or [module]


def imports(path: Path) -> set[str]:
    return set(python_imports(path) if path.suffix == ".py" else cython_imports(path))


def among(name: str, packages: set[str]) -> bool:
    return any(f"{name}.".startswith(f"{package}.") for package in packages)


def test_imports_go_down() -> None:
    upward = [
        f"{module_name(path)} imports {name}"
        for path in SHIPPED
        for name in imports(path)
        if among(name, {"waypost"}) and FLOORS[room_of(name)] > FLOORS[room_of(module_name(path))]
    ]
    assert upward == []


def test_only_net_touches_the_outside_world() -> None:
    reached = []
    for path in SHIPPED:
        module = module_name(path)
        if room_of(module) == "net" or module == "waypost._ext.ring":
            continue
        permitted = set().union(*(PERMITS[room] for room in PERMITS if among(module, {room})))
        for name in imports(path):
            if among(name, OUTSIDE_WORLD) and not among(name, permitted):
                reached.append(f"{module} imports {name}")
    assert reached == []


def test_only_net_uses_the_ring_of_sockets() -> None:
    users = {
        module_name(path)
        for path in SHIPPED
        if any(among(name, {"waypost._ext.ring"}) for name in imports(path))
    }
    assert {room_of(user) for user in users} <= {"net"}


def test_what_ships_imports_no_test_tool() -> None:
    tools = {"tests", "benchmarks", "pytest", "hypothesis"}
    assert [path for path in SHIPPED if any(among(name, tools) for name in imports(path))] == []


def test_kernels_know_no_python() -> None:
    kernels = [*(ROOT / "ext" / "kernels").glob("*.[ch]"), *PACKAGE.rglob("*.h")]
    assert [path for path in kernels if "Python.h" in path.read_text()] == []


def test_oracles_import_nothing_of_ours() -> None:
    oracles = sorted((ROOT / "tests" / "oracle").rglob("*.py"))
    ours = {"waypost"}
    assert [path for path in oracles if any(among(name, ours) for name in imports(path))] == []
