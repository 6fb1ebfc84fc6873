"""Plants 5 % more work in one kernel of a copy, and shows that the gate would not let it pass."""

import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks import gate
from benchmarks.cases import of_all_modules
from benchmarks.clocks import InstructionClock

ROOT = Path(__file__).parents[1]
COPY = ROOT / "build" / "plant"
CASE = "digest: keccak256, 64 bytes"
KERNEL = "ext/kernels/keccak.c"
SOIL = "void wp_keccak_permute(uint64_t lanes[25])\n{\n"
SEED = "    for (volatile int i = 0; i < 52; i++) {\n    }\n"  # 5 % of a permutation


def build() -> None:
    """Compiles the one module that links the kernel, from a copy of the sources."""
    for folder in ("engine/waypost", "ext/kernels"):
        kept = shutil.ignore_patterns("*.so", "__pycache__")
        shutil.copytree(ROOT / folder, COPY / folder, ignore=kept, dirs_exist_ok=True)
    for file in ("setup.py", "pyproject.toml", "README.md", "LICENSE", "ext/digest.pyx"):
        shutil.copy(ROOT / file, COPY / file)
    kernel = (ROOT / KERNEL).read_text()
    assert SOIL in kernel, f"{KERNEL} has changed: plant somewhere else"
    (COPY / KERNEL).write_text(kernel.replace(SOIL, SOIL + SEED))
    command = [sys.executable, "setup.py", "-q", "build_ext", "--inplace"]
    subprocess.run(command, cwd=COPY, check=True, stdout=subprocess.DEVNULL)


def judge() -> list[str]:
    """One line if the gate is blind, else nothing."""
    build()
    clock = InstructionClock(path=COPY / "engine")
    clock.measure(["-m", "benchmarks.worker", CASE], of_all_modules("CASES")[CASE].count)
    planted = gate.Result({}, {CASE: clock() * 1e9})
    change = gate.slower("instructions", planted, gate.load("instructions")).get(CASE, 0.0)
    print(f"planted in {KERNEL}: {change:.1%} more instructions")
    return [] if 0.04 < change < 0.06 else ["the gate does not see 5 % more work in a kernel"]


if __name__ == "__main__":
    sys.exit(judge() != [])
