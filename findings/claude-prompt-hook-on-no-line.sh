#!/usr/bin/env bash
# A prompt hook of Claude Code is billed at each event, and only that of Stop leaves a line in the transcript.
#
# Guess: a hook of the type "prompt" is a request to a model like any other, with its answer and usage on a line; or,
#   from the `stop_hook_summary` with the hook's prompt, which Stop leaves, each event has such a line, so that one can
#   at least count the requests that are missing.
# What is so: the answer is on no line at all, and is in the sums of `cost-state` alone. At Stop there is a
#   `stop_hook_summary`, without usage. At UserPromptSubmit, PreToolUse and PostToolUse nothing in the transcript says
#   that there was a hook: the sum exceeds the lines, and no line says why.
# Version: @anthropic-ai/claude-code 2.1.332 (npm), `-p`.
# Source: seen, in the transcript, and in the requests that came to a model on loopback.
#
# Needs npm and python3.
set -euo pipefail

fail() { echo "CHANGED: $*" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

npm install --silent --no-audit --no-fund --prefix "$work/npm" @anthropic-ai/claude-code@2.1.332 >/dev/null
claude=$work/npm/node_modules/.bin/claude
version=$("$claude" --version)
echo "version: $version"
[[ $version == 2.1.332* ]] || fail "another version"

cat >"$work/run.py" <<'EOF'
"""run.py CLAUDE EVENT: a turn with one command and a prompt hook at that event; prints what was billed and written."""
import json, os, subprocess, sys, tempfile, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

claude, event = sys.argv[1:]
HOOK = "Is all of it fine"
billed = {"turn": [], "hook": []}  # input tokens


class Model(BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        last = json.dumps(asked["messages"][-1]["content"])
        own = billed["hook" if HOOK in last else "turn"]
        number = len(billed["turn"]) + len(billed["hook"])
        usage = {"input_tokens": 10**number, "output_tokens": 1}
        own.append(usage["input_tokens"])
        text = json.dumps({"ok": True}) if own is billed["hook"] else "Done."
        block, delta = {"type": "text", "text": ""}, {"type": "text_delta", "text": text}
        whole = {"type": "text", "text": text}
        if own is billed["turn"] and len(own) == 1:
            block = {"type": "tool_use", "id": "t", "name": "Bash", "input": {}}
            delta = {"type": "input_json_delta", "partial_json": '{"command": "echo ran"}'}
            whole = block | {"input": {"command": "echo ran"}}
        message = {"id": f"m{number}", "type": "message", "role": "assistant", "model": asked["model"],
                   "content": [], "stop_reason": None, "usage": usage}
        ended = {"stop_reason": "tool_use" if block["type"] == "tool_use" else "end_turn", "stop_sequence": None}
        events = [{"type": "message_start", "message": message},
                  {"type": "content_block_start", "index": 0, "content_block": block},
                  {"type": "content_block_delta", "index": 0, "delta": delta},
                  {"type": "content_block_stop", "index": 0},
                  {"type": "message_delta", "delta": ended, "usage": usage},
                  {"type": "message_stop"}]
        body = "".join(f"event: {each['type']}\ndata: {json.dumps(each)}\n\n" for each in events).encode()
        kind = "text/event-stream"
        if not asked.get("stream"):
            body, kind = json.dumps(message | ended | {"content": [whole]}).encode(), "application/json"
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
    home, project = Path(folder, "home"), Path(folder, "project")
    home.mkdir()
    project.mkdir()
    hook = {"hooks": [{"type": "prompt", "prompt": f"{HOOK}? $ARGUMENTS"}]}
    settings = {"permissions": {"allow": ["Bash"]}, "hooks": {event: [hook]}}
    (home / "settings.json").write_text(json.dumps(settings))
    environ = {"PATH": os.environ["PATH"], "HOME": folder, "CLAUDE_CONFIG_DIR": str(home), "ANTHROPIC_API_KEY": "none",
               "ANTHROPIC_BASE_URL": f"http://127.0.0.1:{server.server_port}", "DISABLE_AUTOUPDATER": "1",
               "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "CLAUDE_CODE_TMPDIR": folder,
               "HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"}
    subprocess.run([claude, "-p", "go"], env=environ, cwd=project, stdin=subprocess.DEVNULL, capture_output=True,
                   check=True, timeout=60)
    [transcript] = home.glob("projects/*/*.jsonl")
    lines = [json.loads(line) for line in transcript.read_text().splitlines()]
    on_lines = {line["message"]["id"]: line["message"]["usage"]["input_tokens"]
                for line in lines if line["type"] == "assistant"}
    [state] = [line for line in lines if line["type"] == "cost-state"]
    sums = sum(each["inputTokens"] for each in state["modelUsage"].values())
    named = [line.get("subtype") or line["type"] for line in lines if HOOK in json.dumps(line)]
    others = [line.get("subtype") or line["attachment"]["type"] for line in lines if "hook" in (
        line.get("subtype") or line.get("attachment", {}).get("type") or "")]
    left = sums - sum(on_lines.values())
    print(f"requests: {len(billed['turn'])} of the turn, {len(billed['hook'])} of the hook;",
          f"answers on lines: {len(on_lines)}")
    print("in the sum and on no line:", "what the hook used" if left == sum(billed["hook"]) else f"{left} tokens")
    print("lines about a hook:", " ".join(sorted({*named, *others})) or "none")
EOF

for event in UserPromptSubmit PreToolUse PostToolUse Stop; do
    found=$(timeout 90 python3 "$work/run.py" "$claude" "$event") || fail "$event: $found"
    echo "$event, $found"
    line=none
    [[ $event == Stop ]] && line=stop_hook_summary
    expected="requests: 2 of the turn, 1 of the hook; answers on lines: 2
in the sum and on no line: what the hook used
lines about a hook: $line"
    [[ $found == "$expected" ]] || fail "$event: expected"$'\n'"$expected"
done
echo "as found: each prompt hook is billed, and one of Stop alone leaves a line"
