"""What a guard decided, for a person whose CLI does not say so. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tray.engine.notices.notice import Notice
from tray.view import format as fmt

KIND = "guard"
_LONGEST_TITLE = 120
_LONGEST_BODY = 400


def notice(document: dict[str, Any], titles: dict[str, str]) -> Notice:
    """Of a `tankful.guard/1`; `titles` are the names of the providers. Raises LookupError, TypeError or ValueError
    for another one.
    """
    provider, until = document["provider"], document["until"]
    what = "was stopped" if document["verdict"] == "stop" else "has little left"
    return Notice(
        key=f"{KIND}:{provider}",
        kind=KIND,
        title=fmt.plain(f"{titles[provider]} {what}", longest=_LONGEST_TITLE),
        body=fmt.plain(document["message"], longest=_LONGEST_BODY),
        provider=provider,
        account=document["account"],
        window=document["window"],
        remaining_percent=document["remaining_percent"],
        resets_at=None if until is None else datetime.fromisoformat(until),
    )
