#!/usr/bin/env bash
# msgspec raises ValidationError for text that is no JSON: it judges a member before it has read what follows.
#
# Guess: a DecodeError is for text that is no JSON, and its subclass ValidationError for JSON that is well formed and
#   of another type; so whoever gets a ValidationError for a line of a log knows that the line is whole.
# What is so: the first member that does not fit ends the decoding. A line that is cut short, or has a second record
#   behind a cut one, raises a ValidationError like a whole line of another type, if its type comes first; with a type
#   that fits, the same line raises a plain DecodeError.
# Version: msgspec 0.22.0 (PyPI).
# Source: seen, in the exceptions below.
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


class Used(msgspec.Struct, tag_field="type", tag="used"):
    tokens: int


print("msgspec", msgspec.__version__)
for line in (
    b'{"type":"other","tokens":1}',
    b'{"type":"other","text":"cut sh',
    b'{"type":"other","text":"cut sh{"type":"used","tokens":1}',
    b'{"type":"used","tokens":1',
):
    try:
        msgspec.json.decode(line, type=Used)
    except msgspec.DecodeError as error:
        print(f"{type(error).__name__:15}", line.decode())
EOF
)
echo "$seen"
expected='msgspec 0.22.0
ValidationError {"type":"other","tokens":1}
ValidationError {"type":"other","text":"cut sh
ValidationError {"type":"other","text":"cut sh{"type":"used","tokens":1}
DecodeError     {"type":"used","tokens":1'
[[ $seen == "$expected" ]] || fail "expected"$'\n'"$expected"
echo "as found: a ValidationError does not mean that the text is JSON"
