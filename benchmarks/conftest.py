"""What pytest-benchmark writes down about a run: the tools and the processor, nothing personal."""

from typing import Any

from benchmarks.machine import cpu, toolchain


def pytest_benchmark_update_machine_info(machine_info: dict[str, Any]) -> None:
    machine_info.clear()
    machine_info.update(toolchain(), cpu=cpu())
