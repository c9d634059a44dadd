#!/usr/bin/env bash
# A prompt that reaches Claude Code while a tool runs is no `user` line of the transcript, and not the `last-prompt`.
#
# Guess: whatever a person sends is a line of type "user" whose content is that text, so that these are what one counts,
#   lists and resumes by; a prompt that had to wait is written when its turn comes; and `last-prompt` is the last one.
# What is so: it is taken up by the turn that is running. The model reads it beside the tool's result, and the transcript
#   has it as an "attachment" of the type "queued_command" alone, and in the "queue-operation" that took it off the queue
#   ("remove", not "dequeue"). `last-prompt` stays the prompt that began the turn. So whoever reads `user` lines counts
#   one message where two were sent.
# Version: @anthropic-ai/claude-code 2.1.332 (npm).
# Source: seen, in the transcript of two prompts to a model on loopback.
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
"""run.py CLAUDE: a prompt, and a second one while a tool of its turn runs; prints the lines that hold either."""
import json, os, subprocess, sys, tempfile, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

claude = sys.argv[1]
turns = []
asked_for_tool = threading.Event()


class Model(BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        block, delta = {"type": "text", "text": ""}, {"type": "text_delta", "text": "Done."}
        whole = {"type": "text", "text": "Done."}
        if any(tool.get("name") == "Bash" for tool in asked.get("tools", ())):
            turns.append(asked)
            if len(turns) == 1:
                block = {"type": "tool_use", "id": "t", "name": "Bash", "input": {}}
                delta = {"type": "input_json_delta", "partial_json": '{"command": "sleep 4"}'}
                whole = block | {"input": {"command": "sleep 4"}}
                asked_for_tool.set()
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


server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
threading.Thread(target=server.serve_forever, daemon=True).start()
with tempfile.TemporaryDirectory() as folder:
    home, project = Path(folder, "home"), Path(folder, "project")
    home.mkdir()
    project.mkdir()
    environ = {"PATH": os.environ["PATH"], "HOME": folder, "CLAUDE_CONFIG_DIR": str(home), "ANTHROPIC_API_KEY": "none",
               "ANTHROPIC_BASE_URL": f"http://127.0.0.1:{server.server_port}", "DISABLE_AUTOUPDATER": "1",
               "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "HTTPS_PROXY": "http://127.0.0.1:9",
               "NO_PROXY": "127.0.0.1"}
    (home / "settings.json").write_text(json.dumps({"permissions": {"allow": ["Bash"]}}))
    streams = ["--input-format", "stream-json", "--output-format", "stream-json", "--verbose"]
    program = subprocess.Popen([claude, "-p", *streams], env=environ, cwd=project, stdin=subprocess.PIPE,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def say(text):
        line = {"type": "user", "message": {"role": "user", "content": [{"type": "text", "text": text}]}}
        program.stdin.write(json.dumps(line).encode() + b"\n")
        program.stdin.flush()

    say("the first prompt")
    asked_for_tool.wait(60)
    threading.Event().wait(1.5)
    say("the second prompt")
    program.stdin.close()
    program.wait(60)
    for path in home.glob("projects/*/*.jsonl"):
        for line in map(json.loads, path.read_text().splitlines()):
            kind = line.get("operation") or line.get("attachment", {}).get("type")
            held = line.get("message") or line.get("content") or line.get("lastPrompt") or line.get("attachment")
            for prompt in ("the first prompt", "the second prompt"):
                if line["type"] != "api-request-blob" and prompt in json.dumps(held):
                    print(f"{prompt}: {line['type']}{f' {kind}' if kind else ''}")
    held = [block for block in turns[-1]["messages"][-1]["content"] if "the second prompt" in json.dumps(block)]
    print("the model read it beside a result:", bool(held))
EOF

found=$(timeout 200 python3 "$work/run.py" "$claude") || fail "$found"
echo "$found"
expected="the first prompt: user
the first prompt: last-prompt
the second prompt: queue-operation remove
the second prompt: attachment queued_command
the first prompt: last-prompt
the model read it beside a result: True"
[[ $found == "$expected" ]] || fail "expected"$'\n'"$expected"
echo "as found: a prompt within a turn is an attachment"
