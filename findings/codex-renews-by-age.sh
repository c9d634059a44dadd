#!/usr/bin/env bash
# Codex 0.60.1 renews a ChatGPT login by the age of `last_refresh`, not by the token's `exp`.
#
# Guess: an access token that has not expired is used as it is, and one that has expired is renewed first; so a
#   login whose token is good for years stays as it is in auth.json, whoever asks Codex for anything.
# What is so: a login whose `last_refresh` in auth.json is more than 8 days old is renewed before anything is
#   asked, though its token is good until 2099: the mere question for the rate limits sends the refresh token. With
#   a younger `last_refresh` nothing is renewed beforehand, not even where the token has long expired.
# Version: @openai/codex 0.60.1 (npm), asked through `codex app-server`, account/rateLimits/read.
# Source: seen, in the requests that came to a server on loopback. The documentation that one would believe is
#   the standard's: RFC 6749, section 1.5, has refresh tokens used when an access token expires or is invalid,
#   and `exp` in RFC 7519, section 4.1.4, says when that is.
#
# Needs npm and python3.
set -euo pipefail
VERSION=0.60.1

fail() { echo "CHANGED: $*" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

timeout 300 npm install --no-audit --no-fund --silent --ignore-scripts \
    --prefix "$work/npm" "@openai/codex@$VERSION" >/dev/null
codex=$work/npm/node_modules/.bin/codex
told=$(timeout 30 "$codex" --version)
echo "version: $told"
[[ $told == "codex-cli $VERSION" ]] || fail "another version than $VERSION"

cat >"$work/ask.py" <<'EOF'
"""ask.py CODEX HOME HOURS EXP: one rate limits question; prints the requests that came to loopback."""
import base64, json, os, subprocess, sys, threading
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

codex, home, hours, exp = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])


def token(**claims):
    coded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
             for part in ({"alg": "none", "typ": "JWT"}, claims)]
    return ".".join([*coded, "c2ln"])


account = {"https://api.openai.com/auth": {"chatgpt_account_id": "acct", "chatgpt_plan_type": "pro"}}
login = {
    "id_token": token(email="somebody@example.com", **account),
    "access_token": token(exp=exp, jti="kept", **account),
    "refresh_token": "refresh-kept",
    "account_id": "acct",
}
fresh = {
    "id_token": login["id_token"],
    "access_token": token(exp=exp, jti="renewed", **account),
    "refresh_token": "refresh-renewed",
}
names = {login["access_token"]: "the token in auth.json", fresh["access_token"]: "a renewed token"}


def window(seconds):
    return {"used_percent": 37, "limit_window_seconds": seconds, "reset_after_seconds": 60, "reset_at": 2000000000}


usage = {
    "plan_type": "pro",
    "rate_limit": {
        "allowed": True,
        "limit_reached": False,
        "primary_window": window(18000),
        "secondary_window": window(604800),
    },
    "credits": {"has_credits": False, "unlimited": False, "balance": None},
}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        bearer = self.headers.get("authorization", "").removeprefix("Bearer ")
        print(f"  GET {self.path} with {names.get(bearer, 'something else')}", flush=True)
        self.say(usage)

    def do_POST(self):
        sent = json.loads(self.rfile.read(int(self.headers["content-length"])))
        print(f"  POST {self.path} {sent.get('grant_type')} {sent.get('refresh_token')}", flush=True)
        self.say(fresh)

    def say(self, content):
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}"

os.makedirs(home)
renewed = datetime.now(timezone.utc) - timedelta(hours=hours)
with open(f"{home}/auth.json", "w") as file:
    json.dump({"OPENAI_API_KEY": None, "tokens": login, "last_refresh": renewed.isoformat()}, file)
with open(f"{home}/config.toml", "w") as file:
    file.write(f'chatgpt_base_url = "{url}/backend-api"\ncli_auth_credentials_store = "file"\n')

dead = "http://127.0.0.1:9"  # to nothing but this server
environ = {
    "PATH": os.environ["PATH"],
    "HOME": home,
    "CODEX_HOME": home,
    "CODEX_REFRESH_TOKEN_URL_OVERRIDE": f"{url}/oauth/token",
    "HTTP_PROXY": dead,
    "HTTPS_PROXY": dead,
    "ALL_PROXY": dead,
    "NO_PROXY": "127.0.0.1",
}
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
say(id=2, method="account/rateLimits/read")
limits = answer(2)
child.stdin.close()
child.kill()
child.wait()
if limits.get("result", {}).get("rateLimits", {}).get("primary", {}).get("usedPercent") != 37:
    sys.exit(f"no limits in the answer: {limits}")
EOF

case_of() { # NAME HOURS EXP EXPECTED
    echo "$1:"
    local came
    came=$(timeout 60 python3 "$work/ask.py" "$codex" "$work/$2-$3" "$2" "$3") || fail "$1: $came"
    echo "$came"
    [[ $came == "$4" ]] || fail "$1: expected"$'\n'"$4"
}

kept='  GET /backend-api/wham/usage with the token in auth.json'
renewed='  POST /oauth/token refresh_token refresh-kept
  GET /backend-api/wham/usage with a renewed token'
good=4070908800 gone=1577836800 # 2099 and 2020
case_of "renewed 8 days less an hour ago, token good until 2099" 191 "$good" "$kept"
case_of "renewed 8 days and an hour ago, token good until 2099" 193 "$good" "$renewed"
case_of "renewed 2 days ago, token expired in 2020" 48 "$gone" "$kept"
echo "as found: the age of last_refresh decides, the token's exp does not"
