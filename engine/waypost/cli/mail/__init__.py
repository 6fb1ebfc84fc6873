"""waypost mail: mail servers, and what they keep for those who were away."""

import click

from waypost.cli.mail.compare import compare
from waypost.cli.mail.history import history
from waypost.cli.mail.send import send
from waypost.cli.mail.serve import serve


@click.group(short_help="Keep, fetch, send and compare Whisper mail.")
def mail() -> None:
    """Keep Whisper mail for clients that are away, fetch it, or send it."""


for command in (serve, history, send, compare):
    mail.add_command(command)
