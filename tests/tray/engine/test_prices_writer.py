"""A person's prices.toml is written whole, for the text that a form was filled in for, or not at all."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest

from providers.ledger.prices.load import load_rates
from providers.ledger.prices.own_prices import OverlappingPrices
from tray.engine import prices_writer
from tray.engine.prices_edit import RuleValues, added, changed, removed
from tray.engine.prices_writer import HEADER, PricesRefused, change, read, version_of
from tray.engine.toml_file import CannotWriteSettings

ROOT = Path(__file__).parents[3]
RULE: RuleValues = {"model": "acme", "input": Decimal(1), "output": Decimal(2)}
ENTRY = '[[price]]\nmodel = "acme"\ninput = 1\noutput = 2\n'
RATES = load_rates()
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="modes and links of POSIX")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "own/prices.toml"


def add(file: Path, rule: RuleValues = RULE, version: str | None = None) -> None:
    change(file, version or version_of(read(file)), partial(added, values=rule), RATES)


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode())


@POSIX
def test_a_new_file_is_its_owners_alone(file: Path) -> None:
    assert read(file) == HEADER
    assert not file.parent.exists(), "to look makes nothing"
    add(file)
    assert file.read_text() == f"{HEADER}\n{ENTRY}"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert {each.name for each in file.parent.iterdir()} == {"prices.toml", ".prices.toml.lock"}
    (entry,) = load_rates(file).own
    assert entry.model == "acme"


def test_of_two_tabs_the_second_one_saves_nothing(file: Path) -> None:
    shown = version_of(read(file))
    add(file, version=shown)
    after = file.read_text()
    with pytest.raises(
        CannotWriteSettings, match=r"has changed since this form was shown\. Nothing was saved"
    ):
        add(file, {**RULE, "model": "other"}, version=shown)
    with pytest.raises(CannotWriteSettings, match="has changed since"):
        change(file, shown, partial(removed, number=0), RATES)
    assert file.read_text() == after
    file.unlink()
    with pytest.raises(CannotWriteSettings, match="has changed since"):
        change(file, version_of(after), partial(removed, number=0), RATES)
    assert not file.exists()


def test_an_overlap_is_refused_and_names_the_other(file: Path) -> None:
    write(file, f"# mine\n{ENTRY}")
    with pytest.raises(PricesRefused) as refused:
        add(file, {**RULE, "model": "ACME"})
    assert isinstance(refused.value.error, OverlappingPrices)
    assert refused.value.error.other.line == 3
    assert file.read_text() == f"# mine\n{ENTRY}"


@pytest.mark.parametrize(
    "rule",
    [
        {**RULE, "model": " "},
        {**RULE, "input": Decimal(-1)},
        {**RULE, "input": Decimal(10**7)},
        {**RULE, "output": None},
        {**RULE, "as": "gpt-5.5"},
        {"model": "acme", "as": "nobody-knows-it"},
    ],
)
def test_what_the_reader_would_refuse_is_never_written(file: Path, rule: RuleValues) -> None:
    write(file, "# mine\n")
    with pytest.raises(PricesRefused):
        add(file, rule)
    assert file.read_text() == "# mine\n"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"a = 1\nb = = 2\n", "prices.toml, line 2: not TOML: "),
        (b"\n[[price]]\nmodel = 'a'\n", "line 2: `input` is missing"),
        (
            b"[[price]]\nmodel = 'a'\ninput = -1\noutput = 1\n",
            "line 3: `input` is negative. Correct it first",
        ),
        (b"\xff\xfe", "prices.toml is not text in UTF-8. Nothing was changed."),
        (b"#" * (1 << 21), "prices.toml cannot be changed: the file is too large"),
        (b"[[price]]\nmodel = 'a", "prices.toml, line 2: not TOML"),
    ],
)
def test_a_file_that_is_not_valid_is_corrected_by_hand(file: Path, content: bytes, problem: str) -> None:
    file.parent.mkdir()
    file.write_bytes(content)
    with pytest.raises(CannotWriteSettings) as error:
        read(file)
    assert problem in str(error.value)
    with pytest.raises(CannotWriteSettings):
        change(file, version_of(content.decode(errors="replace")), partial(added, values=RULE), RATES)
    assert file.read_bytes() == content


@POSIX
def test_a_link_stays_and_what_is_no_file_is_refused(file: Path, tmp_path: Path) -> None:
    target = tmp_path / "dotfiles/prices.toml"
    write(target, "# mine\n")
    file.parent.mkdir()
    file.symlink_to(target)
    add(file)
    assert file.is_symlink()
    assert target.read_text() == f"# mine\n\n{ENTRY}"
    file.unlink()
    os.mkfifo(file)
    with pytest.raises(CannotWriteSettings, match="Not a regular file"):
        read(file)
    with pytest.raises(CannotWriteSettings, match="Not a regular file"):
        change(file, version_of(HEADER), partial(added, values=RULE), RATES)


@POSIX
def test_somebody_elses_file_is_refused(file: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    write(file, ENTRY)
    os.chown(file, 12345, 12345)
    with pytest.raises(CannotWriteSettings, match="it belongs to another user"):
        change(file, version_of(ENTRY), partial(removed, number=0), RATES)
    assert file.read_text() == ENTRY


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write all")
def test_a_read_only_file_is_left_alone(file: Path) -> None:
    write(file, ENTRY)
    file.chmod(0o444)
    with pytest.raises(CannotWriteSettings, match="it is read-only"):
        change(file, version_of(ENTRY), partial(removed, number=0), RATES)


FULL = """
import resource, signal, sys
from functools import partial
from pathlib import Path
from decimal import Decimal
from providers.ledger.prices.load import load_rates
from tray.engine.prices_edit import added
from tray.engine.prices_writer import change, read, version_of
from tray.engine.toml_file import CannotWriteSettings
file = Path(sys.argv[1])
text, rates = read(file), load_rates()
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (16, 16))
try:
    rule = {"model": "b", "input": Decimal(1), "output": Decimal(1)}
    change(file, version_of(text), partial(added, values=rule), rates)
except CannotWriteSettings as error:
    print(error)
"""


@POSIX
def test_a_file_that_does_not_fit_on_the_disk_stays_as_it_was(file: Path) -> None:
    write(file, ENTRY)
    done = subprocess.run(
        [sys.executable, "-c", FULL, file], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "prices.toml cannot be changed: the file is too large" in done.stdout
    assert file.read_text() == ENTRY
    assert {each.name for each in file.parent.iterdir()} == {"prices.toml", ".prices.toml.lock"}


def test_to_end_a_price_changes_one_line(file: Path) -> None:
    write(file, f"\ufeff# mine\r\n{ENTRY}".replace("\n", "\r\n").replace("\r\r", "\r"))
    before = file.read_bytes()
    edit = partial(changed, number=0, values={"until": date(2026, 12, 1)})
    assert change(file, version_of(read(file)), edit, RATES)
    assert file.read_bytes() == before.replace(b"input", b"until = 2026-12-01\r\ninput")
    assert not change(file, version_of(read(file)), edit, RATES)
    assert prices_writer.read(file).startswith("# mine")
