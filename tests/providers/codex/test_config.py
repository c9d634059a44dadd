from __future__ import annotations

from pathlib import Path

import pytest

from providers.codex.config import UnreadableConfig, backend, login_store, read_config
from providers.domain.errors import NotUnderstood
from providers.source import Home
from tests.programs import printed_by

BASE = 'chatgpt_base_url = "http://127.0.0.1:1/backend-api"\n'


def home(folder: Path, config: str | bytes) -> Home:
    (folder / "config.toml").write_bytes(config if isinstance(config, bytes) else config.encode())
    return Home(provider="codex", path=folder, label="~/.codex")


@pytest.mark.parametrize(
    "more",
    [
        '[mcp_servers.docs]\nenv = {\n  TOKEN = "x",\n  MODE = "fast",\n}\n',
        "[mcp_servers.docs]\nenv = { A = 1, }\n",
        "[mcp_servers.docs]\nenv = { # why\n  A = [1, 2,],\n}\n",
        'prompt = "\\e[1m\\x41"\n',
        "from = 07:32\nday = 2026-11-20 07:32\n",
        '[projects."/home/dev/é"]\ntrust_level = "trusted"\n',
    ],
    ids=["lines", "comma", "comment", "escapes", "times without seconds", "quoted key"],
)
def test_what_codex_reads(tmp_path: Path, more: str) -> None:
    """TOML 1.1: Codex 0.171 starts with each of them."""
    place = home(tmp_path, f'cli_auth_credentials_store = "keyring"\n{BASE}{more}')
    assert backend(place) == "http://127.0.0.1:1/backend-api/wham"
    assert login_store(place) == "keyring"


@pytest.mark.parametrize(
    ("config", "remedy"),
    [
        (b"a = 1\nb = [\nc", "Fix line 3 of {}"),
        (b"a = 1\na = 2\n", "Fix line 2 of {}"),
        (b"\xff\xfe", "Fix {};"),
        (b"x = " + b"9" * 5_000, "Fix {};"),
        (b"x = " + b"[" * 20_000, "Fix {};"),
        (b"a = 1\n" + b"a." * 60_000 + b"a = 1", "Fix line 2 of {}"),
        (b"#" * (1 << 20) + b"\n", "Check the file's permissions."),
    ],
    ids=["torn", "twice", "bytes", "number", "deep", "long key", "large"],
)
def test_what_cannot_be_read_says_so(tmp_path: Path, config: bytes, remedy: str) -> None:
    place = home(tmp_path, config)
    with pytest.raises(UnreadableConfig, match="unknown where to send your login") as caught:
        backend(place)
    assert caught.value.remedy.startswith(remedy.format(tmp_path / "config.toml"))
    assert login_store(place) == "file"


@pytest.mark.parametrize(
    ("base", "root"),
    [
        (None, "https://chatgpt.com/backend-api/wham"),
        ("https://chatgpt.com", "https://chatgpt.com/backend-api/wham"),
        ("https://chatgpt.com//", "https://chatgpt.com/backend-api/wham"),
        ("https://chat.openai.com/", "https://chat.openai.com/backend-api/wham"),
        ("https://chatgpt.com/backend-api/", "https://chatgpt.com/backend-api/wham"),
        ("https://chatgpt.com/eu", "https://chatgpt.com/eu/backend-api/wham"),
        ("https://chatgpt.com.proxy.example", "https://chatgpt.com.proxy.example/backend-api/wham"),
        ("HTTPS://ChatGPT.com", "HTTPS://ChatGPT.com/api/codex"),
        ("https://www.chatgpt.com", "https://www.chatgpt.com/api/codex"),
        ("https://proxy.example/", "https://proxy.example/api/codex"),
        ("https://proxy.example/x/backend-api/y", "https://proxy.example/x/backend-api/y/wham"),
        ("https://backend-api.example/", "https://backend-api.example/wham"),
        ("http://127.0.0.1:1", "http://127.0.0.1:1/api/codex"),
    ],
)
def test_where_the_endpoints_are(tmp_path: Path, base: str | None, root: str) -> None:
    """Each as Codex 0.171 was seen to ask, through a proxy that stood for the Internet."""
    assert backend(home(tmp_path, "" if base is None else f'chatgpt_base_url = "{base}"')) == root


@pytest.mark.parametrize(
    "base",
    [
        "http://example.com",
        "https://a:b@example.com",
        "https://example.com/?x",
        "https://chatgp\\t.example.com/backend-api",
        "https://example.com/ backend-api",
        "https://example.com\\\\@other.example",
        "",
    ],
)
def test_where_no_token_may_go(tmp_path: Path, base: str) -> None:
    with pytest.raises(NotUnderstood, match="not a safe address"):
        backend(home(tmp_path, f'chatgpt_base_url = "{base}"'))


def test_no_file_is_an_empty_one(tmp_path: Path) -> None:
    assert read_config(Home(provider="codex", path=tmp_path / "none", label="~/none")) == {}


def test_the_library_is_loaded_for_a_file_alone(tmp_path: Path) -> None:
    program = f"""
import sys
from pathlib import Path
from providers.codex.config import read_config
from providers.source import Home
read_config(Home(provider="codex", path=Path({str(tmp_path)!r}), label=""))
print("tomli" in sys.modules)
"""
    assert printed_by(program) == "False\n"
