"""The command `shift-tally`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from shift_tally.durations import parse_duration
from shift_tally.overtime import balances
from shift_tally.reading import Sheet, read_file
from shift_tally.rendering import as_json, as_table, balance_table
from shift_tally.totals import by_day, by_project, by_week

_GROUPS = {"day": by_day, "week": by_week, "project": by_project}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: of the command; those of the process if left out.

    Returns:
        0 when all is well, 1 when the sheet has problems, 2 when it cannot be read.
    """
    options = _parser().parse_args(arguments)
    try:
        sheet = read_file(options.sheet)
    except OSError as error:
        sys.stderr.write(f"{options.sheet}: {error.strerror}\n")
        return 2
    for problem in sheet.problems:
        sys.stderr.write(f"{options.sheet}: {problem}\n")
    sys.stdout.write(f"{_answer(options, sheet)}\n")
    return 1 if sheet.problems else 0


def _answer(options: argparse.Namespace, sheet: Sheet) -> str:
    if options.command == "balance":
        return balance_table(balances(by_week(sheet.entries), options.contract))
    totals = dict(_GROUPS[options.by](sheet.entries))
    return as_json(totals) if options.json else as_table(f"by {options.by}", totals)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="shift-tally", description="Adds up timesheets.")
    commands = parser.add_subparsers(dest="command", required=True)
    report = commands.add_parser("report", help="add up the shifts of a timesheet")
    report.add_argument("sheet", type=Path)
    report.add_argument("--by", choices=sorted(_GROUPS), default="day")
    report.add_argument("--json", action="store_true", help="print minutes as JSON")
    balance = commands.add_parser("balance", help="hold each week against a contract")
    balance.add_argument("sheet", type=Path)
    balance.add_argument("--contract", type=_contract, default=40 * 60)
    return parser


def _contract(text: str) -> int:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
