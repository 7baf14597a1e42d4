"""``fermask``: one command with a subcommand a job."""

import argparse

from fermask import __version__
from fermask.cli import apps, mask, predict


def main(arguments: list[str] | None = None) -> int:
    """Reads the arguments and does what they ask; the exit status."""
    options = command_parser().parse_args(arguments)
    return options.run(options)


def command_parser() -> argparse.ArgumentParser:
    """All options of the command; ``run`` of what it reads does it."""
    parser = argparse.ArgumentParser(
        prog="fermask", description="Read facial expressions above a mask."
    )
    parser.add_argument("--version", action="version", version=f"fermask {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for each in (predict, mask, apps):
        each.add_commands(commands)
    return parser
