"""All facts of a report. The checks run side by side, each with a deadline; none of them asks a server.

Nothing is written, and no login is touched: of the outside only programs are started, for their version.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping

from providers.host.http.through_socks import is_proxy
from providers.source import ProviderSettings
from providers.version import VERSION
from tray.engine.doctor import storage
from tray.engine.doctor.checks import begin
from tray.engine.doctor.facts import DesktopFacts, Failed, NetworkFacts, Report, SettingsFacts, System
from tray.engine.doctor.providers import begin_provider
from tray.engine.scope import Scope

SECONDS = 8.0
_ADDRESSES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
_PROXIES = (*_ADDRESSES, "NO_PROXY")
_CERTIFICATES = (
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NODE_EXTRA_CA_CERTS",
)


def collect(scope: Scope, survey_desktop: Callable[[], DesktopFacts], *, seconds: float = SECONDS) -> Report:
    """Never raises, and takes no longer than its slowest check may: 14 s, after `seconds` for the settings."""
    state = scope.folders.state
    desktop = begin(survey_desktop, seconds)
    system = begin(_system, seconds)
    engine = begin(lambda: storage.engine(state), seconds)
    ids = scope.provider_ids()
    ledger = begin(lambda: storage.ledger(state / "ledger.sqlite3", ids), seconds)
    folders = begin(lambda: storage.folders(scope), seconds)
    log = begin(lambda: storage.log(state), seconds)
    network = begin(lambda: _network(scope.environ), seconds)
    settings = begin(lambda: storage.settings(scope), seconds)()
    own = _provider_settings(scope, settings)
    providers = [
        begin_provider(scope, each, own.get(each.id, ProviderSettings())) for each in scope.providers
    ]
    return Report(
        generated_at=scope.clock(),
        system=system(),
        desktop=desktop(),
        engine=engine(),
        providers=tuple(provider() for provider in providers),
        ledger=ledger(),
        settings=settings,
        folders=folders(),
        network=network(),
        log=log(),
    )


def _provider_settings(scope: Scope, settings: SettingsFacts | Failed) -> Mapping[str, ProviderSettings]:
    return {} if isinstance(settings, Failed) else scope.settings().providers


def _system() -> System:
    return System(
        tankful=VERSION,
        python=platform.python_version(),
        platform=f"{platform.system()} {platform.release()} {platform.machine()}",
    )


def _network(environ: Mapping[str, str]) -> NetworkFacts:
    names = [name for upper in _PROXIES for name in (upper, upper.lower())]
    found = [name for name in (*names, *_CERTIFICATES) if environ.get(name)]
    unsupported = [name for name in found if name.upper() in _ADDRESSES and not is_proxy(environ[name])]
    return NetworkFacts(variables=tuple(dict.fromkeys(found)), unsupported=tuple(unsupported))
