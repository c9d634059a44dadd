"""Why two counts of the same use differ, or some of it is on no line of a log."""

from __future__ import annotations

from typing import Literal

Cause = Literal[
    "no_total",
    "killed",
    "deleted",
    "another_machine",
    "compaction",
    "web_search",
    "titles",
    "hooks",
    "subagents",
    "late",
]
"""Why two counts differ, or why some use is on no line of a log:

    no_total          the program stated no sum
    killed            a process ended without stating its sum, or still runs
    deleted           a log was deleted before it was counted
    another_machine   the server's sum is of all machines
    subagents         the server's sum of a session has that of its subagents in it
    late              the server had not counted all of it when it was asked
    compaction, web_search, titles, hooks   requests that the program writes no line for
"""
