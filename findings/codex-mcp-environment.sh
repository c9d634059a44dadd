#!/usr/bin/env bash
# Codex starts an MCP server with almost no environment: not even CODEX_HOME reaches it. Claude Code passes on its own.
#
# Guess: a server on stdio is a child of the program that starts it, and has its environment: a proxy, a token that was
#   exported in the shell, and above all CODEX_HOME, by which it would find the files of this Codex.
# What is so: Codex passes on HOME, LANG, PATH, TZ, USER and their like, but neither CODEX_HOME nor HTTPS_PROXY nor
#   XDG_CONFIG_HOME nor a variable of one's own: a server that looks in ~/.codex then finds another account or none.
#   `env_vars = ["CODEX_HOME"]` in the server's table hands it on. Claude Code passes on all of these, CLAUDE_CONFIG_DIR
#   among them, so that a server that was tried with one of the two fails with the other.
# Version: @openai/codex 0.171.0, @anthropic-ai/claude-code 2.1.332 (npm).
# Source: seen, in what a server wrote down of its environment.
#
# Needs npm and python3.
set -euo pipefail

fail() { echo "CHANGED: $*" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

npm install --silent --no-audit --no-fund --prefix "$work/npm" \
    @openai/codex@0.171.0 @anthropic-ai/claude-code@2.1.332 >/dev/null
bin=$work/npm/node_modules/.bin
[[ $("$bin/codex" --version) == "codex-cli 0.171.0" ]] || fail "another version of Codex"
[[ $("$bin/claude" --version) == 2.1.332* ]] || fail "another version of Claude Code"

cat >"$work/server.py" <<'EOF'
"""server.py FILE: an MCP server without tools, which writes down which variables it has."""
import json, os, sys

with open(sys.argv[1], "w") as file:
    file.write("\n".join(os.environ))
for line in sys.stdin:
    asked = json.loads(line)
    if "id" not in asked:
        continue
    answer = {"jsonrpc": "2.0", "id": asked["id"]}
    if asked["method"] == "initialize":
        answer["result"] = {"protocolVersion": asked["params"]["protocolVersion"], "capabilities": {"tools": {}},
                            "serverInfo": {"name": "finding", "version": "1"}}
    elif asked["method"] == "tools/list":
        answer["result"] = {"tools": []}
    else:
        answer["error"] = {"code": -32601, "message": "no such method"}
    print(json.dumps(answer), flush=True)
EOF

cat >"$work/run.py" <<'EOF'
"""run.py codex|claude PROGRAM SERVER [SETTING]: which of the variables of the program its MCP server has."""
import json, os, subprocess, sys, tempfile, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

kind, program, server, *settings = sys.argv[1:]


class Model(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        item = {"type": "message", "id": "m", "role": "assistant",
                "content": [{"type": "output_text", "text": "Done.", "annotations": []}]}
        about = {"id": "r", "object": "response", "model": "gpt-5.5"}
        usage = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
        events = [{"type": "response.created", "response": about | {"status": "in_progress"}},
                  {"type": "response.output_item.done", "output_index": 0, "item": item},
                  {"type": "response.completed",
                   "response": about | {"status": "completed", "usage": usage, "output": [item]}}]
        body = "".join(f"event: {each['type']}\ndata: {json.dumps(each)}\n\n" for each in events).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.send_error(404)

    def log_message(self, *_):
        pass


model = ThreadingHTTPServer(("127.0.0.1", 0), Model)
threading.Thread(target=model.serve_forever, daemon=True).start()
with tempfile.TemporaryDirectory() as folder:
    home, seen = os.path.join(folder, "home"), os.path.join(folder, "seen")
    os.mkdir(home)
    own = {"CODEX_HOME": home} if kind == "codex" else {"CLAUDE_CONFIG_DIR": home}
    shown = ["HOME", "LANG", "PATH", "TZ", "USER", *own, "HTTPS_PROXY", "XDG_CONFIG_HOME", "FORECAST_TOKEN"]
    environ = {"PATH": os.environ["PATH"], "HOME": folder, "LANG": "C.UTF-8", "TZ": "UTC", "USER": "somebody",
               "HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1", "XDG_CONFIG_HOME": folder,
               "FORECAST_TOKEN": "1", **own}
    if kind == "codex":
        with open(os.path.join(home, "config.toml"), "w") as file:
            file.write(f"""model_provider = "mock"
model = "gpt-5.5"
[model_providers.mock]
name = "mock"
base_url = "http://127.0.0.1:{model.server_port}/v1"
wire_api = "responses"
requires_openai_auth = false
supports_websockets = false
[analytics]
enabled = false
[mcp_servers.finding]
command = {json.dumps(sys.executable)}
args = {json.dumps([server, seen])}
required = true
{"".join(settings)}
""")
        command = [program, "exec", "--skip-git-repo-check", "go"]
    else:
        environ |= {"DISABLE_AUTOUPDATER": "1", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"}
        subprocess.run([program, "mcp", "add", "--scope", "user", "finding", "--", sys.executable, server, seen],
                       env=environ, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=60)
        command = [program, "mcp", "list"]  # starts each of them to see whether it answers
    subprocess.run(command, env=environ, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, check=True,
                   timeout=60)
    with open(seen) as file:
        came = file.read().splitlines()
print("came:", *(name for name in shown if name in came))
print("did not:", *(name for name in shown if name not in came))
EOF

case_of() { # NAME EXPECTED ARGUMENT...
    local found
    found=$(timeout 120 python3 "$work/run.py" "${@:3}") || fail "$1: $found"
    echo "$1:"
    echo "$found"
    [[ $found == "$2" ]] || fail "$1: expected"$'\n'"$2"
}

case_of "Codex 0.171.0" 'came: HOME LANG PATH TZ USER
did not: CODEX_HOME HTTPS_PROXY XDG_CONFIG_HOME FORECAST_TOKEN' codex "$bin/codex" "$work/server.py"
case_of "Codex 0.171.0, with env_vars" 'came: HOME LANG PATH TZ USER CODEX_HOME
did not: HTTPS_PROXY XDG_CONFIG_HOME FORECAST_TOKEN' codex "$bin/codex" "$work/server.py" 'env_vars = ["CODEX_HOME"]'
case_of "Claude Code 2.1.332" 'came: HOME LANG PATH TZ USER CLAUDE_CONFIG_DIR HTTPS_PROXY XDG_CONFIG_HOME FORECAST_TOKEN
did not:' claude "$bin/claude" "$work/server.py"
echo "as found: Codex passes on a few variables, Claude Code all of them"
