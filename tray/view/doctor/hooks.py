"""The rows on our hooks in the CLI of a provider: whether they are set, trusted and alive. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec import Struct

from providers.domain.hook_line import Purpose
from tray.engine.doctor.facts import Failed, HookFacts, ProviderFacts
from tray.view import format as fmt
from tray.view.doctor.row import ReportRow, error_row, good, note, unfinished, warning

_LONGEST_TIMEOUT = 10.0
"""Seconds: a hook of ours ends itself within two, wherever it can."""
_LONGEST_WAIT = 365 * 86400.0
_RUN = ("trusted", "managed")


class _Words(Struct, frozen=True):
    """`name` is that of the row, `lost` what does not happen without the hook, `answered` what it last did."""

    name: str
    lost: str
    answered: str


_WORDS: dict[Purpose, _Words] = {
    "guard": _Words("guard", "nothing is guarded", "answered"),
    "sessions": _Words("session hook", "nothing is recorded", "recorded"),
}


def hook_rows(facts: ProviderFacts, now: datetime) -> Iterator[ReportRow]:
    """Without a row for a session hook that is not set: most sessions are known well without one."""
    if isinstance(facts.guards, Failed):
        yield unfinished("guard", facts.guards.check_failed)
    elif not isinstance(facts.session_hooks, Failed):
        for each in (*facts.guards, *(hook for hook in facts.session_hooks if hook.events)):
            yield _row(each, now, cli=facts.title)


def _row(hook: HookFacts, now: datetime, *, cli: str) -> ReportRow:
    words = _WORDS[hook.purpose]
    if hook.error is not None:
        return error_row(words.name, hook.error)
    if not hook.events:
        return note(words.name, f"not set as a hook in {hook.home}")
    where = f"{', '.join(dict.fromkeys(hook.events))} in {hook.home}"
    if problem := _problem(hook, where, words.lost, cli=cli):
        return warning(words.name, *problem)
    trusted = ", trusted" if hook.trusts else ""
    if hook.answered_at is None:
        return note(words.name, f"set for {where}{trusted}; has not {words.answered} yet")
    outcome = f": {hook.outcome}" if hook.outcome else ""
    age = fmt.age(now - hook.answered_at)
    return good(words.name, f"set for {where}{trusted}; last {words.answered} {age}{outcome}")


def _problem(hook: HookFacts, where: str, lost: str, *, cli: str) -> tuple[str, str] | None:
    """Why it does not run as it should, and what to do."""
    if not hook.enabled:
        return f"Set for {where}, but hooks are switched off.", f"Switch them on in {cli}."
    if hook.missing is not None:
        return (
            f"Set for {where}, but {hook.missing} cannot be run, so {lost}.",
            "Correct the path in that hook, or install tankful there.",
        )
    if bad := [trust for trust in hook.trusts if trust not in _RUN]:
        what = "is not trusted" if "untrusted" in bad else "was changed since it was trusted"
        return (
            f"Set for {where}, but it {what}, so {cli} skips it without a message.",
            f"Start {cli}, type /hooks and trust it.",
        )
    if hook.timeout is not None and hook.timeout > _LONGEST_TIMEOUT:
        again = f" {cli} then asks to trust the hook again." if hook.trusts else ""
        return (
            f"Set for {where}, but {cli} would wait {_waited(hook.timeout)} for it on a disk that hangs.",
            f"Set `timeout` to 5 in that hook.{again}",
        )
    return None


def _waited(seconds: float) -> str:
    return f"{seconds:g} s" if seconds < 60 else fmt.span(timedelta(seconds=min(seconds, _LONGEST_WAIT)))
