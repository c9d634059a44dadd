"""What a vendor's status page answers."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec

from providers.host.status_page import reported
from providers.registry import PROVIDERS
from tests.fake_status_page import component, incident, summary
from tests.fuzz import mutate
from tests.fuzz.run import Target, require

_PLANNED = incident("Upgrade", "CLI", impact="maintenance", status="in_progress")
SAMPLES = (
    summary(),
    summary(incident("Elevated errors", "Claude Code", impact="major"), incident("Voice is slow")),
    summary(indicator="critical", components=(component("Codex Web", "partial_outage"),)),
    summary(maintenances=(_PLANNED,), components=(component("CLI", "under_maintenance"),)),
)


def targets(_folder: Path) -> tuple[Target, ...]:
    samples = [json.dumps(sample).encode() for sample in SAMPLES]
    return (Target(name="status-page", make=mutate.of_json(samples), check=_check),)


def _check(content: bytes) -> None:
    try:
        sent = msgspec.json.decode(content)
    except (ValueError, RecursionError):
        return
    for provider in PROVIDERS:
        found = reported(sent, provider.links.components)
        if found is not None:
            require(found.title.isprintable() and 0 < len(found.title) <= 120, f"a title: {found.title!a}")
