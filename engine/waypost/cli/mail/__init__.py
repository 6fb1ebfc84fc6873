"""waypost mail: mail servers, and what they keep for those who were away."""

import click

from waypost.cli.mail.serve import serve


@click.group()
def mail() -> None:
    """Keep Whisper mail for clients that are away, or fetch it."""


mail.add_command(serve)
