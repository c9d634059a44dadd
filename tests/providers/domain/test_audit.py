"""Sums of an audit's rows."""

from __future__ import annotations

from providers.domain.audit import NOTHING, AuditRow, CountedUse, ReportedUse, UsedTokens, totals


def row(counted: UsedTokens, reported: UsedTokens | None, beyond: UsedTokens = NOTHING) -> AuditRow:
    return AuditRow(
        provider="fake",
        what="session",
        id="a",
        counted=CountedUse(on_lines=counted, not_on_lines=beyond),
        reported=ReportedUse(by="program", used=reported),
    )


def test_sums_are_of_rows_that_have_both() -> None:
    both = totals(
        [
            row(UsedTokens(100, 1.0), UsedTokens(120, 1.5), beyond=UsedTokens(20, 0.25)),
            row(UsedTokens(10, 0.5), UsedTokens(10, 0.5)),
            row(UsedTokens(7, 0.125), None),
        ]
    )
    assert (both.rows, both.equal, both.unexplained, both.not_reported) == (3, 2, 0, 1)
    assert both.counted == CountedUse(on_lines=UsedTokens(110, 1.5), not_on_lines=UsedTokens(20, 0.25))
    assert both.counted_alone.on_lines == UsedTokens(7, 0.125)
    assert both.reported == UsedTokens(130, 2.0)
    assert both.difference == UsedTokens(0, -0.25)


def test_a_sum_with_an_unknown_price_has_none() -> None:
    both = totals(
        [row(UsedTokens(100, None), UsedTokens(90, 1.0)), row(UsedTokens(10, 0.5), UsedTokens(10, None))]
    )
    assert both.counted.on_lines == UsedTokens(110, None)
    assert both.reported == UsedTokens(100, None)
    assert both.difference == UsedTokens(10, None)


def test_the_price_of_nothing_is_known() -> None:
    usd = totals([]).counted.on_lines.usd
    assert usd == 0
    assert isinstance(usd, float)
