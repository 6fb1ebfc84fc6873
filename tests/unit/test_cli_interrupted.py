"""What a command says that is interrupted while its transaction waits for a block."""

import asyncio
import signal

import pytest

from tests.chains import ANVIL_KEY, ask, running_anvil
from tests.commands import PROGRAM
from waypost import PrivateKey, Registry
from waypost._ext.secp256k1 import SecretKey
from waypost.net.run import until


@pytest.mark.parametrize("verb", ["provider register", "deploy"])
async def test_an_interrupted_transaction_is_named(tmp_path, verb) -> None:
    PrivateKey.from_bytes(ANVIL_KEY).save(tmp_path / "key")
    with running_anvil() as url:
        there = []
        if verb != "deploy":
            async with await Registry.deploy(url, SecretKey(ANVIL_KEY)) as registry:
                there = ["--registry", "0x" + registry.address.hex()]
        ask(url, "evm_setAutomine", False)
        process = await asyncio.create_subprocess_exec(
            *(*PROGRAM, "registry", *verb.split(), "--rpc", url, *there),
            *("--account", tmp_path / "key"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

        def pending() -> list[str]:
            return ask(url, "eth_getBlockByNumber", "pending", False)["transactions"]

        assert await until(lambda: bool(pending()), 60.0)
        (hash_,) = pending()
        process.send_signal(signal.SIGINT)
        out, err = await asyncio.wait_for(process.communicate(), 60.0)
    assert (process.returncode, out) == (130, b"")
    assert f"{hash_} was sent, and may get into a block still" in err.decode()
