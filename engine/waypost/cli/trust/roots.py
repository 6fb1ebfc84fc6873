"""waypost trust roots: where the state roots of proofs come from."""

from dataclasses import replace

import click

from waypost.cli.trust.desk import PolicyDesk, registry_policy_options
from waypost.config import RegistryConfig
from waypost.net.rpc import rpc_at
from waypost.trust.state_roots import AgreedRoots, EndpointRoots, LightClientRoots, StateRoots


@click.group(short_help="Say whether proofs are wanted, and against whose word.")
def roots() -> None:
    """Say whose word on the state of the chain a registry is proven against.

    \b
    none           no proofs: what a node says is taken as it is (the default)
    endpoint       proofs, against the state that the same node names
    agreed         proofs, against the state that several nodes agree on
    light-client   proofs, against the state that a light client of yours has verified
    """


@roots.command("none", short_help="Take words without proofs.")
@registry_policy_options
def no_roots(desk: PolicyDesk) -> None:
    """Take what a node says without proofs."""
    _set(desk, None)


@roots.command(short_help="Proofs against the state that the same node names.")
@registry_policy_options
def endpoint(desk: PolicyDesk) -> None:
    """Want proofs, against the state that the same node names."""
    _set(desk, EndpointRoots())


@roots.command(short_help="Proofs against a state that nodes agree on.")
@click.argument("urls", nargs=-1, required=True, metavar="URL...")
@click.option(
    "--need",
    "count",
    type=click.IntRange(2),
    metavar="K",
    help="How many have to agree.  [default: all]",
)
@registry_policy_options
def agreed(desk: PolicyDesk, urls: tuple[str, ...], count: int | None) -> None:
    """Want proofs, against the state that several nodes agree on: K of those at these URLs.

    \b
    waypost trust roots agreed --need 2 https://a.example https://b.example https://c.example
    """
    _set(desk, AgreedRoots(count or len(urls), urls))


@roots.command("light-client", short_help="Proofs against what a light client verified.")
@click.argument("url", metavar="URL")
@registry_policy_options
def light_client(desk: PolicyDesk, url: str) -> None:
    """Want proofs, against the state that a light client of yours at this URL has verified."""
    _set(desk, LightClientRoots(url))


def _set(desk: PolicyDesk, state_roots: StateRoots | None) -> None:
    urls: tuple[str, ...] = ()
    match state_roots:
        case AgreedRoots(_, endpoints):
            urls = endpoints
        case LightClientRoots(url):
            urls = (url,)
    for each in urls:
        rpc_at(each, RegistryConfig())  # what cannot be the URL of a node is refused here
    desk.change_registry(
        lambda policy, registry: policy.with_registry(
            *registry, replace(policy.of(*registry), state_roots=state_roots)
        )
    )
