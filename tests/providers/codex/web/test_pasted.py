from __future__ import annotations

import pytest

from providers.codex.web.pasted import NAME, NoCookie, as_header, find_cookies
from tests.web_logins import COOKIE, COOKIE_MARK, PASTED

PIECES = {f"{NAME}.0": "a" * 60, f"{NAME}.1": "b" * 60}
IN_PIECES = "; ".join(f"{name}={value}" for name, value in PIECES.items())


@pytest.mark.parametrize(
    "text",
    [
        PASTED,
        f"Cookie: oai-did=1; {PASTED}; _account=personal",
        f"cookie: a=b;{PASTED}\r\n",
        f"  {PASTED};  \n",
        f'"{PASTED}"',
        COOKIE,
        f" '{COOKIE}'\n",
        f"\x1b[200~{COOKIE}\x1b[201~",
        f"{COOKIE[:40]}\n{COOKIE[40:80]}\n{COOKIE[80:]}\n",
        f'{NAME}: "{COOKIE}"',
        f"{NAME}\t{COOKIE}\t.chatgpt.com\t/\t2099-01-01\t✓",
        f"curl 'https://chatgpt.com/' \\\n  -b 'a=1; {PASTED}; x=y' \\\n  --compressed",
        f'curl ^"https://chatgpt.com/^" ^\n  -b ^"a=1; {PASTED}^" ^\n  --compressed',
        f"Set-Cookie: {PASTED}; Path=/; Secure",
    ],
)
def test_what_people_paste(text: str) -> None:
    assert find_cookies(text) == {NAME: COOKIE}


@pytest.mark.parametrize(
    "text", [IN_PIECES, "; ".join(reversed(IN_PIECES.split("; "))), IN_PIECES.replace("; ", "\n")]
)
def test_a_cookie_in_pieces(text: str) -> None:
    found = find_cookies(text)
    assert found == PIECES
    assert as_header(found).reveal() == IN_PIECES


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n",
        "hello",
        "a sentence that is much longer than forty characters, but no cookie",
        f"{NAME}=",
        f"other={COOKIE}",
        f"x{PASTED}",
        IN_PIECES.replace(".0=", ".2="),  # the first is missing
        f"{NAME}.1={COOKIE}",
        f"{PASTED[:60]}\x00{PASTED[60:]}",
        f"{PASTED}\x1b[A",
        f"{NAME}={COOKIE}é",
        f"{NAME}={'a' * 17_000}",
        "a" * 17_000,
    ],
)
def test_what_is_no_cookie(text: str) -> None:
    with pytest.raises(NoCookie) as caught:
        find_cookies(text)
    assert COOKIE_MARK not in str(caught.value)
    assert str(caught.value)[-1] == "."


def test_the_largest_that_is_taken() -> None:
    assert find_cookies("a" * (16 << 10)) == {NAME: "a" * (16 << 10)}
