#!/usr/bin/env bash
# Codex 0.171 does not tell the model which MCP tools there are; of a server it tells the name and its `instructions`.
#
# Guess: the tools of an MCP server are in the `tools` of each request, as with older versions; so the model knows from
#   the first one what it can call and what for, and `instructions` of a server are an ornament.
# What is so: with models that Codex knows as able to search (gpt-5.5, gpt-6.2-sol) a "deferred tool namespace" has one
#   line, the server's name and behind it its `instructions`, if it has any: no name of a tool, no description. gpt-5.5
#   has to ask `tool_search`, which answers with the tools that share a word with the query, in their own text or in
#   those instructions, and with nothing where the query says the same in other words. What is found is in the `input`
#   of the next request; its `tools` stay as they were. With a model that Codex does not know, the tools are in the
#   first request. So what a server is good for belongs into its `instructions`, in the words that somebody would ask
#   with, and a test with a made-up model shows another Codex than people have.
# Version: @openai/codex 0.171.0 (npm), `codex exec`.
# Source: seen, in the requests that came to a model on loopback.
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

cat >"$work/server.py" <<'EOF'
"""server.py [INSTRUCTIONS]: an MCP server with one tool."""
import json, sys

for line in sys.stdin:
    asked = json.loads(line)
    if "id" not in asked:
        continue
    answer = {"jsonrpc": "2.0", "id": asked["id"]}
    if asked["method"] == "initialize":
        answer["result"] = {"protocolVersion": asked["params"]["protocolVersion"], "capabilities": {"tools": {}},
                            "serverInfo": {"name": "meteo", "version": "1"}}
        answer["result"] |= {"instructions": text for text in sys.argv[1:]}
    elif asked["method"] == "tools/list":
        tool = {"name": "forecast", "description": "Weather of a town", "inputSchema": {"type": "object"}}
        answer["result"] = {"tools": [tool]}
    else:
        answer["error"] = {"code": -32601, "message": "no such method"}
    print(json.dumps(answer), flush=True)
EOF

cat >"$work/run.py" <<'EOF'
"""run.py CODEX SERVER MODEL INSTRUCTIONS [QUERY]: a turn, in which the model may search; prints what it is told."""
import json, os, re, subprocess, sys, tempfile, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

codex, server, name, instructions, *query = sys.argv[1:]
asked = []


class Model(BaseHTTPRequestHandler):
    def do_POST(self):
        asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        item = {"type": "message", "id": "m", "role": "assistant",
                "content": [{"type": "output_text", "text": "Done.", "annotations": []}]}
        if len(asked) == 1 and query:
            item = {"type": "tool_search_call", "id": "s", "call_id": "c", "execution": "client",
                    "status": "completed", "arguments": {"query": query[0]}}
        about = {"id": f"r{len(asked)}", "object": "response", "model": name}
        usage = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
        events = [{"type": "response.created", "response": about | {"status": "in_progress"}},
                  {"type": "response.output_item.done", "output_index": 0, "item": item},
                  {"type": "response.completed",
                   "response": about | {"status": "completed", "usage": usage, "output": [item]}}]
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


model = ThreadingHTTPServer(("127.0.0.1", 0), Model)
threading.Thread(target=model.serve_forever, daemon=True).start()
with tempfile.TemporaryDirectory() as folder:
    home = os.path.join(folder, "home")
    os.mkdir(home)
    with open(os.path.join(home, "config.toml"), "w") as file:
        file.write(f"""model_provider = "mock"
model = "{name}"
[model_providers.mock]
name = "mock"
base_url = "http://127.0.0.1:{model.server_port}/v1"
wire_api = "responses"
requires_openai_auth = false
supports_websockets = false
[analytics]
enabled = false
[mcp_servers.meteo]
command = {json.dumps(sys.executable)}
args = {json.dumps([server, instructions] if instructions else [server])}
required = true
""")
    environ = {"PATH": os.environ["PATH"], "HOME": folder, "CODEX_HOME": home, "TMPDIR": folder,
               "HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"}
    subprocess.run([codex, "exec", "--skip-git-repo-check", "go"], env=environ, cwd=folder, check=True,
                   stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
first, last = asked[0], asked[-1]
line = re.search(r"- (mcp__meteo[^\\]*)", json.dumps(first))
tool = "told" if re.search("forecast|Weather of a town", json.dumps(first)) else "not told"
said = [f"server: {line[1] if line else 'no line'}", f"tool: {tool}"]
if query:
    found = [tool["name"] for space in last["input"][-1]["tools"] for tool in space["tools"]]
    said.append(f"found: {' '.join(found) or 'nothing'}")
    said.append(f"tools of the next request: {'as before' if last['tools'] == first['tools'] else 'others'}")
print(*said, sep=", ")
EOF

case_of() { # EXPECTED MODEL INSTRUCTIONS [QUERY]
    local found
    found=$(timeout 90 python3 "$work/run.py" "$codex" "$work/server.py" "${@:2}") || fail "$2: $found"
    echo "$2${3:+, instructions: $3}${4:+, query: $4}"
    echo "    $found"
    [[ $found == "$1" ]] || fail "$2: expected $1"
}

short="server: mcp__meteo, tool: not told" long="server: mcp__meteo: Tells of rain, tool: not told"
same="tools of the next request: as before"
case_of "$short, found: forecast, $same" gpt-5.5 "" "the weather in Rome"
case_of "$short, found: nothing, $same" gpt-5.5 "" "will there be rain"
case_of "$long, found: forecast, $same" gpt-5.5 "Tells of rain" "will there be rain"
case_of "$short" gpt-6.2-sol ""
case_of "$long" gpt-6.2-sol "Tells of rain"
case_of "server: no line, tool: told" some-model "Tells of rain"
echo "as found: the model is told of the server alone, and finds its tools by their words"
