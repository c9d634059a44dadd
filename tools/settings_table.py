"""The README's table of settings, printed or put into it:

uv run python -m tools.settings_table [--write README.md]
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from tray.engine.settings_table import SETTINGS
from tray.view.settings_text import as_markdown

TABLE = re.compile(r"\| key \|.*\n(?:\|.*\n)+")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path, metavar="FILE", help="replace the table in this file")
    file: Path | None = parser.parse_args().write
    table = as_markdown(SETTINGS)
    if file is None:
        print(table)
        return
    text, replaced = TABLE.subn(lambda _: f"{table}\n", file.read_text(encoding="utf-8"))
    if replaced != 1:
        raise SystemExit(f"{file} has {replaced} tables of settings, not one.")
    file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
