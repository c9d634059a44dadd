"""The environment of a program that we start: the user's, with no tokens but those of its own vendor.

A program passes its environment on to whatever it runs, and has no use for another vendor's token.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase

from providers.host.secret_names import is_secret_variable
from providers.source import Provider


class VendorEnviron(Mapping[str, str]):
    """A live view of `environ` without the variables of `others`, and without any secret that is not its `own`.

    Both are patterns of names, in which `*` stands for anything. Names are compared without case, as on
    Windows.
    """

    def __init__(
        self, environ: Mapping[str, str], own: Iterable[str] = (), others: Iterable[str] = ()
    ) -> None:
        self._environ = environ
        self._own = tuple(own)
        self._others = tuple(others)

    def __getitem__(self, name: str) -> str:
        if self._is_hidden(name):
            raise KeyError(name)
        return self._environ[name]

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._environ if not self._is_hidden(name))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _is_hidden(self, name: str) -> bool:
        upper = name.upper()
        if any(fnmatchcase(upper, pattern) for pattern in self._own):
            return False
        return is_secret_variable(upper) or any(fnmatchcase(upper, each) for each in self._others)


def environ_of(provider: Provider, environ: Mapping[str, str]) -> VendorEnviron:
    """What the programs of this provider may see of `environ`."""
    return VendorEnviron(environ, provider.variables, provider.foreign_variables)
