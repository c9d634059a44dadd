"""The usage endpoint of ChatGPT, asked with the login that Codex keeps.

`GET {base}/wham/usage`; a base of one's own without `/backend-api` has it at `/api/codex/usage`. Each part of
the answer is judged by itself: one that is not understood is left out and named, its siblings stay.
"""

from __future__ import annotations

import time
import tomllib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec import UNSET, Struct, UnsetType

from providers.codex import limits
from providers.codex.auth import FILE_LIMIT, SIGN_IN, expiry, read_credentials
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
from providers.outside.http import Answer, RequestsWeb, Secret, Web, origin_allowed
from providers.outside.paths import read_small, short
from providers.outside.retry_after import retry_after
from providers.source import Home, Question, account_key
from providers.version import user_agent

DEFAULT_BASE = "https://chatgpt.com/backend-api"
DEADLINE_SECONDS = 20.0


class _Window(Struct, frozen=True):
    used_percent: float
    limit_window_seconds: float | None = None
    reset_at: float | None = None


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

    def __init__(self, web: Web | None = None, seconds: Callable[[], float] = time.monotonic) -> None:
        self._web = web or RequestsWeb()
        self._seconds = seconds

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
        headers = {"Accept": "application/json", "User-Agent": user_agent()}
        if credentials.identity.account_id:
            headers["ChatGPT-Account-Id"] = credentials.identity.account_id
        began = self._seconds()
        answer = self._web.get(
            usage_url(question.home),
            bearer=credentials.access_token,
            headers=headers,
            seconds=DEADLINE_SECONDS,
        )
        if answer.status != 200:
            # A Retry-After counts from when it was said, which may be long after the question.
            raise _refusal(answer, question.now + timedelta(seconds=self._seconds() - began))
        return _reading(answer, question, credentials.access_token)


def usage_url(home: Home) -> str:
    """Where this home's usage is asked; raises NotUnderstood for a base that no token may be sent to."""
    path = home.path / "config.toml"
    try:
        text = read_small(path, FILE_LIMIT).decode("utf-8-sig")
        base = tomllib.loads(text).get("chatgpt_base_url", DEFAULT_BASE)
    except FileNotFoundError:
        base = DEFAULT_BASE
    except (ValueError, RecursionError):  # bad TOML, bad UTF-8, a number of thousands of digits
        raise NotUnderstood(f"{short(path)} is not TOML.", remedy=f"Correct {short(path)}.") from None
    except OSError as error:
        raise NotUnderstood(
            f"{short(path)} cannot be read ({error.strerror}).", remedy="Check the file's permissions."
        ) from None
    if not isinstance(base, str) or not origin_allowed(base) or "?" in base or "#" in base:
        raise NotUnderstood(
            f"chatgpt_base_url in {short(path)} is no address that a login may be sent to.",
            remedy="Use https, or http on this machine alone.",
        )
    root = base.rstrip("/")
    return f"{root}/wham/usage" if "/backend-api" in urlsplit(root).path else f"{root}/api/codex/usage"


def _refusal(answer: Answer, now: datetime) -> ProviderError:
    status = answer.status
    retry_at = retry_after(answer.headers.get("retry-after"), now)
    if status == 401:
        return LoginExpired(
            "ChatGPT refused the Codex login.", remedy=f"Run `codex` once. If that does not help: {SIGN_IN}"
        )
    if status == 429:
        return RateLimited("ChatGPT was asked too often.", retry_at=retry_at)
    if status in (408, 504):
        return TimedOut(f"ChatGPT gave no answer in time (HTTP {status}).", retry_at=retry_at)
    if status >= 500:
        return ServerError(f"ChatGPT failed to answer (HTTP {status}).", retry_at=retry_at)
    if 300 <= status < 400 or _is_page(answer):
        return Blocked(f"A page came instead of an answer (HTTP {status}).", retry_at=retry_at)
    if status in (402, 403):
        return Denied(f"ChatGPT does not show this account's usage (HTTP {status}).", retry_at=retry_at)
    return NotUnderstood(f"ChatGPT gave an unknown answer (HTTP {status}).", retry_at=retry_at)


def _is_page(answer: Answer) -> bool:
    return "html" in answer.headers.get("content-type", "").lower() or answer.body.lstrip()[:1] == b"<"


def _reading(answer: Answer, question: Question, token: Secret) -> Reading:
    try:
        usage = msgspec.json.decode(answer.body, type=_Usage)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        if _is_page(answer):
            raise Blocked("A page came instead of an answer.") from None
        raise NotUnderstood("ChatGPT's answer is not what it should be.") from None
    dropped: list[str] = []
    windows = _windows(usage.rate_limit, question.now, dropped)
    credits_ = _credits(usage.credits, dropped)
    if windows is None and credits_ is UNSET:
        raise NotUnderstood("ChatGPT's answer tells neither limits nor credits.")
    told, complete = windows or ([], False)
    return Reading(
        source=OAuthSource.id,
        fetched_at=question.now,
        windows=limits.one_of_each(told),
        credits=None if credits_ is UNSET else credits_,
        plan=_named("plan_type", usage.plan_type, limits.plan, token, dropped),
        email=_named("email", usage.email, limits.email, token, dropped),
        speaks_for=frozenset(
            name for name, said in (("windows", complete), ("credits", credits_ is not UNSET)) if said
        ),
        dropped=tuple(dropped),
    )


def _named(
    field: str, raw: Any, judge: Callable[[Any], str | None], token: Secret, dropped: list[str]
) -> str | None:
    """A name the server gave; one that echoes our token, which may look like any name, is none."""
    told = judge(raw)
    if told is not None and token.reveal() in told:
        told = None
    if told is None and raw is not UNSET and raw is not None:
        dropped.append(field)
    return told


def _windows(raw: Any, now: datetime, dropped: list[str]) -> tuple[list[RateWindow], bool] | None:
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
        made = None if slot is UNSET else _window(slot, now)
        if made is None or made.duration is None:
            complete = False
        if made is not None:
            found.append(made)
        elif slot is not UNSET:
            dropped.append(f"rate_limit.{name}")
    if not found and not complete:
        return None
    return found, complete


def _window(raw: Any, now: datetime) -> RateWindow | None:
    try:
        sent = msgspec.convert(raw, _Window)
    except msgspec.ValidationError:
        return None
    minutes = sent.limit_window_seconds / 60 if sent.limit_window_seconds else None
    return limits.window(sent.used_percent, minutes, sent.reset_at, now)


def _credits(raw: Any, dropped: list[str]) -> Credits | UnsetType | None:
    if raw is UNSET or raw is None:
        return UNSET if raw is UNSET else None
    try:
        return limits.bought(raw)
    except ValueError:
        dropped.append("credits")
        return UNSET
