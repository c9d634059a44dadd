#!/usr/bin/env bash
# A Codex hook that stops a turn after a tool takes the tool's output away instead, and the turn goes on.
#
# Guess: Codex has the hooks of Claude Code, so `{"continue": false, "stopReason": …}` from PostToolUse ends the turn
#   after the tool, with its result recorded, as it does there.
# What is so: the tool has run, the model gets the reason in the place of its output, and the next request is sent. From
#   PreToolUse the same answer is not understood, and the tool runs. Nothing ends a turn that is running; a prompt
#   can be blocked at UserPromptSubmit, before its first request.
# Version: @openai/codex 0.171.0 (npm), `codex exec`.
# Source: seen, in the requests that came to a model on loopback.
#
# Needs npm and python3.
set -euo pipefail

fail() { echo "CHANGED: $*" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

npm install --silent --no-audit --no-fund --prefix "$work/npm" @openai/codex@0.171.0 >/dev/null

cat >"$work/run.py" <<'EOF'
"""run.py CODEX EVENT: a turn with one tool and a hook that stops; prints the requests, and what came back of the tool."""
import json, os, subprocess, sys, tempfile, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

codex, event = sys.argv[1:]
asked = []


class Model(BaseHTTPRequestHandler):
    def do_POST(self):
        asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        item = {"type": "message", "id": "m", "role": "assistant",
                "content": [{"type": "output_text", "text": "Done.", "annotations": []}]}
        if len(asked) == 1:
            item = {"type": "function_call", "id": "f", "call_id": "c", "name": "exec_command",
                    "arguments": json.dumps({"cmd": "echo ran > ran.txt; echo its-output"})}
        about = {"id": f"r{len(asked)}", "object": "response", "model": "gpt-5.5"}
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


server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
threading.Thread(target=server.serve_forever, daemon=True).start()
with tempfile.TemporaryDirectory() as folder:
    home = os.path.join(folder, "home")
    os.mkdir(home)
    stop = json.dumps({"continue": False, "stopReason": "because"})
    with open(os.path.join(home, "hooks.json"), "w") as file:
        json.dump({"hooks": {event: [{"hooks": [{"type": "command", "command": f"echo '{stop}'"}]}]}}, file)
    with open(os.path.join(home, "config.toml"), "w") as file:
        file.write(f"""model_provider = "mock"
model = "gpt-5.5"
[model_providers.mock]
name = "mock"
base_url = "http://127.0.0.1:{server.server_port}/v1"
wire_api = "responses"
requires_openai_auth = false
supports_websockets = false
[analytics]
enabled = false
""")
    environ = {"PATH": os.environ["PATH"], "HOME": folder, "CODEX_HOME": home, "TMPDIR": folder,
               "HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"}
    done = subprocess.run([codex, "exec", "--skip-git-repo-check", "-s", "workspace-write",
                           "--dangerously-bypass-hook-trust", "go"], env=environ,
                          cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    ran = os.path.exists(os.path.join(folder, "ran.txt"))
outputs = [str(item["output"]) for item in asked[-1]["input"] if item["type"] == "function_call_output"]
kept = any("its-output" in output for output in outputs)
print(f"requests={len(asked)} ran={ran} output={'kept' if kept else 'replaced'} exit={done.returncode}")
EOF

post=$(python3 "$work/run.py" "$work/npm/node_modules/.bin/codex" PostToolUse)
echo "PostToolUse: $post"
[[ $post == "requests=2 ran=True output=replaced exit=0" ]] || fail "PostToolUse: $post"
pre=$(python3 "$work/run.py" "$work/npm/node_modules/.bin/codex" PreToolUse)
echo "PreToolUse: $pre"
[[ $pre == "requests=2 ran=True output=kept exit=0" ]] || fail "PreToolUse: $pre"
