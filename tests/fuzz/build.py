"""Compiles mutate.pyx beside the other things that are built, on first use."""

import importlib.util
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
OUT = ROOT / "build" / "fuzz"
SETUP = f"""
from Cython.Build import cythonize
from setuptools import Extension, setup
headers = ["engine/waypost/_ext"]
source = Extension("mutate", ["tests/fuzz/mutate.pyx"], include_dirs=headers)
modules = cythonize([source], include_path=["engine"], build_dir="{OUT}", quiet=True)
options = {{"build_lib": "{OUT}", "build_temp": "{OUT}"}}
setup(script_args=["-q", "build_ext"], ext_modules=modules, options={{"build_ext": options}})
"""


@cache
def mutate():
    """The compiled module. The compiler runs without the sanitizer that may be preloaded here."""
    environment = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    subprocess.run([sys.executable, "-c", SETUP], cwd=ROOT, env=environment, check=True)
    (path,) = OUT.glob("mutate.*.so")
    spec = importlib.util.spec_from_file_location("mutate", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
