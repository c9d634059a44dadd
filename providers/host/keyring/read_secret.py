"""A program of its own: one secret from the system's keyring to stdout, so that who asked can stop waiting.

Arguments: service, account, and `ask` where the system may ask the person. Ends with 0, or: 3 there is none,
4 it was not given, 5 there is no keyring here.
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
    """Raises where that cannot be had: then nothing is read, and nobody is asked."""
    import ctypes

    security = ctypes.CDLL("/System/Library/Frameworks/Security.framework/Security")
    if security.SecKeychainSetUserInteractionAllowed(ctypes.c_ubyte(0)) != 0:
        raise OSError("dialogs cannot be forbidden")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], ask=sys.argv[3:] == ["ask"]))
