#!/usr/bin/env bash
# `claude --resume ID` finds a session from the folder alone that it began in, or from any: that depends on the version.
#
# Guess: the ID of a session is unique, so `--resume ID` finds it wherever it is called; or, once one has seen that it
#   does not, a session belongs to its folder, and the log that is filed under a folder tells of work there alone.
# What is so: 2.1.197 looks only under the current folder, and not one below it: "No conversation found with session
#   ID", exit code 1, nothing sent. 2.1.332 finds it from any folder, and goes on in the old log: that is still filed
#   under the folder where the session began, and holds lines whose `cwd` is another. So a script that is to work with
#   both has to go to the session's folder first, and whoever counts by folder has to read each line's `cwd`.
# Version: @anthropic-ai/claude-code 2.1.197 and 2.1.332 (npm).
# Source: seen, with a model on loopback.
#
# Needs npm and python3.
set -euo pipefail

fail() { echo "CHANGED: $*" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

cat >"$work/run.py" <<'EOF'
"""run.py CLAUDE: one session, resumed from three folders; prints what came of it, and where its lines are."""
import glob, json, os, subprocess, sys, tempfile, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

claude, = sys.argv[1:]
asked = []


class Model(BaseHTTPRequestHandler):
    def do_POST(self):
        came = json.loads(self.rfile.read(int(self.headers["content-length"])))
        asked.append(json.dumps(came))
        usage = {"input_tokens": 1, "output_tokens": 1}
        message = {"id": f"m{len(asked)}", "type": "message", "role": "assistant", "model": came["model"],
                   "content": [], "stop_reason": None, "usage": usage}
        ended = {"stop_reason": "end_turn", "stop_sequence": None}
        events = [{"type": "message_start", "message": message},
                  {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
                  {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Done."}},
                  {"type": "content_block_stop", "index": 0},
                  {"type": "message_delta", "delta": ended, "usage": usage},
                  {"type": "message_stop"}]
        body = "".join(f"event: {each['type']}\ndata: {json.dumps(each)}\n\n" for each in events).encode()
        kind = "text/event-stream"
        if not came.get("stream"):
            whole = message | ended | {"content": [{"type": "text", "text": "Done."}]}
            body, kind = json.dumps(whole).encode(), "application/json"
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
    for each in ("home", "one/below", "two"):
        os.makedirs(os.path.join(folder, each))
    environ = {"PATH": os.environ["PATH"], "HOME": folder, "CLAUDE_CONFIG_DIR": f"{folder}/home",
               "ANTHROPIC_API_KEY": "none", "ANTHROPIC_BASE_URL": f"http://127.0.0.1:{server.server_port}",
               "DISABLE_AUTOUPDATER": "1", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
               "HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"}

    def run(where, *arguments):
        return subprocess.run([claude, "-p", "--output-format", "json", *arguments], env=environ,
                              cwd=os.path.join(folder, where), stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=60)

    session = json.loads(run("one", "the first words").stdout)["session_id"]
    for where in ("one", "one/below", "two"):
        del asked[:]
        done = run(where, "--resume", session, "go on")
        if done.returncode:
            said = done.stderr.strip().replace(session, "ID")
        else:
            same = json.loads(done.stdout)["session_id"] == session
            said = f"the same session: {same}, with its history: {'the first words' in asked[-1]}"
        print(f"from {where}: exit {done.returncode}, requests {len(asked)}, {said}")
    log, = glob.glob(f"{folder}/home/projects/*/*.jsonl")
    with open(log) as file:
        lines = [json.loads(line) for line in file]
    folders = sorted({os.path.relpath(line["cwd"], folder) for line in lines if "cwd" in line})
    print(f"the log is filed under: {os.path.dirname(log)[-3:]}, its lines: {' '.join(folders)}")
EOF

case_of() { # VERSION EXPECTED
    npm install --silent --no-audit --no-fund --prefix "$work/$1" "@anthropic-ai/claude-code@$1" >/dev/null
    local found
    found=$(timeout 240 python3 "$work/run.py" "$work/$1/node_modules/.bin/claude") || fail "$1: $found"
    echo "version: $1"
    echo "$found"
    [[ $found == "$2" ]] || fail "$1: expected"$'\n'"$2"
}

case_of 2.1.197 'from one: exit 0, requests 1, the same session: True, with its history: True
from one/below: exit 1, requests 0, No conversation found with session ID: ID
from two: exit 1, requests 0, No conversation found with session ID: ID
the log is filed under: one, its lines: one'
case_of 2.1.332 'from one: exit 0, requests 1, the same session: True, with its history: True
from one/below: exit 0, requests 1, the same session: True, with its history: True
from two: exit 0, requests 1, the same session: True, with its history: True
the log is filed under: one, its lines: one one/below two'
echo "as found: the old version looks under the current folder alone"
