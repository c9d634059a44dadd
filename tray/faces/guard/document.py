"""A verdict as others read it: by its exit code, and as `tankful.guard/1`."""

from __future__ import annotations

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from tray.faces.guard.verdict import Verdict

OK, NOT_KNOWN, STOP = 0, 69, 75  # as sysexits.h has them: unavailable, temporary failure
CODES = {"go_on": OK, "warn": OK, "unknown": NOT_KNOWN, "stop": STOP}
SCHEMA = "tankful.guard/1"


def as_json(verdict: Verdict) -> str:
    import json

    from providers.domain.visible import json_text
    from tray.engine.iso_time import iso

    document = {
        "schema": SCHEMA,
        "verdict": verdict.level,
        "exit_code": CODES[verdict.level],
        "reason": verdict.reason,
        "message": verdict.text,
        "provider": verdict.provider,
        "account": verdict.account,
        "window": verdict.window,
        "budget": verdict.budget,
        "remaining_percent": verdict.left,
        "until": None if verdict.until is None else iso(verdict.until),
        "stale": verdict.stale,
    }
    return json_text(json.dumps(document, indent=2, ensure_ascii=False))
