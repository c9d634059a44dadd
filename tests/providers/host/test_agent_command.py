"""Of a call of an agent's CLI no prompt is shown, wherever it stands."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.host.agent_command import LONGEST_SEARCHED, agent_call, agent_call_in
from providers.host.shown_command import shown_argument, shown_command

CLIS = ("fake", "other")
PROMPT = "why is it red"
WRAPPED = (
    "source /home/dev/.fake/shell-snapshots/snapshot-bash-1.sh 2>/dev/null || true && eval {} < /dev/null "
    "&& pwd -P >| /tmp/fake-09c4-cwd"
)


@pytest.mark.parametrize(
    ("argv", "shown"),
    [
        (["fake"], "fake"),
        (["fake", "-p", PROMPT], "fake -p …"),
        (["/usr/local/bin/fake", "exec", PROMPT], "fake …"),
        (["C:\\Program Files\\fake.exe", "--verbose", "-p", PROMPT], "fake.exe --verbose -p …"),
        (["env", f"ASK={PROMPT}", "fake", "-p", PROMPT], "env … fake -p …"),
        (["timeout", "-k", "5", "60", "other", "exec", PROMPT], "timeout … other …"),
        (["npx", "-y", "@vendor/fake-code@latest", "-p", PROMPT], "npx … fake-code@latest -p …"),
        ([f"npm exec @vendor/fake-code -p {PROMPT}"], "npm … fake-code -p …"),
        (["node", "/lib/node_modules/@vendor/fake-code/cli.js", "-p", PROMPT], "node fake-code -p …"),
        (["node", "--no-warnings", "/opt/fake/bin/fake.js", PROMPT], "node … fake.js …"),
        (["bash", "-lc", f"fake -p '{PROMPT}'"], "fake -p …"),
        (["bash", "-lc", f'cd shop && fake -p "{PROMPT}"; echo'], "… fake -p …"),
        (["bash", "-c", f"echo '{PROMPT}' | fake -p"], "… fake -p"),
        (["bash", "-c", f"echo '{PROMPT * 400}' | fake -p"], "… fake -p"),
        (["bash", "-c", f"cat <<'END' | fake -p\n{PROMPT}\nEND"], "… fake -p …"),
        (["bash", "-c", f"ASK='{PROMPT}' TWO=2 fake -p \"$ASK\""], "fake -p …"),
        (["bash", "-c", f"for i in 1 2; do fake '{PROMPT}'; done"], "… fake …"),
        (["sh", "-c", f"found=$(other exec '{PROMPT}')"], "… other …"),
        (["sudo", "-u", "me", "bash", "-c", f"fake '{PROMPT}'"], "fake …"),
        (["script", "-qec", f"fake -p '{PROMPT}'", "/dev/null"], "fake -p …"),
        (["cmd.exe", "/d", "/c", "fake", "-p", PROMPT], "fake -p …"),
        (["zsh", "-c", WRAPPED.format(shlex.quote(f'fake -p "{PROMPT}"'))], "fake -p …"),
    ],
)
def test_what_is_shown_of_a_call(argv: list[str], shown: str) -> None:
    assert shown_command(argv, "/home/dev", CLIS) == shown
    assert "red" not in shown_argument(shlex.join(argv), "/home/dev", CLIS)


@pytest.mark.parametrize(
    "argv",
    [
        ["rg", "fake", "src"],
        ["git", "add", "fake"],
        ["npm", "install", "@vendor/fake", "left-pad"],
        ["vim", "fake/notes.md"],
        ["node", "server.js", "fakes"],
        ["bash", "-c", "cd ~/fake && npm test"],
        ["bash", "-c", "ls ~/.fake; which fake"],
        ["zsh", "-c", WRAPPED.format("'npm test'")],
        ["/home/dev/fake stuff/node", "x"],
        ["fakes", "x"],
    ],
)
def test_a_word_in_another_command_is_no_call(argv: list[str]) -> None:
    assert agent_call(argv, CLIS) is None
    assert shown_command(argv, "/home/dev", CLIS) == shown_command(argv, "/home/dev")


def test_a_long_text_costs_no_more_than_its_head() -> None:
    """Anything quadratic would not end before the test's timeout."""
    for text in (
        "fake" * 1_000_000,
        "a=b " * 1_000_000,
        "'" * 1_000_000,
        "; fak" * 1_000_000,
        "a='" * 1_000_000,
    ):
        agent_call_in(f"fak fake_ {text}", CLIS)
        agent_call(["bash", "-c", text], CLIS)


WORD = st.sampled_from(
    ["fake", "env", "bash", "-c", "-p", "A=1", "'", '"', "&&", "|", "cd x", "$(", "npx", "\n", ""]
)


@given(st.lists(WORD, max_size=8))
def test_no_prompt_survives_whatever_stands_before_the_call(before: list[str]) -> None:
    text = " ".join(before)
    assert PROMPT not in shown_argument(f"{text}; fake -p '{PROMPT}'", None, CLIS)
    assert PROMPT not in shown_command(["bash", "-lc", f"{text}\nfake -p {PROMPT}"], None, CLIS)


def test_of_a_script_whose_end_is_not_searched_nothing_is_shown_if_it_may_call_one() -> None:
    long = f"echo '{PROMPT}{'x' * LONGEST_SEARCHED}'"
    assert agent_call_in(f"{long} | fake -p", CLIS) == "…"
    assert agent_call_in(f"{long} | cat", CLIS) is None
