#!/usr/bin/env bash
# msgspec's rename="camel" makes a capital of the letter after a digit: `cache_1h_tokens` is "cache1HTokens".
#
# Guess: a word of a snake_case name gets its first letter in upper case, and the rest stays; "1h" begins with a
#   digit, so it stays "1h", as in what JavaScript programs write ("ephemeral1hInputTokens").
# What is so: the first letter behind the digits is raised too, so that the member of that spelling is unknown and
#   silently takes its default.
# Version: msgspec 0.22.0 (PyPI).
# Source: seen, in the decoded values below.
#
# Needs python3 with venv.
set -euo pipefail
VERSION=0.22.0

fail() { echo "CHANGED: $*" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

python3 -m venv "$work/env"
timeout 300 "$work/env/bin/pip" install --quiet --disable-pip-version-check "msgspec==$VERSION"
seen=$("$work/env/bin/python" - <<'EOF'
import msgspec


class Usage(msgspec.Struct, rename="camel"):
    cache_1h_tokens: int = 0


print("msgspec", msgspec.__version__)
print("encoded name:", Usage.__struct_encode_fields__[0])
print('{"cache1hTokens":5} is', msgspec.json.decode(b'{"cache1hTokens":5}', type=Usage).cache_1h_tokens)
print('{"cache1HTokens":5} is', msgspec.json.decode(b'{"cache1HTokens":5}', type=Usage).cache_1h_tokens)
EOF
)
echo "$seen"
expected='msgspec 0.22.0
encoded name: cache1HTokens
{"cache1hTokens":5} is 0
{"cache1HTokens":5} is 5'
[[ $seen == "$expected" ]] || fail "expected"$'\n'"$expected"
echo "as found: the letter behind a digit is raised"
