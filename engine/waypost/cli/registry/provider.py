"""waypost registry provider: everything that is done with providers, by whoever may."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import click

from waypost.cli.options import FILE, PROVIDER_ID, WHEN, When
from waypost.cli.output import Said
from waypost.cli.registry.description import document_hash, list_providers, show
from waypost.cli.registry.desk import Desk, transaction_options
from waypost.net.trust.registry import Registry
from waypost.trust.address import address_text, parse_address
from waypost.trust.times import time_text
from waypost.trust.words import Status

Act = Callable[[Registry], Awaitable[Any]]

id_argument = click.argument("provider_id", type=PROVIDER_ID, metavar="ID")
reason_option = click.option(
    "--reason", metavar="TEXT", default="", help="At most 32 ASCII characters, for the event."
)
uri_option = click.option(
    "--metadata-uri", metavar="URI", default="", help="Where it is described."
)
document_option = click.option(
    "--metadata",
    "document_path",
    type=FILE,
    help="The document (JSON) behind the URI: its hash goes on chain.",
)


@click.group()
def provider() -> None:
    """Register, describe, hand over, vouch for and show providers."""


for command in (show, list_providers):
    provider.add_command(command)


@provider.command(short_help="Register a provider.")
@transaction_options
@uri_option
@document_option
def register(desk: Desk, metadata_uri: str, document_path: Path | None) -> None:
    """Register a provider that the account owns; a curator activates it."""
    hash_ = document_hash(document_path)
    desk.transact(
        lambda registry: registry.register_provider(metadata_uri, hash_),
        lambda id_: Said(
            {"provider": id_}, f"provider {id_} is registered: a curator activates it"
        ),
    )


@provider.command("set-metadata", short_help="Describe a provider anew, as its owner.")
@transaction_options
@id_argument
@uri_option
@document_option
def set_metadata(
    desk: Desk, provider_id: int, metadata_uri: str, document_path: Path | None
) -> None:
    """Describe a provider anew. Without --metadata, clients show no description."""
    hash_ = document_hash(document_path)
    data = {"provider": provider_id, "metadata_uri": metadata_uri, "metadata_hash": hash_.hex()}
    desk.transact(
        lambda registry: registry.set_provider_metadata(provider_id, metadata_uri, hash_),
        Said(data, f"provider {provider_id} has a new description, with the hash {hash_.hex()}"),
    )


@provider.command(short_help="Offer a provider to another account.")
@transaction_options
@id_argument
@click.argument("to", metavar="ADDRESS")
def transfer(desk: Desk, provider_id: int, to: str) -> None:
    """Offer a provider to the account at ADDRESS, which has to accept it. As its owner."""
    holder = address_text(parse_address(to))
    _said(
        desk,
        provider_id,
        lambda registry: registry.transfer_provider(provider_id, holder),
        {"offered_to": holder},
        f"is offered to {holder}, which has to accept it",
    )


@provider.command(short_help="Accept a provider that was offered.")
@transaction_options
@id_argument
def accept(desk: Desk, provider_id: int) -> None:
    """Accept a provider that was offered to the account. The old operators lose their place."""
    _said(
        desk,
        provider_id,
        lambda registry: registry.accept_provider(provider_id),
        {"accepted": True},
        "is the account's own now",
    )


@provider.command(short_help="Take an offer of a provider back.")
@transaction_options
@id_argument
def cancel(desk: Desk, provider_id: int) -> None:
    """Take back the offer of a provider. As its owner."""
    _said(
        desk,
        provider_id,
        lambda registry: registry.cancel_provider_transfer(provider_id),
        {"offered_to": None},
        "is no longer on offer",
    )


@provider.command(short_help="Let a provider lapse at a time.")
@transaction_options
@id_argument
@click.option(
    "--until",
    type=WHEN,
    required=True,
    metavar="WHEN",
    help="never, +90d, a date (2027-01-31), or seconds since 1970.",
)
def heartbeat(desk: Desk, provider_id: int, until: When) -> None:
    """Set when a provider and all its servers lapse. As its owner or an operator.

    One transaction for all servers, to be repeated before the time is over.
    """

    async def send(registry: Registry) -> int:
        valid_until = until.at(await registry.now_s())
        await registry.heartbeat(provider_id, valid_until)
        return valid_until

    desk.transact(
        send,
        lambda time_s: Said(
            {"provider": provider_id, "valid_until": time_s},
            f"provider {provider_id} is valid until {time_text(time_s)}",
        ),
    )


@provider.command("bump-epoch", short_help="Drop all servers of a provider at once.")
@transaction_options
@id_argument
def bump_epoch(desk: Desk, provider_id: int) -> None:
    """Drop every server that the provider listed. As its owner, or the curator."""
    _said(
        desk,
        provider_id,
        lambda registry: registry.bump_epoch(provider_id),
        {"dropped": True},
        "has no servers any more: it may list them anew",
    )


@provider.command(short_help="End a provider for ever.")
@transaction_options
@id_argument
@click.option("--yes", is_flag=True, help="Do not ask whether it is meant.")
def retire(desk: Desk, provider_id: int, yes: bool) -> None:
    """End a provider for ever and drop its servers. As its owner."""
    desk.confirm(f"End provider {provider_id} for ever?", yes)
    _said(
        desk,
        provider_id,
        lambda registry: registry.retire_provider(provider_id),
        {"status": "removed"},
        "is retired",
    )


@provider.command(short_help="Vouch for a provider, as the curator.")
@transaction_options
@id_argument
@reason_option
def activate(desk: Desk, provider_id: int, reason: str) -> None:
    """Vouch for a provider, or restore it. The account must be the curator."""
    _set_status(
        desk,
        provider_id,
        lambda registry: registry.activate_provider(provider_id, reason),
        Status.ACTIVE,
    )


@provider.command(short_help="Suspend a provider, as the guardian.")
@transaction_options
@id_argument
@reason_option
def suspend(desk: Desk, provider_id: int, reason: str) -> None:
    """Suspend a provider at once. The account must be the guardian; only the curator restores."""
    _set_status(
        desk,
        provider_id,
        lambda registry: registry.suspend_provider(provider_id, reason),
        Status.SUSPENDED,
    )


@provider.command("set-status", short_help="Set a provider's status, as the curator.")
@transaction_options
@id_argument
@click.argument("status", type=click.Choice(["pending", "active", "suspended", "challenged"]))
@reason_option
def set_status(desk: Desk, provider_id: int, status: str, reason: str) -> None:
    """Set a provider's status. The account must be the curator."""
    wanted = Status[status.upper()]
    _set_status(
        desk,
        provider_id,
        lambda registry: registry.set_provider_status(provider_id, wanted, reason),
        wanted,
    )


@provider.group()
def operator() -> None:
    """Who may list servers for a provider beside its owner."""


@operator.command("add", short_help="Let an account act for a provider.")
@transaction_options
@id_argument
@click.argument("to", metavar="ADDRESS")
def add_operator(desk: Desk, provider_id: int, to: str) -> None:
    """Let the account at ADDRESS list, renew and remove servers and send heartbeats."""
    _set_operator(desk, provider_id, to, True)


@operator.command("remove", short_help="Let an account act for a provider no more.")
@transaction_options
@id_argument
@click.argument("to", metavar="ADDRESS")
def remove_operator(desk: Desk, provider_id: int, to: str) -> None:
    """Let the account at ADDRESS act for the provider no more."""
    _set_operator(desk, provider_id, to, False)


def _set_operator(desk: Desk, provider_id: int, to: str, allowed: bool) -> None:
    holder = address_text(parse_address(to))
    _said(
        desk,
        provider_id,
        lambda registry: registry.set_operator(provider_id, holder, allowed),
        {"operator": holder, "allowed": allowed},
        f"{'has' if allowed else 'no longer has'} the operator {holder}",
    )


def _set_status(desk: Desk, provider_id: int, act: Act, status: Status) -> None:
    name = status.name.lower()
    _said(desk, provider_id, act, {"status": name}, f"is {name}")


def _said(desk: Desk, provider_id: int, act: Act, data: dict[str, object], words: str) -> None:
    desk.transact(act, Said({"provider": provider_id, **data}, f"provider {provider_id} {words}"))
