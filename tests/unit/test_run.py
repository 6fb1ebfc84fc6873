"""`waypost.run` is asyncio.run on uvloop."""

import asyncio

import pytest
import uvloop

from waypost.net.run import run


async def loop_type():
    return type(asyncio.get_running_loop())


def test_result_comes_from_uvloop():
    assert run(loop_type()) is uvloop.Loop


def test_error_comes_through():
    async def fail():
        raise LookupError("as it was")

    with pytest.raises(LookupError, match="as it was"):
        run(fail())


def test_tasks_left_over_are_cancelled():
    ended = []

    async def forever():
        try:
            await asyncio.sleep(3600)
        finally:
            ended.append(True)

    async def main():
        left = asyncio.create_task(forever())
        await asyncio.sleep(0)
        return left

    assert run(main()).cancelled()
    assert ended == [True]
