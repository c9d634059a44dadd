"""A separate program: prints one secret from the system's keyring, so that the caller can stop waiting.

Arguments: service, account, and `ask` if the system may prompt the user. Exits with 0, or: 3 not found,
4 access denied, 5 no keyring.
"""

import sys

FOUND, NONE, REFUSED, NO_KEYRING = 0, 3, 4, 5


def main(service: str, account: str, *, ask: bool) -> int:
    if sys.platform == "darwin" and not ask:
        _forbid_dialogs()
    try:
        import keyring
        from keyring.errors import KeyringError, NoKeyringError
    except ImportError:
        return NO_KEYRING
    try:
        found = keyring.get_password(service, account)
    except NoKeyringError:
        return NO_KEYRING
    except KeyringError:
        return REFUSED
    if found is None:
        return NONE
    sys.stdout.buffer.write(found.encode())
    return FOUND


def _forbid_dialogs() -> None:
    """Raises if that is impossible: then nothing is read, and no prompt appears."""
    import ctypes

    security = ctypes.CDLL("/System/Library/Frameworks/Security.framework/Security")
    if security.SecKeychainSetUserInteractionAllowed(ctypes.c_ubyte(0)) != 0:
        raise OSError("dialogs cannot be forbidden")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], ask=sys.argv[3:] == ["ask"]))
