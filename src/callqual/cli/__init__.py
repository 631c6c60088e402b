"""The command line: argument words in, an exit code out.

Each subcommand is a module with ``NAME``, ``HELP``, ``arguments(parser)`` and ``run(args)``. What scores and what
draws is imported inside ``run``: ``--help`` and ``--version`` load nothing but argparse. Data goes to stdout,
everything else to stderr, one line an error.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import callqual
from callqual.cli import evaluate, score, simulate, warm
from callqual.cli.output import open_closed, say
from callqual.cli.verdict import BROKEN_PIPE, FINE, INTERRUPTED, USAGE
from callqual.names import printable

_EPILOG = (
    "exit codes: 0 fine, 1 under the threshold asked for, 2 wrong usage or no place to write, "
    "3 some input unreadable (the others are scored), 130 stopped"
)


class _Parser(argparse.ArgumentParser):
    """Says what is wrong on one line."""

    def error(self, message: str) -> NoReturn:
        dashed = next((word for word in sys.argv[1:] if word.startswith("-") and os.path.exists(word)), None)
        remedy = f"; for the file of that name: ./{printable(dashed)}" if dashed else ""
        self.exit(USAGE, f"callqual: {printable(message)} (see {self.prog} --help{remedy})\n")


def run(argv: Sequence[str]) -> int:
    """Run the command line `argv`, without the program's name, and return its exit code."""
    open_closed()
    try:
        args = parser().parse_args(argv)
        code: int = args.run(args)
        sys.stdout.flush()
        return code
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else FINE
    except KeyboardInterrupt:
        say("stopped")
        return INTERRUPTED
    except BrokenPipeError:
        _forget_stdout()
        return BROKEN_PIPE
    except callqual.CallqualError as error:
        say(str(error))
        return USAGE
    except OSError as error:
        say(f"{error.filename or 'output'}: {error.strerror or error}")
        return USAGE


def parser() -> argparse.ArgumentParser:
    """The parser of all subcommands."""
    top = _Parser(
        prog="callqual", description=callqual.__doc__.split("\n")[0] if callqual.__doc__ else "", epilog=_EPILOG
    )
    top.add_argument("--version", action="version", version=f"callqual {callqual.__version__}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for module in (score, simulate, evaluate, warm):
        sub = commands.add_parser(module.NAME, help=module.HELP, description=module.HELP, epilog=_EPILOG)
        module.arguments(sub)
        sub.set_defaults(run=module.run)
    return top


def _forget_stdout() -> None:
    """Send what is still buffered nowhere, so that the interpreter does not complain when it flushes at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
