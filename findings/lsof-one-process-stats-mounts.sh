#!/usr/bin/env bash
# `lsof -p PID` asks about every mount of the system, not about the files of that process alone.
#
# Guess: with -p lsof looks at one process: it reads the links in /proc/PID/fd and asks about these files. So it cannot
#   be held up by a file system on which that process has nothing, such as a share whose server is away.
# What is so: before anything else it stats the place of each mount, and it reads /proc/N/stat of other processes, too,
#   to throw them away. `-b` is what keeps it off the mounts: the files that it lists are the same then, and with `-w`
#   there is no warning for each mount. `-e PATH` spares one mount alone, by its path.
# Version: lsof 4.95.0 (Debian 12), Linux.
# Source: seen, by the system calls that strace 6.1 writes down, in a mount namespace with two mounts of our own. The
#   manual has -b as a thing for kernels that block, and -p as "excludes or selects the listing of files".
#
# Needs Debian 12 and unshare; as root where one of the packages is still to be installed.
set -euo pipefail

fail() { echo "CHANGED: $*" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

packages=(lsof strace)
if ! dpkg-query -W -f '${Status}\n' "${packages[@]}" 2>/dev/null | grep -c " installed$" | grep -qx "${#packages[@]}"; then
    export DEBIAN_FRONTEND=noninteractive
    timeout 120 apt-get -qq update
    timeout 300 apt-get -qq -y install --no-install-recommends "${packages[@]}" >/dev/null
fi
version=$(dpkg-query -W -f '${Version}' lsof)
echo "version: lsof $version"
[[ $version == 4.95.0-* ]] || fail "another version"

mkdir "$work/one" "$work/two"
cat >"$work/run.sh" <<'EOF'
# In a mount namespace of its own: two mounts, and a process that has nothing on either.
set -euo pipefail
mount -t tmpfs one "$WORK/one"
mount -t tmpfs two "$WORK/two"
cd /
sleep 60 </dev/null >/dev/null 2>&1 &
asked=$!
sleep 60 </dev/null >/dev/null 2>&1 &
other=$!
trap 'kill $asked $other' EXIT
sleep 0.2

calls() { grep -cE "$1" "$WORK/calls" || true; }
look() { # OPTION...
    strace -f -qq -s 4096 -o "$WORK/calls" lsof "$@" -p $asked >"$WORK/out" 2>"$WORK/err" </dev/null
    echo "lsof -p PID${*:+ ${*/$WORK\//}}:"
    echo "  asks about the mounts one: $(calls "stat[a-z0-9]*\(.*\"$WORK/one\"")," \
        "two: $(calls "stat[a-z0-9]*\(.*\"$WORK/two\"")"
    echo "  reads of another process: $(calls "open.*\"/proc/$other/stat\"")"
    grep -qF "$WORK/one" "$WORK/err" && warned=yes || warned=no
    awk 'NR > 1 { print $2, $4, $NF }' "$WORK/out" >"$WORK/names"
    [[ -e $WORK/first ]] || cp "$WORK/names" "$WORK/first"
    cmp -s "$WORK/names" "$WORK/first" && same="as before" || same=others
    echo "  lists $(grep -c . "$WORK/names" | sed 's/^[1-9].*/some/') files, $same; warns of the mount: $warned"
}
look
look -e "$WORK/one"
look -b
look -b -w
EOF
own=()
((EUID == 0)) || own=(--map-root-user)
found=$(WORK=$work LC_ALL=C timeout 60 unshare "${own[@]}" --mount bash "$work/run.sh") || fail "$found"
echo "$found"
expected="lsof -p PID:
  asks about the mounts one: 1, two: 1
  reads of another process: 1
  lists some files, as before; warns of the mount: no
lsof -p PID -e one:
  asks about the mounts one: 0, two: 1
  reads of another process: 1
  lists some files, as before; warns of the mount: no
lsof -p PID -b:
  asks about the mounts one: 0, two: 0
  reads of another process: 1
  lists some files, as before; warns of the mount: yes
lsof -p PID -b -w:
  asks about the mounts one: 0, two: 0
  reads of another process: 1
  lists some files, as before; warns of the mount: no"
[[ $found == "$expected" ]] || fail "expected"$'\n'"$expected"
echo "as found: -p alone asks about every mount, -b about none, for the same list"
