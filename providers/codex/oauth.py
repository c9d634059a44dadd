"""The usage endpoint of ChatGPT, asked with the login that Codex keeps.

`GET {base}/wham/usage`; a base of one's own without `/backend-api` has it at `/api/codex/usage`. Each part of
the answer is judged by itself: one that is not understood is left out and named, its siblings stay.
"""

from __future__ import annotations

import tomllib
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from providers.codex import limits
from providers.codex.auth import SIGN_IN, expiry, read_credentials
from providers.errors import (
    Blocked,
    Denied,
    LoginExpired,
    NotSignedIn,
    NotUnderstood,
    ProviderError,
    RateLimited,
    ServerError,
    TimedOut,
)
from providers.models import Credits, RateWindow, Reading
from providers.outside.http import Answer, RequestsWeb, Web, origin_allowed
from providers.outside.paths import short
from providers.outside.retry_after import retry_after
from providers.source import Home, Question, account_key
from providers.version import USER_AGENT

DEFAULT_BASE = "https://chatgpt.com/backend-api"
DEADLINE_SECONDS = 20.0


class _Window(Struct, frozen=True):
    used_percent: float
    limit_window_seconds: float | None = None
    reset_at: float | None = None


class _Credits(Struct, frozen=True):
    has_credits: bool = False
    unlimited: bool = False
    balance: str | float | None = None


class _RateLimit(Struct, frozen=True):
    primary_window: Any = UNSET
    secondary_window: Any = UNSET


class _Usage(Struct, frozen=True):
    rate_limit: Any = UNSET
    credits: Any = UNSET
    plan_type: Any = UNSET
    email: Any = UNSET


class OAuthSource:
    """Implements providers.source.Source."""

    id = "oauth"
    title = "OAuth"
    local = False

    def __init__(self, web: Web | None = None) -> None:
        self._web = web or RequestsWeb()

    def unavailable(self, question: Question) -> ProviderError | None:
        """A login that cannot be read or is past its own end is not worth a request."""
        try:
            return expiry(read_credentials(question.home), question.now)
        except ProviderError as trouble:
            return trouble

    def read(self, question: Question) -> Reading:
        credentials = read_credentials(question.home)
        if account_key(question.home, credentials.identity) != account_key(question.home, question.identity):
            raise NotSignedIn(
                "Another account signed in just now.", remedy="Nothing to do: it is asked next."
            )
        headers = {"Accept": "application/json", "User-Agent": USER_AGENT}
        if credentials.identity.account_id:
            headers["ChatGPT-Account-Id"] = credentials.identity.account_id
        answer = self._web.get(
            usage_url(question.home),
            bearer=credentials.access_token,
            headers=headers,
            seconds=DEADLINE_SECONDS,
        )
        if answer.status != 200:
            raise _refusal(answer, question)
        return _reading(answer, question)


def usage_url(home: Home) -> str:
    """Where this home's usage is asked; raises NotUnderstood for a base that no token may be sent to."""
    path = home.path / "config.toml"
    try:
        base = tomllib.loads(path.read_text("utf-8-sig")).get("chatgpt_base_url", DEFAULT_BASE)
    except FileNotFoundError:
        base = DEFAULT_BASE
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise NotUnderstood(f"{short(path)} is not TOML.", remedy=f"Correct {short(path)}.") from None
    except OSError as error:
        raise NotUnderstood(
            f"{short(path)} cannot be read ({error.strerror}).", remedy="Check the file's permissions."
        ) from None
    if not isinstance(base, str) or not origin_allowed(base):
        raise NotUnderstood(
            f"chatgpt_base_url in {short(path)} is no address that a login may be sent to.",
            remedy="Use https, or http on this machine alone.",
        )
    root = base.rstrip("/")
    return f"{root}/wham/usage" if "/backend-api" in root else f"{root}/api/codex/usage"


def _refusal(answer: Answer, question: Question) -> ProviderError:
    status = answer.status
    if status == 401:
        return LoginExpired(
            "ChatGPT refused the Codex login.", remedy=f"Run `codex` once. If that does not help: {SIGN_IN}"
        )
    if status == 429:
        return RateLimited(
            "ChatGPT was asked too often.",
            retry_at=retry_after(answer.headers.get("retry-after"), question.now),
        )
    if status in (408, 504):
        return TimedOut(f"ChatGPT gave no answer in time (HTTP {status}).")
    if status >= 500:
        return ServerError(f"ChatGPT failed to answer (HTTP {status}).")
    if 300 <= status < 400 or _is_page(answer):
        return Blocked(f"A page came instead of an answer (HTTP {status}).")
    if status in (402, 403):
        return Denied(f"ChatGPT does not show this account's usage (HTTP {status}).")
    return NotUnderstood(f"ChatGPT gave an unknown answer (HTTP {status}).")


def _is_page(answer: Answer) -> bool:
    return "html" in answer.headers.get("content-type", "").lower() or answer.body.lstrip()[:1] == b"<"


def _reading(answer: Answer, question: Question) -> Reading:
    try:
        usage = msgspec.json.decode(answer.body, type=_Usage)
    except (msgspec.DecodeError, UnicodeDecodeError):
        if _is_page(answer):
            raise Blocked("A page came instead of an answer.") from None
        raise NotUnderstood("ChatGPT's answer is not what it should be.") from None
    dropped: list[str] = []
    windows = _windows(usage.rate_limit, dropped)
    credits_ = _credits(usage.credits, dropped)
    if windows is None and credits_ is UNSET:
        raise NotUnderstood("ChatGPT's answer tells neither limits nor credits.")
    told, complete = windows or ([], False)
    return Reading(
        source=OAuthSource.id,
        fetched_at=question.now,
        windows=limits.one_of_each(told),
        credits=None if credits_ is UNSET else credits_,
        plan=usage.plan_type if isinstance(usage.plan_type, str) else None,
        email=usage.email if isinstance(usage.email, str) else None,
        speaks_for=frozenset(
            name for name, said in (("windows", complete), ("credits", credits_ is not UNSET)) if said
        ),
        dropped=tuple(dropped),
    )


def _windows(raw: Any, dropped: list[str]) -> tuple[list[RateWindow], bool] | None:
    """The windows, and whether these are all there are; None when the answer does not speak of any.

    A business plan says `null`: it has none, and that is an answer.
    """
    if raw is UNSET:
        return None
    if raw is None:
        return [], True
    try:
        rate_limit = msgspec.convert(raw, _RateLimit)
    except msgspec.ValidationError:
        dropped.append("rate_limit")
        return None
    slots = {"primary_window": rate_limit.primary_window, "secondary_window": rate_limit.secondary_window}
    found: list[RateWindow] = []
    complete = True
    for name, slot in slots.items():
        if slot is None:
            continue
        made = None if slot is UNSET else _window(slot)
        if made is None or made.duration is None:
            complete = False
        if made is not None:
            found.append(made)
        elif slot is not UNSET:
            dropped.append(f"rate_limit.{name}")
    if not found and not complete:
        return None
    return found, complete


def _window(raw: Any) -> RateWindow | None:
    try:
        sent = msgspec.convert(raw, _Window)
    except msgspec.ValidationError:
        return None
    minutes = sent.limit_window_seconds / 60 if sent.limit_window_seconds else None
    return limits.window(sent.used_percent, minutes, sent.reset_at)


def _credits(raw: Any, dropped: list[str]) -> Credits | UnsetType | None:
    if raw is UNSET or raw is None:
        return UNSET if raw is UNSET else None
    try:
        sent = msgspec.convert(raw, _Credits)
        return limits.bought(has_credits=sent.has_credits, unlimited=sent.unlimited, balance=sent.balance)
    except (msgspec.ValidationError, ValueError):
        dropped.append("credits")
        return UNSET
