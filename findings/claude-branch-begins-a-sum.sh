#!/usr/bin/env bash
# The sum in Claude Code's `cost-state` goes on from the parent with --fork-session, and begins anew with /branch.
#
# Guess: --fork-session and /branch are two ways to the same: a session that begins with a copy of another one's lines,
#   each with `forkedFrom`, and a sum that either holds what was copied or does not.
# What is so: with /branch the copied lines have `forkedFrom`, `startTime` is that of the branch, later than all these,
#   and the sum holds what was used since. With --fork-session, in a terminal and with -p, no line has `forkedFrom`,
#   `startTime` is the parent's, earlier than what was copied, and the sum goes on from the parent's. So whoever
#   subtracts what is on copied lines, or what the parent had, is wrong for one of them: `startTime` tells them apart.
# Version: @anthropic-ai/claude-code 2.1.332 (npm), in a terminal and with `-p`.
# Source: seen, in the transcripts of sessions with a model on loopback.
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
"""run.py CLAUDE: a session, its branch, and two forks of it; prints from when, and of what, the sum of each is."""
import fcntl, json, os, pty, select, signal, struct, subprocess, sys, tempfile, termios, threading, time
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

claude = sys.argv[1]
USED = {"one": 1000, "in the branch": 200, "in the fork": 30, "in a terminal": 4}  # input tokens of each prompt


class Model(BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        news = []
        for message in reversed(asked["messages"]):
            if message["role"] == "assistant":
                break
            news.append(message["content"])
        is_title = "format" in (asked.get("output_config") or {})
        prompt = next((each for each in USED if f'"{each}"' in json.dumps(news) and not is_title), None)
        usage = {"input_tokens": USED.get(prompt, 0), "output_tokens": 1}
        text = json.dumps({"title": "A title"}) if is_title else "Done."
        message = {"id": f"m{time.time_ns()}", "type": "message", "role": "assistant", "model": asked["model"],
                   "content": [], "stop_reason": None, "usage": usage}
        ended = {"stop_reason": "end_turn", "stop_sequence": None}
        events = [{"type": "message_start", "message": message},
                  {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
                  {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}},
                  {"type": "content_block_stop", "index": 0},
                  {"type": "message_delta", "delta": ended, "usage": usage},
                  {"type": "message_stop"}]
        body = "".join(f"event: {each['type']}\ndata: {json.dumps(each)}\n\n" for each in events).encode()
        kind = "text/event-stream"
        if not asked.get("stream"):
            whole = message | ended | {"content": [{"type": "text", "text": text}]}
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


class Terminal:
    def __init__(self, environ, folder, *arguments):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self.child = subprocess.Popen([claude, *arguments], env=environ, cwd=folder, stdin=slave, stdout=slave,
                                      stderr=slave, start_new_session=True)
        os.close(slave)
        self.shown = b""
        self.until(lambda: "❯".encode() in self.shown, "a prompt")

    def until(self, true, what, seconds=60):
        ends = time.monotonic() + seconds
        while not true():
            if time.monotonic() > ends:
                sys.exit(f"no sign of {what}: {self.shown[-2000:].decode(errors='replace')}")
            if select.select([self.master], [], [], 0.1)[0]:
                try:
                    self.shown += os.read(self.master, 1 << 16)
                except OSError:
                    pass  # it has ended

    def enters(self, text, true):
        os.write(self.master, text.encode())
        ready = time.monotonic() + 1.5
        self.until(lambda: time.monotonic() > ready, "time")
        os.write(self.master, b"\r")
        self.until(true, f"the end of {text}")


@contextmanager
def terminal(*arguments):
    screen = Terminal(*arguments)
    try:
        yield screen
        screen.enters("/exit", lambda: screen.child.poll() is not None)
    finally:
        try:
            os.killpg(screen.child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        screen.child.wait()
        os.close(screen.master)


server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
threading.Thread(target=server.serve_forever, daemon=True).start()
with tempfile.TemporaryDirectory() as folder:
    home, project = Path(folder, "home"), Path(folder, "project")
    home.mkdir()
    project.mkdir()
    key = "no-key-of-anybody-at-all"
    about = {"hasCompletedOnboarding": True, "theme": "dark",
             "customApiKeyResponses": {"approved": [key[-20:]]},
             "projects": {str(project): {"hasTrustDialogAccepted": True}}}
    (home / ".claude.json").write_text(json.dumps(about))
    environ = {"PATH": os.environ["PATH"], "HOME": folder, "CLAUDE_CONFIG_DIR": str(home), "ANTHROPIC_API_KEY": key,
               "ANTHROPIC_BASE_URL": f"http://127.0.0.1:{server.server_port}", "DISABLE_AUTOUPDATER": "1",
               "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "CLAUDE_CODE_TMPDIR": folder, "LANG": "C.UTF-8",
               "TERM": "xterm-256color", "HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9",
               "NO_PROXY": "127.0.0.1"}

    def logs():
        return set(home.glob("projects/*/*.jsonl"))

    def lines(log):
        return [json.loads(line) for line in log.read_text().splitlines() if line.endswith("}")]

    def turns(count):
        """Whether so many turns have ended, the copied ones included."""
        return lambda: sum(each.get("subtype") == "turn_duration" for log in logs() for each in lines(log)) == count

    def tells(what, log):
        states = [each for each in lines(log) if each["type"] == "cost-state"]
        shared = {each["message"]["id"] for each in lines(first) if each["type"] == "assistant"}
        copied = [each for each in lines(log) if each.get("message", {}).get("id") in shared]
        [start] = {each["startTime"] for each in states}
        at = [datetime.fromisoformat(each["timestamp"]).timestamp() * 1000 for each in copied]
        when = "later" if start > max(at) else "earlier"
        print(f"{what}: {len(copied)} answer copied, {sum('forkedFrom' in each for each in copied)} with forkedFrom;",
              f"startTime {'of the parent' if start in started else 'another'}, {when} than that answer;",
              "input", sum(each["inputTokens"] for each in states[-1]["modelUsage"].values()))

    with terminal(environ, project) as screen:
        screen.enters("one", turns(1))
        [first] = logs()
        screen.enters("/branch", turns(2))
        [branch] = logs() - {first}
        screen.enters("in the branch", turns(3))
    started = {each["startTime"] for each in lines(first) if each["type"] == "cost-state"}
    before = logs()
    subprocess.run([claude, "-p", "--resume", first.stem, "--fork-session", "in the fork"], env=environ, cwd=project,
                   stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=60)
    [fork] = logs() - before
    before = logs()
    with terminal(environ, project, "--resume", first.stem, "--fork-session") as screen:
        screen.enters("in a terminal", lambda: any(each["type"] == "assistant" and not each.get("forkedFrom")
                                                   for log in logs() - before for each in lines(log)))
    [shown] = logs() - before
    tells("/branch", branch)
    tells("--fork-session, -p", fork)
    tells("--fork-session, terminal", shown)
EOF

found=$(timeout 200 python3 "$work/run.py" "$claude") || fail "$found"
echo "$found"
forked="1 answer copied, 0 with forkedFrom; startTime of the parent, earlier than that answer"
expected="/branch: 1 answer copied, 1 with forkedFrom; startTime another, later than that answer; input 200
--fork-session, -p: $forked; input 1030
--fork-session, terminal: $forked; input 1004"
[[ $found == "$expected" ]] || fail "expected"$'\n'"$expected"
echo "as found: a fork goes on with the sum of its parent, and a branch begins one"
