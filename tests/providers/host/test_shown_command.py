"""A command in one line: short, readable, without secrets."""

from __future__ import annotations

import json
import shlex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.host.shown_command import LONGEST_SHOWN, shown_argument, shown_command

HOME = "/home/dev"

BODY = "Q7Zw9Xk2Vb4Nj6Hf8Gd1"
"""In capitals and digits, which nothing around the secrets has; each five of them in a row are theirs alone."""

TOKENS = (
    f"sk-ant-oat01-{BODY}",
    f"sk-proj-{BODY}",
    f"ghp_{BODY}",
    f"gho_{BODY}",
    f"github_pat_11{BODY}",
    f"glpat-{BODY}",
    f"xoxb-12-{BODY}",
    f"AKIA{BODY.upper()}",
    f"ASIA{BODY.upper()}",
    f"eyJ{BODY}.{BODY}.{BODY}",
)
NAMED = (
    f"Bearer {BODY}",
    f"bearer  {BODY}",
    f"--token {BODY}",
    f"--token={BODY}",
    f'--password="{BODY} {BODY}"',
    f"--password '{BODY} {BODY}'",
    f"--api-key\t{BODY}",
    f"API_KEY={BODY}",
    f"export DB_PASSWORD='{BODY}$ {BODY}'",
    f"accessToken: {BODY}",
    f'{{"client_secret": "{BODY} {BODY}"}}',
    f"-u dev:{BODY}",
    f"https://dev:{BODY}@mail.example.com/x",
    f"postgres://{BODY}@db/x",
    f"https://x.example/?access_token={BODY}&a=b",
    f'-H "Authorization: Basic {BODY}"',
    f"-H 'Cookie: a={BODY}; b={BODY}'",
)
AROUND = st.text(alphabet="abc lmnop-_./=:;|&$()\n\t\x00\x1b\u202e\u200b\u00e9", max_size=40)
LONG = st.one_of(st.just(0), st.integers(0, LONGEST_SHOWN), st.integers(3500, 4200)).map(
    lambda count: ("ab " * (count // 3 + 1))[:count]
)
WRAPPED = st.sampled_from(("plain", "single", "double", "bash", "nested"))


def leaked(shown: str) -> list[str]:
    pieces = {body[at : at + 5] for body in (BODY, BODY.upper()) for at in range(len(BODY) - 4)}
    return [piece for piece in pieces if piece in shown]


def wrapped(text: str, how: str) -> str:
    return {
        "plain": text,
        "single": shlex.quote(text),
        "double": json.dumps(text, ensure_ascii=False),
        "bash": f"bash -lc {shlex.quote(text)}",
        "nested": f"/bin/sh -c {shlex.quote(f'exec bash -lc {shlex.quote(text)}')}",
    }[how]


@given(AROUND, LONG, st.sampled_from(TOKENS), AROUND, WRAPPED)
@settings(deadline=None)
def test_no_token_survives_wherever_it_stands(
    before: str, long: str, token: str, after: str, how: str
) -> None:
    text = f"{long}{before}{token}{after}"
    for shown in (
        shown_argument(wrapped(text, how), HOME),
        shown_command(["run", text], HOME),
        shown_command(["/bin/bash", "-lc", wrapped(text, how)], HOME),
        shown_command(["run", *text.split(" ")], HOME),
    ):
        assert leaked(shown) == []
        assert len(shown) <= LONGEST_SHOWN
        assert shown.isprintable()


@given(AROUND, LONG, st.sampled_from(NAMED), AROUND, WRAPPED)
@settings(deadline=None)
def test_nothing_survives_that_is_named_as_a_secret(
    before: str, long: str, secret: str, after: str, how: str
) -> None:
    text = f"{long}{before} {secret} {after}"
    for shown in (
        shown_argument(wrapped(text, how), HOME),
        shown_command(["run", text], HOME),
        shown_command(["/bin/bash", "-lc", wrapped(text, how)], HOME),
    ):
        assert leaked(shown) == []


@given(LONG, st.sampled_from(("--password", "--token", "--client-secret")), AROUND)
@settings(deadline=None)
def test_an_argument_after_an_option_is_a_secret_as_a_whole(long: str, option: str, after: str) -> None:
    secret = f"{BODY} \"{BODY}' {BODY}"
    assert leaked(shown_command(["run", long, option, secret, after], HOME)) == []
    assert leaked(shown_command(["run", long, f"{option}={BODY}", after], HOME)) == []
    assert leaked(shown_command(["run", long, "-H", f"Authorization: Some {secret}", after], HOME)) == []


@pytest.mark.parametrize(
    ("argv", "shown"),
    [
        ([], ""),
        (["/usr/bin/node", "/home/dev/shop/vite.js", "--port", "5173"], "node ~/shop/vite.js --port 5173"),
        (["/bin/bash", "-lc", "npm   run\n dev"], "npm run dev"),
        (["bash", "-euo", "pipefail", "-c", "make all"], "make all"),
        (["bash", "build.sh", "-c", "x"], "bash build.sh -c x"),
        (["bash"], "bash"),
        (["cmd.exe", "/d", "/c", "npm", "test"], "npm test"),
        (["C:\\Program Files\\nodejs\\node.exe", "a b"], 'node.exe "a b"'),
        (["pwsh", "-NoProfile", "-Command", "Get-Item x"], "Get-Item x"),
        (["run", "--password", "my long one", "next"], "run --password [redacted] next"),
        (["curl", "-u", "me:pw", "http://x/"], "curl -u [redacted] http://x/"),
        (["docker", "run", "-u", "1000:1000", "img"], "docker run -u 1000:1000 img"),
        (["printf", "\x1b[31mred\x1b[0m\u202egnp.exe"], "printf redgnp.exe"),
        (["tool", "\udcff\udcfe.txt"], "tool .txt"),
        (["x" * 130], "[redacted]"),
        (["echo", *["word"] * 100], "echo " + "word " * 22 + "word…"),
    ],
)
def test_what_is_shown_of_a_command(argv: list[str], shown: str) -> None:
    assert shown_command(argv, HOME) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "bash -lc \"cd /home/dev/shop && npm test -- --grep 'a b'\"",
            "cd ~/shop && npm test -- --grep 'a b'",
        ),
        ("bash -lc 'unfinished", "unfinished"),
        ("src/app.py", "src/app.py"),
        ("git push origin main", "git push origin main"),
        ("FOO=1 BAR='a b' make", "FOO=1 BAR='a b' make"),
        ("ask dev.loper@mail.example.com", "ask d…@mail.example.com"),
        (f"bash -lc 'echo {'a b ' * 2000}'", "echo " + ("a b " * 30)[:114].rstrip() + "…"),
    ],
)
def test_what_is_shown_of_an_argument(text: str, shown: str) -> None:
    assert shown_argument(text, HOME) == shown


WRAPPED_BY_CLAUDE = (
    "source /home/dev/.claude/shell-snapshots/snapshot-zsh-1795967328175-jy31qx.sh 2>/dev/null || true && "
    "\\builtin setopt NO_EQUALS 2>/dev/null || true && {{ \\builtin unalias -- 'which'; }} >/dev/null 2>&1 "
    "|| true && eval {} < /dev/null && pwd -P >| /tmp/claude-09c4-cwd"
)
"""By 2.1.332."""


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("npm test", "npm test"),
        (
            "echo 'a b' && API_KEY=\"x y\" make # eval 'no'",
            "echo 'a b' && API_KEY=[redacted] make # eval 'no'",
        ),
        ("bash -lc 'it\"s'", 'it"s'),
    ],
)
def test_a_tool_s_command_is_shown_without_what_prepares_its_shell(command: str, shown: str) -> None:
    script = WRAPPED_BY_CLAUDE.format(shlex.quote(command))
    assert shown_command(["/usr/bin/zsh", "-c", script], HOME) == shown
    assert shown_argument(script, HOME) == shown


def test_a_wrapped_command_that_is_cut_shows_no_secret() -> None:
    for long in (3000, 3500, 4500):
        script = WRAPPED_BY_CLAUDE.format(shlex.quote("x " * (long // 2) + NAMED[2] + TOKENS[0]))
        assert leaked(shown_command(["/usr/bin/zsh", "-c", script], HOME)) == []


def test_what_was_cut_in_a_shell_s_quotes_shows_no_part_of_a_secret() -> None:
    """Where what stands before it is shown as little, what stood at the cut is near."""
    for length in range(4080 - 40, 4080 + 40):
        text = "bash -lc '--token=" + "A" * length + " PASSWORD " + f"https://dev:{BODY}@mail.example.com/'"
        assert leaked(shown_argument(text, HOME)) == []
        assert leaked(shown_command(["ssh", "host", text], HOME)) == []
        script = "--token=" + "A" * (length + 10) + f" https://dev:{BODY}@mail.example.com/"
        assert leaked(shown_command(["bash", "-lc", script], HOME)) == []


def test_a_long_text_costs_no_more_than_its_head() -> None:
    """Anything quadratic would not end before the test's timeout."""
    for text in ("a" * 10_000_000, "a.b-" * 1_000_000, "'" * 1_000_000, "=" * 1_000_000, "\\" * 1_000_000):
        shown_argument(f"bash -lc {text}", HOME)
        assert len(shown_command(["run", text], HOME)) <= LONGEST_SHOWN


@pytest.mark.parametrize(
    "command",
    [
        "mysql -u root -pX shop",
        "sshpass -p X ssh host",
        "sshpass -pX ssh host",
        "redis-cli -h host -a X ping",
        "mongosh -u dev -p X",
        "zip -P X out.zip a",
        "docker login registry.example.com -u dev -p X",
        "ssh-keygen -t ed25519 -N X",
        "curl -u :X http://host",
        "curl -uadmin:X http://host",
        "curl -b 'session=X; other=X' http://host",
        "vault login X",
        "gh auth login --with-token <<< X",
        "echo X | docker login --password-stdin registry.example.com",
        "echo 'X' | sudo -S true",
        "aws configure set aws_secret_access_key X",
        "npm config set //registry.example.com/:_authToken X",
        "setx API_TOKEN X",
        "python3 -c \"import os; os.environ['API_KEY'] = 'X'\"",
    ],
)
def test_what_well_known_programs_take_as_a_secret(command: str) -> None:
    text = command.replace("X", BODY)
    assert leaked(shown_argument(text, HOME)) == []
    assert leaked(shown_command(["bash", "-c", text], HOME)) == []


@pytest.mark.parametrize(
    "command",
    [
        "docker run -p 80:80 shop",
        "mysql -u root -p shop",
        "git add -p token.py",
        "npm config set registry local",
        "set -euo pipefail",
        "echo done | wc -l",
        "zip -r out.zip src",
    ],
)
def test_what_is_none_stays(command: str) -> None:
    assert shown_argument(command, HOME) == command
