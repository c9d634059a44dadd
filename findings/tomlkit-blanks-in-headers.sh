#!/usr/bin/env bash
# tomlkit writes `[[ price ]]` with `[[price.above]]` below it back as `[[ price .above]]`.
#
# Guess: a library that keeps the style of a TOML file returns each header as it was read, since nothing was changed.
# What is so: a dotted header of an array of tables is rebuilt from the spelling of its parent, blanks included, so that
#   a file which was only read and saved has another header. Plain tables (`[ a ]`, `[a.b]`) come back as they were. What
#   is written means the same; a diff, and whoever compares the text to make sure that nothing else changed, sees it.
# Version: tomlkit 0.15.2 (PyPI).
# Source: seen, in the text below.
#
# Needs python3 with venv.
set -euo pipefail
VERSION=0.15.2

fail() { echo "CHANGED: $*" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

python3 -m venv "$work/env"
timeout 300 "$work/env/bin/pip" install --quiet --disable-pip-version-check "tomlkit==$VERSION"
seen=$("$work/env/bin/python" - <<'EOF'
import tomlkit

for text in ("[ a ]\n[a.b]\nn = 1\n", "[[ price ]]\n[[price.above]]\nn = 1\n"):
    again = tomlkit.parse(text).as_string()
    assert tomlkit.parse(again) == tomlkit.parse(text)
    print("kept:" if again == text else "other:", *again.splitlines(), sep=" | ")
EOF
)
echo "$seen"
expected='kept: | [ a ] | [a.b] | n = 1
other: | [[ price ]] | [[ price .above]] | n = 1'
[[ $seen == "$expected" ]] || fail "expected"$'\n'"$expected"
echo "as found: the header of an array of tables is written anew"
