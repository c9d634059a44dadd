#!/usr/bin/env bash
# What a hook of Claude Code gives as `stopReason` reaches the model after all, with the next prompt.
#
# Guess: the reason of `{"continue": false, "stopReason": …}` is for the person: it says why the turn is over, and the
#   model, which is not asked any more, never sees it. What was true then ("3 % left") is gone with the turn.
# What is so: it is kept in the session, and when that is resumed by another process, which has no hook, the request has
#   it as a message of the system, "PreToolUse:Bash hook stopped continuation: 3 % left", behind the new prompt, as the
#   last that the model reads; each later request has it as well. So a reason with figures should say of what time they
#   are, and it must be one that the model may read.
# Version: @anthropic-ai/claude-code 2.1.332 (npm).
# Source: seen, in the requests that came to a model on loopback. The documentation that one would believe: its hooks
#   reference, which has `stopReason` as a "message shown to user", "not shown to Claude".
#
# Needs npm and python3.
set -euo pipefail

fail() { echo "CHANGED: $*" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

npm install --silent --no-audit --no-fund --prefix "$work/npm" @anthropic-ai/claude-code@2.1.332 >/dev/null
claude=$work/npm/node_modules/.bin/claude
[[ $("$claude" --version) == 2.1.332* ]] || fail "another version"

cat >"$work/run.py" <<'EOF'
"""run.py CLAUDE EVENT: a turn that a hook stops, then two prompts without hooks; prints what the model was told."""
import json, os, subprocess, sys, tempfile, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

claude, event = sys.argv[1:]
turns = []


class Model(BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        block, delta = {"type": "text", "text": ""}, {"type": "text_delta", "text": "Done."}
        whole = {"type": "text", "text": "Done."}
        if any(tool.get("name") == "Bash" for tool in asked.get("tools", ())):
            turns.append(asked)
            if len(turns) == 1:
                block = {"type": "tool_use", "id": "t", "name": "Bash", "input": {}}
                delta = {"type": "input_json_delta", "partial_json": '{"command": "echo ran"}'}
                whole = block | {"input": {"command": "echo ran"}}
        usage = {"input_tokens": 1, "output_tokens": 1}
        message = {"id": f"m{len(turns)}", "type": "message", "role": "assistant", "model": asked["model"],
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


def texts(request):
    """(role, text), in the order in which the model reads them."""
    for message in request["messages"]:
        content = message["content"]
        for block in [{"type": "text", "text": content}] if isinstance(content, str) else content:
            if block["type"] == "text":
                yield message["role"], block["text"]


server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
threading.Thread(target=server.serve_forever, daemon=True).start()
with tempfile.TemporaryDirectory() as folder:
    home, project = os.path.join(folder, "home"), os.path.join(folder, "project")
    os.mkdir(home)
    os.mkdir(project)
    environ = {"PATH": os.environ["PATH"], "HOME": folder, "CLAUDE_CONFIG_DIR": home, "ANTHROPIC_API_KEY": "none",
               "ANTHROPIC_BASE_URL": f"http://127.0.0.1:{server.server_port}", "DISABLE_AUTOUPDATER": "1",
               "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "HTTPS_PROXY": "http://127.0.0.1:9",
               "NO_PROXY": "127.0.0.1"}
    stop = json.dumps({"continue": False, "stopReason": "3 % left"})

    def run(hooks, *arguments):
        with open(os.path.join(home, "settings.json"), "w") as file:
            json.dump({"permissions": {"allow": ["Bash"]}, "hooks": hooks}, file)
        subprocess.run([claude, "-p", *arguments], env=environ, cwd=project, stdin=subprocess.DEVNULL,
                       capture_output=True, check=True, timeout=60)

    run({event: [{"hooks": [{"type": "command", "command": f"echo '{stop}'"}]}]}, "begin")
    print(f"requests of the turn that was stopped: {len(turns)}")
    for prompt in ("the second prompt", "the third prompt"):
        run({}, "--continue", prompt)
        told = [(role, text) for role, text in texts(turns[-1]) if text == prompt or "3 % left" in text]
        print(f"{prompt}:", *(f"[{role}] {text}" for role, text in told), sep="\n    ")
EOF

for event in PreToolUse PostToolUse; do
    found=$(timeout 200 python3 "$work/run.py" "$claude" "$event") || fail "$event: $found"
    echo "stopped at $event, $found"
    told="[system] $event:Bash hook stopped continuation: 3 % left"
    expected="requests of the turn that was stopped: 1
the second prompt:
    [user] the second prompt
    $told
the third prompt:
    $told
    [user] the third prompt"
    [[ $found == "$expected" ]] || fail "$event: expected"$'\n'"$expected"
done
echo "as found: the reason is sent with the next prompt, and from then on"
