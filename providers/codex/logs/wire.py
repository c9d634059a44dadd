"""The lines of a Codex rollout that count, as Codex 0.45 to 0.171 wrote them.

The ledger decodes them all, for tokens. The limits have a reader of their own, `limits_wire`.
"""

# Annotations are no strings here: to evaluate each of them, msgspec would take a millisecond.

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from providers.domain.account import account_id
from providers.domain.typed import json_decoder
from providers.ledger.scan import HEAD_ALONE
from providers.logs import MalformedLine

# Heads that are known to be irrelevant; whatever is unknown is parsed. `compacted` holds the whole history and can
# exceed 100 MB; what counts of it stands at its end, so its group makes the reader clip it. A message
# may hold images: its head alone is handed on.
#
# Items are the most frequent events, and their ids have 36 letters: those of a dot are passed over in no time.
_ITEM = rb'item_completed","thread_id":"(?s:.{36})","turn_id":"(?s:.{36})","item":\{"type":"'
UNWANTED = re.compile(
    rb'\{"timestamp":"[^"]{0,64}+",(?:"ordinal":[0-9]{1,19}+,)?+"type":"(?:response_item"|event_msg","payload":'
    rb'\{"type":"(?:' + _ITEM + rb'(?!UserMessage")\w{1,64}+"'
    rb'|(?!token_count"|task_started"|turn_started"|thread_settings_applied"|user_message"|item_completed"'
    rb'|entered_review_mode"|exited_review_mode")\w{1,64}+"'
    rb'|(?P<head>user_message"|' + _ITEM + rb'UserMessage","id":"[^"]{0,64}+"))'
    rb'|world_state"|(?P<compacted>compacted")|inter_agent_communication_metadata")'
)

# How far from its end a token_usage_record has its last tokens, and a token_count, where its limits follow them.
RECORD_END = (b'_tokens":', 40)
COUNT_END = (b'_tokens":', 768)

# Years that a clock may show: beyond them a timestamp is damage.
EARLIEST, LATEST = datetime(2020, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)

# No response and no thread comes near: such a number is damage.
MOST_TOKENS = 10**13
Count = Annotated[int, Meta(ge=0, le=MOST_TOKENS)]
Ordinal = Annotated[int, Meta(ge=0, le=2**62)]


def text_or_none(value: object) -> str | None:
    """None also for an empty text."""
    return value if isinstance(value, str) and value else None


class Usage(Struct, frozen=True, kw_only=True, gc=False):
    """Tokens as reported by Codex, in the order of `Tokens`."""

    input_tokens: Count
    cached_input_tokens: Count = 0
    cache_write_input_tokens: Count = 0
    output_tokens: Count
    reasoning_output_tokens: Count = 0


class _Line(Struct, frozen=True, kw_only=True, gc=False, tag_field="type"):
    timestamp: Annotated[datetime, Meta(tz=True)]
    ordinal: Ordinal | None = None


class SessionMeta(Struct, frozen=True):
    class HistoryBase(Struct, frozen=True):
        thread_id: str
        end_ordinal_exclusive: Ordinal

    id: str
    session_id: Any = None
    cwd: Any = None
    originator: Any = None
    cli_version: str = ""
    forked_from_id: str | None = None
    parent_thread_id: str | None = None
    source: Any = None
    history_base: HistoryBase | None = None
    creator_account_id: Any = None
    creator_user_id: Any = None

    @property
    def account(self) -> str | None:
        """Who started the thread (0.169 on); a workspace's id alone names nobody."""
        if self.creator_account_id is None:
            return None
        account, user = text_or_none(self.creator_account_id), text_or_none(self.creator_user_id)
        return account_id("codex", account, user) if account and user else None

    @property
    def counters_go_on(self) -> bool:
        """Whether a fork by this version of Codex continues its base's counters."""
        version = self.cli_version
        return len(version) <= _LONGEST_VERSION and _version(version) >= (0, 153)

    @property
    def is_subagent(self) -> bool:
        return isinstance(self.source, dict) and "subagent" in self.source

    @property
    def spawned_by(self) -> str | None:
        """source.subagent.thread_spawn.parent_thread_id; `source` is a plain string for most sessions."""
        value = self.source
        if not isinstance(value, dict):
            return None
        for name in ("subagent", "thread_spawn", "parent_thread_id"):
            value = value.get(name) if isinstance(value, dict) else None
        return value if isinstance(value, str) else None


_LONGEST_VERSION = 64  # characters: the last ones stay in memory


@lru_cache(maxsize=16)
def _version(text: str) -> tuple[int, ...]:
    numbers = text.partition("-")[0].split(".")
    known = all(map(str.isdecimal, numbers)) and max(map(len, numbers)) < 10
    return tuple(map(int, numbers)) if known else (0,)


class SessionLine(_Line, frozen=True, kw_only=True, tag="session_meta"):
    payload: SessionMeta


class TurnContext(Struct, frozen=True):
    turn_id: str | None = None
    model: str | None = None
    effort: Any = None
    comp_hash: Any = None


class ContextLine(_Line, frozen=True, kw_only=True, tag="turn_context"):
    payload: TurnContext


class UsageRecord(Struct, frozen=True, kw_only=True, gc=False):
    """Members in the order in which Codex writes them: so they are found fastest."""

    thread_id: str | None = None
    turn_id: str | None = None
    response_id: str | None = None
    usage: Usage
    thread_token_usage: Usage | None = None


class RecordLine(_Line, frozen=True, kw_only=True, tag="token_usage_record"):
    payload: UsageRecord


class Compacted(Struct, frozen=True):
    """A history that a response, itself billed, summed up."""

    compaction_response_id: str | None = None
    resume_metadata: Any = None

    @property
    def model_before(self) -> tuple[str | None, str | None]:
        """The model of the turn before, and its comp_hash, as far as they were noted (0.162 on)."""
        noted = self.resume_metadata
        settings = noted.get("previous_turn_settings") if isinstance(noted, dict) else None
        if not isinstance(settings, dict):
            return None, None
        return text_or_none(settings.get("model")), text_or_none(settings.get("comp_hash"))


class CompactedLine(_Line, frozen=True, kw_only=True, tag="compacted"):
    payload: Compacted


class TokenCount(Struct, frozen=True, gc=False, tag="token_count"):
    """As the ledger reads it. There are a hundred thousand: what it does not need is not decoded."""

    class Info(Struct, frozen=True, gc=False):
        total_token_usage: Usage
        last_token_usage: Usage

    info: Info | None = None


class TaskStarted(Struct, frozen=True, tag="task_started"):
    turn_id: str | None = None
    model_context_window: Any = None


class TurnStarted(Struct, frozen=True, tag="turn_started"):
    turn_id: str | None = None
    model_context_window: Any = None


_NOT_SENT = ("batch",)
"""Tiers that Codex 0.171 takes from its config and records, and does not ask for: the standard one serves them."""


class SettingsApplied(Struct, frozen=True, tag="thread_settings_applied"):
    """The service tier is logged nowhere else, and before the turns it applies to."""

    class ThreadSettings(Struct, frozen=True):
        service_tier: Any = None

    thread_settings: ThreadSettings | str | float | bool | list[Any] | None = None

    @property
    def tier(self) -> str | None:
        settings = self.thread_settings
        tier = settings.service_tier if isinstance(settings, self.ThreadSettings) else None
        return tier if isinstance(tier, str) and tier not in _NOT_SENT else None


class UserMessage(Struct, frozen=True, gc=False, tag="user_message"):
    """A message of the person (up to 0.150)."""


class ItemCompleted(Struct, frozen=True, gc=False, tag="item_completed"):
    """As `UserMessage` where its item is one (0.151 on)."""

    class Item(Struct, frozen=True, gc=False):
        type: Any = None
        id: Any = None

    item: Item


class EnteredReview(Struct, frozen=True, tag="entered_review_mode"):
    """The next message is the one that asks for the review; up to 0.150 it is written twice."""


class ExitedReview(Struct, frozen=True, tag="exited_review_mode"):
    pass


Event = (
    TokenCount
    | TaskStarted
    | TurnStarted
    | SettingsApplied
    | UserMessage
    | ItemCompleted
    | EnteredReview
    | ExitedReview
)


class EventLine(_Line, frozen=True, kw_only=True, tag="event_msg"):
    payload: Event


Payload = SessionMeta | TurnContext | UsageRecord | Compacted | Event
Line = SessionLine | ContextLine | RecordLine | CompactedLine | EventLine

decode_whole: Callable[[bytes | bytearray], Line] = json_decoder(Line).decode
DAMAGE = (msgspec.MsgspecError, ValueError, RecursionError)


def decode(text: bytes | bytearray) -> Line:
    """Raises MalformedLine for one with an impossible time, and DAMAGE for what is no line as a whole."""
    line = decode_whole(_closed(text) if text[-1:] == b'"' else text)
    if not EARLIEST <= line.timestamp <= LATEST:
        raise MalformedLine
    return line


def _closed(text: bytes | bytearray) -> bytes | bytearray:
    """A line of which only its head is left, as a whole one."""
    head = UNWANTED.fullmatch(text)
    if head is None or head.lastgroup != HEAD_ALONE:
        return text
    return text + (b"}}" if text.endswith(b'"user_message"') else b"}}}")
