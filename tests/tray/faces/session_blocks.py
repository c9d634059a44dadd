"""What people paste from docs/sessions.md."""

from __future__ import annotations

import textwrap

from tests.tray.faces.published import ROOT

PROGRAM = "~/.local/bin/tankful"


def claude_block(program: str = PROGRAM) -> str:
    """As the whole of a settings.json, with this command in place of ours."""
    page = (ROOT / "docs/sessions.md").read_text()
    start = page.index('    "hooks": {')
    return "{" + textwrap.dedent(page[start : page.index("\n\n", start)]).replace(PROGRAM, program) + "}"


def codex_block(program: str = PROGRAM) -> str:
    """To be appended to a config.toml."""
    page = (ROOT / "docs/sessions.md").read_text()
    start = page.index("    [[hooks.UserPromptSubmit]]")
    text = page[start : page.index("\n\nCodex asks once", start)]
    return textwrap.dedent(text).replace(PROGRAM, program) + "\n"
