"""JSON-RPC 2.0 as the Model Context Protocol has it: lines to messages, and what is answered without a tool. Pure.

Two generations of clients are served side by side. Since 2026-07-28 each request says its version in `_meta`, and
`server/discover` tells what there is; before, `initialize` opened a session. A request with that member is of the
first kind, any other of the second.
"""

from __future__ import annotations

import json
from math import isinf

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from typing import Any

    Document = dict[str, Any]
    Id = str | int

STATELESS = ("2026-07-28",)
"""The versions without sessions: what `server/discover` lists is what requests may name, so no other is in it."""
WITH_SESSION = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")
"""The versions with `initialize`, newest first; who asks for another one is offered the newest."""
PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS, INTERNAL_ERROR = (
    -32700,
    -32600,
    -32601,
    -32602,
    -32603,
)
UNSUPPORTED_VERSION = -32022
_META = "io.modelcontextprotocol/"
_LIST_LASTS_MS = 3_600_000
_CAPABILITIES: Document = {"tools": {}}
_INSTRUCTIONS = (
    "Usage and quota of the person's coding agents: how much is left of their 5-hour and weekly rate limits, "
    "credits and budgets, when they reset, and what their tokens cost (spend at API prices). Check the limits "
    "before long work, and pause where an account is blocked or a budget is spent."
)
"""Some clients tell the model this alone, and find a tool only by a word that stands here or in its own text."""


class ProtocolError(Exception):
    """A message that gets a JSON-RPC error; `id` is None where it could not be read."""

    def __init__(self, code: int, message: str, ident: Id | None = None, data: object = None) -> None:
        super().__init__(message)
        self.code = code
        self.id = ident
        self.data = data


class Request:
    """A request that is to be answered. `is_stateless`: of a client since 2026-07-28."""

    __slots__ = ("id", "is_stateless", "method", "params")

    def __init__(self, ident: Id, method: str, params: Document, *, is_stateless: bool) -> None:
        self.id = ident
        self.method = method
        self.params = params
        self.is_stateless = is_stateless


class Notification:
    """A message that nobody answers."""

    __slots__ = ("method", "params")

    def __init__(self, method: str, params: Document) -> None:
        self.method = method
        self.params = params


def read(line: bytes) -> Request | Notification | None:
    """What a line says; None for a response, as this server asks nothing. Raises ProtocolError."""
    try:
        message = json.loads(line.decode(), parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError):
        raise ProtocolError(PARSE_ERROR, "Parse error: the line is not valid JSON in UTF-8") from None
    if isinstance(message, list):
        raise ProtocolError(INVALID_REQUEST, "Invalid request: batches are not supported")
    if not isinstance(message, dict):
        raise ProtocolError(INVALID_REQUEST, "Invalid request: not an object")
    if "method" not in message and ("result" in message or "error" in message):
        return None
    ident = _id_of(message) if "id" in message else None
    method, params = message.get("method"), message.get("params", {})
    if message.get("jsonrpc") != "2.0" or not isinstance(method, str):
        raise ProtocolError(INVALID_REQUEST, "Invalid request: `jsonrpc` and `method` are needed", ident)
    if ident is None:
        return Notification(method, params if isinstance(params, dict) else {})
    if not isinstance(params, dict):
        raise ProtocolError(INVALID_PARAMS, "Invalid params: not an object", ident)
    meta = params.get("_meta")
    names_version = isinstance(meta, dict) and f"{_META}protocolVersion" in meta
    if method == "initialize" or not (names_version or method == "server/discover"):
        return Request(ident, method, params, is_stateless=False)
    _check_version(meta if isinstance(meta, dict) else {}, ident)
    return Request(ident, method, params, is_stateless=True)


def _id_of(message: Document) -> Id:
    ident = message["id"]
    if isinstance(ident, bool) or not isinstance(ident, str | int):
        raise ProtocolError(INVALID_REQUEST, "Invalid request: `id` must be a string or an integer")
    return ident


def _check_version(meta: Document, ident: Id) -> None:
    version = meta.get(f"{_META}protocolVersion")
    if not isinstance(version, str) or not isinstance(meta.get(f"{_META}clientCapabilities"), dict):
        names = f"`{_META}protocolVersion` and `{_META}clientCapabilities`"
        raise ProtocolError(INVALID_PARAMS, f"Invalid params: `_meta` needs {names}", ident)
    if version not in STATELESS:
        data = {"supported": list(STATELESS), "requested": version}
        raise ProtocolError(UNSUPPORTED_VERSION, "Unsupported protocol version", ident, data)


def answer(request: Request, tools: list[Document], server: Document) -> Document | None:
    """The result of any request but the call of a tool, for which it is None. Raises ProtocolError.

    `tools` are the definitions of all tools, `server` is the name and version of this program.
    """
    if request.method == "tools/call":
        return None
    found: Document
    match request.method:
        case "tools/list":
            if request.params.get("cursor") is not None:
                raise ProtocolError(INVALID_PARAMS, "Invalid params: there is no such page", request.id)
            found = {"tools": tools}
        case "server/discover":
            found = {
                "supportedVersions": list(STATELESS),
                "capabilities": _CAPABILITIES,
                "instructions": _INSTRUCTIONS,
            }
        case "initialize":
            return _initialized(request, server)
        case "ping" if not request.is_stateless:
            found = {}
        case _:
            raise ProtocolError(METHOD_NOT_FOUND, f"Method not found: {request.method[:80]}", request.id)
    return completed(request, found, server, lasts_ms=_LIST_LASTS_MS)


def completed(request: Request, result: Document, server: Document, lasts_ms: int | None = None) -> Document:
    """A result with what clients since 2026-07-28 expect of it; `lasts_ms` is how long a list may be kept."""
    if not request.is_stateless:
        return result
    cached = {} if lasts_ms is None else {"ttlMs": lasts_ms, "cacheScope": "public"}
    return {"resultType": "complete", **result, **cached, "_meta": {f"{_META}serverInfo": server}}


def _initialized(request: Request, server: Document) -> Document:
    version = request.params.get("protocolVersion")
    if not isinstance(version, str):
        raise ProtocolError(INVALID_PARAMS, "Invalid params: `protocolVersion` is needed", request.id)
    return {
        "protocolVersion": version if version in WITH_SESSION else WITH_SESSION[0],
        "capabilities": _CAPABILITIES,
        "serverInfo": server,
        "instructions": _INSTRUCTIONS,
    }


def response(ident: Id, result: Document) -> Document:
    return {"jsonrpc": "2.0", "id": ident, "result": result}


def error(failure: ProtocolError) -> Document:
    """With `id` null where it could not be read, as JSON-RPC has it."""
    about: Document = {"code": failure.code, "message": str(failure)}
    if failure.data is not None:
        about["data"] = failure.data
    return {"jsonrpc": "2.0", "id": failure.id, "error": about}


def _refuse(constant: str) -> float:
    """NaN and the infinities are no JSON."""
    raise ValueError(constant)


def _finite(number: str) -> float:
    """1e999 is, but no answer can repeat it."""
    found = float(number)
    if isinf(found):
        raise ValueError(number)
    return found
