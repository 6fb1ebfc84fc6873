"""The `waypost` command: one module a verb. Exit status 0: done; 1: it could not be done; 2: it
was asked wrongly.
"""

import sys
from io import StringIO

import click

from waypost.cli.demo import demo
from waypost.cli.discv5 import discv5
from waypost.cli.enr import enr
from waypost.cli.find import find
from waypost.cli.key import key
from waypost.cli.mail import mail
from waypost.cli.output import fail
from waypost.cli.registry import registry
from waypost.cli.trust import trust
from waypost.errors import ConfigError, KeyFileError, RecordError, WaypostError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="waypost", prog_name="waypost")
def waypost() -> None:
    """Find the servers that a decentralised app needs, and prove that they may be trusted."""


for command in (demo, find, mail, trust, key, enr, discv5, registry):
    waypost.add_command(command)


def main() -> None:
    """Run the command of this process's arguments; errors are one line on standard error."""
    try:
        status = waypost.main(prog_name="waypost", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        status = 2
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        where = context.command_path if context is not None else "waypost"
        status = fail(f"{error.format_message()} ({where} --help says more)", 2)
    except (ConfigError, KeyFileError, RecordError) as error:
        status = fail(str(error), 2)
    except WaypostError as error:
        status = fail(str(error), 1)
    except (click.Abort, KeyboardInterrupt):
        status = 130  # as a shell counts an interrupt
    except OSError as error:  # such as a full disk behind standard output
        status = fail(str(error), 1)
        sys.stdout = StringIO()  # or what it could not write is tried again at exit
    sys.exit(status if isinstance(status, int) else 0)
