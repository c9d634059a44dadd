#!/usr/bin/env bash
# Pango 1.50 turns a whole line round for a name from right to left at its beginning, though the name is isolated.
#
# Guess: the directional isolates of Unicode (FSI or LRI before, PDI behind) are made for a name of unknown direction in
#   a line of one's own. Rule P2 of its bidirectional algorithm skips what is between them when it looks for the
#   direction of a paragraph, so "FSI name PDI 5h 72%" goes from left to right; and GNU FriBidi, which Pango is built
#   on, has it so.
# What is so: Pango looks for the direction by itself, and takes the first strong letter, isolated or not: the line is
#   shown as "5h 72% name". A LEFT-TO-RIGHT MARK in front keeps the line's direction, but alone lets the name draw the
#   number behind it to its other side: "5 nameh 72%". It takes a mark on either side of the name, or a mark and the
#   isolate.
# Version: Pango 1.50.12, FriBidi 1.0.8 (Debian 12).
# Source: seen, by where Pango puts each letter. The documentation that one would believe: Unicode's Annex 9, and what
#   Pango says of pango_find_base_dir(), that it looks "according to the Unicode bidirectional algorithm".
#
# Needs Debian 12; as root where one of the packages is still to be installed.
set -euo pipefail
VERSION=1.50.12

fail() { echo "CHANGED: $*" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

packages=(libpango-1.0-0 gir1.2-pango-1.0 python3-gi fonts-dejavu-core libfribidi-bin)
if ! dpkg-query -W -f '${Status}\n' "${packages[@]}" 2>/dev/null | grep -c " installed$" | grep -qx 5; then
    export DEBIAN_FRONTEND=noninteractive
    timeout 120 apt-get -qq update
    timeout 300 apt-get -qq -y install --no-install-recommends "${packages[@]}" >/dev/null
fi
version=$(dpkg-query -W -f '${Version}' libpango-1.0-0)
echo "version: libpango-1.0-0 $version, libfribidi-bin $(dpkg-query -W -f '${Version}' libfribidi-bin)"
[[ $version == "$VERSION"+* ]] || fail "another version than $VERSION"

cat >"$work/run.py" <<'EOF'
"""What Pango and FriBidi show from left to right, with "eman" for a name whose letters go from right to left."""
import subprocess

import gi

gi.require_version("Pango", "1.0")
gi.require_version("PangoCairo", "1.0")
from gi.repository import Pango, PangoCairo

NAME = "\u05d0\u05d1\u05d2\u05d3"
MARKS = {"LRM": "\u200e", "FSI": "\u2068", "LRI": "\u2066", "PDI": "\u2069"}
context = PangoCairo.FontMap.get_default().create_context()


def readable(text):
    return "".join(dict(zip(NAME, "name")).get(letter, letter) for letter in text if letter not in MARKS.values())


def by_pango(text):
    layout = Pango.Layout.new(context)
    layout.set_text(text, -1)
    places = []
    for number, letter in enumerate(text):
        place = layout.index_to_pos(len(text[:number].encode()))
        places.append((place.x + min(place.width, 0), letter))
    places = [each for each in places if each[1] not in MARKS.values()]
    return readable(letter for _, letter in sorted(places))


def by_fribidi(text):
    command = ["fribidi", "--charset", "UTF-8", "--nopad", "--nobreak"]
    shown = subprocess.run(command, input=text + "\n", capture_output=True, encoding="utf-8", check=True).stdout
    return readable(shown.rstrip("\n"))


for line in ("name 5h 72%", "FSI name PDI 5h 72%", "LRI name PDI 5h 72%", "LRM name 5h 72%", "LRM name LRM 5h 72%",
             "LRM FSI name PDI 5h 72%"):
    before, after = line.split("name")
    for mark, letter in MARKS.items():
        before, after = before.replace(f"{mark} ", letter), after.replace(f" {mark}", letter)
    text = before + NAME + after
    print(f"{line}: Pango {by_pango(text)!r}, FriBidi {by_fribidi(text)!r}")
EOF

seen=$(HOME=$work LC_ALL=C.UTF-8 timeout 60 /usr/bin/python3 "$work/run.py")
echo "$seen"
expected="name 5h 72%: Pango '5h 72% eman', FriBidi '5h 72% eman'
FSI name PDI 5h 72%: Pango '5h 72% eman', FriBidi 'eman 5h 72%'
LRI name PDI 5h 72%: Pango '5h 72% eman', FriBidi 'eman 5h 72%'
LRM name 5h 72%: Pango '5 emanh 72%', FriBidi '5 emanh 72%'
LRM name LRM 5h 72%: Pango 'eman 5h 72%', FriBidi 'eman 5h 72%'
LRM FSI name PDI 5h 72%: Pango 'eman 5h 72%', FriBidi 'eman 5h 72%'"
[[ $seen == "$expected" ]] || fail "expected"$'\n'"$expected"
echo "as found: Pango takes the direction of an isolated name for that of the line"
