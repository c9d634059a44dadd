"""What servers and Codex's app-server answer."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from providers.claude.auth import Logins
from providers.claude.endpoint import source as claude_endpoint
from providers.claude.keychain import Keychain
from providers.codex.app_server import answer, refusal
from providers.codex.app_server.thread_answer import thread_use
from providers.codex.auth import read_credentials
from providers.codex.endpoint import source as codex_endpoint
from providers.codex.pages.answer import OTHER, AccountPageAnswer
from providers.domain.account_pages import AccountPage, PlanLimitHistory, UsageBreakdown
from providers.domain.errors import ProviderError
from providers.domain.limits import Reading
from providers.domain.typed import json_decode
from providers.host.http.transport import Answer
from providers.host.process.jsonrpc import RpcRefused
from providers.host.secret import Secret
from providers.source import Home, Question
from tests import fake_anthropic, fake_app_server, fake_chatgpt, homes, reports
from tests.fuzz import mutate
from tests.fuzz.figures import Figures
from tests.fuzz.run import Target, Violation, require
from tests.fuzz.targets import reading

NOW = homes.NOW
_FAR = 1_796_083_200

CHATGPT = (
    fake_chatgpt.usage(),
    fake_chatgpt.usage(
        plan_type="business",
        rate_limit={"allowed": False, "limit_reached": True, "primary_window": fake_chatgpt.window(100)}
        | {"secondary_window": None, "individual_limit": {"limit": "5000", "used": "3400", "reset_at": _FAR}},
        spend_control={"reached": True, "individual_limit": {"remaining_percent": 32, "reset_at": _FAR}},
        rate_limit_reached_type="workspace_member_usage_limit_reached",
    ),
    fake_chatgpt.usage(
        individual_limit={"limit": 100, "used": 7.761, "remaining_percent": 92.239, "resets_at": _FAR}
        | {"unit": "USD"},
        additional_rate_limits=[
            {
                "limit_name": "GPT-5.3-Codex-Spark",
                "metered_feature": "codex_bengalfox",
                "rate_limit": {"primary_window": fake_chatgpt.window(12), "secondary_window": None},
            }
        ],
        code_review_rate_limit={"primary_window": fake_chatgpt.window(3, fake_chatgpt.WEEK)},
        rate_limit_reset_credits={"available_count": 2},
    ),
)
PAGES = tuple(fake_chatgpt.account_pages(NOW.date()).values())
RESETS = ({"available_count": 2, "credits": [{"id": "c", "status": "available", "expires_at": _FAR}]},)
ANTHROPIC = (
    fake_anthropic.usage(),
    fake_anthropic.usage(
        limits=[
            fake_anthropic.limit("session", 37, fake_anthropic.SESSION_RESET),
            fake_anthropic.limit("weekly_all", 61),
            fake_anthropic.limit("weekly_scoped", 96, model="Opus 5"),
            fake_anthropic.limit("weekly_scoped", 8, surface="Design"),
        ],
        spend={
            "used": {"amount_minor": 251, "currency": "EUR", "exponent": 2},
            "limit": {"amount_minor": 3750, "currency": "EUR", "exponent": 2},
            "percent": 7,
            "enabled": True,
            "disabled_reason": None,
        },
    ),
    {
        "seven_day_omelette": fake_anthropic.flat(77),
        "iguana_necktie": fake_anthropic.flat(96) | {"limit_dollars": 250, "used_dollars": 240},
    },
)
APP_SERVER = (
    {
        "account": fake_app_server.ACCOUNT,
        "limits": fake_app_server.LIMITS,
        "usage": fake_app_server.USAGE,
    },
    {"account": {"account": None}, "limits": {"rateLimits": fake_app_server.OWN}, "usage": None},
)
THREAD = "01a228a5-da80-70f1-afdd-9354f9ffe853"
APP_SERVER_THREADS = (
    fake_app_server.thread_answer(THREAD, groups=[fake_app_server.GROUP] * 2),
    fake_app_server.thread_answer(
        THREAD, nativeUsageUsdMicros=5, groups=[{"estimatedUsageCreditsMicros": 1}]
    ),
)
CHATGPT_REPORTS = (
    *("cap-resets-at/*.json", "individual-limit-shapes/*.json", "string-numbers/*.json"),
    *("pace-when-spent/*.json", "region-403/chatgpt.json"),
)
ANTHROPIC_REPORTS = (
    *("claude-extra-usage-state/*.json", "list-without-reset/*.json", "product-weeks/*.json"),
    *("spend-alone-exit/*.json", "region-403/anthropic.json"),
)
_REFUSED = (400, 401, 402, 403, 404, 407, 429, 451, 500, 503)
_USAGE_URL = "https://chatgpt.com/backend-api/wham/usage"
REFUSALS = (
    f"failed to fetch codex rate limits: GET {_USAGE_URL} failed: 403 Forbidden; content-type=text/html; body=<p>",
    f"Decode error for {_USAGE_URL}: unknown variant `x`; body={json.dumps(fake_chatgpt.usage(plan_type='x'))}",
    "error sending request for url (https://chatgpt.com/)",
)


def reported(*patterns: str) -> list[bytes]:
    """Files of `fixtures/reports`, as of NOW."""
    files = [file for pattern in patterns for file in sorted(reports.FIXTURES.glob(pattern))]
    return [reports.fill(file.read_text("utf-8"), int(NOW.timestamp())).encode() for file in files]


def targets(folder: Path) -> tuple[Target, ...]:
    codex = _codex(folder / "codex")
    claude = fake_anthropic.question(fake_anthropic.make_home(folder / "claude"))

    def chatgpt(content: bytes) -> None:
        check_source(_chatgpt(content), codex, content)
        check_refused(_chatgpt(content, _status(content)), codex)

    def resets(content: bytes) -> None:
        web = _Web(json.dumps(fake_chatgpt.usage()).encode(), resets=content)
        found = codex_endpoint.OAuthSource(web, lambda: 0.0).read(codex)
        reading.check(found, Figures(content + web.body, NOW))

    def anthropic(content: bytes) -> None:
        check_source(_anthropic(content), claude, content)
        check_refused(_anthropic(content, _status(content)), claude)

    return (
        Target(name="chatgpt", make=_of(CHATGPT, *CHATGPT_REPORTS), check=chatgpt),
        Target(name="chatgpt-pages", make=_of(PAGES), check=_account_pages),
        Target(name="chatgpt-resets", make=_of(RESETS), check=resets),
        Target(name="anthropic", make=_of(ANTHROPIC, *ANTHROPIC_REPORTS), check=anthropic),
        Target(name="app-server", make=_of(APP_SERVER), check=_app_server),
        Target(name="app-server-threads", make=_of(APP_SERVER_THREADS), check=_app_server_thread),
        Target(
            name="app-server-refusal",
            make=mutate.of_text([text.encode() for text in REFUSALS]),
            check=_refused,
            suffix=".txt",
        ),
    )


def _account_pages(content: bytes) -> None:
    """Each parser has each page: a server may confuse them."""
    try:
        found = AccountPageAnswer(content, NOW, Secret(homes.ACCESS_MARK), "oauth")
    except ValueError:
        return
    figures = Figures(content, NOW)
    for parse in (found.credits_history, found.usage_breakdown, found.plan_limit_history):
        try:
            page: AccountPage = parse()
        except ValueError:
            continue
        stored = msgspec.json.encode(page)
        require(json_decode(stored, type(page)) == page, "a page that cannot be stored")
        require(homes.ACCESS_MARK not in stored.decode(), "a token is stored")
        require(page.dropped >= 0, "rows that were never sent")
        _check_page(page, figures)


def _check_page(page: AccountPage, figures: Figures) -> None:
    """Credits are added up by day: those of a single row must be in the input."""
    if isinstance(page, UsageBreakdown):
        for day in page.days:
            amounts = [use.amount for use in day.models]
            amounts += [value for name, value in day.surfaces.items() if name != OTHER]
            for value in amounts:
                require(_is_rounded(value, figures), f"{value} is not in the input")
    if isinstance(page, PlanLimitHistory):
        for window in page.windows:
            for share in (window.used_percent, *window.models.values()):
                require(_is_rounded(share * 100, figures, 0.01), f"{share} % is not in the input")
            require(window.duration.total_seconds() > 0, "a window that ends before it begins")


def _is_rounded(value: float, figures: Figures, slack: float = 1e-6) -> bool:
    return any(abs(each - value) <= slack + 1e-9 * abs(value) for each in figures.numbers)


def parsed_chatgpt(folder: Path, samples: Iterable[Any]) -> Iterator[Reading]:
    question = _codex(folder)
    return (_chatgpt(json.dumps(each).encode()).read(question) for each in samples)


def parsed_anthropic(folder: Path, samples: Iterable[Any]) -> Iterator[Reading]:
    question = fake_anthropic.question(fake_anthropic.make_home(folder))
    return (_anthropic(json.dumps(each).encode()).read(question) for each in samples)


def check_source(source: Any, question: Question, content: bytes) -> None:
    """What it reads holds; that it refuses the input is fine."""
    try:
        found = source.read(question)
    except ProviderError as error:
        check_error(error)
        return
    if found is not None:
        reading.check(found, Figures(content, NOW))


def check_refused(source: Any, question: Question) -> None:
    """A body that comes with an error status holds no reading."""
    try:
        source.read(question)
    except ProviderError as error:
        check_error(error)
        return
    raise Violation("a reading out of an error")


def check_error(error: ProviderError) -> None:
    shown = error.message + error.remedy
    require(shown.isprintable() and len(shown) < 500, f"a sentence that cannot be shown: {shown!a}")
    secrets = (*homes.SECRETS, *fake_anthropic.SECRETS)
    require(not any(secret in shown for secret in secrets), "a token is shown")


class _Web:
    """Implements providers.host.http.transport.Web."""

    def __init__(self, body: bytes, resets: bytes = b"{}", status: int = 200) -> None:
        self.body, self._resets, self._status = body, resets, status

    def get(self, url: str, **_: object) -> Answer:
        if url.endswith("/rate-limit-reset-credits"):
            return Answer(200, {}, self._resets)
        return Answer(self._status, {}, self.body)


def _chatgpt(content: bytes, status: int = 200) -> codex_endpoint.OAuthSource:
    return codex_endpoint.OAuthSource(_Web(content, status=status), lambda: 0.0)


def _anthropic(content: bytes, status: int = 200) -> claude_endpoint.OAuthSource:
    web = _Web(content, status=status)
    return claude_endpoint.OAuthSource(Logins({}, Keychain(here=False)), web, {}, lambda: 0.0)


def _status(content: bytes) -> int:
    return _REFUSED[zlib.crc32(content) % len(_REFUSED)]


def _codex(folder: Path) -> Question:
    home = Home(provider="codex", path=homes.make_home(folder), label="~/.codex")
    return Question(home=home, identity=read_credentials(home).identity, account_since=NOW, now=NOW)


def _app_server(content: bytes) -> None:
    try:
        sent = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return  # of a line that is no JSON only `jsonrpc` knows
    if not isinstance(sent, dict):
        return
    try:
        owner = answer.account(sent.get("account"))
    except ValueError:
        owner = None
    figures = Figures(content, NOW)
    try:
        found = answer.reading(sent.get("limits"), owner, NOW, "app-server")
    except ProviderError as error:
        check_error(error)
        found = None
    if found is not None:
        reading.check(found, figures)
    for day in answer.tokens(sent.get("usage")):
        require(figures.holds(day.tokens), f"{day.tokens} tokens of a day are not in the input")


def _refused(content: bytes) -> None:
    message = content.decode("utf-8", "replace")
    for renewed in (False, True):
        check_error(refusal.classify(RpcRefused(-32603, message), renewed=renewed, retry_at=NOW))


def _app_server_thread(content: bytes) -> None:
    try:
        use = thread_use(msgspec.json.decode(content), THREAD)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    except ProviderError as error:
        check_error(error)
        return
    if use is not None:
        figures = (use.total_tokens, use.input_tokens, use.cache_read_tokens, use.output_tokens, use.usd)
        require(all(each is None or 0 <= each < 1e19 for each in figures), f"impossible figures: {use}")


def _of(samples: tuple[Any, ...], *reported_in: str) -> mutate.Make:
    return mutate.of_json([*(json.dumps(sample).encode() for sample in samples), *reported(*reported_in)])
