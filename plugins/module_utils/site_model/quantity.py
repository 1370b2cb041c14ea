"""Amounts as Kubernetes writes them."""

from __future__ import annotations

import math
from fractions import Fraction

_SUFFIXES = {
    "m": Fraction(1, 1000), "": Fraction(1), "k": Fraction(10**3), "M": Fraction(10**6),
    "G": Fraction(10**9), "T": Fraction(10**12), "P": Fraction(10**15),
    "Ki": Fraction(2**10), "Mi": Fraction(2**20), "Gi": Fraction(2**30),
    "Ti": Fraction(2**40), "Pi": Fraction(2**50),
}  # fmt: skip


def quantity(text: str | int) -> Fraction:
    """The amount of "500m", "64Gi" or 8."""
    number = str(text).rstrip("mkKMGTPi")
    return Fraction(number) * _SUFFIXES[str(text)[len(number) :]]


def even_parts(text: str | int, count: int) -> list[str]:
    """*count* parts of an amount that together are not more than it, the larger ones first.

    Whole numbers stay whole; processors come in thousandths, memory in bytes.
    """
    if str(text).isdecimal():
        low, rest = divmod(int(text), count)
        return [str(low + (number < rest)) for number in range(count)]
    if quantity(text) % count == 0:
        return [str(quantity(text) // count)] * count
    if str(text)[-1] in "m0123456789":
        return [f"{math.floor(quantity(text) * 1000 / count)}m"] * count
    return [str(math.floor(quantity(text) / count))] * count
