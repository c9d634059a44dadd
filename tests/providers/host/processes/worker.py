"""A program that has files, ports and a child, and says so on stdout: what a look at it must show.

worker.py FOLDER
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys


def main() -> None:
    folder = os.path.realpath(sys.argv[1])
    os.chdir(folder)
    written = open("written.jsonl", "a")  # noqa: SIM115 - open until the end
    both = open("both.lock", "w+")  # noqa: SIM115 - open until the end
    read = open(sys.argv[0])  # noqa: SIM115 - open until the end
    gone = open("deleted.txt", "w")  # noqa: SIM115 - open until the end
    os.unlink("deleted.txt")
    four, six = socket.create_server(("127.0.0.1", 0)), None
    if socket.has_ipv6:
        try:
            six = socket.create_server(("::1", 0), family=socket.AF_INET6)
        except OSError:
            six = None
    client = socket.create_connection(four.getsockname())
    served = four.accept()[0]
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    ports = sorted(each.getsockname()[1] for each in (four, six) if each)
    print(json.dumps({"child": child.pid, "ports": ports}), flush=True)
    if sys.stdin.readline() == "close\n":
        four.close()
        print("closed", flush=True)
        sys.stdin.readline()
    child.communicate(b"\n")
    for each in (written, both, read, gone, client, served):
        each.close()


if __name__ == "__main__":
    main()
