"""`python -m tray.cli`."""

from tray.cli.main import script

script()
