#!/usr/bin/env bash
# An older `codex app-server` refuses a request for a member of `params` that it does not know.
#
# Guess: a member that was added later is ignored by an older server, so that `excludeResetCreditDetails` may be sent
#   to any version.
# What is so: account/rateLimits/read had no parameters once. That version takes a request without `params`, and with
#   empty ones, but fails with one that has any member, whatever its name: "invalid type: map, expected unit". A newer
#   one takes the same request. So the version must be known first.
# Version: @openai/codex 0.60.1 and 0.171.0 (npm).
# Source: seen, in the answers and in the requests that came to a server on loopback.
#
# Needs npm and python3.
set -euo pipefail

fail() { echo "CHANGED: $*" >&2; exit 1; }
work=$(mktemp -d)
export WORK=$work
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

cat >"$work/ask.py" <<'EOF'
"""ask.py CODEX PATH [PARAMS]: one rate limits question; prints the path it came to on loopback, and an error's text."""
import base64, json, os, subprocess, sys, tempfile, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

codex, path, *params = sys.argv[1:]


def token(**claims):
    coded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
             for part in ({"alg": "none", "typ": "JWT"}, claims)]
    return ".".join([*coded, "c2ln"])


account = {"https://api.openai.com/auth": {"chatgpt_account_id": "acct", "chatgpt_plan_type": "pro"}}
login = {"id_token": token(email="somebody@example.com", **account), "access_token": token(exp=4070908800, **account),
         "refresh_token": "refresh", "account_id": "acct"}
window = {"used_percent": 37, "limit_window_seconds": 18000, "reset_after_seconds": 60, "reset_at": 2000000000}
usage = {"plan_type": "pro", "credits": None,
         "rate_limit": {"allowed": True, "limit_reached": False, "primary_window": window, "secondary_window": None}}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path.endswith("/usage"):
            print(f"  GET {self.path}", flush=True)
        body = json.dumps(usage).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
home = tempfile.mkdtemp(dir=os.environ["WORK"])
with open(f"{home}/auth.json", "w") as file:
    json.dump({"OPENAI_API_KEY": None, "tokens": login, "last_refresh": time.strftime("%Y-%m-%dT%H:%M:%SZ")}, file)
with open(f"{home}/config.toml", "w") as file:
    file.write(f'chatgpt_base_url = "http://127.0.0.1:{server.server_port}{path}"\n'
               'cli_auth_credentials_store = "file"\n[analytics]\nenabled = false\n')
dead = "http://127.0.0.1:9"  # to nothing but this server
environ = {"PATH": os.environ["PATH"], "HOME": home, "CODEX_HOME": home, "HTTP_PROXY": dead, "HTTPS_PROXY": dead,
           "ALL_PROXY": dead, "NO_PROXY": "127.0.0.1"}
child = subprocess.Popen([codex, "app-server"], env=environ, cwd=home, text=True,
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def say(**message):
    child.stdin.write(json.dumps(message) + "\n")
    child.stdin.flush()


def answer(number):
    for line in child.stdout:
        message = json.loads(line)
        if message.get("id") == number and "method" not in message:
            return message
    sys.exit("codex app-server ended without an answer")


say(id=1, method="initialize", params={"clientInfo": {"name": "finding", "title": "finding", "version": "1"}})
answer(1)
say(method="initialized")
say(id=2, method="account/rateLimits/read", **({"params": json.loads(params[0])} if params else {}))
limits = answer(2)
child.stdin.close()
child.kill()
child.wait()
if "error" in limits:
    print(f"  error: {limits['error']['message']}")
elif limits["result"]["rateLimits"]["primary"]["usedPercent"] != 37:
    sys.exit(f"no limits in the answer: {limits}")
EOF
install() { # VERSION: prints where its program is
    timeout 300 npm install --no-audit --no-fund --silent --ignore-scripts \
        --prefix "$work/$1" "@openai/codex@$1" >/dev/null
    local codex=$work/$1/node_modules/.bin/codex
    [[ $(timeout 30 "$codex" --version) == "codex-cli $1" ]] || fail "another version than $1"
    echo "$codex"
}

case_of() { # NAME EXPECTED CODEX PATH [PARAMS]
    echo "$1:"
    local came
    came=$(timeout 60 python3 "$work/ask.py" "${@:3}") || fail "$1: $came"
    echo "$came"
    [[ $came == "$2" ]] || fail "$1: expected"$'\n'"$2"
}

more='{"excludeResetCreditDetails": true}'
asked="  GET /backend-api/wham/usage"
old=$(install 0.60.1)
echo "version: 0.60.1"
case_of "without params" "$asked" "$old" /backend-api
case_of "with empty params" "$asked" "$old" /backend-api "{}"
case_of "with one member" "  error: Invalid request: invalid type: map, expected unit" "$old" /backend-api "$more"
new=$(install 0.171.0)
echo "version: 0.171.0"
case_of "with one member" "$asked" "$new" /backend-api "$more"
echo "as found: the old version refuses any member"
