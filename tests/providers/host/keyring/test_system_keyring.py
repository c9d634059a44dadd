from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest

from providers.domain.errors import Denied, ProgramMissing, ProviderError, TimedOut
from providers.host.keyring import keyring_child, system_keyring
from providers.host.keyring.install import install_sentence
from providers.host.keyring.system_keyring import SystemKeyring
from providers.host.process.child import Finished
from providers.host.secret import Secret

BACKEND = """
import keyring.backend, keyring.errors

class Keyring(keyring.backend.KeyringBackend):
    priority = 1

    def get_password(self, service, account):
        if service == "slow":
            import time; time.sleep(600)
        if service == "locked":
            raise keyring.errors.KeyringLocked("word")
        return f"{service} of {account} ✓" if service == "there" else None

    def set_password(self, *_): ...
    def delete_password(self, *_): ...
"""


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """An environment whose keyring is one of the test's own."""
    folder = tmp_path / "backend"
    (folder / "python_keyring").mkdir(parents=True)
    (folder / "fake_backend.py").write_text(BACKEND)
    settings = folder / "python_keyring" / "keyringrc.cfg"
    settings.write_text(f"[backend]\ndefault-keyring=fake_backend.Keyring\nkeyring-path={folder}\n")
    return {**os.environ, "XDG_CONFIG_HOME": str(folder)}


@pytest.mark.skipif(sys.platform != "linux", reason="the keyring's settings are elsewhere")
@pytest.mark.parametrize("ask", [True, False])
def test_a_secret_comes_from_the_keyring(environ: dict[str, str], *, ask: bool) -> None:
    keyring = SystemKeyring(environ)
    found = keyring.read("there", "dev", ask=ask)
    assert found is not None
    assert found.reveal() == "there of dev ✓"
    assert keyring.read("elsewhere", "dev", ask=ask) is None
    with pytest.raises(Denied) as caught:
        keyring.read("locked", "dev", ask=ask)
    assert "word" not in caught.value.message


@pytest.mark.skipif(sys.platform != "linux", reason="the keyring's settings are elsewhere")
def test_where_there_is_no_keyring(environ: dict[str, str]) -> None:
    environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
    with pytest.raises(ProgramMissing):
        SystemKeyring(environ).read("there", "dev", ask=True)


@pytest.mark.parametrize(
    ("done", "kind"),
    [
        ({"code": None, "timed_out": True}, TimedOut),
        ({"code": keyring_child.REFUSED}, Denied),
        ({"code": keyring_child.NO_KEYRING}, ProgramMissing),
        ({"code": 1, "err": b"Traceback"}, Denied),
        ({"code": -9}, Denied),
        ({"code": keyring_child.LOCKED}, Denied),
        ({"code": keyring_child.UNSAFE}, ProgramMissing),
        ({"code": keyring_child.NO_LIBRARY}, ProgramMissing),
    ],
)
def test_how_it_may_end(done: dict[str, Any], kind: type[ProviderError]) -> None:
    ending: dict[str, Any] = {"out": b"word", "err": b"", "timed_out": False} | done

    def run(*_: object, **__: object) -> Finished:
        return Finished(**ending)

    with pytest.raises(kind) as caught:
        SystemKeyring({}, run).read("there", "dev", ask=True)
    assert "word" not in caught.value.message + caught.value.remedy


def test_only_who_asks_may_wait_for_a_person() -> None:
    seen: list[tuple[bool, float]] = []

    def run(
        argv: Sequence[str],
        *,
        environ: Mapping[str, str],
        folder: Path,
        seconds: float,
        cap: int,
        given: bytes | None,
    ) -> Finished:
        seen.append((argv[-1] == "ask", seconds))
        return Finished(code=keyring_child.NONE, out=b"", err=b"", timed_out=False)

    for ask in (True, False):
        assert SystemKeyring({}, run).read("there", "dev", ask=ask) is None
    assert seen == [(True, system_keyring.ASK_SECONDS), (False, system_keyring.QUIET_SECONDS)]


@pytest.mark.skipif(sys.platform != "linux", reason="the keyring's settings are elsewhere")
def test_one_that_hangs_is_left_alone_at_its_deadline(environ: dict[str, str]) -> None:
    with pytest.raises(TimedOut):
        SystemKeyring(environ, seconds=(3.0, 600.0)).read("slow", "dev", ask=False)
    assert not [each for each in psutil.process_iter(["cmdline"]) if "slow" in (each.info["cmdline"] or ())]


@pytest.mark.skipif(sys.platform != "linux", reason="the keyring's settings are elsewhere")
@pytest.mark.parametrize("operation", ["read-own", "write", "replace", "delete", "check"])
def test_our_own_items_are_in_no_keyring_but_the_systems(environ: dict[str, str], operation: str) -> None:
    with pytest.raises(ProgramMissing) as caught:
        SystemKeyring(environ).do(operation, "there", "dev", ask=False, given=Secret('["a", "b"]'))
    assert "is not the system's own" in caught.value.message


class SecretService:
    """Stands for the real backend, by the name of its module."""

    def __init__(self, module: str) -> None:
        self.__class__ = type("Keyring", (SecretService,), {"__module__": module})


def test_which_keyring_is_the_systems_own() -> None:
    own = SecretService("keyring.backends.SecretService")
    plain, null = SecretService("keyrings.alt.file"), SecretService("keyring.backends.null")
    chained = SecretService("keyring.backends.chainer")
    chained.backends = (plain, own)  # type: ignore[attr-defined]
    assert keyring_child.system_backend(own) is own
    assert keyring_child.system_backend(chained) is own
    assert keyring_child.system_backend(plain) == keyring_child.UNSAFE
    assert keyring_child.system_backend(null) == keyring_child.UNSAFE
    assert keyring_child.system_backend(SecretService("keyring.backends.fail")) == keyring_child.NO_KEYRING
    chained.backends = (plain,)  # type: ignore[attr-defined]
    assert keyring_child.system_backend(chained) == keyring_child.UNSAFE


@pytest.mark.parametrize(
    ("prefix", "command"),
    [
        ("/home/dev/.local/share/pipx/venvs/tankful", "pipx inject tankful keyring"),
        ("/home/dev/.local/share/uv/tools/tankful", "uv tool install '.[keyring]'"),
        (str(Path(__file__).parents[4] / ".venv"), "uv sync --inexact --extra keyring"),
        ("/home/dev/venv", "-m pip install keyring"),
    ],
)
def test_how_to_add_the_library(prefix: str, command: str) -> None:
    assert f"{command}`" in install_sentence(prefix)


class SmallItems:
    """The Credential Manager of Windows, as keyring sees it."""

    def __init__(self, kept: dict[str, str]) -> None:
        self.kept = kept
        self.__class__ = type("Keyring", (SmallItems,), {"__module__": "keyring.backends.Windows"})

    def get_password(self, _service: str, account: str) -> str | None:
        return self.kept.get(account)

    def set_password(self, _service: str, account: str, secret: str) -> None:
        assert len(secret.encode("utf-16-le")) <= 2560
        self.kept[account] = secret

    def delete_password(self, _service: str, account: str) -> None:
        del self.kept[account]


@pytest.mark.parametrize("length", [1, 1200, 1201, 9000])
def test_a_long_secret_is_kept_in_pieces_where_an_item_is_small(length: int) -> None:
    kept: dict[str, str] = {}
    backend, secret = SmallItems(kept), "".join(chr(97 + each % 26) for each in range(length))
    keyring_child.write(backend, "tankful", "a", secret)
    assert keyring_child.read(backend, "tankful", "a") == secret
    assert len(kept) == (1 if length <= 1200 else 1 + -(-length // 1200))
    keyring_child.delete(backend, "tankful", "a")
    assert kept == {}


@pytest.mark.parametrize("length", [1, 1201, 2500])
def test_nothing_is_left_of_a_longer_secret(length: int) -> None:
    kept: dict[str, str] = {}
    backend = SmallItems(kept)
    keyring_child.write(backend, "tankful", "a", "old" * 2000)
    keyring_child.write(backend, "tankful", "a", "n" * length)
    assert keyring_child.read(backend, "tankful", "a") == "n" * length
    assert not [name for name, piece in kept.items() if "old" in piece]
    del kept[max(kept)]  # by somebody else
    if kept:
        keyring_child.delete(backend, "tankful", "a")
    assert kept == {}
