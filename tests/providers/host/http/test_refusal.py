"""What a server, an edge or a proxy says when it refuses, as each was seen to write it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from providers.domain.errors import Blocked, Denied, ProviderError, ServerError
from providers.host.http.refusal import is_network_refusal, refusal
from providers.host.http.transport import Answer

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PAGE = b"<!DOCTYPE html><title>Just a moment...</title>"


def error(**members: Any) -> dict[str, Any]:
    return {"error": members}


def refused(status: int, content: object, kind: str = "application/json") -> ProviderError:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return refusal(Answer(status, {"content-type": kind}, body), "ChatGPT", NOW)


@pytest.mark.parametrize("status", [403, 404, 408, 429, 451, 500])
def test_a_server_without_a_name_begins_a_sentence_with_a_capital(status: int) -> None:
    error = refusal(Answer(status, {}, b"{}"), "the status page", NOW, of="its summary")
    text = str(error)
    assert text.startswith("Rate-limited by the status page." if status == 429 else "The status page ")
    assert "account" not in text


REGION = "Country, region, or territory not supported"


@pytest.mark.parametrize(
    "content",
    [
        error(code="unsupported_country_region_territory", message="x", param=None, type="request_forbidden"),
        error(code="unsupported_country_region_territory"),
        error(code="unsupported_country", message=None),
        error(type="forbidden", message="x"),
        error(type="forbidden", message="Request not allowed"),
        {"type": "error"} | error(type="forbidden", message="Request not allowed"),
        error(code=None, type="invalid_request_error", message=REGION),
        error(code="ip_not_authorized"),
        error(code="vpn_detected"),
        {"error": "region_not_supported"},
        {"error": "forbidden"},
        {"detail": REGION},
        {"detail": {"code": "unsupported_country_region_territory"}},
        {"detail": {"message": "Your IP is blocked."}},
        {"message": "This service is not available here: unsupported region."},
        {"title": "Access from your network is restricted"},
        error(message="Claude is not available in your country."),
        error(message="This service isn't available in your location"),
        error(message="Access from your region is restricted"),
        error(type="permission_error", message="Access from this IP address is not allowed by policy."),
        error(code="unsupported_location"),
        error(code="access_denied_geo"),
        error(code="blocked_by_network_policy"),
        error(details={"error_code": "unsupported_region"}),
        {"errors": [{"code": 1009, "message": "Access denied: country banned"}]},
        [error(code="unsupported_country")],
        b"Access denied | chatgpt.com used Cloudflare to restrict access",
        b"error code: 1020",
        b"Host not in allowlist",
    ],
)
def test_a_refusal_of_the_network_or_the_region(content: object) -> None:
    found = refused(403, content)
    assert isinstance(found, Blocked)
    assert found.message == "ChatGPT refuses requests from this network or region (HTTP 403)."
    assert "HTTPS_PROXY" in found.remedy


@pytest.mark.parametrize(
    "content",
    [
        error(type="permission_error", message="OAuth token does not meet scope requirement user:profile"),
        error(
            type="permission_error",
            message="OAuth authentication is currently not allowed for this organization.",
        ),
        error(code="account_deactivated", message="account has been deactivated"),
        error(code="insufficient_permissions", type="invalid_request_error"),
        error(code=None, type=None, message=None),
        error(type="forbidden", code="forbidden", message="You are not a member of this workspace"),
        error(code="forbidden", message="Insufficient permissions: missing scope"),
        error(type="permission_error", message="Usage is not available in your plan"),
        {"detail": "Forbidden"},
        {"detail": "no"},
        {"detail": ["region"]},
        {"country": "unsupported_country_region_territory"},
        [],
        "forbidden",
        7,
        b"",
        b"{torn",
        b"\xff\xfe",
    ],
)
def test_a_refusal_of_the_login(content: object) -> None:
    assert isinstance(refused(403, content), Denied)


@pytest.mark.parametrize(
    ("status", "content", "kind", "message"),
    [
        (403, PAGE, Blocked, "Got a web page instead of data (HTTP 403). A proxy or captive portal?"),
        (451, b"", Blocked, "ChatGPT refuses requests from this network or region (HTTP 451)."),
        (407, b"", Blocked, "A proxy or captive portal requires a sign-in (HTTP 407)."),
        (511, PAGE, Blocked, "A proxy or captive portal requires a sign-in (HTTP 511)."),
        (402, b"", Denied, "ChatGPT denied access to this account's usage (HTTP 402)."),
        (503, error(code="unsupported_country"), ServerError, "ChatGPT returned a server error (HTTP 503)."),
    ],
)
def test_other_statuses(status: int, content: object, kind: type[ProviderError], message: str) -> None:
    found = refused(status, content, "text/plain")
    assert (type(found), found.message) == (kind, message)
    assert kind is not Blocked or "HTTPS_PROXY" in found.remedy


def test_what_follows_the_answer_is_left_alone() -> None:
    """As where a program quotes it in a text of its own."""
    assert is_network_refusal('{"error": {"code": "unsupported_country_region_territory"}}, url: x')
    assert not is_network_refusal("[" * 100_000)
