"""The command line. Dispatches first: what a command does not need is not imported."""

from __future__ import annotations

import errno
import gc
import os
import sys

from tray.cli.commands import COMMANDS
from tray.cli.console import BAD_ARGUMENTS, NOTHING_READ, OK, BadArgument, Refused, tell

TYPE_CHECKING = False  # typing itself would cost each status line milliseconds
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType
    from typing import Any, NoReturn

    from tray.cli.arguments import Parser
    from tray.cli.commands import Command

_OUTPUT_ERRORS = frozenset(
    getattr(errno, name, 0)
    for name in ("ENOSPC", "EDQUOT", "EBADF", "EIO", "EFBIG", "EINVAL", "EPIPE", "EAGAIN")
)


def script() -> NoReturn:
    """`tankful` as it is installed. Exits at once: shutting Python down would take 3 to 10 ms more."""
    if os.environ.get("PYTHONPATH"):  # agents work in projects that set it, and `providers` is a common name
        sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
    try:
        code = main()
    except SystemExit as error:  # from argparse; what it could not write to stderr must not change it
        code = error.code if isinstance(error.code, int) else NOTHING_READ
    threading = sys.modules.get("threading")
    if threading is None or threading.active_count() == 1:
        os._exit(code)
    sys.exit(code)


def main(arguments: list[str] | None = None, commands: Sequence[Command] = COMMANDS) -> int:
    """Exit codes: 0 ok, 1 nothing could be read or written, or an internal error, 64 bad arguments."""
    try:
        try:
            return _run(sys.argv[1:] if arguments is None else arguments, commands)
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()  # here a failure can be reported; at the interpreter's end it is a traceback
    except BadArgument as error:
        tell(str(error))
        return BAD_ARGUMENTS
    except Refused as error:
        tell(str(error))
        return NOTHING_READ
    except OSError as error:
        if sys.stdout is not None:  # what is left in its buffer goes nowhere
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):  # the reader had enough, as `head` has
            return OK
        return _report(error)
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # noqa: BLE001 - the last guard
        from tray.cli.internal_error import report

        report(error)
        return NOTHING_READ


def _report(error: OSError) -> int:
    """What is not about the output, or about a file by its name, is a fault of ours."""
    if error.filename:
        tell(f"{error.filename}: {error.strerror or error}.")
    elif error.errno in _OUTPUT_ERRORS:
        tell(f"cannot write the output: {error.strerror}.")
    else:
        from tray.cli.internal_error import report

        report(error)
    return NOTHING_READ


def _run(arguments: list[str], commands: Sequence[Command]) -> int:
    first = arguments[0] if arguments else ""
    name = "" if first.startswith("-") else first
    if arguments == ["--version"]:
        from providers.version import VERSION

        print(f"tankful {VERSION}")
        return OK
    if not name and not {"-h", "--help"}.isdisjoint(arguments):
        from tray.cli.help import overview

        print(overview(commands))
        return OK
    for command in commands:
        if command.name == name:
            return _run_command(command, arguments[1:] if name else arguments)
    from tray.cli.help import unknown

    raise BadArgument(unknown(name, commands))


def _run_command(command: Command, arguments: list[str]) -> int:
    for module in command.fast_paths:
        code: int | None = _imported(module).answer(arguments)
        if code is not None:
            return code
    if not command.is_resident:
        # It imports and makes many small things and few cycles: to look for those every 700 things takes 6 ms.
        gc.set_threshold(100_000)
    chosen = _imported(command.module)
    options = _read(command, chosen, arguments)
    if not command.is_light:
        from tray.cli.load_msgspec import load_msgspec

        load_msgspec()
    try:
        return int(chosen.run(options))
    except BadArgument as error:
        _parser(command, chosen).error(str(error))


def _read(command: Command, chosen: ModuleType, arguments: list[str]) -> Any:
    """The options of the command; exits where they are wrong, and after help."""
    if hasattr(chosen, "read_plainly") and (options := chosen.read_plainly(arguments)) is not None:
        return options
    return _parser(command, chosen).parse_args(arguments)


def _parser(command: Command, chosen: ModuleType) -> Parser:
    from tray.cli.arguments import parser_of

    parser = parser_of(command, getattr(chosen, "EXAMPLES", ()))
    chosen.add_arguments(parser)
    return parser


def _imported(module: str) -> ModuleType:
    __import__(module)  # importlib would take half a millisecond
    return sys.modules[module]
