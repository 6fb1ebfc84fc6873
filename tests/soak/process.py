"""`python -m tests.soak.process ROLE`: one of a soak's processes.

ROLE is server, crowd, askers or strangers. It reads the plan from the first line of its standard
input and tells what it sees on its standard output; at the word "stop", or when whoever began it
is gone, it ends.
"""

import asyncio
import importlib
import sys

from tests.soak.plan import Plan
from tests.soak.wire import HomeLoop, Wire


async def main(role: str) -> None:
    wire = Wire()
    plan = Plan.from_json(await wire.open())
    await importlib.import_module(f"tests.soak.{role}").run(plan, wire)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=HomeLoop) as runner:
        runner.run(main(sys.argv[1]))
