"""Which names of variables, options and headers stand for secrets. The standard library alone."""

from __future__ import annotations

import re

_SECRET = re.compile(
    # A word of the name, as in AWS_BEARER_TOKEN_BEDROCK …
    r"(?:^|_)(?:TOKENS?|API_?KEYS?|ACCESS_?KEYS?|SECRETS?|PASSWORDS?|PASSWD|PASSPHRASES?|CREDENTIALS?|COOKIES?)(?:_|$)"
    # … or its end, as in GEMINI_APIKEY and NPM_CONFIG__AUTH.
    r"|(?:TOKEN|KEY|SECRET|PASSWORD|_AUTH)$"
)
_ALSO_SHOWN = re.compile(r"(?:^|_)(?:PASS|PW|AUTH|AUTHORIZATION|BEARER|JWT|PAT|SIG|SIGNATURE)$")
_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def is_secret_variable(name: str) -> bool:
    """Of a variable of an environment, in any case."""
    return _SECRET.search(name.upper()) is not None


def names_secret(name: str) -> bool:
    """Of whatever is shown: a variable, `--api-key`, `accessToken`, `X-Auth-Token`. It hides more than it must."""
    words = _CAPITAL.sub("_", name).replace("-", "_").replace(".", "_").upper().strip("_")
    return _SECRET.search(words) is not None or _ALSO_SHOWN.search(words) is not None
