"""Where a token may be sent. A module of its own, since the transport takes long to import."""

from __future__ import annotations

from urllib.parse import urlsplit


def origin_allowed(url: str) -> bool:
    """Whether a token may be sent there: https anywhere, plain http only to this machine."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or parts.username is not None or parts.password is not None:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))


def is_loopback(host: str) -> bool:
    """Whether a host name or address always means this machine."""
    if host == "localhost":
        return True
    from ipaddress import ip_address

    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
