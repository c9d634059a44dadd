"""Maps the exceptions of requests and urllib3 to our error kinds."""

from __future__ import annotations

import os

from providers.domain.errors import Blocked, NotUnderstood, Offline, ProviderError, ServerError, TimedOut
from providers.host.http.deadline import Watch


def classed(error: Exception, url: str, watch: Watch, seconds: float) -> ProviderError:
    """`seconds` is the deadline that the request to `url` had."""
    import requests
    from urllib3.exceptions import DecodeError, ReadTimeoutError

    if watch.proxy is not None and not watch.through and not _is_of_tls_or_address(error):
        return proxy_failed(watch, error, connected=watch.connected)
    if (watch.expired and watch.connected) or isinstance(error, requests.ReadTimeout | ReadTimeoutError):
        return too_slow(seconds)
    if isinstance(error, requests.exceptions.SSLError):
        return _classed_tls(error)
    if isinstance(error, requests.exceptions.ContentDecodingError | DecodeError):
        return NotUnderstood("Cannot decompress the server's response.")
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        if not _is_url(url):
            return NotUnderstood(
                "The server address is not a valid URL.", remedy="Correct it in the settings file."
            )
        return Offline(
            "Cannot use the proxy set in the environment.",
            remedy="Set HTTPS_PROXY or ALL_PROXY to an http://, https://, socks5:// or socks5h:// address.",
        )
    if _is_broken(error):
        return broken()
    if (ca := own_ca()) and not os.path.exists(ca):
        return Offline(
            "The CA bundle set in the environment does not exist.", remedy="Correct REQUESTS_CA_BUNDLE."
        )
    return Offline("No connection to the server.", reached=watch.connected)


def proxy_failed(watch: Watch, error: BaseException | None = None, *, connected: bool) -> Offline:
    """The error for a proxy that did not let the request through; `connected` is whether it was reached."""
    if watch.expired or _timed_out(error):
        message = f"The proxy {watch.proxy} does not answer."
    elif connected:
        message = f"The proxy {watch.proxy} refused the connection."
    else:
        message = f"Cannot reach the proxy {watch.proxy}."
    return Offline(message, remedy="Check HTTPS_PROXY, ALL_PROXY and NO_PROXY.")


def _timed_out(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, TimeoutError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _is_of_tls_or_address(error: Exception) -> bool:
    import requests

    return isinstance(
        error,
        requests.exceptions.SSLError | requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema,
    )


def _is_broken(error: BaseException) -> bool:
    """Whether the response is not valid HTTP; a connection that was closed or reset is a network error."""
    from http.client import HTTPException, IncompleteRead, RemoteDisconnected

    from requests.exceptions import InvalidHeader

    cut_short = False
    within: BaseException | None = error
    while within is not None:
        if isinstance(within, RemoteDisconnected):
            return False
        if isinstance(within, IncompleteRead):
            cut_short = True
        elif isinstance(within, HTTPException | InvalidHeader):
            return True
        elif cut_short and isinstance(within, ValueError):
            # A chunk size that is not a number; it is empty if the connection was closed before it.
            return not str(within).endswith(" b''")
        within = within.__context__
    return False


def _is_url(url: str) -> bool:
    """requests reports a bad proxy address with the same message."""
    import requests

    try:
        requests.Request("GET", url).prepare()
    except requests.RequestException:
        return False
    return True


def _classed_tls(error: BaseException) -> ProviderError:
    import ssl

    within: BaseException | None = error
    while within is not None:
        if isinstance(within, ssl.SSLCertVerificationError):
            return Blocked(
                "The server's certificate is not trusted.",
                remedy="If a company proxy inspects TLS, set REQUESTS_CA_BUNDLE to its CA.",
            )
        if isinstance(within, ssl.SSLEOFError | ssl.SSLZeroReturnError):  # dropped, as on a weak network
            return Offline("No connection to the server.")
        within = within.__context__
    return Blocked("The TLS handshake failed. A proxy or captive portal?")


def too_slow(seconds: float) -> TimedOut:
    return TimedOut(f"The server did not send a complete response within {seconds:.0f} s.")


def broken() -> ServerError:
    return ServerError("The server's response was cut off or is not valid HTTP.")


def own_ca() -> str | None:
    """The CA bundle set in the environment."""
    return os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
