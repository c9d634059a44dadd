#!/usr/bin/env bash
# A call that ran when Codex was killed is open for ever in the session's log, though the model is told of its end.
#
# Guess: each call has its output in the rollout file in the end. If Codex is killed while one runs, the session is put
#   in order when it is resumed: the call gets the output that the model is sent, "aborted", and the turn its end; so a
#   call without an output, in the log of a session that a program has open, runs or waits for an approval.
# What is so: the file is not touched by resuming. The server says of the thread "idle", and of its last turn
#   "interrupted", from the log alone, while the log ends in an open call. With the next prompt the model is sent
#   "aborted" as the call's output, made up for the request: neither that nor an end of the killed turn is written, now
#   or later. So a call is over when another turn begins behind it, and before that the log does not tell whether
#   the session is idle or at work.
# Version: @openai/codex 0.171.0 (npm), `codex app-server`.
# Source: seen, in the log, in the answers of the server and in the requests that came to a model on loopback.
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
"""run.py CODEX: a server is killed while a command runs, another resumes the thread and gets the next prompt."""
import json, os, signal, subprocess, sys, tempfile, threading, time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

codex = sys.argv[1]
asked = []


class Model(BaseHTTPRequestHandler):
    def do_POST(self):
        asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        item = {"type": "message", "id": "m", "role": "assistant",
                "content": [{"type": "output_text", "text": "Done.", "annotations": []}]}
        if len(asked) == 1:
            item = {"type": "function_call", "id": "f", "call_id": "call_1", "name": "exec_command",
                    "arguments": json.dumps({"cmd": "echo $$ >$HOME/ran; exec sleep 60", "yield_time_ms": 30000})}
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


class Server:
    def __init__(self, environ, folder):
        self.child = subprocess.Popen([codex, "app-server"], env=environ, cwd=folder, text=True, stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)
        self.asked = 0
        self.ask("initialize", clientInfo={"name": "finding", "title": "finding", "version": "1"})
        self.say(method="initialized")

    def say(self, **message):
        self.child.stdin.write(json.dumps(message) + "\n")
        self.child.stdin.flush()

    def until(self, found):
        for line in self.child.stdout:
            message = json.loads(line)
            if found(message):
                return message
        sys.exit("codex app-server ended too early")

    def ask(self, method, **params):
        self.asked += 1
        self.say(id=self.asked, method=method, params=params)
        return self.until(lambda each: each.get("id") == self.asked and "method" not in each)["result"]

    def turn(self, thread, prompt):
        self.ask("turn/start", threadId=thread, input=[{"type": "text", "text": prompt}])


@contextmanager
def serving(environ, folder):
    server = Server(environ, folder)
    try:
        yield server
    finally:
        os.killpg(server.child.pid, signal.SIGKILL)  # the program and what npm has started it by
        server.child.wait()


model = ThreadingHTTPServer(("127.0.0.1", 0), Model)
threading.Thread(target=model.serve_forever, daemon=True).start()
with tempfile.TemporaryDirectory() as folder:
    home, ran = Path(folder, "home"), Path(folder, "ran")
    home.mkdir()
    (home / "config.toml").write_text(f"""model_provider = "mock"
model = "gpt-5.5"
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

    def log():
        [rollout] = home.glob("sessions/*/*/*/*.jsonl")
        return rollout.read_text()

    def tells(name, text):
        about = [json.loads(line)["payload"] for line in text.splitlines()]
        kinds = [each.get("type") for each in about]
        ends = sum(kind in ("task_complete", "turn_aborted") for kind in kinds)
        print(f"{name}: {kinds.count('task_started')} turns begun, {ends} ended,"
              f" {kinds.count('function_call')} call, {kinds.count('function_call_output')} outputs")

    with serving(environ, folder) as server:
        thread = server.ask("thread/start")["thread"]["id"]
        server.turn(thread, "go")
        ends = time.monotonic() + 30
        while not (ran.exists() and ran.read_text().strip() and '"function_call"' in log()):
            if time.monotonic() > ends:
                sys.exit("the command never ran")
            time.sleep(0.1)
        time.sleep(1)
    time.sleep(1)
    killed = log()
    tells("killed", killed)
    with serving(environ, folder) as server:
        resumed = server.ask("thread/resume", threadId=thread)["thread"]
        print(f"resumed: thread {resumed['status']['type']}, its turns {[each['status'] for each in resumed['turns']]}")
        time.sleep(3)
        print("the log since it was killed:", "as it was" if log() == killed else "another")
        for number, prompt in ((1, "on"), (2, "further")):
            server.turn(thread, prompt)
            server.until(lambda each: each.get("method") == "turn/completed")
            sent = [each["output"] for each in asked[-1]["input"] if each["type"] == "function_call_output"]
            print(f"output in request {number} after that: {sent}")
    after = log()
    tells("after two prompts", after)
    print("'aborted' in the log:", "aborted" in after)
    alive = Path("/proc", ran.read_text().strip()).exists()
    if alive:
        os.kill(int(ran.read_text()), signal.SIGKILL)
EOF

found=$(timeout 120 python3 "$work/run.py" "$codex") || fail "$found"
echo "$found"
expected="killed: 1 turns begun, 0 ended, 1 call, 0 outputs
resumed: thread idle, its turns ['interrupted']
the log since it was killed: as it was
output in request 1 after that: ['aborted']
output in request 2 after that: ['aborted']
after two prompts: 3 turns begun, 2 ended, 1 call, 0 outputs
'aborted' in the log: False"
[[ $found == "$expected" ]] || fail "expected"$'\n'"$expected"
echo "as found: the call stays open in the log, and the model is told that it was aborted"
