"""waypost mail history: the mail of the time when one was away."""

import json
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from waypost._ext.envelope import Envelope
from waypost.cli.mail.marks import read_mark, write_mark
from waypost.cli.mail.options import (
    KeyWith,
    Network,
    client_key_option,
    request_options,
    server_password_option,
    window_options,
)
from waypost.cli.mail.sources import Source, source_options
from waypost.cli.output import counted, emit, json_option, note, printable, progress_console
from waypost.cli.passwords import read_password
from waypost.config.rule import require
from waypost.keys import PrivateKey
from waypost.mail.client.keyring import Key
from waypost.net.mail.client import MailClient
from waypost.net.mail.client.history import MailHistory, MailMessages
from waypost.net.run import run
from waypost.whisper.message import Message


@click.command(short_help="Fetch the mail of a time from a mail server.")
@source_options
@window_options
@click.option(
    "--mark",
    "mark_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Begin where the last history with this file ended, and keep in it where this one does.",
)
@click.option("--limit", type=click.IntRange(1), metavar="N", help="At most so many envelopes.")
@click.option(
    "--decrypt-with",
    "keys",
    multiple=True,
    type=KeyWith(),
    metavar="[key:|shared:|password:]FILE",
    help="Show the messages that this opens, and only them; repeat for more.",
)
@server_password_option
@client_key_option
@request_options
@json_option
def history(
    source: Source,
    window: dict[str, Any],
    mark_path: Path | None,
    limit: int | None,
    keys: tuple[Callable[[], Key], ...],
    password_path: Path | None,
    key_path: Path | None,
    network: Network,
    as_json: bool,
) -> None:
    """Fetch what a mail server has kept, one line an envelope or message, each once.

    Where a server fails, is slow, gives what was not asked for or is trusted no more, another one
    takes over. What was not taken of the answers, and which servers were left, is told on standard
    error. Status 1 where no server gave the whole time.
    """
    if mark_path is not None:
        require(limit is None, "give --mark or --limit: what is cut off leaves nowhere to go on")
        if mark := read_mark(mark_path):
            window = {**window, "last": None, "since": mark}
    password = read_password(password_path) if password_path else None

    async def fetch(key: PrivateKey | None) -> MailHistory:
        async with (
            source.open() as servers,
            MailClient(servers, key=key, password=password, config=network.config()) as mail,
        ):
            items: MailHistory | MailMessages
            if keys:
                items = mail.messages([read() for read in keys], **window, limit=limit)
            else:
                items = mail.history(**window, limit=limit)
            try:
                await _show(items, as_json)
            finally:
                note(_account(items))
            return _history_of(items)

    with PrivateKey.load(key_path) if key_path else nullcontext() as key:
        read = run(fetch(key))
    if mark_path is not None and read.mark is not None:
        write_mark(mark_path, read.mark)


async def _show(items: MailHistory | MailMessages, as_json: bool) -> None:
    """One line each, as they come, and how far it is."""
    history = _history_of(items)
    with _bar() as bar:
        task = bar.add_task("fetching", total=1.0)
        async for item in items:
            _say(as_json, *_described(item))
            bar.update(task, completed=history.progress)


def _say(as_json: bool, data: dict[str, object], text: str) -> None:
    """Into the pipe, or on a terminal above the bar."""
    if sys.stdout.isatty() and progress_console.is_terminal:
        note(json.dumps(data) if as_json else text)
    else:
        emit(as_json, data, text)


def _history_of(items: MailHistory | MailMessages) -> MailHistory:
    return items.history if isinstance(items, MailMessages) else items


def _described(item: Envelope | tuple[Envelope, Message]) -> tuple[dict[str, object], str]:
    """An envelope, or the message in it, for a machine and for a person."""
    envelope, message = item if isinstance(item, tuple) else (item, None)
    data: dict[str, object] = {
        "hash": envelope.hash.hex(),
        "sent": envelope.sent_s,
        "ttl": envelope.ttl_s,
        "topic": envelope.topic.hex(),
        "pow": envelope.pow,
    }
    when = datetime.fromtimestamp(envelope.sent_s, UTC).strftime("%Y-%m-%d %H:%M:%S")
    shown = f"{when}  {envelope.topic.hex()}  {envelope.hash.hex()[:16]}"
    if message is None:
        return {**data, "data": envelope.data.hex()}, f"{shown}  {len(envelope.data)} B"
    signer = message.signer.hex() if message.signer else None
    data |= {"payload": message.payload.hex(), "signer": signer}
    text = printable(message.payload.decode("utf-8", "backslashreplace"))
    return data, f"{shown}  {signer[:16] if signer else 'unsigned':<16}  {text}"


def _account(items: MailHistory | MailMessages) -> str:
    """What came of how many servers, and what was not taken."""
    history = _history_of(items)
    given = sum(1 for count in history.servers.values() if count)
    parts = [f"{counted(history.count, 'envelope')} of {counted(given, 'server')}"]
    if isinstance(items, MailMessages):
        parts.append(f"{items.skipped_count} not for these keys")
    if refused := history.refused:
        parts.append("refused: " + ", ".join(f"{n} {why}" for why, n in refused.most_common()))
    if history.failures:
        left = Counter(map(str, history.failures))
        parts.append("left: " + ", ".join(why + _times(n) for why, n in left.items()))
    return printable("; ".join(parts))


def _times(count: int) -> str:
    return f", {count} times" if count > 1 else ""


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=progress_console,
        transient=True,
        redirect_stdout=False,
        disable=not progress_console.is_terminal,
    )
