#!/usr/bin/env bash
# `codex mcp-server` is no MCP server any more: 0.171 takes the word for a prompt, and sends it to the model.
#
# Guess: `codex mcp-server`, by which other agents were given Codex as a tool, still serves MCP on stdio; or, if the
#   command is gone, it fails as an unknown one, with usage and a message that names it.
# What is so: 0.60 serves. 0.171 has no such command, and what is no command is `[PROMPT]`. With pipes, as an MCP client
#   starts it, it ends with "stdin is not a terminal" and exit code 1, as `codex anything` does; in a terminal a session
#   begins, whose first message to the model is "mcp-server". `codex mcp-server --help` has exit code 0 and the help of
#   Codex itself, so whoever asks for the command by that believes that it is there; `codex help mcp-server` tells.
# Version: @openai/codex 0.60.1 and 0.171.0 (npm).
# Source: seen, in what it prints, and in the request that came to a model on loopback.
#
# Needs npm and python3.
set -euo pipefail

fail() { echo "CHANGED: $*" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

cat >"$work/run.py" <<'EOF'
"""run.py CODEX [terminal]: what becomes of `codex mcp-server` with pipes, or in a terminal."""
import fcntl, json, os, pty, select, signal, struct, subprocess, sys, tempfile, termios, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

codex, *where = sys.argv[1:]
prompts = []


class Model(BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        texts = [part["text"] for item in asked["input"] if item.get("role") == "user" for part in item["content"]]
        prompts.extend(text for text in texts if text == "mcp-server")
        self.send_error(500)

    def do_GET(self):
        self.send_error(404)

    def log_message(self, *_):
        pass


def run(*arguments, given=""):
    return subprocess.run([codex, *arguments], input=given, env=environ, cwd=project, capture_output=True, text=True,
                          timeout=60)


def in_terminal():
    """Type nothing; answer what a program asks of its terminal, until the model has been asked."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    child = subprocess.Popen([codex, "mcp-server"], env=environ, cwd=project, stdin=slave, stdout=slave, stderr=slave,
                             start_new_session=True)
    os.close(slave)
    ends = time.monotonic() + 40
    try:
        while not prompts and time.monotonic() < ends:
            if select.select([master], [], [], 0.1)[0]:
                try:
                    told = os.read(master, 1 << 16)
                except OSError:
                    break
                if b"\x1b[6n" in told:
                    os.write(master, b"\x1b[1;1R")
                if b"\x1b[c" in told:
                    os.write(master, b"\x1b[?1;2c")
    finally:
        for process in Path("/proc").glob("[0-9]*"):  # also what it has put into the background
            try:
                mine = f"HOME={folder}".encode() in (process / "environ").read_bytes().split(b"\0")
                if mine:
                    os.kill(int(process.name), signal.SIGKILL)
            except OSError:
                pass
        child.wait()
        os.close(master)


model = ThreadingHTTPServer(("127.0.0.1", 0), Model)
threading.Thread(target=model.serve_forever, daemon=True).start()
with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
    home, project = Path(folder, "home"), Path(folder, "project")
    home.mkdir()
    project.mkdir()
    (home / "config.toml").write_text(f"""model_provider = "mock"
model = "gpt-6.2-sol"
check_for_update_on_startup = false
[model_providers.mock]
name = "mock"
base_url = "http://127.0.0.1:{model.server_port}/v1"
wire_api = "responses"
requires_openai_auth = false
supports_websockets = false
request_max_retries = 0
stream_max_retries = 0
[analytics]
enabled = false
[projects."{project}"]
trust_level = "trusted"
""")
    environ = {"PATH": os.environ["PATH"], "HOME": folder, "CODEX_HOME": str(home), "TMPDIR": folder,
               "TERM": "xterm-256color", "LANG": "C.UTF-8", "HTTP_PROXY": "http://127.0.0.1:9",
               "HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"}
    if where:
        in_terminal()
        print("in a terminal, the model is asked:", *prompts[:1])
    else:
        about = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "finding", "version": "1"}}
        hello = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": about}) + "\n"
        for name in ("mcp-server", "anything"):
            ended = run(name, given=hello)
            said = [json.loads(line)["result"]["serverInfo"]["name"] for line in ended.stdout.splitlines()]
            print(f"codex {name}, with pipes: exit code {ended.returncode}, served by:", *(said or ["nobody"]))
            if ended.returncode:
                print("   ", ended.stderr.strip().splitlines()[-1])
        helped = run("mcp-server", "--help")
        usage = [line for line in helped.stdout.splitlines() if line.startswith("Usage:")]
        print(f"codex mcp-server --help: exit code {helped.returncode},", *usage)
        print(f"codex help mcp-server: exit code {run('help', 'mcp-server').returncode}")
EOF

case_of() { # VERSION EXPECTED [terminal]
    local found codex=$work/$1/node_modules/.bin/codex
    [[ -e $codex ]] || npm install --silent --no-audit --no-fund --prefix "$work/$1" "@openai/codex@$1" >/dev/null
    [[ $("$codex" --version) == "codex-cli $1" ]] || fail "another version than $1"
    found=$(timeout 120 python3 "$work/run.py" "$codex" "${@:3}") || fail "$1: $found"
    echo "codex $1:"
    echo "$found"
    [[ $found == "$2" ]] || fail "$1: expected"$'\n'"$2"
}

case_of 0.60.1 "codex mcp-server, with pipes: exit code 0, served by: codex-mcp-server
codex anything, with pipes: exit code 1, served by: nobody
    Error: stdout is not a terminal
codex mcp-server --help: exit code 0, Usage: codex mcp-server [OPTIONS]
codex help mcp-server: exit code 0"
case_of 0.171.0 "codex mcp-server, with pipes: exit code 1, served by: nobody
    Error: stdin is not a terminal
codex anything, with pipes: exit code 1, served by: nobody
    Error: stdin is not a terminal
codex mcp-server --help: exit code 0, Usage: codex [OPTIONS] [PROMPT]
codex help mcp-server: exit code 2"
case_of 0.171.0 "in a terminal, the model is asked: mcp-server" terminal
echo "as found: the word is a prompt"
