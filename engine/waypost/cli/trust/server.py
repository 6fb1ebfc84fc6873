"""waypost trust server: the user's own servers, allowed whatever a registry says."""

import click

from waypost._ext.record import ENR
from waypost.cli.options import parse_peer
from waypost.cli.output import Said
from waypost.cli.trust.desk import PolicyDesk, policy_options
from waypost.errors import ConfigError
from waypost.trust.policy import TrustPolicy

peers_argument = click.argument("peers", nargs=-1, required=True, metavar="ENR|NODE_ID...")


@click.group(short_help="Name servers of your own.")
def server() -> None:
    """Name servers of your own: they are allowed whatever a registry says, and need none."""


@server.command(short_help="Name servers of your own.")
@peers_argument
@policy_options
def add(desk: PolicyDesk, peers: tuple[str, ...]) -> None:
    """Name servers of your own.

    A record (enr:...) is a place to begin from; a node id is trusted once it is discovered.
    """
    servers = [parse_peer(peer) for peer in peers]
    policy = desk.change(lambda policy: policy.adding_own_servers(servers))
    for peer in servers:
        node_id = peer.node_id if isinstance(peer, ENR) else peer
        desk.tell(server_said(node_id, policy.own_servers[node_id]))


@server.command(short_help="No longer name servers your own.")
@peers_argument
@policy_options
def remove(desk: PolicyDesk, peers: tuple[str, ...]) -> None:
    """No longer name servers your own: what the registry says of them counts again."""
    given = [parse_peer(peer) for peer in peers]
    node_ids = [peer.node_id if isinstance(peer, ENR) else peer for peer in given]

    def change(policy: TrustPolicy) -> TrustPolicy:
        for node_id in node_ids:
            if node_id not in policy.own_servers:
                raise ConfigError(f"{node_id.hex()} is not among your own servers")
        return policy.removing_own_servers(node_ids)

    desk.change(change)
    for node_id in node_ids:
        text = f"{node_id.hex()} is no longer a server of your own"
        desk.tell(Said({"node_id": node_id.hex(), "own": False}, text))


def server_said(node_id: bytes, record: ENR | None) -> Said:
    """A server of the user's own."""
    text = record.text if record else None
    data = {"node_id": node_id.hex(), "own": True, "enr": text}
    return Said(data, f"own server  {node_id.hex()}  {text or '(no record)'}")
