"""A GET, mostly with a bearer token, within a deadline, robust against anything a server sends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urljoin, urlsplit

from msgspec import Struct

from providers.domain.errors import NotUnderstood
from providers.host.http.deadline import CONNECT_SECONDS, Watch, connect
from providers.host.http.errors import broken, classed, own_ca, too_slow
from providers.host.http.load_requests import load_requests
from providers.host.http.origin import is_loopback, origin_allowed
from providers.host.http.through_socks import SocksProxy, connect_through, is_proxy, socks_proxy
from providers.host.secret import Secret

if TYPE_CHECKING:
    import socket

    import requests

BODY_LIMIT = 1 << 20
MOST_REDIRECTS = 3
_REDIRECTS = (301, 302, 303, 307, 308)


class Answer(Struct, frozen=True):
    """A complete response: header names in lower case, the decoded body within its limit."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Web(Protocol):
    """The HTTP client."""

    def get(self, url: str, *, bearer: Secret, headers: Mapping[str, str], seconds: float) -> Answer:
        """Raises Offline, TimedOut, Blocked, ServerError or NotUnderstood, within about `seconds`."""


class CookieWeb(Web, Protocol):
    """One that can sign in by a cookie, too."""

    def get_by_cookie(
        self, url: str, *, cookie: Secret, headers: Mapping[str, str], seconds: float
    ) -> Answer:
        """Raises what `get` does."""


class RequestsWeb:
    """The real client, using requests: proxies and CA from the environment, plus the system's trust store.

    A session lives for one request: polls are minutes apart, and nothing stays open in between.
    """

    def get(self, url: str, *, bearer: Secret, headers: Mapping[str, str], seconds: float) -> Answer:
        return self._get(url, bearer, headers, seconds, BODY_LIMIT)

    def get_by_cookie(
        self, url: str, *, cookie: Secret, headers: Mapping[str, str], seconds: float
    ) -> Answer:
        """With this Cookie header in place of a token. Raises what `get` does."""
        return self._get(url, None, headers, seconds, BODY_LIMIT, cookie)

    def download(
        self, url: str, *, seconds: float, limit: int, headers: Mapping[str, str] = MappingProxyType({})
    ) -> Answer:
        """A public file of at most `limit` bytes, requested without a login. Raises what `get` does."""
        return self._get(url, None, headers, seconds, limit)

    def _get(
        self,
        url: str,
        bearer: Secret | None,
        headers: Mapping[str, str],
        seconds: float,
        limit: int,
        cookie: Secret | None = None,
    ) -> Answer:
        load_requests()
        import requests
        from urllib3.exceptions import HTTPError

        with Watch(seconds) as watch, _session(url) as session:
            _mount(session, watch)
            try:
                answer = _followed(session, url, _signing(bearer, cookie), headers, watch, limit)
            except (requests.RequestException, HTTPError, OSError) as error:
                raise classed(error, url, watch, seconds) from None
            if watch.expired:  # cut off by us, which looks like a response that ended
                raise too_slow(seconds)
            return answer


def _session(url: str) -> requests.Session:
    import requests

    class Session(requests.Session):
        def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002 - as requests has it
            # Even for a redirect that is not followed, requests reads the whole body and parses the Location.
            return None

    session = Session()
    if is_loopback(urlsplit(url).hostname or ""):
        # No proxy may see a request to this machine, or its token; a custom CA still applies.
        session.trust_env = False
        session.verify = own_ca() or True
    return session


Sign = Callable[["requests.PreparedRequest"], "requests.PreparedRequest"]


def _signing(bearer: Secret | None, cookie: Secret | None) -> Sign:
    """Set this way, and not as a plain header, so that a ~/.netrc entry cannot replace it or be sent instead."""

    def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
        if bearer is not None:
            request.headers["Authorization"] = f"Bearer {bearer.reveal()}"
        if cookie is not None:
            request.headers["Cookie"] = cookie.reveal()
        return request

    return sign


def _followed(
    session: requests.Session, url: str, sign: Sign, headers: Mapping[str, str], watch: Watch, limit: int
) -> Answer:
    """The response, after redirects within the same origin; a redirect to anywhere else is the response."""
    for _ in range(MOST_REDIRECTS):
        answer = _fetch(session, url, sign, headers, watch.left, limit)
        place = answer.headers.get("location")
        if answer.status not in _REDIRECTS or not place:
            return answer
        further = _within(url, place)
        if further is None:
            return answer
        url = further
    return _fetch(session, url, sign, headers, watch.left, limit)


def _within(url: str, place: str) -> str | None:
    """Where a Location points to, if that is the same origin and a token may be sent there."""
    try:
        further = urljoin(url, place)
        origins = {(parts.scheme, parts.hostname, parts.port) for parts in map(urlsplit, (url, further))}
    except ValueError:
        return None
    return further if len(origins) == 1 and origin_allowed(further) else None


def _fetch(
    session: requests.Session, url: str, sign: Sign, headers: Mapping[str, str], seconds: float, limit: int
) -> Answer:
    seconds = max(seconds, 0.01)  # the watch reports a deadline that is over; requests rejects 0
    timeout = (min(CONNECT_SECONDS, seconds), seconds)
    with session.get(
        url, headers=dict(headers), auth=sign, timeout=timeout, stream=True, allow_redirects=False
    ) as response:
        lowered = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, lowered, _body(response, limit))


def _body(response: requests.Response, limit: int) -> bytes:
    body = bytearray()
    try:
        # Read with a size, urllib3 unpacks no more than that at a time: a compressed bomb stops at the limit.
        while chunk := response.raw.read(1 << 16, decode_content=True):
            body += chunk
            if len(body) > limit:
                raise NotUnderstood(f"The server's response is larger than {limit >> 20} MB.")
    except ValueError:  # http.client accepts a chunk size of -5
        raise broken() from None
    return bytes(body)


def _mount(session: requests.Session, watch: Watch) -> None:
    """Let the session's connections report to the watch, and trust what the system trusts."""
    import ssl

    import truststore
    from requests.adapters import HTTPAdapter
    from requests.exceptions import InvalidProxyURL
    from requests.utils import select_proxy
    from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
    from urllib3.connection import HTTPConnection, HTTPSConnection

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return connect(self._dns_host, self.port, self.socket_options, watch)

    class Encrypted(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return connect(self._dns_host, self.port, self.socket_options, watch)

        def _tunnel(self) -> None:
            super()._tunnel()
            watch.through = True

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class EncryptedPool(HTTPSConnectionPool):
        ConnectionCls = Encrypted

    pools = {"http": PlainPool, "https": EncryptedPool}

    class Adapter(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            kwargs["ssl_context"] = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            super().init_poolmanager(*args, **kwargs)
            self.poolmanager.pool_classes_by_scheme = pools

        def get_connection_with_tls_context(
            self, request: Any, verify: Any, proxies: Any = None, cert: Any = None
        ) -> Any:
            # requests raises a TypeError for an address with a user and no host.
            if (proxy := select_proxy(request.url, proxies)) and not is_proxy(proxy):
                raise InvalidProxyURL
            return super().get_connection_with_tls_context(request, verify, proxies, cert)

        def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
            kwargs["ssl_context"] = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            socks = _socks_proxy(proxy)
            watch.proxy = _host_and_port(proxy, socks)
            if socks is not None:
                return _socks_manager(socks, watch, kwargs["ssl_context"])
            manager = super().proxy_manager_for(proxy, **kwargs)
            manager.pool_classes_by_scheme = pools
            return manager

    session.mount("https://", Adapter())
    session.mount("http://", Adapter())


def _socks_proxy(address: str) -> SocksProxy | None:
    """None for a proxy of another kind; raises InvalidProxyURL."""
    from requests.exceptions import InvalidProxyURL

    try:
        found = socks_proxy(address)
    except ValueError:
        raise InvalidProxyURL from None
    if found is None and address.lower().startswith("socks"):  # of an unknown version
        raise InvalidProxyURL
    return found


def _host_and_port(address: str, socks: SocksProxy | None) -> str:
    """For messages: without a user name or password."""
    if socks is not None:
        return f"{socks.host}:{socks.port}"
    return urlsplit(address).netloc.rpartition("@")[2]


def _socks_manager(proxy: SocksProxy, watch: Watch, trust: Any) -> Any:
    """Pools of connections through this proxy; only https goes there."""
    from urllib3 import HTTPSConnectionPool, PoolManager
    from urllib3.connection import HTTPSConnection

    class Through(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return connect_through(proxy, self._dns_host, self.port, self.socket_options, watch)

    class ThroughPool(HTTPSConnectionPool):
        ConnectionCls = Through

    manager = PoolManager(ssl_context=trust)
    manager.pool_classes_by_scheme = {"https": ThroughPool}
    return manager
