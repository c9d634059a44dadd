"""A separate program: reads and writes one secret in the system's keyring, so that the caller can stop waiting.

Arguments: the operation, service and account, and `ask` if the system may prompt the user. Secrets come on stdin,
never as arguments, which everybody on the machine can read. Exits with 0, or one of the codes below.

    read      prints the secret, of whatever keyring is configured
    read-own  the same, of the system's own keyring alone; and so are all that follow, since others keep their
              secrets in plain files, or nowhere
    write     gets the secret
    replace   gets the old and the new one as a JSON list, and writes only where the old one is still there
    delete
    check     says whether a secret could be read and written
"""

from __future__ import annotations

import sys
from typing import Any

FOUND, NONE, REFUSED, NO_KEYRING, LOCKED, UNSAFE, NO_LIBRARY = 0, 3, 4, 5, 6, 7, 8

IN_PIECES = "in pieces: "
WINDOWS_MOST = 1200
"""Characters: the Credential Manager takes 2560 bytes of UTF-16 (CRED_MAX_CREDENTIAL_BLOB_SIZE)."""

SYSTEM_BACKENDS = (
    "keyring.backends.SecretService",
    "keyring.backends.macOS",
    "keyring.backends.Windows",
)


def main(operation: str, service: str, account: str, *, ask: bool) -> int:
    if sys.platform == "darwin" and not ask:
        _forbid_dialogs()
    try:
        import keyring
        from keyring.errors import KeyringError, NoKeyringError
    except ImportError:
        return NO_LIBRARY
    backend = keyring.get_keyring() if operation == "read" else system_backend(keyring.get_keyring())
    if isinstance(backend, int):
        return backend
    try:
        if not ask and _is_locked(backend):
            return LOCKED
        return _do(operation, backend, service, account)
    except NoKeyringError:
        return NO_KEYRING
    except KeyringError as error:
        return LOCKED if type(error).__name__ in ("KeyringLocked", "InitError") else REFUSED


def _do(operation: str, backend: Any, service: str, account: str) -> int:
    if operation == "check":
        backend.get_password(service, account)  # which unlocks it, if the user allows that
        return FOUND
    if operation == "write":
        write(backend, service, account, sys.stdin.buffer.read().decode())
        return FOUND
    found = read(backend, service, account)
    if found is None:
        return NONE
    if operation == "delete":
        delete(backend, service, account)
    elif operation == "replace":
        import json  # who imports the codes above waits for no more

        old, new = json.loads(sys.stdin.buffer.read())
        if found != old:
            return NONE
        write(backend, service, account, new)
    else:  # read, read-own
        sys.stdout.buffer.write(found.encode())
    return FOUND


def read(backend: Any, service: str, account: str) -> str | None:
    """A secret, put together where it is in pieces."""
    found: str | None = backend.get_password(service, account)
    if found is None or not found.startswith(IN_PIECES):
        return found
    pieces = [backend.get_password(service, name) for name in _pieces(account, found)]
    return None if None in pieces else "".join(pieces)


def write(backend: Any, service: str, account: str, secret: str) -> None:
    """In pieces where one item of the backend is too small, the first item last: a reader finds all or none.

    Pieces of a longer secret that was there before are deleted.
    """
    most = WINDOWS_MOST if type(backend).__module__ == "keyring.backends.Windows" else len(secret) or 1
    pieces = [secret[start : start + most] for start in range(0, len(secret), most)]
    before = _pieces(account, backend.get_password(service, account))
    first = f"{IN_PIECES}{len(pieces)}" if len(pieces) > 1 else secret
    for name, piece in zip(_pieces(account, first), pieces, strict=False):
        backend.set_password(service, name, piece)
    backend.set_password(service, account, first)
    _delete(backend, service, before[len(_pieces(account, first)) :])


def delete(backend: Any, service: str, account: str) -> None:
    first = backend.get_password(service, account)
    backend.delete_password(service, account)
    _delete(backend, service, _pieces(account, first))


def _delete(backend: Any, service: str, names: list[str]) -> None:
    """Those that are there: a piece that somebody else deleted keeps none of the others."""
    for name in names:
        if backend.get_password(service, name) is not None:
            backend.delete_password(service, name)


def _pieces(account: str, first: str | None) -> list[str]:
    """The names of the other items of a secret whose first item is this."""
    count = (first or "").removeprefix(IN_PIECES) if (first or "").startswith(IN_PIECES) else "0"
    return [f"{account}.{number}" for number in range(int(count) if count.isdecimal() else 0)]


def system_backend(backend: Any) -> Any:
    """The system's own keyring, or the code for there being none; `backend` may choose among several."""
    candidates = getattr(backend, "backends", (backend,))
    own = next((each for each in candidates if type(each).__module__ in SYSTEM_BACKENDS), None)
    if own is not None:
        return own
    modules = [type(each).__module__ for each in candidates]
    return NO_KEYRING if all(module == "keyring.backends.fail" for module in modules) else UNSAFE


def _is_locked(backend: Any) -> bool:
    """Whether to use it would open a dialog. The macOS Keychain is asked for none by other means."""
    if type(backend).__module__ != "keyring.backends.SecretService":
        return False
    import secretstorage
    from secretstorage.exceptions import ItemNotFoundException

    try:
        bus = secretstorage.dbus_init()
        path = getattr(backend, "preferred_collection", "/org/freedesktop/secrets/aliases/default")
        return bool(secretstorage.Collection(bus, path).is_locked())
    except ItemNotFoundException:  # no collection yet: to create one opens a dialog
        return True


def _forbid_dialogs() -> None:
    """Raises if that is impossible: then nothing is read, and no prompt appears."""
    import ctypes

    security = ctypes.CDLL("/System/Library/Frameworks/Security.framework/Security")
    if security.SecKeychainSetUserInteractionAllowed(ctypes.c_ubyte(0)) != 0:
        raise OSError("dialogs cannot be forbidden")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4], ask=sys.argv[4:] == ["ask"]))
