#!/usr/bin/env bash
# CODEX_TOOL_CALL_ID of a command of Codex is the `call_id` in the session's log with one model, and not with another.
#
# Guess: a command that a model of Codex calls has CODEX_TOOL_CALL_ID in its environment, and that is the `call_id` of
#   the call in the rollout file; so it tells which of the open calls a process belongs to, and that a call without
#   such a process waits for an approval.
# What is so: with a model that calls `exec_command` itself (gpt-5.5) it is that one. With one that writes scripts
#   ("Code Mode", gpt-6.2-sol) the open call is the script, a `custom_tool_call`, and each command of it has an id of
#   its own, `exec-` and a UUID, that is not in the log while the command runs. It comes there with the command's end,
#   in an `item_completed`, and no line of the log has it together with the `call_id` of its script.
# Version: @openai/codex 0.171.0 (npm), `codex exec`.
# Source: seen, in the environment of commands, and in the log as it was while they ran and afterwards, with a model on
#   loopback.
#
# Needs npm and python3.
set -euo pipefail

fail() { echo "CHANGED: $*" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

npm install --silent --no-audit --no-fund --prefix "$work/npm" @openai/codex@0.171.0 >/dev/null
codex=$work/npm/node_modules/.bin/codex
version=$("$codex" --version)
echo "version: $version"
[[ $version == "codex-cli 0.171.0" ]] || fail "another version"

cat >"$work/run.py" <<'EOF'
"""run.py CODEX MODEL: a turn with two commands; prints by which id each of them is known, and when."""
import json, os, re, subprocess, sys, tempfile, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

codex, name = sys.argv[1:]
COMMANDS = [f"echo $CODEX_TOOL_CALL_ID >$HOME/id{i}; sleep 1; cat $CODEX_HOME/sessions/*/*/*/*.jsonl >$HOME/log{i}"
            for i in (1, 2)]
SCRIPT = "\n".join(f"await tools.exec_command({json.dumps({'cmd': each, 'yield_time_ms': 9000})});" for each in COMMANDS)
answers = [{"type": "message", "id": "m", "role": "assistant",
            "content": [{"type": "output_text", "text": "Done.", "annotations": []}]}]
if name == "gpt-6.2-sol":
    answers.insert(0, {"type": "custom_tool_call", "id": "s", "call_id": "call_1", "name": "exec", "input": SCRIPT})
else:
    answers[:0] = [{"type": "function_call", "id": f"f{i}", "call_id": f"call_{i}", "name": "exec_command",
                    "arguments": json.dumps({"cmd": each, "yield_time_ms": 9000})}
                   for i, each in enumerate(COMMANDS, 1)]
asked = []


class Model(BaseHTTPRequestHandler):
    def do_POST(self):
        asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        item = answers[min(len(asked), len(answers)) - 1]
        about = {"id": f"r{len(asked)}", "object": "response", "model": name}
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
    home = Path(folder, "home")
    home.mkdir()
    (home / "config.toml").write_text(f"""model_provider = "mock"
model = "{name}"
sandbox_mode = "danger-full-access"
approval_policy = "never"
[model_providers.mock]
name = "mock"
base_url = "http://127.0.0.1:{model.server_port}/v1"
wire_api = "responses"
requires_openai_auth = false
supports_websockets = false
[analytics]
enabled = false
""")
    environ = {"PATH": os.environ["PATH"], "HOME": folder, "CODEX_HOME": str(home), "TMPDIR": folder,
               "HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"}
    subprocess.run([codex, "exec", "--skip-git-repo-check", "go"], env=environ, cwd=folder, check=True,
                   stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    [rollout] = home.glob("sessions/*/*/*/*.jsonl")
    after = [json.loads(line) for line in rollout.read_text().splitlines()]
    for i in (1, 2):
        own = Path(folder, f"id{i}").read_text().strip()
        during = Path(folder, f"log{i}").read_text()
        made, done = set(), set()
        for line in during.splitlines():
            about = json.loads(line)["payload"]
            if str(about.get("type")).endswith("_call"):
                made.add((about["type"], about["call_id"]))
            if str(about.get("type")).endswith("_call_output"):
                done.add(about["call_id"])
        opened = [f"{kind} {call}" for kind, call in sorted(made) if call not in done]
        told = [each["payload"]["type"] for each in after if own in json.dumps(each)]
        both = [each for each in after if own in json.dumps(each) and "call_1" in json.dumps(each)]
        shown = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID", own)
        print(f"command {i}: its id {shown}, open in the log {', '.join(opened)}")
        print(f"    its id is in the log while it runs: {'yes' if own in during else 'no'}, afterwards in:", *sorted(told))
        if shown != own:
            print("    lines with its id and with that of the script:", len(both))
    print("different ids:", Path(folder, "id1").read_text() != Path(folder, "id2").read_text())
EOF

case_of() { # MODEL EXPECTED
    local found
    found=$(timeout 90 python3 "$work/run.py" "$codex" "$1") || fail "$1: $found"
    echo "$1:"
    echo "$found"
    [[ $found == "$2" ]] || fail "$1: expected"$'\n'"$2"
}

case_of gpt-5.5 "command 1: its id call_1, open in the log function_call call_1
    its id is in the log while it runs: yes, afterwards in: function_call function_call_output item_completed
command 2: its id call_2, open in the log function_call call_2
    its id is in the log while it runs: yes, afterwards in: function_call function_call_output item_completed
different ids: True"
case_of gpt-6.2-sol "command 1: its id exec-UUID, open in the log custom_tool_call call_1
    its id is in the log while it runs: no, afterwards in: item_completed
    lines with its id and with that of the script: 0
command 2: its id exec-UUID, open in the log custom_tool_call call_1
    its id is in the log while it runs: no, afterwards in: item_completed
    lines with its id and with that of the script: 0
different ids: True"
echo "as found: the commands of a script have ids that the log does not know yet"
