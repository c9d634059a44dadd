"""Makes the fixtures of the newest versions: real sessions without anybody's words, and the bill.

unshare -n sh -c 'ip link set lo up; python -m tests.real.cut_fixtures'
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tests.real import claude_sessions, codex_threads, test_app_server, test_claude
from tests.real.billed_claude import TURN
from tests.real.clis import installed

FIXTURES = Path(__file__).parents[1] / "fixtures"
PLACE = "/home/user"

# Text that is more than a word, or a word that is more than an id; and members that only fill pages.
PROSE = re.compile(r"\s|.{100}", re.DOTALL)
FILLING = {
    "additional_tools",
    "attachment",
    "base_instructions",
    "message_history",
    "rendered",
    "replacement_history",
    "replacement_history_metadata",
    "retained_context",
    "snapshot",
    "state",
    "tools",
}
# Lines of Claude Code in which a whole request stands.
LEFT_OUT = {"api-request-blob", "api-request-shape"}


def blank(value: Any) -> Any:
    match value:
        case dict():
            return {
                name: blank(member) if name not in FILLING else _emptied(member)
                for name, member in value.items()
            }
        case list():
            return [blank(member) for member in value]
        case str():
            return "" if PROSE.search(value) else value
    return value


def _emptied(value: Any) -> Any:
    return {"type": value["type"]} if isinstance(value, dict) and "type" in value else None


def cut(log: Path, place: Path) -> str:
    kept = []
    for line in log.read_text().replace(str(place), PLACE).splitlines():
        content = json.loads(line)
        if content["type"] not in LEFT_OUT:
            kept.append(json.dumps(blank(content), separators=(",", ":")))
    return "\n".join(kept) + "\n"


def write(scenario: Path, logs: Iterable[Path], home: Path, place: Path, bill: dict[str, Any]) -> None:
    folder = re.sub(r"[^a-zA-Z0-9]", "-", str(place / "work"))
    for log in logs:
        to = scenario / "home" / str(log.relative_to(home)).replace(folder, "-home-user-work")
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_text(cut(log, place))
    (scenario / "expected.json").write_text(json.dumps(bill, indent=1, sort_keys=True) + "\n")


def only_day(logs: Iterable[Path]) -> str:
    lines = (json.loads(line) for log in logs for line in log.read_text().splitlines())
    (day,) = {line["timestamp"][:10] for line in lines if "timestamp" in line}
    return str(day)


def of_codex(program: Path, name: str, folder: Path) -> None:
    with codex_threads.threads(program, folder) as person:
        codex_threads.SCENARIOS[name](person)
    bill, day = codex_threads.bill(person.models.served), only_day(person.logs)
    dated = {f"{day} {model}": sums for model, sums in bill["by_model"].items()}
    bill |= {"by_date_utc": {day: bill["total"]}, "by_date_model_utc": dated}
    write(
        FIXTURES / "codex" / test_app_server.NEWEST / name,
        person.logs,
        person.home,
        person.folder,
        {"in_rollouts": bill},
    )


def of_claude(program: Path, name: str, folder: Path) -> None:
    with claude_sessions.sessions(program, folder) as person:
        claude_sessions.SCENARIOS[name](person)
    served, day = person.model.served, only_day(person.logs)
    on_lines = claude_sessions.on_lines(served)
    by_model = claude_sessions.by_model(on_lines)
    others = [response for response in claude_sessions.in_cost_state(served) if response.purpose != TURN]
    bill = {
        "recoverable": {"by_model": by_model, "by_date": {day: by_model}},
        "by_effort": claude_sessions.by_effort(on_lines),
        "not_on_lines": claude_sessions.by_model(others),
    }
    write(FIXTURES / "claude" / test_claude.NOTES / name, person.logs, person.home, person.folder, bill)


def main() -> None:
    makers: tuple[tuple[Callable[[Path, str, Path], None], Path, Iterable[str]], ...] = (
        (of_codex, installed("@openai/codex", test_app_server.NEWEST), codex_threads.SCENARIOS),
        (of_claude, installed(test_claude.PACKAGE, test_claude.NOTES), claude_sessions.SCENARIOS),
    )
    for make, program, names in makers:
        for name in names:
            with tempfile.TemporaryDirectory() as folder:
                make(program, name, Path(folder) / "person")


if __name__ == "__main__":
    main()
