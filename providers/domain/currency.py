"""How many decimals a currency has: of its minor unit (ISO 4217, list one)."""

from __future__ import annotations

_USUAL_DECIMALS = 2
_DECIMALS = {
    code: digits
    for digits, codes in {
        0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
        3: "BHD IQD JOD KWD LYD OMR TND",
        4: "CLF UYW",
    }.items()
    for code in codes.split()
}


def decimals(code: str) -> int:
    """Of a currency by its ISO code in upper case; 2 for an unknown one."""
    return _DECIMALS.get(code, _USUAL_DECIMALS)
