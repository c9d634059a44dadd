#!/usr/bin/env bash
# A hook whose Python script is gone blocks every prompt, where one whose program is gone blocks nothing.
#
# Guess: a hook that cannot be started is a hook that failed, and both Codex and Claude Code go on without it, whatever
#   starts it.
# What is so: a missing program is the shell's 127, and the prompt passes. But Python exits with 2 where its script is
#   missing ("can't open file"), and 2 with a text on stderr is how a hook of either program blocks on purpose: no request
#   is sent, with exit code 0. `claude -p` has Python's message as its result; `codex exec` prints no reason.
# Version: @openai/codex 0.171.0 (npm), `codex exec`; @anthropic-ai/claude-code 2.1.332 (npm), `claude -p`; both at
#   UserPromptSubmit.
# Source: seen, with a model on loopback.
#
# Needs npm and python3.
set -euo pipefail

fail() { echo "CHANGED: $*" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

npm install --silent --no-audit --no-fund --prefix "$work/npm" \
  @openai/codex@0.171.0 @anthropic-ai/claude-code@2.1.332 >/dev/null

cat >"$work/run.py" <<'EOF'
"""run.py codex|claude PROGRAM HOOK: a prompt with this hook; prints what was requested, and what the person reads."""
import json, os, subprocess, sys, tempfile, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

name, program, hook = sys.argv[1:]
turns = []


def codex_turn(asked):
    turns.append(asked)
    item = {"type": "message", "id": "m", "role": "assistant",
            "content": [{"type": "output_text", "text": "Done.", "annotations": []}]}
    about = {"id": "r", "object": "response", "model": "gpt-5.5"}
    usage = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
    return [{"type": "response.created", "response": about | {"status": "in_progress"}},
            {"type": "response.output_item.done", "output_index": 0, "item": item},
            {"type": "response.completed", "response": about | {"status": "completed", "usage": usage, "output": [item]}}]


def claude_turn(asked):
    if asked.get("tools"):
        turns.append(asked)
    message = {"id": "m", "type": "message", "role": "assistant", "model": asked["model"], "content": [],
               "stop_reason": None, "usage": {"input_tokens": 1, "output_tokens": 1}}
    return [{"type": "message_start", "message": message},
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Done."}},
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": message["usage"]},
            {"type": "message_stop"}]


class Model(BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        events = codex_turn(asked) if name == "codex" else claude_turn(asked)
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
    home, project = os.path.join(folder, "home"), os.path.join(folder, "project")
    os.mkdir(home)
    os.mkdir(project)
    with open(os.path.join(home, "hooks.json" if name == "codex" else "settings.json"), "w") as file:
        json.dump({"hooks": {"UserPromptSubmit": [{"hooks": [{"type": "command", "command": hook}]}]}}, file)
    address = f"http://127.0.0.1:{server.server_port}"
    environ = {"PATH": os.environ["PATH"], "HOME": folder, "TMPDIR": folder, "HTTP_PROXY": "http://127.0.0.1:9",
               "HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"}
    if name == "codex":
        with open(os.path.join(home, "config.toml"), "w") as file:
            file.write(f"""model_provider = "mock"
model = "gpt-5.5"
[model_providers.mock]
name = "mock"
base_url = "{address}/v1"
wire_api = "responses"
requires_openai_auth = false
supports_websockets = false
[analytics]
enabled = false
""")
        environ |= {"CODEX_HOME": home}
        command = [program, "exec", "--skip-git-repo-check", "--dangerously-bypass-hook-trust", "go"]
    else:
        environ |= {"CLAUDE_CONFIG_DIR": home, "ANTHROPIC_API_KEY": "none", "ANTHROPIC_BASE_URL": address,
                    "DISABLE_AUTOUPDATER": "1", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"}
        command = [program, "-p", "go"]
    done = subprocess.run(command, env=environ, cwd=project, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=60)
for line in (done.stdout + done.stderr).splitlines():
    print(f"    | {line}", file=sys.stderr)
told = "can't open file" in done.stdout + done.stderr
print(f"requests={len(turns)} exit={done.returncode} done={'Done.' in done.stdout} told={told}")
EOF

for name in codex claude; do
  program=$work/npm/node_modules/.bin/$name
  "$program" --version
  found=$(python3 "$work/run.py" "$name" "$program" "/gone/guard")
  echo "$name, missing program: $found"
  [[ $found == "requests=1 exit=0 done=True told=False" ]] || fail "$name, missing program: $found"
  found=$(python3 "$work/run.py" "$name" "$program" "python3 /gone/guard.py")
  echo "$name, missing script: $found"
  told=False; [[ $name == claude ]] && told=True
  [[ $found == "requests=0 exit=0 done=False told=$told" ]] || fail "$name, missing script: $found"
done
