"""What keeps an account from being read, in a word or two: for a tooltip, and for a bar, which has no library."""

from __future__ import annotations

TYPE_CHECKING = False  # typing itself would cost a bar milliseconds
if TYPE_CHECKING:
    from collections.abc import Mapping

    from providers.domain.limits import ErrorKind

IN_A_WORD: Mapping[ErrorKind, str] = {
    "not_signed_in": "not signed in",
    "login_expired": "login expired",
    "denied": "access denied",
    "blocked": "blocked by the network",
    "rate_limited": "rate-limited",
    "offline": "offline",
    "timeout": "timed out",
    "server_error": "server error",
    "program_missing": "program not found",
    "program_too_old": "program too old",
    "not_understood": "unexpected format",
}
