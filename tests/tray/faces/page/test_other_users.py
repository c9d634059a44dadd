"""Other users of this machine reach the port, and get nothing, whatever they send."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tray.faces.page.asking import scope_in, served

NOBODY = 65534
ASK = """
import encodings.idna, os, socket, sys  # it cannot read our files later
os.setgid({nobody}), os.setuid({nobody})
with socket.create_connection(({host!r}, {port})) as connection:
    connection.sendall(sys.stdin.buffer.read())
    while part := connection.recv(65536):
        sys.stdout.buffer.write(part)
"""


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_another_user_gets_nothing_even_with_the_cookie_and_the_token(tmp_path: Path, host: str) -> None:
    with served(scope_in(tmp_path), host=host) as page:
        cookie = page.passes.set_cookie.partition(";")[0]
        for target in ("/", f"/?token={page.passes.token}", "/api/cost", "/health"):
            lines = (
                f"GET {target} HTTP/1.1",
                f"Host: {page.place.netloc}",
                f"Cookie: {cookie}",
                "Connection: close",
            )
            program = ASK.format(nobody=NOBODY, host=host, port=page.place.port)
            done = subprocess.run(
                [sys.executable, "-I", "-c", program],
                input="\r\n".join([*lines, "", ""]).encode(),
                capture_output=True,
                timeout=20,
                check=False,
            )
            assert done.returncode == 0, done.stderr
            assert done.stdout.startswith(b"HTTP/1.1 403 ")
            assert b"another user of this machine" in done.stdout
            assert b"set-cookie" not in done.stdout
