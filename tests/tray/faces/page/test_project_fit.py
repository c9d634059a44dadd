"""Whether a task like those of a project fits."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from providers.domain.limits import AccountUsage
from providers.ledger.project_sessions import NoSuchProject
from tests.tray.faces.page.ledgers import LedgerPage, billed
from tests.tray.faces.page.limit_histories import MINUTE, NOW, account, published, used_up, work
from tray.engine.project_fit import project_fit, with_fit
from tray.engine.window_figures import recent_uses
from tray.faces.page.render import Pages
from tray.faces.page.sections import project_fit as section
from tray.view.project_fit import fit_lines

PROJECT = "/work/app"


def some_sessions(page: LedgerPage) -> AccountUsage:
    """Three weeks, a session for each morning, at a dollar for one percent of a week."""
    steps = list(work(4, lambda day: 9 if day % 7 < 5 else 0))
    used = used_up(page, account(), steps, model="gpt-5.5", tokens_a_percent=0)
    page.add(
        "codex",
        [
            billed(
                at - MINUTE,
                home=page.codex,
                tokens=round(part * 1_000_000),
                account="a1b2c3d4",
                session=f"{at:%j}",
                root=f"{at:%j}",
                project=PROJECT,
            )
            for at, part in steps
            if part
        ],
        lambda response: response.usage.total_tokens * 10**6,
    )
    return used


def test_a_session_takes_what_a_day_takes(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path, now=NOW)
    usage = published(some_sessions(page))
    found = section.build(page.data(f"range=all&project={PROJECT}", usage))
    assert found is not None
    weekly = next(row for row in found.rows if row.window.endswith("Weekly"))
    assert float(weekly.took_full) == pytest.approx(9, rel=0.1)
    left = float(weekly.left_full)
    assert weekly.fits == (f"{int(left / float(weekly.took_full))} ×" if left >= 9 else "no")
    assert "A session took" in Pages().page(page.data(f"tab=projects&range=all&project={PROJECT}", usage))


def test_without_a_project_or_with_an_unknown_one_it_is_absent(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path, now=NOW)
    usage = published(some_sessions(page))
    assert section.build(page.data("range=all", usage)) is None
    assert section.build(page.data("range=all&project=/none", usage)) is None
    assert section.build(page.data(f"range=all&project={PROJECT}")) is None


def test_the_same_in_words(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path, now=NOW)
    usage = published(some_sessions(page))
    uses = recent_uses(page.scope, page.costs.ledger, {"a1b2c3d4"})
    document = with_fit(usage, project_fit(page.costs.ledger, "app", uses, NOW))
    assert document["project"] == PROJECT
    (_, five_hours), (whose, week) = fit_lines(document)
    assert whose == "Codex Weekly"
    assert week.startswith("a session of this project took 9")
    assert "% (median of " in week
    assert " % left: " in five_hours
    for window in usage["providers"][0]["windows"]:
        window["stale"] = True
    found = project_fit(page.costs.ledger, "app", uses, NOW)
    assert all(" left" not in line for _, line in fit_lines(with_fit(usage, found)))


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right, and a folder in use stays")
def test_a_project_by_a_link_by_a_folder_in_it_and_from_one_that_was_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = LedgerPage(tmp_path, now=NOW)
    some_sessions(page)
    real, deleted = tmp_path / "real" / "app", tmp_path / "deleted"
    real.mkdir(parents=True)
    deleted.mkdir()
    page.add("codex", [billed(NOW, home=page.codex, project=str(real.resolve()), key=99_999)])
    (tmp_path / "link").symlink_to(real, target_is_directory=True)
    ledger = page.costs.ledger
    assert project_fit(ledger, str(tmp_path / "link"), {}, NOW).name == str(real.resolve())
    inside = real / "src" / "view"
    inside.mkdir(parents=True)
    assert project_fit(ledger, str(inside), {}, NOW).name == str(real.resolve())
    (inside / "other").mkdir()
    (inside / ".git").touch()  # a repository of its own
    with pytest.raises(NoSuchProject):
        project_fit(ledger, str(inside / "other"), {}, NOW)
    (inside / ".git").unlink()
    for home in (inside, real):  # nothing above it, nor what was done in it
        monkeypatch.setenv("HOME", str(home))
        with pytest.raises(NoSuchProject):
            project_fit(ledger, str(inside / "other"), {}, NOW)
    monkeypatch.chdir(deleted)
    deleted.rmdir()
    assert project_fit(ledger, PROJECT, {}, NOW).name == PROJECT
    with pytest.raises(NoSuchProject, match="several projects"):
        project_fit(ledger, "app/", {}, NOW)
    with pytest.raises(NoSuchProject):
        project_fit(ledger, "a\0b", {}, NOW)
