"""Many machines in bad weather: tables fill, lookups arrive, runs replay."""

import os

import pytest

from tests.sim.network import Host, Network, Weather
from waypost._ext.xor import logdistance

SEEDS = range(int(os.environ.get("WAYPOST_SIM_SEEDS", "1")))
NODE_COUNT = int(os.environ.get("WAYPOST_SIM_NODES", "25"))
ROUGH = Weather(latency_s=(0.01, 0.15), loss=0.1, duplication=0.02)


def grow(network: Network, count: int) -> list[Host]:
    """A network that has grown from one bootnode and settled."""
    hosts = [network.add() for _ in range(count)]
    bootnode = hosts[0].machine.record
    for host in hosts[1:]:
        host.machine.bootstrap([bootnode], network.now)
        network.settle(host)
        network.run(0.2)
    network.run(300.0)
    return hosts


def find(network: Network, host: Host, targets: list[bytes]) -> list[str]:
    """Look for nodes at once; those whose record no answer held."""
    host.finished.clear()
    runs = [host.machine.lookup(target, network.now) for target in targets]
    network.settle(host)
    assert network.run_until(lambda: len(host.finished) == len(runs), 120.0)
    return [run.target.hex() for run in runs if run.target not in run.seen]


def find_all(network: Network, hosts: list[Host]) -> dict[int, list[str]]:
    """Every host looks for every other one, once, twenty at a time; what each did not find."""
    missing: dict[int, list[str]] = {}
    for index, host in enumerate(hosts):
        targets = [other.machine.record.node_id for other in hosts if other is not host]
        for start in range(0, len(targets), 20):
            if lost := find(network, host, targets[start : start + 20]):
                missing.setdefault(index, []).extend(lost)
    return missing


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.timeout(900)
def test_every_node_finds_every_other_in_bad_weather(seed):
    network = Network(seed, ROUGH)
    hosts = grow(network, NODE_COUNT)
    assert find_all(network, hosts) == {}


def test_a_run_replays_from_its_seed():
    def run() -> tuple[int, list[dict[str, int]]]:
        network = Network(7, ROUGH)
        hosts = grow(network, 20)
        return network.delivered, [host.machine.stats() for host in hosts]

    assert run() == run()


def test_only_nodes_that_answered_are_relayed():
    network = Network(3)
    hosts = grow(network, 12)
    asked, dead = hosts[1], hosts[2]
    dead.up = False
    network.run(600.0)
    distance = logdistance(asked.machine.record.node_id, dead.machine.record.node_id)
    call = hosts[3].machine.find_node(
        asked.machine.record, range(distance, distance + 1), network.now
    )
    network.settle(hosts[3])
    assert network.run_until(lambda: call.done, 20.0)
    assert dead.machine.record not in call.result


def test_a_lookup_keeps_the_newest_record_that_it_is_told():
    network = Network(5)
    seeker, moved = network.add(), network.add()
    old = moved.machine.record
    new = moved.machine.update_record({"whisper.mailserver": b"\x01"})
    run = seeker.machine.lookup(old.node_id, network.now)
    for told in (old, new, old):
        run.hear([told])
    assert list(run.seen.values()) == [new]


def test_a_network_of_three_is_seen_by_one_lookup():
    for seed in range(20):
        network = Network(seed)
        hosts = grow(network, 3)
        others = {host.machine.record.node_id for host in hosts[:2]}
        run = hosts[2].machine.lookup(network.random.randbytes(32), network.now)
        network.settle(hosts[2])
        assert network.run_until(lambda run=run: run.done, 60.0)
        assert others <= run.seen.keys() | {record.node_id for record in run.result}
