"""What a baseline is true for: the tools that made the code, and the machine that ran it."""

import platform
import re
import subprocess
from importlib.metadata import version
from pathlib import Path


def first_line(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.partition("\n")[0]


def toolchain() -> dict[str, str]:
    """Everything whose change may move an instruction count."""
    return {
        "architecture": platform.machine(),
        "python": f"{platform.python_version()} ({platform.python_compiler()})",
        "libc": " ".join(platform.libc_ver()),
        "cc": first_line("cc", "--version"),
        "cython": version("cython"),
        "coincurve": version("coincurve"),
        "valgrind": first_line("valgrind", "--version"),
    }


def cpu() -> str:
    """A name for the kind of processor, such as `AuthenticAMD-25-17`."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.machine()
    wanted = ("vendor_id", "cpu family", "model")
    found = (re.search(rf"^{field}\s*: (\S+)$", text, re.MULTILINE) for field in wanted)
    return "-".join(match[1] for match in found if match) or platform.machine()
