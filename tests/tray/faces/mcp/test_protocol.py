"""Lines of a client, and what is answered without a tool."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tray.faces.mcp import protocol, tools
from tray.faces.mcp.protocol import Notification, ProtocolError, Request

SERVER = {"name": "tankful", "version": "1"}
META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}


def line(method: str | None = None, ident: Any = 1, **members: Any) -> bytes:
    message = {"jsonrpc": "2.0", "id": ident, "method": method, **members}
    return json.dumps({name: value for name, value in message.items() if value is not None}).encode()


def asked(method: str, ident: Any = 1, **params: Any) -> Any:
    """What a request is answered with."""
    return answered(line(method, ident, params=params))


def answered(raw: bytes) -> Any:
    message = protocol.read(raw)
    assert isinstance(message, Request)
    return protocol.answer(message, tools.definitions(), SERVER)


def refused(raw: bytes) -> tuple[int, Any]:
    """The code, and the id that the error is sent with."""
    with pytest.raises(ProtocolError) as caught:
        answered(raw)
    sent = protocol.error(caught.value)
    assert sent["jsonrpc"] == "2.0"
    return sent["error"]["code"], sent["id"]


@pytest.mark.parametrize("version", protocol.WITH_SESSION)
def test_a_version_with_sessions_is_spoken_as_asked(version: str) -> None:
    found = asked("initialize", protocolVersion=version, capabilities={}, clientInfo={})
    assert found["protocolVersion"] == version
    assert found["serverInfo"] == SERVER
    assert found["capabilities"] == {"tools": {}}


@pytest.mark.parametrize("version", ["2026-07-28", "2030-01-01", "1", ""])
def test_who_asks_for_another_version_is_offered_the_newest(version: str) -> None:
    assert asked("initialize", protocolVersion=version)["protocolVersion"] == "2025-11-25"


def test_initialize_without_a_version() -> None:
    assert refused(line("initialize", params={})) == (-32602, 1)
    assert refused(line("initialize", params={"protocolVersion": 5})) == (-32602, 1)


@pytest.mark.parametrize(
    "word",
    ["limits", "quota", "usage", "left", "weekly", "reset", "credits", "budgets", "tokens", "cost", "spend"],
)
def test_the_instructions_have_every_word_that_a_model_may_search_by(word: str) -> None:
    assert word in re.findall(r"\w+", asked("server/discover", _meta=META)["instructions"].lower())


def test_a_stateless_client_discovers_what_there_is() -> None:
    found = asked("server/discover", _meta=META)
    assert found["supportedVersions"] == ["2026-07-28"], "each of them may be named in a request"
    assert found["capabilities"] == {"tools": {}}
    assert found["resultType"] == "complete"
    assert found["cacheScope"] == "public"
    assert found["_meta"] == {"io.modelcontextprotocol/serverInfo": SERVER}


def test_a_stateless_client_lists_tools_at_once() -> None:
    found = asked("tools/list", _meta=META)
    assert [tool["name"] for tool in found["tools"]] == ["limits", "cost"]
    assert found["ttlMs"] > 0
    assert asked("tools/list") == {"tools": found["tools"]}, "without what older clients do not know"


def test_every_tool_only_reads() -> None:
    for tool in asked("tools/list")["tools"]:
        assert tool["annotations"]["readOnlyHint"] is True
        assert tool["annotations"]["destructiveHint"] is False
        assert tool["inputSchema"]["additionalProperties"] is False
        assert tool["outputSchema"]["type"] == "object"


def test_an_unknown_stateless_version_names_those_that_there_are() -> None:
    with pytest.raises(ProtocolError) as caught:
        protocol.read(
            line(
                "tools/list",
                params={"_meta": {**META, "io.modelcontextprotocol/protocolVersion": "2027-01-01"}},
            )
        )
    assert protocol.error(caught.value)["error"] == {
        "code": -32022,
        "message": "Unsupported protocol version",
        "data": {"supported": ["2026-07-28"], "requested": "2027-01-01"},
    }


def test_a_stateless_request_needs_its_members() -> None:
    half = {"io.modelcontextprotocol/protocolVersion": "2026-07-28"}
    assert refused(line("tools/list", params={"_meta": half})) == (-32602, 1)
    no_text = {**META, "io.modelcontextprotocol/protocolVersion": 5}
    assert refused(line("tools/list", params={"_meta": no_text})) == (-32602, 1)
    assert refused(line("server/discover", params={})) == (-32602, 1), "no client with a session knows it"
    assert refused(line("server/discover")) == (-32602, 1)


def test_what_each_generation_has_no_more_or_not_yet() -> None:
    assert asked("ping") == {}
    assert refused(line("ping", params={"_meta": META})) == (-32601, 1)
    assert asked("initialize", protocolVersion="2025-06-18", _meta=META)["protocolVersion"] == "2025-06-18"


@pytest.mark.parametrize(
    "method", ["resources/list", "prompts/list", "logging/setLevel", "x" * 10_000, "__class__"]
)
def test_an_unknown_method(method: str) -> None:
    assert refused(line(method)) == (-32601, 1)


def test_a_page_that_there_is_not() -> None:
    assert refused(line("tools/list", params={"cursor": "next"})) == (-32602, 1)


def test_the_call_of_a_tool_is_the_server_s() -> None:
    assert asked("tools/call", name="limits") is None


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"nonsense",
        b"\xff\xfe",
        b'{"a": NaN}',
        b'{"a": -1e999}',
        b"[" * 100_000,
        b'{"id": ' + b"9" * 5000 + b"}",
        b"\x00",
    ],
)
def test_what_is_no_json(raw: bytes) -> None:
    assert refused(raw) == (-32700, None)


@pytest.mark.parametrize(
    "raw",
    [
        b"[]",
        b'[{"jsonrpc": "2.0", "id": 1, "method": "ping"}]',
        b"5",
        b"null",
        b'"text"',
        line("ping", ident=1.5),
        line("ping", ident=True),
        line("ping", ident=[1]),
        b'{"jsonrpc": "2.0", "id": null, "method": "ping"}',
    ],
)
def test_what_is_no_message(raw: bytes) -> None:
    assert refused(raw) == (-32600, None)


@pytest.mark.parametrize("members", [{"jsonrpc": "1.0"}, {"jsonrpc": None}, {"method": 5}, {"method": None}])
def test_a_request_that_is_none_keeps_its_id(members: dict[str, Any]) -> None:
    message = {"jsonrpc": "2.0", "id": "abc", "method": "ping", **members}
    assert refused(json.dumps(message).encode()) == (-32600, "abc")


def test_parameters_by_position() -> None:
    assert refused(line("ping", params=[1])) == (-32602, 1)


@pytest.mark.parametrize("ident", [0, -1, 1, 2**60, "", "abc", "ä\n\u2028"])
def test_any_id_comes_back(ident: Any) -> None:
    request = protocol.read(line("ping", ident, params={}))
    assert isinstance(request, Request)
    assert protocol.response(request.id, {})["id"] == ident


def test_a_notification_is_never_refused() -> None:
    found = protocol.read(
        b'{"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 5}}'
    )
    assert isinstance(found, Notification)
    assert found.params == {"requestId": 5}
    odd = protocol.read(b'{"jsonrpc": "2.0", "method": "notifications/odd", "params": [5]}')
    assert isinstance(odd, Notification)


@pytest.mark.parametrize("member", ["result", "error"])
def test_a_response_is_none_of_our_business(member: str) -> None:
    assert protocol.read(json.dumps({"jsonrpc": "2.0", "id": 1, member: {}}).encode()) is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
members: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    st.sampled_from(["jsonrpc", "id", "method", "params", "result", "error"]),
    json_values
    | st.sampled_from(["2.0", "initialize", "tools/list", "tools/call", "ping"])
    | st.just({"_meta": META})
    | st.just({"_meta": {"io.modelcontextprotocol/protocolVersion": []}}),
)


@given(members | json_values)
def test_whatever_comes_is_answered_or_refused(message: Any) -> None:
    try:
        found = protocol.read(json.dumps(message).encode())
        if isinstance(found, Request):
            protocol.answer(found, tools.definitions(), SERVER)
    except ProtocolError as failure:
        json.dumps(protocol.error(failure), allow_nan=False)


@given(st.binary(max_size=200))
def test_whatever_bytes_come_are_refused_at_most(raw: bytes) -> None:
    with suppress(ProtocolError):
        protocol.read(raw)
