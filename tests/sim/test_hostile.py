"""A network among whose packets a liar mixes mutated, truncated and replayed ones."""

import random

from tests.sim.network import Host, Network, Weather

REFUSED = ("refused_size", "refused_protocol", "refused_flag", "refused_authdata")


class Liar:
    """Sees every datagram; for each it sends, in the sender's name, something worse."""

    def __init__(self, network: Network, seed: int) -> None:
        self.random = random.Random(seed)
        self.network = network
        self.seen: list[tuple[bytes, bytes, bytes]] = []
        network.tap = self.overhear

    def overhear(self, data: bytes, source: bytes, destination: bytes) -> bool:
        self.seen.append((data, source, destination))
        return True

    def strike(self, count: int) -> None:
        """Deliver forgeries of what was overheard to whom it went to."""
        self.seen = overheard = self.seen[-500:]
        for _ in range(count):
            data, source, destination = self.random.choice(overheard)
            victim = self.network.hosts[destination]
            victim.machine.receive(self.forge(data), source, self.network.now)
            self.network.settle(victim)

    def forge(self, data: bytes) -> bytes:
        kind = self.random.randrange(4)
        if kind == 0:  # replayed as it was
            return data
        if kind == 1:
            return data[: self.random.randrange(len(data))]
        if kind == 2:
            return data + self.random.randbytes(self.random.randrange(1, 1300))
        changed = bytearray(data)
        for _ in range(self.random.randrange(1, 4)):
            changed[self.random.randrange(len(changed))] ^= 1 << self.random.randrange(8)
        return bytes(changed)


def all_found(network: Network, hosts: list[Host]) -> bool:
    seeker = hosts[-1]
    seeker.finished.clear()
    targets = [host.machine.record.node_id for host in hosts[:-1]]
    runs = [seeker.machine.lookup(target, network.now) for target in targets]
    network.settle(seeker)
    assert network.run_until(lambda: len(seeker.finished) == len(runs), 60.0)
    return all(run.target in run.seen for run in runs)


def test_a_network_works_on_among_forgeries():
    network = Network(11, Weather(loss=0.02))
    hosts = [network.add() for _ in range(10)]
    liar = Liar(network, seed=12)
    for host in hosts[1:]:
        host.machine.bootstrap([hosts[0].machine.record], network.now)
        network.settle(host)
    for _ in range(60):
        network.run(1.0)
        liar.strike(100)
    assert all_found(network, hosts)
    counted = [host.machine.stats() for host in hosts]
    assert all(sum(stats[name] for stats in counted) > 0 for name in REFUSED)
    assert sum(stats["undecryptable"] for stats in counted) > 0
    assert sum(stats["answers_unmatched"] for stats in counted) > 0  # answers replayed
    config = hosts[0].machine.config
    for stats in counted:
        assert stats["challenges"] <= config.challenge_count_max
        assert stats["sessions"] < len(hosts) + 1
