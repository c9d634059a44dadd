"""A few hundred cases of each target, and faults planted to see that they are found."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from msgspec.structs import replace

from providers.claude.usage_command import text
from providers.domain.cost import BilledResponse, Context, TokenUsage
from providers.domain.limits import RateWindow, Reading
from tests.fake_chatgpt import usage
from tests.fuzz import __main__ as command
from tests.fuzz import json_tree, mutate, tokens
from tests.fuzz.figures import Figures
from tests.fuzz.run import Target, Violation, case_input, run
from tests.fuzz.targets import NAMES, all_targets, reading
from tests.fuzz.targets.texts import USAGE
from tests.homes import NOW
from tests.programs import ROOT

CASES, SEED = 300, 20261128


@pytest.fixture(scope="module")
def targets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Target]:
    return {target.name: target for target in all_targets(tmp_path_factory.mktemp("fuzz"))}


def test_the_names_are_those_of_the_targets(targets: dict[str, Target]) -> None:
    assert tuple(targets) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_all_properties_hold(targets: dict[str, Target], name: str) -> None:
    outcome = run(targets[name], SEED, cases=CASES)
    assert [(failure.reason, failure.command) for failure in outcome.failures.values()] == []
    assert outcome.cases == CASES


@pytest.mark.parametrize("name", NAMES)
def test_cases_are_the_same_each_time_and_differ(targets: dict[str, Target], name: str) -> None:
    target = targets[name]
    first = [case_input(target, SEED, case) for case in range(40)]
    assert first == [case_input(target, SEED, case) for case in range(40)]
    assert len(set(first)) > 20
    assert first != [case_input(target, SEED + 1, case) for case in range(40)]


# --- planted faults -----------------------------------------------------------------------------------------


def planted(change: Callable[[RateWindow], RateWindow]) -> Target:
    """The usage command's text, read by a parser that gets its windows wrong."""

    def check(content: bytes) -> None:
        found = text.parse(content.decode("utf-8", "replace"), NOW).windows
        wrong = Reading(source="x", fetched_at=NOW, windows=tuple(map(change, found)))
        reading.check(wrong, Figures(content, NOW), UTC)

    return Target(name="planted", make=mutate.of_text([each.encode() for each in USAGE]), check=check)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            lambda found: replace(found, used_percent=found.used_percent + 1),
            "session: # % used is not in the input",
        ),
        (lambda found: replace(found, used_percent=0.5), "session: # % used is not in the input"),
        (
            lambda found: replace(found, resets_at=NOW + timedelta(minutes=77)),
            "the reset at # # is not in the input",
        ),
        (
            lambda found: replace(found, duration=timedelta(minutes=47)),
            "session: a length of # minutes is not in the input",
        ),
        (lambda found: replace(found, title="5h\n"), "'session': not printable"),
        (lambda found: replace(found, id="window:unknown"), "two windows with one id"),
    ],
    ids=["one too many", "a default", "a made-up reset", "a made-up length", "control characters", "ids"],
)
def test_a_wrong_window_is_found(change: Callable[[RateWindow], RateWindow], reason: str) -> None:
    outcome = run(planted(change), SEED, cases=50)
    assert outcome.failed > 25
    assert any(reason in each for each in outcome.failures), outcome.failures


def test_an_exception_is_found_and_named_once() -> None:
    def check(content: bytes) -> None:
        if b"Sonnet" in content:
            json.loads("{")

    target = replace(planted(lambda found: found), check=check)
    outcome = run(target, SEED, cases=50)
    (failure,) = outcome.failures.values()
    assert failure.reason.startswith("JSONDecodeError at ")
    assert b"Sonnet" in failure.content
    assert failure.content == case_input(target, SEED, failure.case)
    assert 1 < outcome.failed < outcome.cases == 50


def test_a_thread_that_dies_is_found() -> None:
    def check(content: bytes) -> None:
        thread = threading.Thread(target=json.loads, args=("{",))
        if b"Sonnet" in content:
            thread.start()
            thread.join()

    before = threading.excepthook
    outcome = run(replace(planted(lambda found: found), check=check), SEED, cases=20)
    (failure,) = outcome.failures.values()
    assert failure.reason.startswith("JSONDecodeError at ")
    assert b"Sonnet" in failure.content
    assert 0 < outcome.failed < outcome.cases == 20
    assert threading.excepthook is before


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no such alarm")
def test_a_hang_is_found_and_the_run_goes_on() -> None:
    tried = []

    def check(content: bytes) -> None:
        tried.append(content)
        while len(tried) == 2:
            try:
                while True:
                    pass
            except Exception:  # noqa: BLE001 - a parser that takes whatever comes
                pass

    signal.setitimer(signal.ITIMER_REAL, 100)  # as whoever runs the tests has set it
    before = [signal.getsignal(each) for each in (signal.SIGPROF, signal.SIGALRM)]
    outcome = run(replace(planted(lambda found: found), check=check), SEED, cases=4, deadline=0.05)
    assert [(each.reason, each.case) for each in outcome.failures.values()] == [("took too long", 1)]
    assert (len(tried), outcome.failed) == (4, 1)
    assert signal.getitimer(signal.ITIMER_PROF) == (0, 0)
    assert 0 < signal.getitimer(signal.ITIMER_REAL)[0] <= 100
    assert [signal.getsignal(each) for each in (signal.SIGPROF, signal.SIGALRM)] == before


WAITS = """
import signal, threading
from tests.fuzz.run import Target, run
def check(content):
    if content == b"1":
        threading.Event().wait()
cases = iter(range(3))
target = Target(name="waits", make=lambda _random: b"%d" % next(cases), check=check)
outcome = run(target, 0, cases=3, patience=0.5)
print(outcome.cases, [(each.reason, each.content) for each in outcome.failures.values()])
print(signal.getitimer(signal.ITIMER_REAL), signal.getsignal(signal.SIGALRM) is signal.SIG_DFL)
"""


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no such alarm")
def test_a_case_that_waits_without_end_is_found_where_nobody_else_has_an_alarm() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WAITS], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.stderr, done.stdout.splitlines()) == (
        "",
        ["3 [('took too long', b'1')]", "(0.0, 0.0) True"],
    )


SENT = {"input_tokens": 100, "cached_input_tokens": 40, "output_tokens": 9, "reasoning_output_tokens": 3}
NEXT = {"input_tokens": 150, "cached_input_tokens": 50, "output_tokens": 12, "reasoning_output_tokens": 3}


@pytest.mark.parametrize(
    ("billed", "fits"),
    [
        (TokenUsage(60, 40, 0, 0, 9, 3), True),
        (TokenUsage(40, 10, 0, 0, 3, 0), True),  # the difference of the two
        (TokenUsage(60, 40, 0, 0, 10, 3), False),
        (TokenUsage(100, 40, 0, 0, 9, 3), False),  # what was cached counted twice
        (TokenUsage(60, 40, 0, 0, 9, 10), False),
        (TokenUsage(160, 90, 0, 0, 21, 6), False),  # the sum of the two
    ],
)
def test_tokens_that_no_line_has_are_found(billed: TokenUsage, fits: bool) -> None:
    lines = [
        {"timestamp": "2026-11-20T12:00:00Z", "payload": {"total_token_usage": each}} for each in (SENT, NEXT)
    ]
    content = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    response = BilledResponse(int(NOW.timestamp() * 1000), 1, Context(home=Path("/h")), billed)
    if fits:
        tokens.check_codex([response], content)
    else:
        with pytest.raises(Violation):
            tokens.check_codex([response], content)
    with pytest.raises(Violation, match="3 responses in 2 records"):
        tokens.check_codex([replace(response, usage=TokenUsage(60, 40, 0, 0, 9, 3))] * 3, content)


# --- the oracle and the mutations ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "share", "holds"),
    [
        ('{"used": 37.4}', 37.4, True),
        ('{"used": 37.4}', 62.6, True),
        ('{"used": 37.4}', 37.0, False),
        ('{"used": "37,5 %"}', 37.5, True),
        ('{"used": "3400", "limit": "5000"}', 68.0, True),
        ('{"used": "3400", "limit": "5000"}', 32.0, True),
        ('{"used": "3400", "limit": "5000"}', 34.0, False),
        ('{"used": null, "at": "2026-11-20T12:00:00Z"}', 20.0, False),
        ('{"id": "019b0000-0000-7abc-8abc-0123456789ab"}', 0.0, False),
        ("6\x1b[31m1% used", 61.0, True),
    ],
)
def test_shares_that_an_input_holds(content: str, share: float, holds: bool) -> None:
    assert Figures(content.encode(), NOW).is_share(share) is holds


@pytest.mark.parametrize(
    ("content", "holds"),
    [
        ('{"at": 1795183200}', True),
        ('{"at": "1795183200000"}', True),
        ('{"after": 7200}', True),
        ('{"at": "2026-11-20T14:00:00"}', True),
        ('{"at": "20261120T140000Z"}', True),
        ('{"at": "2026-11-20T15:00:00+01:00"}', True),
        ('{"line": "2026-11-20T13:00:00Z", "resets_in_seconds": 3600}', True),
        ('{"at": 1795183300}', False),
        ('{"at": "2026-11-20T14:00:00+01:00"}', False),
        ("{}", False),
    ],
)
def test_moments_that_an_input_holds(content: str, holds: bool) -> None:
    assert Figures(content.encode(), NOW).is_moment(datetime(2026, 11, 20, 14, tzinfo=UTC)) is holds


@pytest.mark.parametrize(
    ("shown", "holds"),
    [
        ("14:00", True),
        ("2pm (UTC)", True),
        ("3:00 PM (Europe/Berlin)", True),
        ("16:30 (UTC+02:30)", True),
        ("14:01", False),
        ("2am", False),
    ],
)
def test_clocks_that_an_input_holds(shown: str, holds: bool) -> None:
    assert Figures(shown.encode(), NOW).is_clock(datetime(2026, 11, 20, 14, tzinfo=UTC), UTC) is holds


def test_json_stays_as_it_was_written() -> None:
    written = '{"a":1e3,"a":[10.0,NaN,"\\u00e9"],"b":{"":12345678901234567890},"c":true}'
    assert json_tree.dump(json_tree.parse(written)) == written


def test_mutations_reach_all_kinds_of_shapes() -> None:
    sample = json.dumps(usage()).encode()
    made = [mutate.of_json([sample])(Random(case)) for case in range(2000)]
    decoded = [each for each in map(decode, made) if isinstance(each, dict)]
    assert 1200 < len(decoded) < 2000
    assert made.count(sample) < 200
    windows = [found for each in decoded if isinstance(found := each.get("rate_limit"), dict)]
    used = {
        type(slot.get("used_percent"))
        for each in windows
        if isinstance(slot := each.get("primary_window"), dict)
    }
    assert used >= {float, int, str, bool, list, dict, type(None)}
    assert any("rate_limit" not in each for each in decoded)
    assert any(json.dumps(each).count("balance") > 1 for each in decoded)


def decode(content: bytes) -> object:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


# --- the command --------------------------------------------------------------------------------------------


def test_the_command_keeps_what_failed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def check(content: bytes) -> None:
        raise Violation("none of 12 is right")

    target = replace(planted(lambda found: found), check=check)
    monkeypatch.setattr(command, "all_targets", lambda _folder: (target,))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert command.main(["--cases", "3", "--seed", "7"]) == 1
    shown = capsys.readouterr().out
    assert "none of # is right" in shown
    assert "python -m tests.fuzz --seed 7 --case 0 planted" in shown
    (kept,) = tmp_path.glob("tankful-fuzz-*/planted-7-0.json")
    assert kept.read_bytes() == case_input(target, 7, 0)
    assert "Violation: none of 12 is right" in kept.with_name(kept.name + ".txt").read_text()
    assert command.main(["--case", "2", "--seed", "7"]) == 1
    assert "--seed 7 --case 2 planted" in capsys.readouterr().out
    monkeypatch.setattr(command, "all_targets", lambda _folder: (replace(target, check=lambda _: None),))
    assert command.main(["--seconds", "0.01"]) == 0
    with pytest.raises(SystemExit, match="64"):
        command.main(["nobody"])
