"""Ten thousand verdicts that are asked for again, on a real node."""

from tests.listed import KIND, NODE_IDS, listed_on_anvil
from tests.tap import Tap
from waypost.net.run import run
from waypost.net.trust.registry import Registry
from waypost.trust.verdict import Outcome


def test_ten_thousand_verdicts_are_revalidated_by_one_request() -> None:
    async def ask(url: str, address: bytes) -> None:
        tap = Tap(url)
        async with tap.open() as tapped, Registry(tapped, address) as registry:
            for request_count_max in (20, 1, 1):
                tap.exchanged.clear()
                verdicts = await registry.verify(KIND, NODE_IDS)
                assert [verdict.outcome for verdict in verdicts] == [Outcome.TRUSTED] * 10_000
                assert 1 <= len(tap.exchanged) <= request_count_max
            assert len(tap.exchanged[0].request) + len(tap.exchanged[0].answer) < 10_000

    with listed_on_anvil() as listed:
        run(ask(*listed))
