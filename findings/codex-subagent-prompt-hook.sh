#!/usr/bin/env bash
# Whether Codex calls UserPromptSubmit for the task of a subagent depends on the model.
#
# Guess: UserPromptSubmit comes for what the user enters, and never for what one agent tells another; or, from a run in
#   which a subagent's task came there with an `agent_id`, it comes for each task, and can be refused there.
# What is so: models have one of two sets of tools. With `multi_agent_v1` (gpt-5.5) a task is a prompt of the subagent,
#   and UserPromptSubmit is called with the subagent's `agent_id`. With the newer one, `collaboration` (gpt-6-sol,
#   gpt-6.2-sol), the task comes as a message of another agent, and UserPromptSubmit is not called for it. SubagentStart
#   comes with both, and so do the tools of the subagent at PreToolUse; the `session_id` is the parent's. So a hook that
#   looks at prompts alone misses subagents with one model, and not with another.
# Version: @openai/codex 0.171.0 (npm), `codex exec`.
# Source: seen, in what hooks were called with, with a model on loopback.
#
# Needs npm and python3.
set -euo pipefail

fail() { echo "CHANGED: $*" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

npm install --silent --no-audit --no-fund --prefix "$work/npm" @openai/codex@0.171.0 >/dev/null
codex=$work/npm/node_modules/.bin/codex
[[ $("$codex" --version) == "codex-cli 0.171.0" ]] || fail "another version"

cat >"$work/run.py" <<'EOF'
"""run.py CODEX MODEL: a turn in which a subagent runs a command; prints which hooks were called, and for whom."""
import json, os, subprocess, sys, tempfile, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

codex, name = sys.argv[1:]
lock, begun, ran, sets = threading.Lock(), [], [], []


def call(number, name, space=None, **arguments):
    about = {"type": "function_call", "id": f"f{number}", "call_id": f"c{number}", "name": name}
    return about | ({"namespace": space} if space else {}) | {"arguments": json.dumps(arguments)}


def item(asked, is_subagent, number):
    if is_subagent and not ran:
        ran.append(number)
        return call(number, "exec_command", cmd="true")
    if not is_subagent and not begun:
        begun.append(number)
        lite = [part for part in asked["input"] if part["type"] == "additional_tools"]
        tools = asked.get("tools") or lite[0]["tools"]
        sets[:] = [tool["name"] for tool in tools if any(own["name"] == "spawn_agent" for own in tool.get("tools", ()))]
        if not sets and "- multi_agent_v1: Tools for spawning" in json.dumps(asked):  # to be searched for
            sets.append("multi_agent_v1")
        more = {} if sets == ["multi_agent_v1"] else {"task_name": "task"}
        return call(number, "spawn_agent", sets[0], message="the task", **more)
    last = asked["input"][-1]
    if not is_subagent and last.get("call_id") == f"c{begun[0]}":
        answer = json.loads(last["output"])
        more = {"targets": [answer["agent_id"]]} if "agent_id" in answer else {}
        return call(number, "wait_agent", sets[0], timeout_ms=20000, **more)
    return {"type": "message", "id": f"m{number}", "role": "assistant",
            "content": [{"type": "output_text", "text": "Done.", "annotations": []}]}


class Model(BaseHTTPRequestHandler):
    number = 0

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        with lock:
            Model.number += 1
            made = item(asked, "x-openai-subagent" in self.headers, Model.number)
        about = {"id": f"r{Model.number}", "object": "response", "model": name}
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
    home, seen = os.path.join(folder, "home"), os.path.join(folder, "seen")
    os.mkdir(home)
    os.mkdir(seen)
    hook = [{"hooks": [{"type": "command", "command": f"cat >$(mktemp {seen}/XXXXXXXXXX)"}]}]
    with open(os.path.join(home, "hooks.json"), "w") as file:
        json.dump({"hooks": {event: hook for event in ("UserPromptSubmit", "SubagentStart", "PreToolUse")}}, file)
    with open(os.path.join(home, "config.toml"), "w") as file:
        file.write(f"""model_provider = "mock"
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
    environ = {"PATH": os.environ["PATH"], "HOME": folder, "CODEX_HOME": home, "TMPDIR": folder,
               "HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"}
    subprocess.run([codex, "exec", "--skip-git-repo-check", "--dangerously-bypass-hook-trust", "the prompt"],
                   check=True, env=environ, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    came = []
    for entry in os.scandir(seen):
        with open(entry) as file:
            came.append(json.load(file))
print(f"tools: {' '.join(sets)}, sessions: {len({each['session_id'] for each in came})}")
for each in sorted(came, key=lambda each: ("agent_id" in each, each["hook_event_name"])):
    about = each.get("prompt") or each.get("tool_name", "")
    if "spawn" not in about and "wait" not in about:
        print("subagent:" if "agent_id" in each else "root:", " ".join((each["hook_event_name"], about)).strip())
EOF

case_of() { # MODEL EXPECTED
    local found
    found=$(timeout 90 python3 "$work/run.py" "$codex" "$1") || fail "$1: $found"
    echo "$1, $found"
    [[ $found == "$2" ]] || fail "$1: expected"$'\n'"$2"
}

case_of gpt-5.5 'tools: multi_agent_v1, sessions: 1
root: UserPromptSubmit the prompt
subagent: PreToolUse Bash
subagent: SubagentStart
subagent: UserPromptSubmit the task'
for model in gpt-6-sol gpt-6.2-sol; do
    case_of "$model" 'tools: collaboration, sessions: 1
root: UserPromptSubmit the prompt
subagent: PreToolUse Bash
subagent: SubagentStart'
done
echo "as found: UserPromptSubmit comes for the task with one of the two sets of tools"
