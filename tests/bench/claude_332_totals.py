"""What Claude Code 2.1.332 says of use: with each answer, and the total of a session at the end of its process."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from tests.bench.corpus import Line, Tokens, encode


def usage_of(tokens: Tokens) -> Line:
    written, lasting = tokens.cache_write_tokens, tokens.cache_write_1h_tokens
    usage: Line = {"input_tokens": tokens.input_tokens, "cache_creation_input_tokens": written}
    usage |= {"cache_read_input_tokens": tokens.cache_read_tokens, "output_tokens": tokens.output_tokens}
    usage |= {"output_tokens_details": {"thinking_tokens": tokens.reasoning_tokens}}
    usage |= {
        "server_tool_use": {"web_search_requests": 0, "web_fetch_requests": 0},
        "service_tier": "standard",
    }
    lived = {"ephemeral_1h_input_tokens": lasting, "ephemeral_5m_input_tokens": written - lasting}
    usage |= {"cache_creation": lived, "inference_geo": "global", "iterations": []}
    return usage | {"speed": "standard", "fallback_credit": None}


class Totals:
    """A running total by model, since the process `began` in which it did."""

    def __init__(self, began: datetime) -> None:
        self._began = began
        self._by_model: dict[str, Tokens] = {}

    def add(self, model: str, tokens: Tokens) -> None:
        self._by_model.setdefault(model, Tokens()).add(tokens)

    def forked(self) -> Self:
        """A fork goes on from its parent's."""
        fork = type(self)(self._began)
        for model, tokens in self._by_model.items():
            fork.add(model, tokens)
        return fork

    def line(self, session: str, now: datetime) -> bytes:
        elapsed = int((now - self._began).total_seconds() * 1000)
        line: Line = {"type": "cost-state", "sessionId": session, "totalCostUSD": 0.0115}
        line |= {
            "totalAPIDuration": elapsed,
            "totalAPIDurationWithoutRetries": elapsed,
            "totalToolDuration": 0,
        }
        line |= {"totalLinesAdded": 0, "totalLinesRemoved": 0, "totalDuration": elapsed}
        line |= {"startTime": int(self._began.timestamp() * 1000)}
        by_model = {model: _model_usage(tokens) for model, tokens in self._by_model.items()}
        return encode(line | {"modelUsage": by_model, "hasUnknownModelCost": False})


def _model_usage(tokens: Tokens) -> Line:
    written, lasting = tokens.cache_write_tokens, tokens.cache_write_1h_tokens
    usage: Line = {"inputTokens": tokens.input_tokens, "outputTokens": tokens.output_tokens}
    usage |= {"thinkingTokens": tokens.reasoning_tokens, "cacheReadInputTokens": tokens.cache_read_tokens}
    usage |= {"cacheCreationInputTokens": written, "cacheCreationEphemeral5mInputTokens": written - lasting}
    usage |= {"cacheCreationEphemeral1hInputTokens": lasting, "webSearchRequests": 0}
    return usage | {"costUSD": 0.0115}
