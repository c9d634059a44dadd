"""`tankful metrics`: a snapshot in the text format of Prometheus. Pure."""

from __future__ import annotations

from providers.version import VERSION
from tray.engine import published
from tray.engine.iso_time import epoch
from tray.view import metric_families as families
from tray.view.metric_families import UNKNOWN, Samples

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from tray.engine.published import Document

CLASSES = ("input", "cache_read", "cache_write", "output")
PARTS = ("cache_write_1h", "reasoning")


def text(document: Document, now: float) -> str:
    """The metrics of a snapshot, judged as of `now` (epoch s). A damaged one raises one of `published.DAMAGED`."""
    samples = Samples()
    samples.put(families.BUILD, 1, version=VERSION)
    samples.put(families.PUBLISHED, _epoch(document["generated_at"]))
    for account in published.as_of(document, now)["providers"]:
        _put_account(samples, account, now)
    for counter in document["counters"]:
        _put_counter(samples, counter)
    return samples.text()


def _put_account(samples: Samples, account: Document, now: float) -> None:
    known = account["account"]
    whose = {"provider": account["provider"], "account": known["id"] if known else UNKNOWN}
    for attempt in account["attempts"]:
        samples.put(families.UP, 1 if attempt["ok"] else 0, **whose, source=attempt["source"])
    for window in account["windows"]:
        of_it = {**whose, "window": window["id"]}
        if not published.is_past(window, now):
            samples.put(families.USED, window["used_percent"] / 100, **of_it)
            samples.put(families.RESETS, _epoch(window["resets_at"]), **of_it)
        samples.put(families.FETCHED, _epoch(window["fetched_at"]), **of_it)
    if account["windows"]:
        samples.put(families.BLOCKED, 1 if account["blocked"] else 0, **whose)
    if account["credits"]:
        samples.put(families.CREDITS, _balance(account["credits"]), **whose)
    samples.put(families.LOGIN_ENDS, _epoch(account["login_ends_at"]), **whose)


def _put_counter(samples: Samples, counter: Document) -> None:
    names = {name: counter[name] for name in ("provider", "account", "model")}
    of_epoch = {"epoch": str(counter["epoch"])}
    samples.put(families.RESPONSES, counter["responses"], **names, **of_epoch)
    for kind in CLASSES:
        samples.put(families.TOKENS, counter[f"{kind}_tokens"], **names, **{"class": kind}, **of_epoch)
    for kind in PARTS:
        samples.put(families.PART_TOKENS, counter[f"{kind}_tokens"], **names, **{"class": kind}, **of_epoch)
    samples.put(families.USD, counter["usd"], **names, **of_epoch)


def _balance(lane: Document) -> float | None:
    if lane["unlimited"]:
        return float("inf")
    return None if lane["balance"] is None else float(lane["balance"])


def _epoch(text: str | None) -> float | None:
    return None if text is None else epoch(text)
