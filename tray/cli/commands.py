"""The commands: one is a file, and a line in COMMANDS.

The file (`module`) has

    add_arguments(parser)    gives an `argparse` parser its arguments
    run(options) -> int      does the work and returns the exit code; may raise BadArgument
    EXAMPLES                 command lines, each with what it does; its `--help` ends with them
    read_plainly(arguments)  the options where they are certainly right, else None: argparse takes 6 ms; optional

and is imported only when its command is chosen. Where even that would take too long, the modules in `fast_paths`
are asked first, in order:

    answer(arguments) -> int | None    the exit code, or None to pass: the next one is asked, and `run` at last

They get the raw arguments after the command's name, import as little as they can, and pass on whatever is not
certainly right: help and errors are argparse's.
"""

from __future__ import annotations


class Command:
    """A line of the table. `tankful --help` shows its summary, and hides a command without one. One that
    `is_light` loads nothing but the standard library; one that `is_resident` runs until it is stopped.
    """

    __slots__ = ("fast_paths", "is_light", "is_resident", "module", "name", "summary")

    def __init__(
        self,
        name: str,
        summary: str,
        module: str,
        *,
        fast_paths: tuple[str, ...] = (),
        is_light: bool = False,
        is_resident: bool = False,
    ) -> None:
        self.name = name
        self.summary = summary
        self.module = module
        self.fast_paths = fast_paths
        self.is_light = is_light
        self.is_resident = is_resident


COMMANDS = (
    Command("", "show an icon in the tray", "tray.cli.tray", is_resident=True),  # `tankful` alone
    Command(
        "usage",
        "show limits, credits and account",
        "tray.cli.usage",
        fast_paths=("tray.faces.cached_usage",),
    ),
    Command("cost", "show tokens and cost from local logs", "tray.cli.cost"),
    Command("audit", "check what was counted against what the programs report themselves", "tray.cli.audit"),
    Command("sessions", "show live sessions, and which of them wait for you", "tray.cli.sessions"),
    Command(
        "statusline",
        "print what is left in one line, for a status bar or prompt",
        "tray.cli.statusline",
        fast_paths=("tray.faces.bars.statusline", "tray.faces.claude_statusline"),
    ),
    Command(
        "watch",
        "print what is left again whenever it changes",
        "tray.cli.watch",
        fast_paths=("tray.faces.bars.watch",),
        is_resident=True,
    ),
    Command(
        "guard",
        "check whether enough is left to go on, for scripts and agents",
        "tray.cli.guard",
        fast_paths=("tray.faces.guard.command",),
    ),
    Command(
        "hook",
        "record what a session waits for, as a hook of its CLI",
        "tray.cli.hook",
        fast_paths=("tray.faces.session_hook",),
    ),
    Command(
        "dashboard",
        "show where tokens and money went, as a page in the browser",
        "tray.cli.dashboard",
        is_resident=True,
    ),
    Command("export", "print the numbers as CSV, JSON Lines, metrics or a calendar", "tray.cli.export"),
    Command("metrics", "print limits and counters for Prometheus", "tray.cli.metrics"),
    Command(
        "mcp",
        "serve limits and cost to a coding agent (Model Context Protocol)",
        "tray.cli.mcp",
        fast_paths=("tray.faces.mcp.server",),
        is_resident=True,
    ),
    Command("prices", "show and update the prices that costs are based on", "tray.cli.prices"),
    Command("config", "show and change settings", "tray.cli.config"),
    Command(
        "login-cookie",
        "read limits by the cookie of the web app, for who has no login of the CLI",
        "tray.cli.login_cookie",
    ),
    Command("autostart", "choose whether the tray starts when you log in", "tray.cli.autostart"),
    Command("doctor", "check this machine and suggest how to fix problems", "tray.cli.doctor"),
    Command(
        "completion",
        "print the completion script for bash, zsh or fish",
        "tray.cli.completion",
        is_light=True,
    ),
    Command("engine", "", "tray.cli.engine", is_resident=True),
    Command("round", "", "tray.cli.round"),
    Command("count", "", "tray.cli.count"),
    Command("notice", "", "tray.cli.notice"),
)
