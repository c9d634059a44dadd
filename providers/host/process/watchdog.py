"""Run as a program: wait for the end of the tankful that started it, and clear up where it was killed.

`watchdog.py ROOT PATHS`: stdin is a pipe from that tankful, which writes one byte when its probe is over. A pipe
that ends without it means that nobody is left to end the children and to remove ROOT. Started with `-I -S`, so
that it costs next to nothing; only in that bad case the rest of tankful is imported, from PATHS.
"""

from __future__ import annotations

import os
import sys


def main(root: str, paths: str) -> None:
    if os.read(0, 1):
        return
    sys.path[:] = [*paths.split(os.pathsep), *sys.path]
    from pathlib import Path

    from providers.host.process.scratch import clear

    clear(Path(root))


if __name__ == "__main__":
    main(*sys.argv[1:])
