#!/usr/bin/env bash
# msgspec loads typing_extensions wherever that is installed, although no Python since 3.11 needs it for that.
#
# Guess: a library "without dependencies" costs a process the same, whatever else lies in the environment; and a
#   backport is imported where the standard library lacks the name (`sys.version_info`).
# What is so: three of its modules try typing_extensions first and fall back on `typing`, so that every process that
#   imports msgspec pays for it as soon as another package (anyio, pydantic, …) has brought it along: 1 to 5 MB and
#   20 to 80 ms. With that import refused, msgspec works the same, Annotated and NotRequired included.
# Version: msgspec 0.22.0, typing_extensions 4.16.0 (PyPI), Python 3.11 and newer.
# Source: seen, in sys.modules below.
#
# Needs python3 (3.11 or newer) with venv.
set -euo pipefail
MSGSPEC=0.22.0 BACKPORTS=4.16.0

fail() { echo "CHANGED: $*" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

python3 -m venv "$work/env"
install() { timeout 300 "$work/env/bin/pip" install --quiet --disable-pip-version-check "$@"; }
look='
import resource, sys
if sys.argv[1] == "refused":
    sys.modules["typing_extensions"] = None
import msgspec
from typing import Annotated, NotRequired, TypedDict
loaded = sys.modules.get("typing_extensions") is not None
print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, "MB", file=sys.stderr)
Row = TypedDict("Row", {"n": Annotated[int, msgspec.Meta(ge=0)], "name": NotRequired[str]})
print("typing_extensions", "loaded" if loaded else "not loaded", msgspec.json.decode(b"{\"n\":1}", type=Row))
'
install "msgspec==$MSGSPEC"
alone=$("$work/env/bin/python" -c "$look" as-it-is)
install "typing_extensions==$BACKPORTS"
beside=$("$work/env/bin/python" -c "$look" as-it-is)
refused=$("$work/env/bin/python" -c "$look" refused)
printf 'alone:   %s\nbeside:  %s\nrefused: %s\n' "$alone" "$beside" "$refused"
[[ $alone == "typing_extensions not loaded {'n': 1}" ]] || fail "alone it loads something else"
[[ $beside == "typing_extensions loaded {'n': 1}" ]] || fail "it does not load typing_extensions any more"
[[ $refused == "typing_extensions not loaded {'n': 1}" ]] || fail "it cannot do without any more"
echo "as found: every process pays for what another package brought"
