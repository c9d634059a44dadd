#!/usr/bin/env bash
# Claude Code asks for a session's title again with each prompt, as long as it gets none, and leaves no line of it.
#
# Guess: a title is asked for once, with the first prompt, and each `ai-title` line is the answer to one request; so
#   where there is no such line, none was asked for or billed.
# What is so: an answer that is not the JSON which the request has as its format (a refusal, or words, from a gateway
#   that knows no formats) is billed like any other, in the sums of `cost-state` alone, and neither an `ai-title` nor
#   another line tells of it. Then the next prompt has such a request, too, and so on: of four prompts, eight requests.
#   And where the first answer is a title, its line comes twice, for one request.
# Version: @anthropic-ai/claude-code 2.1.332 (npm), in a terminal.
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
"""run.py CLAUDE KIND: four prompts, and that kind of answer to the question for a title; prints what it asked."""
import fcntl, json, os, pty, select, signal, struct, subprocess, sys, tempfile, termios, threading, time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

claude, kind_of_title = sys.argv[1:]
TITLES = {"json": (json.dumps({"title": "A title"}), "end_turn"), "words": ("A title", "end_turn"),
          "refusal": ("I cannot do that.", "refusal")}
TITLE_TOKENS, TURN_TOKENS = 100, 1
titles, turns = [], []


class Model(BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        is_title = "title" in json.dumps(asked.get("output_config", {}).get("format") or {})
        (titles if is_title else turns).append(json.dumps(asked["messages"][-1]["content"]))
        text, stop = TITLES[kind_of_title] if is_title else ("Done.", "end_turn")
        usage = {"input_tokens": TITLE_TOKENS if is_title else TURN_TOKENS, "output_tokens": 1}
        message = {"id": f"m{time.time_ns()}", "type": "message", "role": "assistant", "model": asked["model"],
                   "content": [], "stop_reason": None, "usage": usage}
        ended = {"stop_reason": stop, "stop_sequence": None}
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
               "CLAUDE_CODE_TMPDIR": folder, "LANG": "C.UTF-8",
               "TERM": "xterm-256color", "HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9",
               "NO_PROXY": "127.0.0.1"}

    def logs():
        return set(home.glob("projects/*/*.jsonl"))

    def lines(log):
        return [json.loads(line) for line in log.read_text().splitlines() if line.endswith("}")]

    def ended(count):
        return lambda: sum(each.get("subtype") == "turn_duration" for log in logs() for each in lines(log)) == count

    prompts = ["the first prompt", "the second prompt", "the third prompt", "the fourth prompt"]
    with terminal(environ, project) as screen:
        for number, prompt in enumerate(prompts, 1):
            screen.enters(prompt, ended(number))
    [log] = logs()
    on_lines = {each["message"]["id"]: each["message"]["usage"]["input_tokens"]
                for each in lines(log) if each["type"] == "assistant"}
    state = [each for each in lines(log) if each["type"] == "cost-state"][-1]
    left = sum(each["inputTokens"] for each in state["modelUsage"].values()) - sum(on_lines.values())
    about = [str(number) for each in titles for number, prompt in enumerate(prompts, 1) if prompt in each]
    print(f"requests: {len(turns)} for answers, {len(titles)} for a title, from prompt {', '.join(about)};",
          f"billed and on no line: {left // TITLE_TOKENS} of {len(titles)};",
          f"ai-title lines: {sum(each['type'] == 'ai-title' for each in lines(log))}")
EOF

case_of() { # KIND EXPECTED
    local found
    found=$(timeout 120 python3 "$work/run.py" "$claude" "$1") || fail "$1: $found"
    echo "$1: $found"
    [[ $found == "$2" ]] || fail "$1: expected"$'\n'"$2"
}

again="requests: 4 for answers, 4 for a title, from prompt 1, 2, 3, 4; billed and on no line: 4 of 4; ai-title lines: 0"
case_of json "requests: 4 for answers, 1 for a title, from prompt 1; billed and on no line: 1 of 1; ai-title lines: 2"
case_of words "$again"
case_of refusal "$again"
echo "as found: a title that fails is asked for again with each prompt, and no line tells of it"
