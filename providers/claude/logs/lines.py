"""The members of a transcript's lines that count, as Claude Code 2.1 wrote them (2.1.197 to 2.1.332)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Raw, Struct

# Years that a clock may show: beyond them a timestamp is damage.
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
END = datetime(2200, 1, 1, tzinfo=UTC)

# No response comes near a billion tokens: such a number is damage.
Count = Annotated[int, Meta(ge=0, le=10**9)]


_ADVICE = b"advisor_message"  # in the iterations of a response that asked an advisor; few did
_NO_ITERATIONS = Raw(b"[]")


class CacheCreation(Struct, frozen=True, gc=False):
    ephemeral_1h_input_tokens: Count | None = None
    ephemeral_5m_input_tokens: Count | None = None


class OutputDetails(Struct, frozen=True, gc=False):
    thinking_tokens: Count | None = None


class ServerToolUse(Struct, frozen=True, gc=False):
    web_search_requests: Annotated[int, Meta(ge=0, le=10**5)] | None = None


# Members in the order in which Claude Code writes them: so they are found fastest.


class Spent(Struct, frozen=True, gc=False):
    """Tokens as reported by Claude: the classes are disjoint; 1-hour writes are a part of cache_creation, and
    thinking one of output.
    """

    input_tokens: Count | None = None
    cache_creation_input_tokens: Count | None = None
    cache_read_input_tokens: Count | None = None
    output_tokens: Count | None = None
    output_tokens_details: OutputDetails | None = None
    server_tool_use: ServerToolUse | None = None
    cache_creation: CacheCreation | None = None
    inference_geo: Any = None
    speed: Any = None


class Usage(Spent, frozen=True, gc=False):
    iterations: Raw = _NO_ITERATIONS

    @property
    def has_advice(self) -> bool:
        return self.iterations != _NO_ITERATIONS and _ADVICE in bytes(self.iterations)


class Advice(Spent, frozen=True, gc=False):
    """What the advisor, another model, used within a response: not in the usage of the response itself."""

    model: str | None = None


class Message(Struct, frozen=True, gc=False):
    model: str | None = None
    id: str | None = None
    stop_reason: Any = None
    usage: Usage | None = None


class TranscriptLine(Struct, frozen=True, gc=False, rename="camel"):
    is_sidechain: Any = None
    agent_id: Any = None
    message: Message | None = None
    request_id: str | None = None
    type: str | None = None
    uuid: str | None = None
    timestamp: Annotated[datetime, Meta(tz=True)] | None = None
    effort: Any = None
    request_session_id: Any = None
    cwd: Any = None
    session_id: Any = None
    forked_from: Any = None
    version: Any = None


class PromptMessage(Message, frozen=True, gc=False, forbid_unknown_fields=True):
    role: Any = None
    content: Raw = Raw(b"null")


class PromptLine(TranscriptLine, frozen=True, gc=False):
    """A line of the user's side whose message has nothing but a text."""

    message: PromptMessage | None = None
    is_meta: Any = None
    is_compact_summary: Any = None
    origin: Any = None
    turn_origin: Any = None


class ResponseLine(Struct, frozen=True, gc=False):
    """A line with usage. Half of these repeat the one before: so its time is only converted where it counts."""

    at: datetime
    line: TranscriptLine
    message: Message
    usage: Usage


class UserLine(Struct, frozen=True, gc=False):
    """A line of the user's side: a prompt, or what a tool returned. `sent_at` is when the person sent it, None for
    what nobody sent: the program writes such lines, too.
    """

    is_prompt: bool
    line: TranscriptLine
    sent_at: datetime | None


class Boundary(Struct, frozen=True, gc=False):
    """Where a conversation was compacted."""

    at: datetime
    line: TranscriptLine


class AskedByHook(Struct, frozen=True, gc=False):
    """A hook of type prompt had a model answer: by 2.1.332, only those at the end of a turn are on a line."""

    line: TranscriptLine


class Titled(Struct, frozen=True, gc=False):
    """A model has named the session."""

    session_id: Any


class ModelTotal(Struct, frozen=True, gc=False, rename="camel"):
    input_tokens: Count = 0
    output_tokens: Count = 0
    thinking_tokens: Count = 0
    cache_read_input_tokens: Count = 0
    cache_creation_input_tokens: Count = 0
    cache_creation_ephemeral_1h_input_tokens: Count = msgspec.field(
        default=0, name="cacheCreationEphemeral1hInputTokens"
    )
    web_search_requests: Annotated[int, Meta(ge=0, le=10**5)] = 0


class CostState(Struct, frozen=True, gc=False, rename="camel"):
    """What a session had used in all when a process of it ended, by model; 2.1.329 on.

    It goes on where the process before ended, in the same session or in the one that it was forked from:
    those have the same `start_time` (epoch ms). `total_duration` (ms) is how long these processes ran.
    """

    start_time: Annotated[float, Meta(ge=EPOCH.timestamp() * 1000, le=END.timestamp() * 1000)]
    model_usage: dict[str, ModelTotal]
    session_id: Any = None
    total_duration: Annotated[float, Meta(ge=0)] = 0
    total_cost_usd: Annotated[float, Meta(ge=0, le=1e9)] | None = msgspec.field(
        default=None, name="totalCostUSD"
    )
    has_unknown_model_cost: Any = None

    @property
    def usd(self) -> float | None:
        """What its program takes it to have cost; None where it knows no price of a model."""
        return None if self.has_unknown_model_cost else self.total_cost_usd


class SessionOwner(Struct, frozen=True, gc=False, rename="camel"):
    """The account of a session, from here on; 2.1.329 on."""

    account_uuid: str
    organization_uuid: str | None = None

    @property
    def account(self) -> str:
        """As in providers.claude.auth: a person may have limits in several organizations."""
        return "/".join(filter(None, (self.account_uuid, self.organization_uuid)))


Line = ResponseLine | UserLine | Boundary | AskedByHook | Titled | CostState | SessionOwner
