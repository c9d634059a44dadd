"""Whatever processes come and go, and whatever logs say: a look never fails, and nothing that runs is done."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from providers.live.look import SessionLook
from providers.sessions import FoundSession
from tests.providers.live.fakes import NOW, FakeProcesses, provider, write

IDS = st.sampled_from(["a", "b", "c", "broken"])
FOUND = st.tuples(
    IDS,
    st.sampled_from([None, "a", "b", "c", "unknown"]),
    st.sampled_from([True, False, None]),
    st.booleans(),
    st.sampled_from([None, {"turn": "open"}, {"turn": "ended"}, {"call": "Bash"}, ["no object"]]),
)
LOOKS = st.lists(
    st.tuples(st.lists(FOUND, max_size=5), st.booleans(), st.floats(0, 400)), min_size=1, max_size=8
)


@settings(max_examples=150, deadline=None)
@given(LOOKS)
def test_a_look_never_fails(
    looks: list[tuple[list[tuple[str, str | None, bool | None, bool, object]], bool, float]],
) -> None:
    with TemporaryDirectory() as name:
        home = Path(name)
        one, sessions, homes = provider(home)
        sessions_look, now = SessionLook(lambda: [(one, homes)], FakeProcesses()), NOW
        for found, fails, seconds in looks:
            sessions.failure = OSError() if fails else None
            sessions.sessions = []
            for ident, parent, is_running, has_log, line in found:
                log = home / f"{ident}.jsonl"
                if has_log and line is not None:
                    write(log, line)
                sessions.sessions.append(
                    FoundSession(
                        home=home,
                        id=ident,
                        log=log if has_log else None,
                        parent=parent,
                        is_running=is_running,
                    )
                )
            now += timedelta(seconds=seconds)
            shown = sessions_look.look(now)
            running = {each.id for each in sessions.sessions if each.is_running}
            done = {each.id for each in shown.sessions if each.status.status == "done"}
            assert fails or not {each for each in running & done if _only_running(each, sessions.sessions)}
            assert all(each.status.since for each in shown.sessions if each.status.status == "done")


def _only_running(ident: str, found: list[FoundSession]) -> bool:
    return all(each.is_running for each in found if each.id == ident)
