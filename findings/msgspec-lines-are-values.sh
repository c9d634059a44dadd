#!/usr/bin/env bash
# msgspec's decode_lines does not split at newlines: its results cannot be matched with the lines of a log.
#
# Guess: `json.Decoder.decode_lines` is for newline-delimited JSON, so it gives one value for each line, and the
#   third value is that of the third line.
# What is so: a newline is mere whitespace to it. Two values on one line are two results, one value over two lines is
#   one, an empty line is none. In a log where two writes ended up on one line, each later value has another number
#   than its line, without an error. Who needs lines (an offset, a count, one bad line that costs no other) splits them
#   first.
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

decoder = msgspec.json.Decoder()
print("msgspec", msgspec.__version__)
for text in (b'{"a":1}\n{"b":2}\n', b'{"a":1}{"b":2}\n{"c":3}\n', b'{"a":\n1}\n{"b":2}\n', b'{"a":1}\n\n{"b":2}\n'):
    print(text.count(b"\n"), "lines,", len(decoder.decode_lines(text)), "values")
EOF
)
echo "$seen"
expected='msgspec 0.22.0
2 lines, 2 values
2 lines, 3 values
3 lines, 2 values
3 lines, 2 values'
[[ $seen == "$expected" ]] || fail "expected"$'\n'"$expected"
echo "as found: values are not lines"
