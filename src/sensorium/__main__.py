"""`python -m sensorium` is the command `sensorium`."""

import sys

from sensorium.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
