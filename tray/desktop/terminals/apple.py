"""iTerm2 and Terminal on macOS, by AppleScript. Neither is started for it."""

from __future__ import annotations

from msgspec import Struct

from tray.desktop.terminals.front_program import front_program
from tray.desktop.terminals.program import TerminalProgram
from tray.desktop.terminals.terminal import BroughtTerminal, TerminalFocus
from tray.desktop.terminals.tools import TerminalTools

_ITERM = """
on run argv
    if application "iTerm2" is not running then return "none"
    tell application "iTerm2"
        repeat with w in windows
            repeat with t in tabs of w
                repeat with s in sessions of t
                    if tty of s is item 1 of argv then
                        select s
                        select t
                        select w
                        activate
                        return "shown"
                    end if
                end repeat
            end repeat
        end repeat
    end tell
    return "none"
end run
"""
_TERMINAL = """
on run argv
    if application "Terminal" is not running then return "none"
    tell application "Terminal"
        repeat with w in windows
            repeat with t in tabs of w
                if tty of t is item 1 of argv then
                    set selected tab of w to t
                    set index of w to 1
                    activate
                    return "shown"
                end if
            end repeat
        end repeat
    end tell
    return "none"
end run
"""
_ITERM_TTY = """
on run
    if application "iTerm2" is not running then return "none"
    tell application "iTerm2" to return tty of current session of current window
end run
"""
_TERMINAL_TTY = """
on run
    if application "Terminal" is not running then return "none"
    tell application "Terminal" to return tty of selected tab of front window
end run
"""


class AppleTerminal(Struct, frozen=True):
    """`program` is its TERM_PROGRAM, `bundle` its identifier; `tty_script` prints the tty of what it shows."""

    program: str
    name: str
    bundle: str
    script: str
    tty_script: str

    @property
    def variables(self) -> tuple[str, ...]:
        return ("TERM_PROGRAM",)

    def bring(self, program: TerminalProgram, tools: TerminalTools) -> BroughtTerminal | None:
        osascript = tools.find("osascript")
        if program.environ.get("TERM_PROGRAM") != self.program or program.tty is None or osascript is None:
            return None
        printed = tools.run((osascript, "-e", self.script, program.tty), {})
        return BroughtTerminal(name=self.name) if printed is not None and printed.strip() == "shown" else None

    def focus(self, program: TerminalProgram, tools: TerminalTools) -> TerminalFocus | None:
        """It is asked only while it is at the front: macOS may want the person's consent to that."""
        osascript = tools.find("osascript")
        if program.environ.get("TERM_PROGRAM") != self.program or program.tty is None or osascript is None:
            return None
        front = front_program(tools)
        if front is None or front.bundle != self.bundle:
            return TerminalFocus(is_focused=None if front is None else False)
        printed = tools.run((osascript, "-e", self.tty_script), {})
        return TerminalFocus(is_focused=None if printed is None else printed.strip() == program.tty)


ITERM = AppleTerminal("iTerm.app", "iTerm2", "com.googlecode.iterm2", _ITERM, _ITERM_TTY)
APPLE_TERMINAL = AppleTerminal("Apple_Terminal", "Terminal", "com.apple.Terminal", _TERMINAL, _TERMINAL_TTY)
