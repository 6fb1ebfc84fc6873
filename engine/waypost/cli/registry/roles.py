"""waypost registry role, admin, halt, unhalt, deprecate: who may do what, and the last resorts."""

import click

from waypost.cli.output import Said
from waypost.cli.registry.desk import Desk, read_options, transaction_options
from waypost.errors import RpcError
from waypost.net.trust.registry import Registry
from waypost.trust.address import address_text, parse_address

role_argument = click.argument("role", type=click.Choice(["curator", "guardian"]))
address_argument = click.argument("to", metavar="ADDRESS")


@click.group()
def role() -> None:
    """Give and take the roles of curator and guardian."""


@role.command(short_help="Give a role to an account, as the admin.")
@transaction_options
@role_argument
@address_argument
def grant(desk: Desk, role: str, to: str) -> None:
    """Make the account at ADDRESS curator or guardian. The account that signs is the admin."""
    holder = address_text(parse_address(to))
    desk.transact(
        lambda registry: registry.grant_role(role, holder),
        Said({"role": role, "account": holder, "held": True}, f"{holder} is {role}"),
    )


@role.command(short_help="Take a role from an account, as the admin.")
@transaction_options
@role_argument
@address_argument
def revoke(desk: Desk, role: str, to: str) -> None:
    """Make the account at ADDRESS no longer curator or guardian."""
    holder = address_text(parse_address(to))
    desk.transact(
        lambda registry: registry.revoke_role(role, holder),
        Said({"role": role, "account": holder, "held": False}, f"{holder} is no longer {role}"),
    )


@role.command(short_help="Give up a role that the account holds.")
@transaction_options
@click.argument("role", type=click.Choice(["admin", "curator", "guardian"]))
def renounce(desk: Desk, role: str) -> None:
    """Give up a role. The admin's only after its transfer to the zero address was begun."""
    desk.transact(
        lambda registry: registry.renounce_role(role),
        Said({"role": role, "held": False}, f"the account is no longer {role}"),
    )


@role.command("show", short_help="Show who holds which role.")
@read_options
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
def show(desk: Desk, addresses: tuple[str, ...]) -> None:
    """Show who is admin, curator and guardian; or which of these ADDRESSes are.

    Without addresses the node's log is asked who was ever given a role.
    """

    async def ask(registry: Registry) -> list[Said]:
        if not addresses:
            try:
                held = [(h.role, h.account) for h in await registry.role_holders()]
            except RpcError as error:
                why = f"{error.detail}: name the addresses to ask about"
                raise RpcError(error.reason, why, code=error.code) from None
        else:
            accounts = list(map(parse_address, addresses))
            held = [
                (role, account)
                for role in ("admin", "curator", "guardian")
                for account in accounts
                if await registry.has_role(role, account)
            ]
        texts = [(name, address_text(account)) for name, account in held]
        return [
            Said({"role": name, "account": text}, f"{name:<10}  {text}") for name, text in texts
        ]

    desk.ask(ask)


@click.group(short_help="Hand the admin's role on.")
def admin() -> None:
    """Hand the admin's role on, in two steps with a delay between them."""


@admin.command(short_help="Offer the role to an account, as the admin.")
@transaction_options
@address_argument
def begin(desk: Desk, to: str) -> None:
    """Offer the admin's role to ADDRESS, which may accept it when the delay is over."""
    holder = address_text(parse_address(to))
    desk.transact(
        lambda registry: registry.begin_admin_transfer(holder),
        Said({"offered_to": holder}, f"{holder} may accept when the delay is over"),
    )


@admin.command(short_help="Accept the role that was offered.")
@transaction_options
def accept(desk: Desk) -> None:
    """Become the admin. The account must be the one to whom the role was offered."""
    desk.transact(
        lambda registry: registry.accept_admin_transfer(),
        Said({"accepted": True}, "the account is the admin now"),
    )


@admin.command(short_help="Take the offer back.")
@transaction_options
def cancel(desk: Desk) -> None:
    """Take the offer of the admin's role back."""
    desk.transact(
        lambda registry: registry.cancel_admin_transfer(),
        Said({"offered_to": None}, "the admin's role is no longer on offer"),
    )


@admin.command(short_help="Set the delay of later transfers.")
@transaction_options
@click.argument("seconds", type=click.IntRange(0, (1 << 48) - 1))
def delay(desk: Desk, seconds: int) -> None:
    """Set for how long an offer waits. The change itself waits as well."""
    desk.transact(
        lambda registry: registry.change_admin_delay(seconds),
        Said({"admin_delay_s": seconds}, f"a transfer will wait {seconds} s, from `show` on"),
    )


@admin.command("cancel-delay", short_help="Keep the delay as it is.")
@transaction_options
def cancel_delay(desk: Desk) -> None:
    """Take back a change of the delay that is still waiting."""
    desk.transact(
        lambda registry: registry.cancel_admin_delay_change(),
        Said({"cancelled": True}, "the delay stays as it is"),
    )


@click.command(short_help="Stop everything, as the guardian.")
@transaction_options
def halt(desk: Desk) -> None:
    """Let nothing in the registry be trusted, at once. Only the admin ends that."""
    desk.transact(
        lambda registry: registry.set_halted(True),
        Said({"halted": True}, "the registry is halted: nothing in it is trusted"),
    )


@click.command(short_help="End a halt, as the admin.")
@transaction_options
def unhalt(desk: Desk) -> None:
    """End a halt. The account must be the admin."""
    desk.transact(
        lambda registry: registry.set_halted(False),
        Said({"halted": False}, "the registry is no longer halted"),
    )


@click.command(short_help="Name the registry's successor, as the admin.")
@transaction_options
@address_argument
@click.option("--yes", is_flag=True, help="Do not ask whether it is meant.")
def deprecate(desk: Desk, to: str, yes: bool) -> None:
    """Name the registry at ADDRESS as the one that takes this one's place, once and for ever."""
    successor = address_text(parse_address(to))
    desk.confirm(f"Name {successor} as successor for ever?", yes)
    desk.transact(
        lambda registry: registry.deprecate(successor),
        Said({"successor": successor}, f"the registry's successor is {successor}"),
    )
