"""What is shipped: a source archive, a wheel built from it, and C headers that others can use.

Nothing is fetched: the environment of the tests has what the build needs.
"""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
COMPILED = ROOT / "engine" / "waypost" / "_ext"
HEADERS = {path.name for path in COMPILED.iterdir() if path.suffix in {".pxd", ".pyi", ".h"}}
MODULES = {path.stem for path in (ROOT / "ext").glob("*.pyx")}

pytestmark = pytest.mark.timeout(1800)  # all is compiled, more than once


def python(*arguments: object, cwd: Path = ROOT, path: Path | None = None) -> str:
    """What a Python prints that looks for modules in `path` first."""
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=cwd,
        env=os.environ | ({"PYTHONPATH": str(path)} if path else {}),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source archive and the wheel that was built from it."""
    out = tmp_path_factory.mktemp("dist")
    python("-m", "build", "--no-isolation", "--outdir", out)
    return out


@pytest.fixture(scope="module")
def site(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where only the wheel is installed."""
    out = tmp_path_factory.mktemp("site")
    (wheel,) = dist.glob("*.whl")
    python("-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", out, wheel)
    return out


def test_source_archive_holds_sources_only(dist: Path) -> None:
    (archive,) = dist.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        names = {name.partition("/")[2] for name in opened.getnames()}
    assert {f"ext/{module}.pyx" for module in MODULES} <= names
    assert {f"engine/waypost/_ext/{name}" for name in HEADERS} <= names
    assert {str(path.relative_to(ROOT)) for path in (ROOT / "ext/kernels").iterdir()} <= names
    made = {name for name in names if name.endswith((".so", ".pyc", ".html"))}
    made |= {name for name in names if name.endswith(".c") and "/kernels/" not in name}
    assert made == set()


def test_wheel_holds_modules_headers_stubs_and_artifacts(dist: Path) -> None:
    (wheel,) = dist.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    built = {Path(name).name.partition(".")[0] for name in names if name.endswith(".so")}
    assert built == MODULES
    assert {f"waypost/_ext/{name}" for name in HEADERS} <= names
    assert {"waypost/py.typed", "waypost/trust/artifacts/ServerRegistry.json"} <= names
    assert not any(name.endswith((".pyx", ".c")) for name in names)


def test_other_cython_code_uses_the_headers_of_the_wheel(site: Path, tmp_path: Path) -> None:
    for name in ("distance.pyx", "use_distance.py"):
        shutil.copy(ROOT / "tests" / "capi" / name, tmp_path)
    (tmp_path / "setup.py").write_text(
        "from Cython.Build import cythonize\n"
        "from setuptools import Extension, setup\n"
        "from waypost._ext import INCLUDE_DIR\n"
        "extension = Extension('distance', ['distance.pyx'], include_dirs=[INCLUDE_DIR])\n"
        "setup(ext_modules=cythonize([extension]))\n"
    )
    python("setup.py", "-q", "build_ext", "--inplace", cwd=tmp_path, path=site)
    assert python("use_distance.py", cwd=tmp_path, path=site).startswith(str(site))
