"""The habits of the house that a machine can check."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINE_LENGTH_MAX = 99
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70
SETUP_LINES_MAX = 60
MAKEFILE_LINES_MAX = 80

PYTHON = sorted(
    [ROOT / "setup.py"]
    + [
        path
        for room in ("engine", "tests", "benchmarks", "contracts")
        for pattern in ("*.py", "*.pyi")
        for path in (ROOT / room).rglob(pattern)
        if "node_modules" not in path.parts
    ]
)
CYTHON = sorted(
    [
        *(ROOT / "ext").glob("*.pyx"),
        *(ROOT / "engine").rglob("*.pxd"),
        *(ROOT / "tests").rglob("*.py[xd]"),
    ]
)
KERNELS = sorted([*(ROOT / "ext").rglob("kernels/*.[ch]"), *(ROOT / "engine").rglob("*.h")])
CODE = [*PYTHON, *CYTHON, *KERNELS, ROOT / "Makefile"]
PROSE = [path for path in ROOT.rglob("*.md") if not {".venv", "node_modules"} & set(path.parts)]

LEFTOVER = re.compile(r"\b(FIXM[E]|TOD[O]|XX[X])\b")
MACHINE_PATH = re.compile(r"(?<![\w.:/])/(work|root|home|Users)/")
CYTHON_FUNCTION = re.compile(r"(\s*)(?:async def|c?p?def) (?!class\b)[^=]*\(")
DECLARATION = re.compile(r"cdef (class|enum|struct|packed|union|extern|inline|const)\b")
CONTAINER = re.compile(r"[\[{]|(list|dict|set|bytearray|deque|OrderedDict)\(")
C_VARIABLE = re.compile(
    r"(?!.*\bconst\b|typedef|struct|union|enum|#|/|})[^(=]* \**(\w+)[^(=]*[=;]"
)


def shown(path: Path, line: int) -> str:
    return f"{path.relative_to(ROOT)}:{line}"


def lines_matching(paths: list[Path], pattern: re.Pattern[str]) -> list[str]:
    return [
        shown(path, number)
        for path in paths
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if pattern.search(line)
    ]


def python_functions(path: Path) -> Iterator[tuple[int, int]]:
    """The first line and the number of lines of each function."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.lineno, (node.end_lineno or node.lineno) - node.lineno + 1


def cython_functions(path: Path) -> Iterator[tuple[int, int]]:
    lines = path.read_text().splitlines()
    for start, line in enumerate(lines):
        if not (match := CYTHON_FUNCTION.match(line)):
            continue
        end = last = start
        for end in range(start + 1, len(lines)):
            text = lines[end]
            if text.strip() and not text.startswith((match[1] + " ", match[1] + ")")):
                break
            last = end if text.strip() else last
        yield start + 1, last - start + 1


def c_functions(path: Path) -> Iterator[tuple[int, int]]:
    start = 0
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line[:1].isalpha():
            start = number
        elif line.startswith("}"):
            yield start, number - start + 1


def test_lines_and_files_are_short() -> None:
    assert lines_matching(CODE, re.compile(f".{{{LINE_LENGTH_MAX + 1}}}")) == []
    sizes = {path: len(path.read_text().splitlines()) for path in CODE}
    assert [path for path, size in sizes.items() if size > FILE_LINES_MAX] == []
    assert sizes[ROOT / "setup.py"] <= SETUP_LINES_MAX
    assert sizes[ROOT / "Makefile"] <= MAKEFILE_LINES_MAX


def test_functions_are_short() -> None:
    measured = [(python_functions, PYTHON), (cython_functions, CYTHON), (c_functions, KERNELS)]
    assert [
        f"{shown(path, line)} has {size} lines"
        for functions, paths in measured
        for path in paths
        for line, size in functions(path)
        if size > FUNCTION_LINES_MAX
    ] == []


def test_nothing_is_left_over() -> None:
    assert lines_matching(CODE + PROSE, LEFTOVER) == []


def test_no_path_of_one_machine() -> None:
    assert lines_matching([*CODE, *PROSE, *(ROOT / ".ci").iterdir()], MACHINE_PATH) == []


def test_modules_are_not_glued() -> None:
    assert lines_matching(CYTHON, re.compile(r"^\s*(include\s+[\"']|DEF\s)")) == []


def test_each_compiled_module_has_header_and_stub() -> None:
    for path in (ROOT / "ext").glob("*.pyx"):
        for suffix in (".pxd", ".pyi"):
            assert (ROOT / "engine/waypost/_ext" / path.name).with_suffix(suffix).is_file(), path


def cython_state(text: str) -> Iterator[str]:
    """The variables at module level that hold something that can change."""
    code = re.sub(r'(?s)""".*?"""|(?-s:#.*)', "", text)
    for line in filter(lambda line: line[:1].isalpha() or line[:1] == "_", code.splitlines()):
        target, _, value = line.partition(" = ")
        is_function = "(" in target and "(*" not in target
        if DECLARATION.match(line) or is_function or not (value or line.startswith("cdef ")):
            continue
        name = re.findall(r"\w+", re.split(r"[)\[:]", target)[0])[-1]
        if not name.isupper() and (not value or CONTAINER.match(value)):
            yield name


def c_state(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if line[:1].strip() and (match := C_VARIABLE.match(line)):
            yield match[1]


def test_compiled_modules_hold_no_state() -> None:
    """What a CPU can do is the one choice that is kept: tests switch the tiers of kernels."""
    assert lines_matching(CYTHON, re.compile(r"^\s*global\s+(?!wp_(aes|keccak_many)$)")) == []
    assert {path.name: [*cython_state(path.read_text())] for path in CYTHON} == {
        path.name: [] for path in CYTHON
    }
    assert {path.name: [*c_state(path.read_text())] for path in KERNELS} == {
        path.name: [] for path in KERNELS
    }


def test_the_search_for_state_finds_it() -> None:
    cython = "cdef int a\ncdef dict b = {}\ncdef T* c\ncdef int (*d)(int)\ne: dict[str, int] = {}"
    assert set(cython_state(cython)) == set("abcde")
    cython = "cdef class A:\n    cdef int b\ncdef int f(int g=0):\n    h = {}\ncdef T k = <T>g(1)"
    assert set(cython_state(cython)) == set()
    assert set(c_state("static int a;\nint b[2] = {0};\nstatic T *c;")) == set("abc")
    assert set(c_state("static const int a = 0;\nint f(int b);\n} c;\n  int d;")) == set()


def test_tools_pin_what_the_contracts_are_built_with() -> None:
    package = json.loads((ROOT / "contracts" / "package.json").read_text())
    needed = {}
    for kind in ("dependencies", "devDependencies", "optionalDependencies"):
        needed |= package.get(kind, {})
    pins = re.findall(r"(?m)^npm +(\S+) +(\S+)", (ROOT / "tools.txt").read_text())
    assert dict(pins) == needed


def test_lock_file_pins_by_content_not_by_address() -> None:
    assert '"resolved": "http' not in (ROOT / "contracts" / "package-lock.json").read_text()


@pytest.mark.parametrize(("table", "row_count_min"), [("contracts/test", 30), ("tests", 20)])
def test_each_threat_names_tests_that_exist(table: str, row_count_min: int) -> None:
    folder = ROOT / table
    rows = re.findall(r"(?m)^\| .+ \| (.*`.*) \|$", (folder / "README.md").read_text())
    assert len(rows) > row_count_min
    for row in rows:
        tests = re.sub(r" \([^)]*\)", "", row)
        named = re.findall(r"`([\w./]+\.(?:py|sol))`((?: `\w+`)+)", tests)
        assert len(named) == len(re.findall(r"\.(?:py|sol)`", tests)) > 0, row
        for file, names in named:
            source = (folder / file).read_text()
            for name in re.findall(r"\w+", names):
                assert re.search(rf"\b(def|function) {name}\(", source), f"{file} has no {name}"
