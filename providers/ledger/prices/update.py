"""Downloads the price library's published list when the user asks for it, and replaces an older one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct

from providers.domain.errors import NotUnderstood, ProviderError, RateLimited, ServerError, TimedOut
from providers.host.atomic import write_whole
from providers.host.http.origin import origin_allowed
from providers.host.http.refusal import is_page, refusal
from providers.host.http.transport import Answer, RequestsWeb
from providers.ledger.prices.library import Library
from providers.ledger.prices.load import FETCHED_LIMIT
from providers.ledger.prices.pricing import Rates
from providers.ledger.prices.published import NotPublished, translate

URL = "https://raw.githubusercontent.com/pydantic/genai-prices/refs/heads/main/prices/new_data/v2/data.json"
"""Where genai-prices 0.2.3 itself fetches updates."""
SECONDS = 30.0
_NEWER = "Check for a tankful update: the format or the address may have changed."

Download = Callable[[str], Answer]


class Update(Struct, frozen=True, kw_only=True):
    """What a downloaded list changes: `models` is how many it has, `new` are those without a price before,
    and `lacking` the built-in ones that it does not have.

    `omitted` names what was left out because it depends on a condition that is not supported here.
    """

    models: int
    new: tuple[str, ...]
    lacking: tuple[str, ...]
    omitted: tuple[str, ...]


def _download(url: str) -> Answer:
    return RequestsWeb().download(url, seconds=SECONDS, limit=FETCHED_LIMIT)


def update(
    target: Path, rates: Rates, now: datetime, *, url: str = URL, download: Download = _download
) -> Update:
    """Replace `target` with what is published at `url`; `rates` are those in force until now.

    Raises ProviderError, or OSError where it cannot be written; `target` is unchanged then.
    """
    if not origin_allowed(url):
        raise NotUnderstood(
            "The price list must be at an https address without a login.",
            remedy="Pass such an address to --url, or leave --url out.",
        )
    server = "GitHub" if url == URL else urlsplit(url).hostname or url
    try:
        answer = download(url)
    except ProviderError as error:
        raise _without_retry(error) from None
    if answer.status in (401, 402, 403) and not is_page(answer):
        raise NotUnderstood(
            f"{server} denied access to the price list (HTTP {answer.status}).", remedy=_NEWER
        )
    if answer.status != 200 or is_page(answer):
        raise _without_retry(refusal(answer, server, now))
    try:
        found = translate(
            answer.body, made_from="genai-prices", made_by="tankful prices update", day=now.date()
        )
    except NotPublished:
        raise NotUnderstood(
            "The published price list has an unexpected format, so the prices stay as they are.",
            remedy=_NEWER,
        ) from None
    write_whole(target, found.document)
    models = Library(found.document, built_in=False).ids
    return Update(
        models=len(models),
        new=tuple(sorted(set(models) - set(rates.listed))),
        lacking=tuple(sorted(set(rates.built_in) - set(models))),
        omitted=found.omitted,
    )


def _without_retry(error: ProviderError) -> ProviderError:
    """With a remedy that does not promise an automatic retry: there is none here."""
    if isinstance(error, RateLimited | ServerError | TimedOut):
        error.remedy = "Run `tankful prices update` again later."
    return error
