"""A keyring in memory, of which a test says when it refuses."""

from __future__ import annotations

from providers.domain.errors import ProviderError
from providers.host.secret import Secret


class FakeItems:
    """Implements providers.host.keyring.own_items.OwnItems. `reads` has the items that were asked for."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.reads: list[tuple[str, bool]] = []
        self.refuses: ProviderError | None = None

    def read(self, name: str, *, ask: bool) -> Secret | None:
        self.reads.append((name, ask))
        self.check(ask=ask)
        return Secret(self.kept[name]) if name in self.kept else None

    def write(self, name: str, secret: Secret) -> None:
        self.check(ask=True)
        self.kept[name] = secret.reveal()

    def replace(self, name: str, old: Secret, new: Secret) -> bool:
        self.check(ask=False)
        if self.kept.get(name) != old.reveal():
            return False
        self.kept[name] = new.reveal()
        return True

    def delete(self, name: str) -> bool:
        self.check(ask=True)
        return self.kept.pop(name, None) is not None

    def check(self, *, ask: bool) -> None:
        if self.refuses is not None:
            raise self.refuses
