from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.claude.descriptor import CLAUDE
from providers.codex.descriptor import CODEX
from providers.domain.errors import NotUnderstood, ProviderError
from providers.domain.incident import Incident
from providers.host.http.transport import RequestsWeb
from providers.host.status_page import LARGEST, PageReading, fetch, reported
from tests.fake_chatgpt import FakeChatGPT, breaks_off, fake_chatgpt, says
from tests.fake_status_page import UPDATED, component, incident, page, summary

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
AT = datetime.fromisoformat(UPDATED)
OURS = CLAUDE.links.components


def of(found: Incident | None) -> tuple[str, str] | None:
    return None if found is None else (found.title, found.impact)


def test_an_incident_has_its_title_impact_and_time() -> None:
    found = reported(summary(incident("Elevated errors", "Claude Code", impact="major")), OURS)
    assert found == Incident(title="Elevated errors", impact="major", updated_at=AT)


@pytest.mark.parametrize("status", ["investigating", "identified", "monitoring", "never seen"])
def test_an_incident_counts_until_it_is_over(status: str) -> None:
    assert reported(summary(incident("Oh", "Claude Code", status=status)), OURS) is not None


@pytest.mark.parametrize("status", ["resolved", "postmortem"])
def test_one_that_is_over_does_not(status: str) -> None:
    assert reported(summary(incident("Oh", "Claude Code", status=status)), OURS) is None


@pytest.mark.parametrize(("status", "counts"), [("in_progress", 1), ("scheduled", 0), ("completed", 0)])
def test_maintenance_counts_while_it_is_in_progress(status: str, counts: int) -> None:
    planned = incident("Upgrade", "Claude Code", impact="maintenance", status=status)
    found = of(reported(summary(maintenances=(planned,)), OURS))
    assert found == (("Upgrade", "maintenance") if counts else None)


def test_the_worst_of_several_is_shown() -> None:
    told = [
        incident(impact, "Claude Code", impact=impact) for impact in ("none", "minor", "critical", "major")
    ]
    assert of(reported(summary(*told), OURS)) == ("critical", "critical")
    assert reported(summary(told[0]), OURS) is None, "one that affects nobody"
    assert of(reported(summary(incident("New", "Claude Code", impact="new")), OURS)) == ("New", "minor")


@pytest.mark.parametrize(
    ("words", "names", "concerned"),
    [
        (OURS, ["Voice mode"], False),
        (OURS, ["Voice mode", "Claude Code"], True),
        (OURS, ["claude.ai (formerly Claude)"], True),
        (OURS, ["Claude API (api.anthropic.com)"], True),
        (CODEX.links.components, ["Codex Web"], True),
        (CODEX.links.components, ["CLI"], True),
        (CODEX.links.components, ["Client events", "Sora"], False),
    ],
)
def test_what_concerns_other_parts_alone_is_left_out(
    words: tuple[str, ...], names: list[str], concerned: bool
) -> None:
    told = summary(incident("Oh", *names), components=tuple(map(component, ("Codex Web", "Claude Code"))))
    assert (reported(told, words) is not None) is concerned


def test_an_incident_without_components_counts_by_its_title_or_where_one_of_ours_fails() -> None:
    failing = (component("Claude Code", "partial_outage"), component("Voice mode"))
    assert reported(summary(incident("Voice is slow")), OURS) is None
    assert of(reported(summary(incident("Claude Code is slow")), OURS)) == ("Claude Code is slow", "minor")
    told = summary(incident("Errors", impact="major"), components=failing)
    assert of(reported(told, OURS)) == ("Errors", "major")


@pytest.mark.parametrize(
    ("status", "impact"),
    [("degraded_performance", "minor"), ("partial_outage", "major"), ("under_maintenance", "maintenance")],
)
def test_without_an_incident_the_failing_component_is_named(status: str, impact: str) -> None:
    told = summary(components=(component("Claude Code", status), component("Voice mode", "major_outage")))
    title = f"Claude Code: {status.replace('_', ' ')}"
    assert of(reported(told, OURS)) == (title, impact)


def test_the_indicator_counts_only_where_nothing_of_ours_is_on_the_page() -> None:
    other = (component("Voice mode", "major_outage"),)
    assert reported(summary(indicator="major"), OURS) is None
    found = of(reported(summary(indicator="major", components=other), OURS))
    assert found == ("Partially Degraded Service", "major")
    assert reported(summary(components=other), OURS) is None
    group = (component("Claude Code", "major_outage", group=True), component("Claude Code", "operational"))
    assert reported(summary(components=group), OURS) is None


def test_a_title_is_one_plain_line_of_bounded_length() -> None:
    told = summary(incident("a\nb\x1b[31m\u202ec" + "x" * 5000, "Claude Code"))
    found = reported(told, OURS)
    assert found is not None
    assert found.title.startswith("a b [31m c")
    assert len(found.title) == 120
    assert found.title.isprintable()
    assert reported(summary(incident(" \u202e\n", "Claude Code")), OURS) is None


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["major", "none", UPDATED]),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "status", "impact", "components", "incidents", "indicator", "group"]),
            below,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(anything, st.sampled_from(["incidents", "scheduled_maintenances", "components", "status"]))
def test_whatever_a_page_sends_is_an_incident_or_none(raw: Any, member: str) -> None:
    for told in (raw, {member: raw}, summary() | {member: raw}):
        found = reported(told, OURS)
        assert found is None or (found.title.isprintable() and 0 < len(found.title) <= 120)


class TestFetch:
    @pytest.fixture
    def server(self) -> Iterator[FakeChatGPT]:
        with fake_chatgpt() as fake:
            yield fake

    def fetch(self, server: FakeChatGPT, last: PageReading | None = None) -> PageReading:
        return fetch(RequestsWeb(), f"{server.url}/", OURS, last, NOW)

    def test_a_page_that_has_not_changed_is_not_sent_again(self, server: FakeChatGPT) -> None:
        server.answer = page(summary(incident("Oh", "Claude Code")))
        first = self.fetch(server)
        again = fetch(RequestsWeb(), server.url, OURS, first, NOW + timedelta(minutes=10))
        assert of(again.incident) == of(first.incident) == ("Oh", "minor")
        assert again.at == NOW + timedelta(minutes=10)
        (path, headers), (_, headers_again) = server.requests
        assert path == "/api/v2/summary.json"
        assert "if-none-match" not in headers
        assert headers_again["if-none-match"] == '"one"'
        assert not {"cookie", "authorization"} & headers_again.keys()

    def test_a_tag_that_cannot_be_sent_back_is_forgotten(self, server: FakeChatGPT) -> None:
        server.answer = page(summary(), etag="x" * 300)
        assert self.fetch(server).etag is None

    @pytest.mark.parametrize("status", [304, 403, 404, 429, 500])
    def test_another_status_is_an_error(self, server: FakeChatGPT, status: int) -> None:
        server.answer = says(summary(), status)
        with pytest.raises(ProviderError):
            self.fetch(server)

    @pytest.mark.parametrize("body", [b"<html>", b"[" * 5000, b"\xff", b"{", b" " * (LARGEST + 1)])
    def test_what_is_no_json_is_an_error(self, server: FakeChatGPT, body: bytes) -> None:
        server.answer = says(body)
        with pytest.raises(NotUnderstood):
            self.fetch(server)

    def test_a_connection_that_breaks_off_is_an_error(self, server: FakeChatGPT) -> None:
        server.answer = breaks_off
        with pytest.raises(ProviderError):
            self.fetch(server)
