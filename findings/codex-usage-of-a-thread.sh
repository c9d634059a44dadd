#!/usr/bin/env bash
# In Codex's `account/usage/read` a refusal of the server is `threadUsage: null`, and an unknown thread is an error.
#
# Guess: a server that refuses the question for a thread (403, 404) is an error, and a thread that it does not know, and
#   so leaves out of an answer of 200, is `threadUsage: null`. The days, which come without `threadId`, come with it.
# What is so: it is the other way round. 403 and 404 are a result with `threadUsage: null`: not for this account, be it
#   this thread or another. A thread that the server leaves out is error -32603, the code of a server that is broken
#   (500), and only the message differs. And with `threadId`, `dailyUsageBuckets` and the sums of `summary` are null:
#   the server is not even asked for them, so days and threads are two requests.
# Version: @openai/codex 0.171.0 (npm), `codex app-server`.
# Source: seen, in the answers of the program, and in the requests that came to a ChatGPT on loopback. The schema that
#   the program writes has the usage of a thread "instead of" the account's, where "its billing route is available", and
#   nothing about a thread that is left out.
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
"""run.py CODEX: asks for the usage without a thread and with one; prints what was answered, and what came here."""
import base64, json, os, signal, subprocess, sys, tempfile, threading
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

codex = sys.argv[1]
THREAD = "01a228a5-da80-70f1-afdd-9354f9ffe853"
MICROS = "estimated_usage_credits_micros"
group = {"model": "gpt-5.5", "speed": "standard", MICROS: 40, "input_tokens": 7, "cached_input_tokens": 0,
         "net_new_input_tokens": 7, "output_tokens": 3, "total_tokens": 10}
counted = {"thread_id": THREAD, MICROS: 40, "estimated_usage_usd_micros": None, "native_usage_usd_micros": None,
           "groups": [group]}
thread_answer = [200, {"threads": [counted]}]
came = []


class ChatGPT(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/backend-api/wham/profiles/me":
            came.append("days")
            self.say(200, {"stats": {"lifetime_tokens": 5000, "daily_usage_buckets": [
                {"start_date": "2026-11-20", "tokens": 5000}]}})
        else:
            self.say(404, {})

    def do_POST(self):
        self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.path == "/backend-api/wham/usage/thread_usage/query":
            came.append("thread")
            self.say(*thread_answer)
        else:
            self.say(404, {})

    def say(self, status, content):
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def token(**claims):
    coded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
             for part in ({"alg": "none", "typ": "JWT"}, claims)]
    return ".".join([*coded, "c2ln"])


server = ThreadingHTTPServer(("127.0.0.1", 0), ChatGPT)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}"
about = {"https://api.openai.com/auth": {"chatgpt_account_id": "acct", "chatgpt_plan_type": "pro"}}
tokens = {"id_token": token(email="somebody@example.com", **about), "access_token": token(exp=4070908800, **about),
          "refresh_token": "refresh", "account_id": "acct"}
with tempfile.TemporaryDirectory() as folder:
    home = Path(folder, "home")
    home.mkdir()
    login = {"OPENAI_API_KEY": None, "auth_mode": "chatgpt", "tokens": tokens,
             "last_refresh": datetime.now(timezone.utc).isoformat()}
    (home / "auth.json").write_text(json.dumps(login))
    (home / "config.toml").write_text(
        f'chatgpt_base_url = "{url}/backend-api"\ncli_auth_credentials_store = "file"\n[analytics]\nenabled = false\n')
    environ = {"PATH": os.environ["PATH"], "HOME": folder, "CODEX_HOME": str(home), "TMPDIR": folder,
               "CODEX_REFRESH_TOKEN_URL_OVERRIDE": f"{url}/oauth/token",
               "HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"}
    child = subprocess.Popen([codex, "app-server"], env=environ, cwd=folder, text=True, stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)
    number = 0

    def say(**message):
        child.stdin.write(json.dumps(message) + "\n")
        child.stdin.flush()

    def ask(method, **params):
        global number
        number += 1
        say(id=number, method=method, **({"params": params} if params else {}))
        for line in child.stdout:
            message = json.loads(line)
            if message.get("id") == number and "method" not in message:
                return message
        sys.exit("codex app-server ended too early")

    def tells(what, **params):
        came.clear()
        message = ask("account/usage/read", **params)
        error, result = message.get("error"), message.get("result")
        if error:
            shown = f"error {error['code']}"
            shown += ", omitted" if "omitted requested thread" in error["message"] else ""
        else:
            days, thread = result["dailyUsageBuckets"], result.get("threadUsage")
            shown = f"days {None if days is None else len(days)}, lifetime {result['summary']['lifetimeTokens']}, "
            shown += f"thread {None if thread is None else thread['groups'][0]['totalTokens']}"
        print(f"{what}: {shown}; the server was asked for: {' '.join(came)}")

    try:
        ask("initialize", clientInfo={"name": "finding", "title": "finding", "version": "1"})
        say(method="initialized")
        tells("no thread")
        tells("a thread", threadId=THREAD)
        for status in (403, 404, 500):
            thread_answer[:] = status, {"detail": "refused"}
            tells(f"a thread, {status}", threadId=THREAD)
        thread_answer[:] = 200, {"threads": []}
        tells("a thread, left out", threadId=THREAD)
    finally:
        os.killpg(child.pid, signal.SIGKILL)  # the program and what npm has started it by
        child.wait()
EOF

found=$(timeout 90 python3 "$work/run.py" "$codex") || fail "$found"
echo "$found"
expected="no thread: days 1, lifetime 5000, thread None; the server was asked for: days
a thread: days None, lifetime None, thread 10; the server was asked for: thread
a thread, 403: days None, lifetime None, thread None; the server was asked for: thread
a thread, 404: days None, lifetime None, thread None; the server was asked for: thread
a thread, 500: error -32603; the server was asked for: thread
a thread, left out: error -32603, omitted; the server was asked for: thread"
[[ $found == "$expected" ]] || fail "expected"$'\n'"$expected"
echo "as found: a refusal is null, a thread that is left out is an error, and neither comes with days"
