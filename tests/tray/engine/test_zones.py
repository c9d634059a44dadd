"""Zones that no IANA key names: what TZ may hold besides."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import TZPATH

import pytest

from tray.engine.zones import linked_key, named_zone, zone_name

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows reads TZ in its own way")

TELL = """
import sys
from datetime import datetime, timedelta, UTC
from tray.engine.zones import local_zone, zone_name
zone = local_zone()
print(zone_name(zone))
for text in sys.argv[1:]:
    at = datetime.fromisoformat(text)
    local = at.astimezone(zone)
    assert local.astimezone(UTC) == at, (local, local.fold)
    print(local.isoformat(sep=" ", timespec="minutes"))
"""
SUMMER, WINTER = "2026-07-10T22:30+00:00", "2026-11-20T23:30+00:00"
TWICE = ("2026-10-25T00:30+00:00", "2026-10-25T01:30+00:00")


def described(zone: str, *times: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", TELL, *times],
        env={**os.environ, "TZ": zone},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_key_is_kept() -> None:
    assert described("Europe/Berlin", SUMMER) == ["Europe/Berlin", "2026-07-11 00:30+02:00"]
    assert described("UTC", SUMMER) == ["UTC", "2026-07-10 22:30+00:00"]


def test_a_posix_rule_knows_summer_from_winter() -> None:
    name, summer, winter, first, second = described("CET-1CEST,M3.5.0,M10.5.0/3", SUMMER, WINTER, *TWICE)
    assert name in ("UTC+01:00", "UTC+02:00")
    assert (summer, winter) == ("2026-07-11 00:30+02:00", "2026-11-21 00:30+01:00")
    assert (first, second) == ("2026-10-25 02:30+02:00", "2026-10-25 02:30+01:00")
    _, summer, winter = described("EST5EDT,M3.2.0,M11.1.0", SUMMER, WINTER)
    assert (summer, winter) == ("2026-07-10 18:30-04:00", "2026-11-20 18:30-05:00")


def test_an_offset_is_called_one() -> None:
    assert described("UTC+3", SUMMER) == ["UTC-03:00", "2026-07-10 19:30-03:00"]
    assert described("<+0530>-5:30", SUMMER) == ["UTC+05:30", "2026-07-11 04:00+05:30"]


@pytest.mark.parametrize("zone", ["Foo/Bar", "/nonexist", ":/nonexist"])
def test_nonsense_is_what_the_system_makes_of_it(zone: str) -> None:
    assert described(zone, SUMMER) == ["UTC", "2026-07-10 22:30+00:00"]


def test_a_file_of_any_name_is_read(tmp_path: Path) -> None:
    berlin = next((path for path in (Path(each, "Europe/Berlin") for each in TZPATH) if path.is_file()), None)
    if berlin is None:
        pytest.skip("this system has no zone files")
    shutil.copy(berlin, tmp_path / "here")
    name, *times = described(f":{tmp_path}/here", SUMMER, WINTER)
    assert name in ("UTC+01:00", "UTC+02:00")
    assert times == ["2026-07-11 00:30+02:00", "2026-11-21 00:30+01:00"]


class TestLinkedKey:
    """What /etc/localtime links to, without asking tzlocal."""

    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        zone = tmp_path / "usr/share/zoneinfo/America/Argentina/Salta"
        zone.parent.mkdir(parents=True)
        zone.touch()
        (tmp_path / "etc").mkdir()
        (tmp_path / "etc/localtime").symlink_to("../usr/share/zoneinfo/America/Argentina/Salta")
        return tmp_path

    def test_of_the_link(self, root: Path) -> None:
        assert linked_key({}, str(root)) == "America/Argentina/Salta"

    def test_a_variable_wins(self, root: Path) -> None:
        assert linked_key({"TZ": "UTC"}, str(root)) is None
        assert linked_key({"TZ": ""}, str(root)) == "America/Argentina/Salta"

    @pytest.mark.parametrize(
        ("named", "key"),
        [("America/Argentina/Salta\n", "America/Argentina/Salta"), ("UTC\n", None), ("", None)],
    )
    def test_a_second_file_has_to_agree(self, root: Path, named: str, key: str | None) -> None:
        (root / "etc/timezone").write_text(named)
        assert linked_key({}, str(root)) == key

    def test_other_places_are_left_to_tzlocal(self, root: Path) -> None:
        (root / "etc/conf.d").mkdir()
        (root / "etc/conf.d/clock").write_text('TIMEZONE="UTC"')
        assert linked_key({}, str(root)) is None

    def test_a_file_of_no_name(self, root: Path) -> None:
        (root / "etc/localtime").unlink()
        assert linked_key({}, str(root)) is None
        (root / "etc/localtime").symlink_to("elsewhere")
        assert linked_key({}, str(root)) is None
        (root / "etc/localtime").unlink()
        (root / "etc/localtime").touch()
        assert linked_key({}, str(root)) is None


def test_named_zones() -> None:
    assert zone_name(named_zone("Europe/Berlin")) == "Europe/Berlin"
    assert zone_name(UTC) == "UTC"
    with pytest.raises(ValueError, match="Mars"):
        named_zone("Mars/Olympus")
    assert datetime(2026, 7, 1, tzinfo=named_zone("UTC")).utcoffset() is not None
