#!/usr/bin/env bash
# psutil's Process.terminal() knows no terminal that was opened after its first call: it returns None, as for a daemon.
#
# Guess: `terminal()` is "the terminal associated with this process, if any, else None", asked of the system at each
#   call, as its neighbours `status()` and `ppid()` are; so a program that runs for days tells by None which processes
#   have no terminal.
# What is so: the number of the terminal is read at each call, but its name is looked up in a list of /dev/tty* and
#   /dev/pts/* that the first call makes, for any process, and that is kept until the program ends. Whoever opens a
#   window later has no terminal, also for a new Process object, as_dict() and process_iter(); the same question from
#   a fresh interpreter names it, and so does ps. A program that runs for long has to go by the links in /proc/PID/fd,
#   or compare the number in /proc/PID/stat itself; and a test that opens its terminal before it asks shows nothing.
# Version: psutil 7.2.2 (PyPI), Linux.
# Source: seen, with sleeping processes on two pseudo-terminals.
#
# Needs Linux, python3 with venv, and ps.
set -euo pipefail

fail() { echo "CHANGED: $*" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q psutil==7.2.2
version=$("$work/venv/bin/python" -c 'import psutil; print(psutil.__version__)')
echo "version: psutil $version"
[[ $version == 7.2.2 ]] || fail "another version"

cat >"$work/ask.py" <<'EOF'
"""Two processes, each on a terminal of its own: the second is opened after the first question."""
import fcntl, os, subprocess, sys, termios

import psutil


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def same(told):
    """Whether that is the name of the terminal, or what else was told."""
    return "its name" if told == name else told


for which in ("opened before the first call", "opened after it"):
    master, slave = os.openpty()
    name = os.ttyname(slave)
    child = subprocess.Popen(["sleep", "60"], stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
                             preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
    try:
        print(f"{which}:")
        print("  terminal():", same(psutil.Process(child.pid).terminal()))
        print("  as_dict():", same(psutil.Process(child.pid).as_dict(["terminal"])["terminal"]))
        listed = [each.info["terminal"] for each in psutil.process_iter(["terminal"]) if each.pid == child.pid]
        print("  process_iter():", *map(same, listed))
        fresh = f"import psutil; print(psutil.Process({child.pid}).terminal())"
        print("  a fresh interpreter:", same(output(sys.executable, "-c", fresh)))
        print("  ps:", same("/dev/" + output("ps", "-o", "tty=", "-p", str(child.pid))))
    finally:
        child.kill()
        child.wait()
        # both ends stay open, so that the second terminal cannot have the first one's number
EOF

found=$(timeout 60 "$work/venv/bin/python" "$work/ask.py") || fail "$found"
echo "$found"
expected="opened before the first call:
  terminal(): its name
  as_dict(): its name
  process_iter(): its name
  a fresh interpreter: its name
  ps: its name
opened after it:
  terminal(): None
  as_dict(): None
  process_iter(): None
  a fresh interpreter: its name
  ps: its name"
[[ $found == "$expected" ]] || fail "expected"$'\n'"$expected"
echo "as found: terminals are listed once, and later ones are None"
