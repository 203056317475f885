"""Runs the command as `python -m shift_tally`."""

import sys

from shift_tally.cli import main

if __name__ == "__main__":
    sys.exit(main())
