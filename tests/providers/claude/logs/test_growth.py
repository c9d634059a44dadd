"""What a transcript that grew changes is what resolving all of its session finds."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from providers.claude.logs.format import Transcripts
from providers.domain.cost import BilledResponse
from providers.logs import LogChange, Observed
from tests.providers.ledger.test_growth import SESSION, answer

TRANSCRIPTS = Transcripts()
AT = datetime(2026, 11, 20, tzinfo=UTC)
OWNER = {"type": "session-owner", "accountUuid": "one", "sessionId": SESSION}


class Session:
    def __init__(self, folder: Path) -> None:
        self._project = folder / "projects" / "-home-dev-app"

    def observed(self, name: str, *lines: dict[str, Any]) -> bytes:
        path = self._project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return TRANSCRIPTS.scanner().scan(str(path)).observation


def resolved(*observations: bytes) -> set[BilledResponse]:
    return set(TRANSCRIPTS.resolve([Observed(Path("/home"), each) for each in observations]).responses)


def test_an_account_is_known_from_the_earliest_line_of_its_first_response_on(tmp_path: Path) -> None:
    session = Session(tmp_path)
    first = answer(1, AT)
    main = session.observed(f"{SESSION}.jsonl", OWNER, first)
    agents = f"{SESSION}/subagents/agent-a1.jsonl"
    before = answer(2, AT + timedelta(seconds=2), "a1")
    change = LogChange(
        session.observed(agents, before),
        session.observed(agents, before, answer(3, AT + timedelta(seconds=3), "a1")),
    )
    growth = TRANSCRIPTS.growth(change, [TRANSCRIPTS.summary(main)])
    assert growth is not None
    changed = resolved(growth.now) - resolved(growth.before)
    assert changed == resolved(main, change.now) - resolved(main, change.before or b"")
    assert all(each.context.account for each in changed)
    unlabelled = session.observed("copy.jsonl", first)
    assert TRANSCRIPTS.growth(change, [TRANSCRIPTS.summary(main), TRANSCRIPTS.summary(unlabelled)]) is None
    fork = first | {"sessionId": "fork", "forkedFrom": {"sessionId": SESSION}}
    copied = session.observed("fork.jsonl", OWNER, fork)
    assert TRANSCRIPTS.growth(change, [TRANSCRIPTS.summary(main), TRANSCRIPTS.summary(copied)]) is not None
