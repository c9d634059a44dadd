#!/usr/bin/env bash
# `claude -p` that a hook stopped ends as if all had gone well, and says nothing.
#
# Guess: the `stopReason` of a hook's `{"continue": false}` is for the person: `claude -p` prints it, or fails.
# What is so: the tools of the answer run, no further request is sent, the exit code is 0 and the output one empty line;
#   in JSON `"subtype": "success"` and `"result": ""`, and the reason nowhere. Only `"terminal_reason": "hook_stopped"`
#   tells. (A prompt that a hook blocks at UserPromptSubmit has its reason in `result`, with exit code 0, too.)
# Version: @anthropic-ai/claude-code 2.1.332 (npm).
# Source: seen, with a model on loopback.
#
# Needs npm and python3.
set -euo pipefail

fail() { echo "CHANGED: $*" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

npm install --silent --no-audit --no-fund --prefix "$work/npm" @anthropic-ai/claude-code@2.1.332 >/dev/null

cat >"$work/run.py" <<'EOF'
"""run.py CLAUDE FORMAT: a turn with one tool and a hook that stops; prints what `claude -p` did."""
import json, os, subprocess, sys, tempfile, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

claude, shape = sys.argv[1:]
turns = []


class Model(BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        tools = [tool.get("name") for tool in asked.get("tools", ())]
        block = {"type": "text", "text": "Done."}
        if "Bash" in tools:
            turns.append(asked)
            if len(turns) == 1:
                block = {"type": "tool_use", "id": "t", "name": "Bash", "input": {"command": "echo ran > ran.txt"}}
        delta = {"type": "text_delta", "text": "Done."}
        if block["type"] == "tool_use":
            delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
        usage = {"input_tokens": 1, "output_tokens": 1}
        message = {"id": "m", "type": "message", "role": "assistant", "model": asked["model"], "content": [],
                   "stop_reason": None, "usage": usage}
        ended = {"stop_reason": "tool_use" if block["type"] == "tool_use" else "end_turn", "stop_sequence": None}
        empty = block | ({"input": {}} if "input" in block else {"text": ""})
        events = [{"type": "message_start", "message": message},
                  {"type": "content_block_start", "index": 0, "content_block": empty},
                  {"type": "content_block_delta", "index": 0, "delta": delta},
                  {"type": "content_block_stop", "index": 0},
                  {"type": "message_delta", "delta": ended, "usage": usage},
                  {"type": "message_stop"}]
        body = "".join(f"event: {each['type']}\ndata: {json.dumps(each)}\n\n" for each in events).encode()
        kind = "text/event-stream"
        if not asked.get("stream"):
            body, kind = json.dumps(message | ended | {"content": [block]}).encode(), "application/json"
        self.send_response(200)
        self.send_header("Content-Type", kind)
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
    home, project = os.path.join(folder, "home"), os.path.join(folder, "project")
    os.mkdir(home)
    os.mkdir(project)
    stop = json.dumps({"continue": False, "stopReason": "because"})
    hook = [{"hooks": [{"type": "command", "command": f"echo '{stop}'"}]}]
    with open(os.path.join(home, "settings.json"), "w") as file:
        json.dump({"permissions": {"allow": ["Bash"]}, "hooks": {"PreToolUse": hook}}, file)
    environ = {"PATH": os.environ["PATH"], "HOME": folder, "CLAUDE_CONFIG_DIR": home, "ANTHROPIC_API_KEY": "none",
               "ANTHROPIC_BASE_URL": f"http://127.0.0.1:{server.server_port}", "DISABLE_AUTOUPDATER": "1",
               "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "HTTPS_PROXY": "http://127.0.0.1:9",
               "NO_PROXY": "127.0.0.1"}
    done = subprocess.run([claude, "-p", "--output-format", shape, "go"], env=environ, cwd=project,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    ran = os.path.exists(os.path.join(project, "ran.txt"))
    said = done.stdout
    if shape == "json":
        found = json.loads(said)
        said = " ".join(repr(found[name]) for name in ("subtype", "result", "terminal_reason"))
    told = "because" in done.stdout + done.stderr
    print(f"requests={len(turns)} ran={ran} exit={done.returncode} told={told} said={said.rstrip()}")
EOF

for shape in text json; do
  found=$(python3 "$work/run.py" "$work/npm/node_modules/.bin/claude" "$shape")
  echo "$shape: $found"
  said=; [[ $shape == json ]] && said="'success' '' 'hook_stopped'"
  [[ $found == "requests=1 ran=True exit=0 told=False said=$said" ]] || fail "$shape: $found"
done
