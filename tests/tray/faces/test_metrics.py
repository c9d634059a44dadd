"""What Prometheus is given, from a published snapshot."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import stat
import subprocess
import sys
from collections import Counter as Count
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.domain.cost import Counter, Tally, TokenUsage
from providers.domain.limits import Attempt, Credits, RateWindow, Sourced, UsageError
from tests.fake_chatgpt import fake_chatgpt, says, usage_now
from tests.homes import make_home
from tests.programs import started
from tests.tray.faces.published import ROOT, Folder, until
from tray.engine import published
from tray.engine.state import State
from tray.faces import metrics
from tray.view import metric_families
from tray.view.metric_families import FAMILIES, Samples, number

SAMPLE = re.compile(r'(tankful_[a-z0-9_]+)((?:\{(?:[a-z]+="(?:[^"\\]|\\["\\])*",?)+\})?) (\S+)')


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def week(folder: Folder, used: float, **more: Any) -> Sourced[RateWindow]:
    return folder.window(used, ident="weekly", title="Weekly", duration=timedelta(days=7), **more)


def counter(model: str = "gpt-5.5", account: str = "a1b2c3d4", epoch: int = 0, **tally: Any) -> Counter:
    usage = TokenUsage(10, 20, 30, 4, 50, 6)
    given_ = {"responses": 3, "usage": usage, "usd": 0.25, **tally}
    return Counter(provider="codex", account=account, model=model, epoch=epoch, tally=Tally(**given_))


def samples(text: str) -> dict[str, str]:
    """By name and labels; each line must be one."""
    found = {}
    for line in text.splitlines():
        if not line.startswith("# "):
            match = SAMPLE.fullmatch(line)
            assert match is not None, line
            assert match[1] + match[2] not in found
            found[match[1] + match[2]] = match[3]
    return found


def test_a_snapshot(folder: Folder) -> None:
    ends = folder.now + timedelta(days=3)
    account = folder.account(
        folder.window(37),
        week(folder, 100.0),
        credits=Sourced(value=Credits(balance=Decimal("150.5")), source="oauth", fetched_at=folder.now),
        login_ends_at=ends,
        attempts=(
            Attempt(
                source="oauth",
                ok=False,
                ms=9,
                error=UsageError(kind="timeout", message="Too late.", remedy=""),
            ),
            Attempt(source="app-server", ok=True, ms=9),
        ),
    )
    folder.publish(account, state=State(counters=(counter(),)))
    now = int(folder.now.timestamp())
    whose = 'provider="codex",account="a1b2c3d4"'
    model = f'{whose},model="gpt-5.5"'
    assert samples(folder.run("metrics")) == {
        'tankful_build_info{version="0.1.0"}': "1",
        "tankful_published_timestamp_seconds": str(now),
        f'tankful_up{{{whose},source="oauth"}}': "0",
        f'tankful_up{{{whose},source="app-server"}}': "1",
        f'tankful_used_ratio{{{whose},window="session"}}': "0.37",
        f'tankful_used_ratio{{{whose},window="weekly"}}': "1",
        f'tankful_resets_timestamp_seconds{{{whose},window="session"}}': str(now + 7200),
        f'tankful_resets_timestamp_seconds{{{whose},window="weekly"}}': str(now + 7200),
        f'tankful_fetched_timestamp_seconds{{{whose},window="session"}}': str(now),
        f'tankful_fetched_timestamp_seconds{{{whose},window="weekly"}}': str(now),
        f"tankful_blocked{{{whose}}}": "1",
        f"tankful_credits{{{whose}}}": "150.5",
        f"tankful_login_ends_timestamp_seconds{{{whose}}}": str(int(ends.timestamp())),
        f'tankful_responses_total{{{model},epoch="0"}}': "3",
        f'tankful_tokens_total{{{model},class="input",epoch="0"}}': "10",
        f'tankful_tokens_total{{{model},class="cache_read",epoch="0"}}': "20",
        f'tankful_tokens_total{{{model},class="cache_write",epoch="0"}}': "30",
        f'tankful_tokens_total{{{model},class="output",epoch="0"}}': "50",
        f'tankful_part_tokens_total{{{model},class="cache_write_1h",epoch="0"}}': "4",
        f'tankful_part_tokens_total{{{model},class="reasoning",epoch="0"}}': "6",
        f'tankful_usd_total{{{model},epoch="0"}}': "0.25",
    }


def test_the_classes_of_tokens_add_up(folder: Folder) -> None:
    folder.publish(folder.account(), state=State(counters=(counter(),)))
    found = samples(folder.run("metrics"))
    total = sum(int(value) for name, value in found.items() if name.startswith("tankful_tokens_total"))
    assert total == counter().tally.usage.total_tokens


def test_a_window_that_has_reset_since_is_not_known(folder: Folder) -> None:
    folder.publish(folder.account(folder.window(97, resets_at=folder.now - timedelta(minutes=1))))
    names = {name.partition("{")[0] for name in samples(folder.run("metrics"))}
    assert "tankful_fetched_timestamp_seconds" in names
    assert not {"tankful_used_ratio", "tankful_resets_timestamp_seconds"} & names


def test_what_is_not_known_is_absent(folder: Folder) -> None:
    unlimited = Sourced(value=Credits(unlimited=True), source="oauth", fetched_at=folder.now)
    folder.publish(
        folder.account(folder.window(5, resets_at=None), credits=unlimited),
        folder.account(provider="claude"),
        state=State(counters=(counter(usd=None),)),
    )
    found = samples(folder.run("metrics"))
    assert [name for name in found if "resets" in name or "usd" in name or "claude" in name] == []
    assert found['tankful_credits{provider="codex",account="a1b2c3d4"}'] == "+Inf"


def test_no_sample_is_there_twice() -> None:
    """Prometheus would refuse all of them."""
    found = Samples()
    for value in (2, 1, 3):
        found.put(metric_families.BLOCKED, value, account="a")
        found.put(metric_families.RESPONSES, value, account="a")
    assert samples(found.text()) == {
        'tankful_blocked{account="a"}': "1",
        'tankful_responses_total{account="a"}': "6",
    }


def test_a_correction_is_a_series_of_its_own(folder: Folder) -> None:
    folder.publish(folder.account(), state=State(counters=(counter(epoch=2, responses=1),)))
    found = samples(folder.run("metrics"))
    assert (
        found['tankful_responses_total{provider="codex",account="a1b2c3d4",model="gpt-5.5",epoch="2"}'] == "1"
    )


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ('a"b\\c', r"a\"b\\c"),
        ("a\nb\rc\x1b[31m\u202ed", "a b c [31m d"),
        ("\ud800", r"\\ud800"),
        ("", "unknown"),
        ("m" * 300, "m" * 200),
    ],
)
def test_a_model_of_any_name(name: str, label: str) -> None:
    found = Samples()
    found.put(FAMILIES[-1], 1.5, model=name)
    assert found.text().splitlines()[-1] == f'tankful_usd_total{{model="{label}"}} 1.5'


def test_names_that_look_the_same_are_one_series(folder: Folder) -> None:
    """Two lines with the same labels would cost Prometheus all of them."""
    twins = (counter("m\x01", responses=2), counter("m\x02", responses=3), counter("m "))
    no_login = [
        folder.account(account=None, attempts=(Attempt(source="oauth", ok=ok, ms=9),)) for ok in (True, False)
    ]
    folder.publish(*no_login, state=State(counters=twins))
    found = samples(folder.run("metrics"))
    assert found['tankful_responses_total{provider="codex",account="a1b2c3d4",model="m ",epoch="0"}'] == "8"
    assert found['tankful_up{provider="codex",account="unknown",source="oauth"}'] == "0"


@given(st.floats(allow_nan=False), st.integers(0, 1 << 70))
def test_numbers_stay_what_they_are(real: float, whole: int) -> None:
    assert float(number(real).replace("Inf", "inf")) == real
    assert float(number(whole)) == float(whole)
    assert "e+0" not in number(math.floor(whole))


def test_a_help_is_for_ever() -> None:
    """Another file with another HELP would cost one of them its series: add families, and change none."""
    assert [family.head() for family in FAMILIES] == json.loads(
        Path(__file__).with_name("metric_heads.json").read_text()
    )
    assert all(re.fullmatch("tankful_[a-z0-9_]+", family.name) for family in FAMILIES)
    assert Count(family.name for family in FAMILIES).most_common(1)[0][1] == 1


@given(st.data())
def test_a_damaged_snapshot_raises_what_readers_expect(data: st.DataObject) -> None:
    document: Any = {
        "generated_at": "2026-11-20T12:00:00Z",
        "settings": {},
        "providers": [
            {
                "provider": "codex",
                "account": None,
                "attempts": [],
                "windows": [],
                "credits": None,
                "login_ends_at": None,
            }
        ],
        "counters": [{}],
    }
    member = data.draw(st.sampled_from(sorted(document["providers"][0])))
    document["providers"][0][member] = data.draw(st.sampled_from([7, "x", [3], {"id": 1}, [{"source": 2}]]))
    with pytest.raises(published.DAMAGED):
        metrics.text(document, 1_800_000_000.0)


class TestTheTextfile:
    def test_it_is_whole_and_for_everybody(self, folder: Folder) -> None:
        folder.publish(folder.account(folder.window(37)))
        target = folder.folder / "textfile/tankful.prom"
        target.parent.mkdir()
        target.write_text("old")
        assert folder.run("metrics", "--textfile", str(target)) == ""
        assert target.read_text() == folder.run("metrics")
        assert [each.name for each in target.parent.iterdir()] == ["tankful.prom"]
        if sys.platform != "win32":
            assert stat.S_IMODE(target.stat().st_mode) == 0o644

    @pytest.mark.parametrize(
        ("fault", "why"),
        [
            ("dd if=/dev/zero of=full bs=4k 2>/dev/null", "the disk is full. Free up space."),
            ("mount -o remount,ro .", "it is on a read-only file system. Choose another folder for it."),
        ],
    )
    def test_one_that_cannot_be_written_keeps_the_old_file(
        self, folder: Folder, need: Callable[..., None], fault: str, why: str
    ) -> None:
        need("unshare", "mount")
        folder.publish(folder.account(folder.window(37)))
        disk = folder.folder / "disk"
        disk.mkdir()
        script = (
            f"set -e; mount -t tmpfs -o size=16k,mode=755 none {disk}; cd {disk}; echo old >a.prom; {fault} || :;"
            f" cd {ROOT}; {sys.executable} -m tray.cli metrics --textfile {disk}/a.prom || echo failed;"
            f" cat {disk}/a.prom; ls -A {disk}"
        )
        done = subprocess.run(
            ["unshare", "-m", "sh", "-c", script],
            env=folder.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        if "Operation not permitted" in done.stderr:
            pytest.skip("no mounts of its own here")
        assert done.stdout.split()[:3] == ["failed", "old", "a.prom"]
        assert done.stderr == f"tankful: Cannot write {disk}/a.prom: {why} The old file stays.\n"

    def test_what_node_exporter_would_not_read_is_refused(self, folder: Folder) -> None:
        folder.publish(folder.account(folder.window(37)))
        pipe = folder.folder / "pipe.prom"
        os.mkfifo(pipe)
        for name, why in (
            (folder.folder / "tankful.txt", "FILE must end in .prom: node_exporter reads no other files"),
            (pipe, f"{pipe} is not a regular file"),
            (folder.folder / "none/a.prom", f"the folder {folder.folder / 'none'} does not exist"),
        ):
            done = folder.start("metrics", "--textfile", str(name))
            assert done.returncode == 64
            assert done.stderr.splitlines()[-1] == f"tankful metrics: {why}"
        assert stat.S_ISFIFO(pipe.stat().st_mode)

    def test_a_link_stays_one(self, folder: Folder) -> None:
        folder.publish(folder.account(folder.window(37)))
        (folder.folder / "there").mkdir()
        link, target = folder.folder / "a.prom", folder.folder / "there/b.prom"
        link.symlink_to(target)
        folder.run("metrics", "--textfile", str(link))
        assert link.is_symlink()
        assert target.read_text().startswith("# HELP")


def test_without_a_tray_it_takes_a_round_and_counts(folder: Folder) -> None:
    assert 'tankful_build_info{version="0.1.0"} 1' in folder.run("metrics")
    assert published.read(str(folder.state)) is not None


@pytest.mark.skipif(sys.platform == "win32", reason="the owner ends by a signal")
def test_beside_a_tray_it_asks_nobody(folder: Folder) -> None:
    """However often it is run, and also right after a round of its own."""
    shutil.copytree(ROOT / "tests/fixtures/codex/0.169.0/plain/home", folder.folder / "codex")
    with fake_chatgpt() as server:
        server.answer = says(usage_now())
        make_home(folder.folder / "codex", base=server.base)
        first = samples(folder.run("metrics"))
        again = samples(folder.run("metrics"))
        assert len(server.requests) == 1
        command = [sys.executable, "-m", "tray.cli", "--headless"]
        with started(command, env=folder.environ, cwd=ROOT, stderr=subprocess.DEVNULL):
            until(lambda: (published.read(str(folder.state)) or {}).get("counters"), "nothing was counted")
            beside = samples(folder.run("metrics"))
            assert len(server.requests) == 1
    for found in (again, beside):
        for name, value in first.items():
            if "published" not in name and "_up" not in name:
                assert found[name] == value
    assert sum(int(value) for name, value in first.items() if "responses_total" in name) == 8
