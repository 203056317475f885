"""Runs the command where the package is started with `python -m`."""

import sys

from shift_tally.cli import main

if __name__ == "__main__":
    sys.exit(main())
