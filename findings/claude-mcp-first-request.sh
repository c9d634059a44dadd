#!/usr/bin/env bash
# Claude Code 2.1.332's first message to an MCP server on stdio is no `initialize`, and it may never send one.
#
# Guess: a client of the Model Context Protocol begins with `initialize` and its version, and says
#   `notifications/initialized` before it asks for anything; so a server refuses all else until then, or takes the
#   first line it reads for the handshake. Claude Code 2.1.197 does so.
# What is so: 2.1.332 asks `server/discover` first, whose id is a string, as the version 2026-07-28 without sessions has
#   it. A server that knows it is asked for its tools at once, each request with its version in `_meta`, and sees no
#   `initialize`. Only where `server/discover` is answered by an error (-32601, as for any unknown method) comes the old
#   handshake, in the same process.
# Version: @anthropic-ai/claude-code 2.1.197 and 2.1.332 (npm).
# Source: seen, in the lines that a server read. The documentation that one would believe is that of the protocol up to
#   2025-11-25: "The initialization phase MUST be the first interaction between client and server."
#
# Needs npm and python3.
set -euo pipefail

fail() { echo "CHANGED: $*" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

cat >"$work/server.py" <<'EOF'
"""server.py FILE old|new: an MCP server without tools, which writes down what it is asked."""
import json, os, sys

path, age = sys.argv[1:]
about = {"capabilities": {"tools": {}}, "serverInfo": {"name": "finding", "version": "1"}}
with open(path, "a") as file:
    file.write("process\n")
for line in sys.stdin:
    asked = json.loads(line)
    params = asked.get("params") or {}
    version = params.get("protocolVersion") or params.get("_meta", {}).get("io.modelcontextprotocol/protocolVersion")
    with open(path, "a") as file:
        file.write(f"{asked['method']} id={json.dumps(asked.get('id'))} version={version}\n")
    if "id" not in asked:
        continue
    answer = {"jsonrpc": "2.0", "id": asked["id"]}
    more = {"resultType": "complete", "ttlMs": 1000, "cacheScope": "private"} if age == "new" else {}
    if asked["method"] == "server/discover" and age == "new":
        answer["result"] = about | more | {"supportedVersions": ["2026-07-28"]}
    elif asked["method"] == "initialize":
        answer["result"] = about | {"protocolVersion": version}
    elif asked["method"] == "tools/list":
        answer["result"] = more | {"tools": []}
    else:
        answer["error"] = {"code": -32601, "message": "Method not found"}
    print(json.dumps(answer), flush=True)
EOF

for version in 2.1.197 2.1.332; do
    npm install --silent --no-audit --no-fund --prefix "$work/$version" "@anthropic-ai/claude-code@$version" >/dev/null
done

# In a home of its own, and to nowhere.
export HOME=$work/home CLAUDE_CONFIG_DIR=$work/home/.claude ANTHROPIC_API_KEY=none DISABLE_AUTOUPDATER=1
export CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1 HTTPS_PROXY=http://127.0.0.1:9 ANTHROPIC_BASE_URL=http://127.0.0.1:9
python=$(python3 -c 'import sys; print(sys.executable)')

case_of() { # VERSION old|new EXPECTED
    local claude=$work/$1/node_modules/.bin/claude listed found
    rm -rf "$HOME" "$work/asked"
    mkdir -p "$HOME"
    timeout 60 "$claude" mcp add --scope user finding -- "$python" "$work/server.py" "$work/asked" "$2" >/dev/null
    # `mcp list` starts each server to see whether it answers.
    listed=$(cd "$HOME" && timeout 60 "$claude" mcp list </dev/null 2>&1) || fail "$1: $listed"
    [[ $listed == *Connected* ]] || fail "$1, a server that is $2: $listed"
    found=$(<"$work/asked")
    echo "Claude Code $1, a server that is $2:"
    echo "$found"
    [[ $found == "$3" ]] || fail "$1, a server that is $2: expected"$'\n'"$3"
}

session='initialize id=0 version=2025-11-25
notifications/initialized id=null version=None
tools/list id=1 version=None'
discover='server/discover id="server-discover-probe-1" version=2026-07-28'
case_of 2.1.197 new "process
$session"
case_of 2.1.332 new "process
$discover
tools/list id=0 version=2026-07-28"
case_of 2.1.332 old "process
$discover
$session"
echo "as found: server/discover comes first, initialize only where that is unknown"
