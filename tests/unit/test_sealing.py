"""Sealing on threads: enough work, in time, told of, cancelled."""

import asyncio
import threading

import pytest

from waypost._ext.envelope import WORKS, Envelope
from waypost.errors import ConfigError, NotEnoughWork
from waypost.net.sealing import seal


def envelope(work="leading"):
    return Envelope.create(
        expiry_s=2_000_000_000, ttl_s=50, topic=b"abcd", data=bytes(300), work=work
    )


def searching():
    return [each for each in threading.enumerate() if each.name.startswith("waypost-seal")]


@pytest.mark.parametrize("work", WORKS)
@pytest.mark.parametrize("thread_count", [None, 1, 3])
async def test_an_envelope_gets_its_work(work, thread_count):
    pow = 2.0**17 / 320 / 50  # two chunks, or more
    sealed = await seal(envelope(work), pow=pow, max_time_s=60, thread_count=thread_count)
    assert sealed.pow >= pow
    assert sealed == envelope(work).sealed(sealed.nonce)
    assert searching() == []


async def test_one_thread_finds_the_first_nonce():
    sealed = await seal(envelope(), pow=2.0**12 / 320 / 50, max_time_s=60, thread_count=1)
    assert envelope().search(0, 1 << 20, sealed.bits)[1] == sealed.nonce


async def test_what_has_its_work_is_not_searched_for():
    assert (await seal(envelope(), pow=0, max_time_s=1)).nonce == 0
    sealed = await seal(envelope(), pow=0.1, max_time_s=60)
    assert await seal(sealed, pow=0.05, max_time_s=1) is sealed


async def test_time_runs_out():
    with pytest.raises(NotEnoughWork, match=r"of 6\d zero bits in 0.05 s: allow more time"):
        await seal(envelope(), pow=1e15, max_time_s=0.05, thread_count=2)
    assert searching() == []


async def test_progress_is_told_and_a_search_is_cancelled():
    told = []
    seen = asyncio.Event()

    def progress(each):
        told.append(each)
        if len(told) == 2:
            seen.set()

    task = asyncio.create_task(
        seal(envelope(), pow=1e15, max_time_s=600, thread_count=1, progress=progress)
    )
    await seen.wait()
    assert len(searching()) == 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert searching() == []
    first, second = told
    assert 0 < first.hash_count < second.hash_count
    assert first.bits <= second.bits < second.bits_wanted
    assert 0 < first.elapsed_s < second.elapsed_s


async def test_the_event_loop_goes_on_meanwhile():
    task = asyncio.create_task(seal(envelope(), pow=1e15, max_time_s=600, thread_count=1))
    for _ in range(10):
        await asyncio.sleep(0.001)
    assert not task.done()
    task.cancel()
    await asyncio.wait([task])


@pytest.mark.parametrize("setting", [{"max_time_s": 0}, {"thread_count": -1}, {"pow": -1.0}])
async def test_settings_are_checked(setting):
    with pytest.raises(ConfigError):
        await seal(envelope(), **({"pow": 0.2, "max_time_s": 1} | setting))
