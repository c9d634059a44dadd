#!/usr/bin/env bash
# A page with `Referrer-Policy: no-referrer` sends its own forms with `Origin: null`.
#
# Guess: the policy is about the Referer header; a form that a page posts to its own server still names its origin, so
#   that a server which takes no other origin takes it.
# What is so: a request that is neither CORS nor a WebSocket has its origin serialized as "null" under no-referrer, also
#   to the same origin, while Sec-Fetch-Site says same-origin. So the strictest policy and an exact check of Origin
#   together refuse every form of one's own, without a script that would fetch instead. same-origin and strict-origin
#   keep the origin.
# Version: Chromium 156.0.8078 (Debian 12); so says the Fetch standard ("append a request Origin header").
# Source: seen, in the headers below; https://fetch.spec.whatwg.org/#append-a-request-origin-header
#
# Needs python3 and chromium (apt install chromium). Uses loopback alone.
set -euo pipefail

fail() { echo "CHANGED: $*" >&2; exit 1; }
command -v chromium >/dev/null || { echo "chromium is missing" >&2; exit 1; }
chromium --version 2>/dev/null
seen=$(timeout 200 python3 - <<'EOF'
import os
import subprocess
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = b"<!doctype html><form method=post action=/do></form><script>document.forms[0].submit()</script>"


class Handler(BaseHTTPRequestHandler):
    policy = ""
    posted = threading.Event()

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.answer(PAGE)

    def do_POST(self):
        origin = self.headers["Origin"]
        shown = "its own" if origin == f"http://{self.headers['Host']}" else origin
        print(f"{Handler.policy}: Origin {shown}, Sec-Fetch-Site {self.headers['Sec-Fetch-Site']}")
        self.answer(b"")
        Handler.posted.set()

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Referrer-Policy", Handler.policy)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
root = ["--no-sandbox"] if os.getuid() == 0 else []
for Handler.policy in ("no-referrer", "same-origin", "strict-origin"):
    Handler.posted.clear()
    with tempfile.TemporaryDirectory() as profile:
        address = f"http://127.0.0.1:{server.server_port}/"
        subprocess.run(
            ["chromium", "--headless", *root, "--disable-gpu", "--disable-background-networking", "--no-first-run",
             f"--user-data-dir={profile}", "--dump-dom", "--virtual-time-budget=3000", address],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60, check=False,
        )
        Handler.posted.wait(10)
EOF
)
echo "$seen"
expected='no-referrer: Origin null, Sec-Fetch-Site same-origin
same-origin: Origin its own, Sec-Fetch-Site same-origin
strict-origin: Origin its own, Sec-Fetch-Site same-origin'
[[ $seen == "$expected" ]] || fail "expected"$'\n'"$expected"
echo "as found: under no-referrer a page's own form comes from nowhere"
