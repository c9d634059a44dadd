#!/usr/bin/env bash
# The `prompt_cache_key` of a subagent's request to Codex's model is the thread of its parent, not its own.
#
# Guess: `prompt_cache_key` and the header `session-id` are the id of the thread that asks, by which its rollout file is
#   named: each thread has a context of its own to be cached. So a proxy can count by it what each thread used.
# What is so: a subagent is a thread with a rollout file of its own, and its requests have the parent's id in both, also
#   where it begins without the parent's context (gpt-5.5). Only `client_metadata.thread_id` and the header `thread-id`
#   are those of the file. Whoever counts by the cache's key has a parent that used all and subagents that used nothing.
# Version: @openai/codex 0.171.0 (npm), `codex exec`.
# Source: seen, in the requests that came to a model on loopback, and in the names of the rollout files.
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
"""run.py CODEX MODEL: a turn with a subagent; prints whose ids are in the requests of each thread."""
import json, os, subprocess, sys, tempfile, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

codex, name = sys.argv[1:]
lock, begun, asked = threading.Lock(), [], []


def call(number, space, name, **arguments):
    return {"type": "function_call", "id": f"f{number}", "call_id": f"c{number}", "namespace": space, "name": name,
            "arguments": json.dumps(arguments)}


def item(request, number):
    is_subagent = request["client_metadata"].get("x-openai-subagent")
    space = "multi_agent_v1" if name == "gpt-5.5" else "collaboration"
    if not is_subagent and not begun:
        begun.append(number)
        more = {} if name == "gpt-5.5" else {"task_name": "task"}
        return call(number, space, "spawn_agent", message="the task", **more)
    last = request["input"][-1]
    if not is_subagent and last.get("call_id") == f"c{begun[0]}":
        answer = json.loads(last["output"])
        more = {"targets": [answer["agent_id"]]} if "agent_id" in answer else {}
        return call(number, space, "wait_agent", timeout_ms=20000, **more)
    return {"type": "message", "id": f"m{number}", "role": "assistant",
            "content": [{"type": "output_text", "text": "Done.", "annotations": []}]}


class Model(BaseHTTPRequestHandler):
    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        with lock:
            number = len(asked) + 1
            asked.append((request, dict((key.lower(), value) for key, value in self.headers.items())))
            made = item(request, number)
        about = {"id": f"r{number}", "object": "response", "model": name}
        usage = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
        events = [{"type": "response.created", "response": about | {"status": "in_progress"}},
                  {"type": "response.output_item.done", "output_index": 0, "item": made},
                  {"type": "response.completed",
                   "response": about | {"status": "completed", "usage": usage, "output": [made]}}]
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
    home = Path(folder, "home")
    home.mkdir()
    (home / "config.toml").write_text(f"""model_provider = "mock"
model = "{name}"
[model_providers.mock]
name = "mock"
base_url = "http://127.0.0.1:{server.server_port}/v1"
wire_api = "responses"
requires_openai_auth = false
supports_websockets = false
[analytics]
enabled = false
""")
    environ = {"PATH": os.environ["PATH"], "HOME": folder, "CODEX_HOME": str(home), "TMPDIR": folder,
               "HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"}
    done = subprocess.run([codex, "exec", "--json", "--skip-git-repo-check", "the prompt"], check=True, env=environ,
                          cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    root = json.loads(done.stdout.splitlines()[0])["thread_id"]
    files = {path.stem[-36:] for path in home.glob("sessions/*/*/*/*.jsonl")}
    print("rollout files:", len(files))
    for which in ("root", "subagent"):
        own = [each for each in asked if (which == "root") == ("x-openai-subagent" not in each[0]["client_metadata"])]
        whose = {id: "its own" if (which == "root") == (id == root) else "its parent's" for id in files}
        print(f"{which}:")
        for field, ids in {
            "prompt_cache_key": {request["prompt_cache_key"] for request, _ in own},
            "header session-id": {headers.get("session-id") for _, headers in own},
            "client_metadata.session_id": {request["client_metadata"].get("session_id") for request, _ in own},
            "client_metadata.thread_id": {request["client_metadata"].get("thread_id") for request, _ in own},
            "header thread-id": {headers.get("thread-id") for _, headers in own},
        }.items():
            print(f"    {field}:", *(whose.get(id, "another") for id in ids))
EOF

expected="rollout files: 2
root:
    prompt_cache_key: its own
    header session-id: its own
    client_metadata.session_id: its own
    client_metadata.thread_id: its own
    header thread-id: its own
subagent:
    prompt_cache_key: its parent's
    header session-id: its parent's
    client_metadata.session_id: its parent's
    client_metadata.thread_id: its own
    header thread-id: its own"
for model in gpt-5.5 gpt-6.2-sol; do
    found=$(timeout 90 python3 "$work/run.py" "$codex" "$model") || fail "$model: $found"
    echo "$model, $found"
    [[ $found == "$expected" ]] || fail "$model: expected"$'\n'"$expected"
done
echo "as found: a subagent's requests have the cache key of its parent"
