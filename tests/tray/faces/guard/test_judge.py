from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from providers.domain.limits import Credits, RateWindow, Sourced, UsageError
from tests.tray.faces.published import WHEN, Folder
from tray.engine import published
from tray.faces.guard.judge import judge
from tray.faces.guard.options import GuardOptions, parse
from tray.faces.guard.verdict import Verdict

HOUR = timedelta(hours=1)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def options(*arguments: str) -> GuardOptions:
    found = parse(list(arguments))
    assert found is not None
    return found


def judged(folder: Folder, *arguments: str, later: timedelta = timedelta(), **more: Any) -> Verdict:
    snapshot = published.read(str(folder.state))
    return judge(snapshot, (folder.now + later).timestamp(), options(*arguments), **more)


def week(folder: Folder, used: float, **more: Any) -> Sourced[RateWindow]:
    return folder.window(used, ident="weekly", title="Weekly", duration=timedelta(days=7), **more)


def bought(folder: Folder, **values: Any) -> Sourced[Credits]:
    return Sourced(value=Credits(**values), source="oauth", fetched_at=folder.now)


class TestWhatIsLeft:
    @pytest.mark.parametrize(
        ("used", "level"),
        [
            (0, "go_on"),
            (75, "go_on"),
            (75.1, "warn"),
            (90, "warn"),
            (90.1, "stop"),
            (100, "stop"),
            (140, "stop"),
        ],
    )
    def test_levels(self, folder: Folder, used: float, level: str) -> None:
        folder.publish(folder.account(folder.window(used)))
        assert judged(folder).level == level

    def test_the_tightest_window_decides(self, folder: Folder) -> None:
        folder.publish(folder.account(folder.window(40), week(folder, 93)))
        found = judged(folder)
        assert (found.level, found.window, found.left) == ("stop", "weekly", 7)
        assert judged(folder, "--window", "session").level == "go_on"
        assert judged(folder, "--window", "weekly").level == "stop"

    def test_thresholds(self, folder: Folder) -> None:
        folder.publish(folder.account(folder.window(40)))
        assert judged(folder, "--warn-left", "70").level == "warn"
        assert judged(folder, "--min-left", "70").level == "stop"
        assert judged(folder, "--min-left", "60").level == "go_on"
        assert judged(folder, "--min-left", "0", "--warn-left", "0").level == "go_on"

    def test_a_window_that_was_not_sent_is_not_known(self, folder: Folder) -> None:
        folder.publish(folder.account(week(folder, 10)))
        found = judged(folder, "--window", "session")
        assert (found.level, found.reason) == ("unknown", "no_such_window")

    def test_words(self, folder: Folder) -> None:
        folder.publish(folder.account(folder.window(95)))
        found = judged(folder)
        assert re.match(
            rf"Codex has 5 % of the 5h limit left, less than 10 %\. It resets {WHEN}\.", found.text
        )
        assert found.until == (folder.now + 2 * HOUR).timestamp()

    def test_names_of_others_do_nothing(self, folder: Folder) -> None:
        folder.publish(folder.account(folder.window(95, title="5h\x1b[31m\u202e" + "x" * 100)))
        assert "\x1b" not in judged(folder).text
        assert len(judged(folder).text) < 150
        folder.publish(folder.account(folder.window(95), title="Codex\n\x1b[31m\u202e" + "x" * 100))
        assert judged(folder).text.isprintable()
        assert len(judged(folder).text) < 150


class TestAge:
    def test_what_nobody_keeps_is_believed_for_the_maximum_age(self, folder: Folder) -> None:
        folder.publish(folder.account(folder.window(95)), kind="command")
        assert judged(folder, later=timedelta(minutes=10)).level == "stop"
        found = judged(folder, later=timedelta(minutes=10, seconds=1))
        assert (found.level, found.reason) == ("unknown", "stale")
        assert judged(folder, "--max-age", "1h", later=HOUR).level == "stop"
        assert judged(folder, "--max-age", "1m", later=timedelta(minutes=2)).level == "unknown"

    def test_what_a_tray_keeps_is_as_old_as_its_refreshes(self, folder: Folder) -> None:
        usage = folder.account(folder.window(95), refresh_every=timedelta(minutes=30))
        folder.publish(usage, at=folder.now + timedelta(minutes=59))
        assert judged(folder, later=timedelta(minutes=59)).level == "stop"
        folder.publish(usage, at=folder.now + timedelta(minutes=61))
        assert judged(folder, later=timedelta(minutes=61)).level == "unknown"

    def test_what_has_refilled_is_not_known(self, folder: Folder) -> None:
        folder.publish(folder.account(folder.window(95, resets_at=folder.now + timedelta(minutes=1))))
        assert judged(folder).level == "stop"
        found = judged(folder, later=timedelta(minutes=1))
        assert (found.level, found.reason) == ("unknown", "reset")
        refilled = folder.window(95, resets_at=folder.now + timedelta(minutes=1))
        folder.publish(folder.account(refilled, week(folder, 20)), kind="command")
        assert judged(folder, later=HOUR).reason == "stale", "the other one was only read long ago"

    def test_a_clock_that_was_set_back(self, folder: Folder) -> None:
        folder.publish(folder.account(folder.window(95)))
        assert judged(folder, later=-timedelta(minutes=4)).level == "stop"
        assert judged(folder, later=-timedelta(minutes=6)).level == "unknown"

    def test_an_old_block_is_one_until_its_reset(self, folder: Folder) -> None:
        folder.publish(folder.account(folder.window(100)), kind="command")
        found = judged(folder, later=HOUR)
        assert (found.level, found.stale) == ("stop", True)
        assert not judged(folder).stale
        assert judged(folder, later=2 * HOUR).level == "unknown"

    @pytest.mark.parametrize(
        ("used", "of_a_hook", "otherwise"),
        [(95, "weekly", "weekly"), (80, "weekly", "session"), (20, "session", "session")],
    )
    def test_beside_an_old_block_a_newer_reading_counts(
        self, folder: Folder, used: float, of_a_hook: str, otherwise: str
    ) -> None:
        """A hook acts on what is certain; nothing that is left of another limit ends a block."""
        newer = replace(week(folder, used), fetched_at=folder.now + HOUR)
        folder.publish(folder.account(folder.window(100), newer), kind="command", at=folder.now + HOUR)
        found = judged(folder, "--hook", "codex", later=HOUR)
        assert (found.window, found.stale) == (of_a_hook, of_a_hook == "session")
        assert judged(folder, later=HOUR).window == otherwise

    def test_where_refreshes_are_often_ten_minutes_are_not_old(self, folder: Folder) -> None:
        usage = folder.account(folder.window(95), refresh_every=timedelta(minutes=1))
        for later, level in ((timedelta(minutes=10), "stop"), (timedelta(minutes=10, seconds=1), "unknown")):
            folder.publish(usage, at=folder.now + later)
            assert judged(folder, "--max-age", "1m", later=later).level == level
        folder.publish(usage, at=folder.now + HOUR)
        assert judged(folder, "--max-age", "1h", later=HOUR).level == "stop"


class TestBlocked:
    def test_until_when(self, folder: Folder) -> None:
        folder.publish(folder.account(folder.window(100), week(folder, 20)))
        found = judged(folder, "--window", "weekly")  # whatever it was asked for
        assert (found.level, found.reason, found.window) == ("stop", "spent", "session")
        assert re.match(
            rf"Codex is blocked: the 5h limit is used up\. It is usable again {WHEN}\.", found.text
        )

    def test_refused(self, folder: Folder) -> None:
        folder.publish(folder.account(folder.window(20), limit_reached_at=folder.now))
        found = judged(folder)
        assert (found.level, found.reason, found.until) == ("stop", "refused", None)
        assert (found.left, found.stale) == (None, False), "its windows do not say why"

    def test_the_last_of_two_that_block_is_named(self, folder: Folder) -> None:
        folder.publish(folder.account(folder.window(100), week(folder, 100, resets_at=folder.now + 9 * HOUR)))
        found = judged(folder)
        assert (found.window, found.left) == ("weekly", 0)
        assert found.text.startswith("Codex is blocked: the weekly limit is used up.")

    def test_an_old_block_is_all_that_is_said(self, folder: Folder) -> None:
        folder.publish(folder.account(folder.window(100)), kind="command")
        assert judged(folder, later=HOUR).not_known == ()

    def test_an_error_is_not_longer_than_a_person_reads(self, folder: Folder) -> None:
        error = UsageError(kind="not_understood", message="x\x1b" * 1000, remedy="Wait.")
        folder.publish(folder.account(error=error))
        assert 100 < len(judged(folder).text) < 300
        assert judged(folder).text.isprintable()

    def test_a_warning_where_credits_carry_on_below_the_minimum(self, folder: Folder) -> None:
        enough = bought(folder, balance=150, unlimited=False)
        folder.publish(folder.account(folder.window(60), credits=enough))
        assert judged(folder, "--min-left", "50").level == "warn"
        assert judged(folder, "--min-left", "50", "--no-credits").level == "stop"

    def test_credits_carry_on(self, folder: Folder) -> None:
        enough = bought(folder, balance=150, unlimited=False)
        for used, words in (
            (95, "Credits take over once it is used up."),
            (100, "Credits are used until then."),
        ):
            folder.publish(folder.account(folder.window(used), credits=enough))
            found = judged(folder)
            assert (found.level, found.text.endswith(words)) == ("warn", True)
        folder.publish(folder.account(folder.window(100, resets_at=None), credits=enough))
        assert judged(folder).text == "Codex has 0 % of the 5h limit left. Credits are being used."
        folder.publish(folder.account(folder.window(100), credits=bought(folder, balance=0, unlimited=False)))
        assert judged(folder).level == "stop"


class TestWhose:
    def test_the_worst_account(self, folder: Folder) -> None:
        folder.publish(
            folder.account(folder.window(20)), folder.account(folder.window(95), provider="claude")
        )
        assert judged(folder).provider == "claude"
        assert judged(folder, "--provider", "codex").level == "go_on"

    def test_homes(self, folder: Folder) -> None:
        folder.publish(
            folder.account(folder.window(20), homes=("~/.codex", "/srv/codex")),
            folder.account(folder.window(95), homes=("/other",)),
        )
        assert judged(folder, homes=lambda _: ("/srv/codex",)).level == "go_on"
        assert judged(folder, homes=lambda _: ("/other",)).level == "stop"
        assert judged(folder, homes=lambda _: ("/nowhere",)).level == "unknown"
        assert judged(folder).level == "stop"

    def test_who_is_signed_out_is_left_out_beside_others(self, folder: Folder) -> None:
        error = UsageError(kind="not_signed_in", message="Nobody is signed in.", remedy="Sign in.")
        out = folder.account(provider="claude", account=None, error=error)
        folder.publish(folder.account(folder.window(20)), out)
        assert judged(folder).level == "go_on"
        folder.publish(out)
        found = judged(folder)
        assert (found.level, found.text) == (
            "unknown",
            "The limits of Claude are not known. Nobody is signed in.",
        )

    def test_one_that_is_signed_in_under_no_name_counts(self, folder: Folder) -> None:
        unnamed = folder.account(folder.window(95), provider="claude", account=None)
        folder.publish(folder.account(folder.window(20)), unnamed)
        assert judged(folder).provider == "claude"

    def test_one_that_is_not_known_is_not_go_on(self, folder: Folder) -> None:
        folder.publish(folder.account(folder.window(20)), folder.account(provider="claude"))
        assert judged(folder).level == "unknown"

    def test_a_model_with_windows_of_its_own(self, folder: Folder) -> None:
        own = folder.window(95, ident="model:codex_bengalfox:session", title="GPT-5.3-Codex-Spark 5h")
        folder.publish(folder.account(folder.window(20), own))
        assert judged(folder).level == "go_on"
        found = judged(folder, model="gpt-5.3-codex-spark")
        assert found.window == "model:codex_bengalfox:session"
        assert found.text.startswith("Codex has 5 % of GPT-5.3-Codex-Spark 5h left, less than 10 %.")
        for other in ("gpt-5.5", "gpt-5.3-codex", "gpt-5.3-codex-spark-2", "gpt"):
            assert judged(folder, model=other).level == "go_on"
        folder.publish(folder.account(folder.window(100), own))
        assert judged(folder, model="gpt-5.3-codex-spark").reason == "low"
        enough = replace(own, value=replace(own.value, used_percent=20))
        folder.publish(folder.account(folder.window(100), enough))
        assert judged(folder, model="gpt-5.3-codex-spark").level == "go_on"

    def test_the_kinds_of_a_models_own_windows(self, folder: Folder) -> None:
        own = folder.window(95, ident="model:codex_bengalfox:session", title="GPT-5.3-Codex-Spark 5h")
        folder.publish(folder.account(folder.window(20), own), kind="command")
        spark: dict[str, Any] = {"model": "gpt-5.3-codex-spark"}
        assert judged(folder, "--window", "session", **spark).window == own.value.id
        assert judged(folder, "--window", "session", later=HOUR, **spark).reason == "stale"
        assert judged(folder, "--window", "weekly", **spark).reason == "no_such_window"

    def test_nothing_is_known(self, folder: Folder) -> None:
        assert judged(folder).level == "unknown"
        folder.publish()
        assert judged(folder).level == "unknown"


@given(used=st.floats(0, 200), more=st.floats(0, 100), minimum=st.floats(0, 100), warning=st.floats(0, 100))
def test_more_use_is_never_better(used: float, more: float, minimum: float, warning: float) -> None:
    order = ("go_on", "warn", "stop")
    wanted = GuardOptions()
    wanted.min_left, wanted.warn_left = minimum, warning
    levels = [order.index(judge(_snapshot(each), 1000.0, wanted).level) for each in (used, used + more)]
    assert levels == sorted(levels)


def _snapshot(used: float) -> dict[str, Any]:
    at = "1970-01-01T00:16:40Z"
    window: dict[str, Any] = {"id": "session", "title": "5h", "scope": "account", "used_percent": used}
    window |= {"window_minutes": 300, "resets_at": None, "fetched_at": at}
    account: dict[str, Any] = dict.fromkeys(("limit_reached_at", "credits", "spend", "error"))
    account |= {
        "provider": "codex",
        "title": "Codex",
        "homes": [],
        "account": {"id": "a"},
        "windows": [window],
    }
    account |= {"refresh_seconds": 300}
    return {"generated_at": at, "owner": {"kind": "tray"}, "providers": [account]}
