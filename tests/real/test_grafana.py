"""Our dashboard, held against the types that Grafana publishes for its own (`@grafana/schema`)."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from filelock import FileLock

from tests.tray.faces.published import ROOT

DASHBOARD = ROOT / "assets/grafana/tankful.json"
PACKAGES = ("@grafana/schema@13.2.3", "typescript@7.0.2")
INSTALL_SECONDS = 300
PANELS = {
    "bargauge": "BarGauge",
    "stat": "Stat",
    "timeseries": "TimeSeries",
    "state-timeline": "StateTimeline",
}
_HEAD = """
import type {{ Dashboard }} from '@grafana/schema';
{imports}
// JSON has the values of enumerations, not their names.
type Plain<T> = T extends string ? `${{T}}` : T extends object ? {{ [K in keyof T]: Plain<T[K]> }} : T;
const dashboard: Plain<Dashboard> = {dashboard};
"""

pytestmark = pytest.mark.timeout(INSTALL_SECONDS + 60)


@pytest.fixture(scope="module")
def packages(request: pytest.FixtureRequest) -> Path:
    where = Path(tempfile.gettempdir()) / "tankful-grafana-schema"
    command = ["npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(where), *PACKAGES]
    with FileLock(f"{where}.lock"):
        where.mkdir(exist_ok=True)
        if not (where / "whole").exists():
            if shutil.which("npm") is None or subprocess.run(command, check=False).returncode:
                if request.config.getoption("--require-real"):
                    pytest.fail("npm cannot install @grafana/schema")
                pytest.skip("npm cannot install @grafana/schema")
            (where / "whole").touch()
    return where


def complaints(packages: Path, folder: Path, dashboard: dict[str, object]) -> str:
    raw = "dist/esm/raw/composable"
    imports = "\n".join(
        f"import type * as {name} from"
        f" '@grafana/schema/{raw}/{kind.replace('-', '')}/panelcfg/x/{name}PanelCfg_types.gen';"
        for kind, name in PANELS.items()
    )
    lines = [_HEAD.format(imports=imports, dashboard=json.dumps(dashboard))]
    panels = dashboard["panels"]
    assert isinstance(panels, list)
    for number, panel in enumerate(panels):
        name = PANELS[panel["type"]]
        lines.append(f"const options{number}: Plain<{name}.Options> = {json.dumps(panel['options'])};")
        custom = panel["fieldConfig"]["defaults"].get("custom")
        if custom is not None:
            lines.append(f"const custom{number}: Plain<{name}.FieldConfig> = {json.dumps(custom)};")
    (folder / "node_modules").symlink_to(packages / "node_modules")
    (folder / "dashboard.ts").write_text("\n".join(lines))
    done = subprocess.run(
        [
            *(str(packages / "node_modules/.bin/tsc"), "--noEmit", "--strict", "--skipLibCheck"),
            *("--module", "esnext", "--moduleResolution", "bundler", "dashboard.ts"),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


def test_grafana_knows_each_member(packages: Path, tmp_path: Path) -> None:
    assert complaints(packages, tmp_path, json.loads(DASHBOARD.read_text())) == ""


def test_it_would_find_a_slip(packages: Path, tmp_path: Path) -> None:
    dashboard = json.loads(DASHBOARD.read_text())
    dashboard["panels"][0]["options"]["displayMode"] = "basics"
    assert '"basics"' in complaints(packages, tmp_path, dashboard)


def test_panels_stand_beside_each_other() -> None:
    dashboard = json.loads(DASHBOARD.read_text())
    places = [
        (x, y)
        for panel in dashboard["panels"]
        for place in [panel["gridPos"]]
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(places) == len(set(places))
    assert max(x for x, _ in places) == 23
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(ids) == len(set(ids))
