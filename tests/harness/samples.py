"""Values and names that have broken credential stores before; part of the kit that is shipped."""

from factorywager.testing.samples import LONG, ODD_TEXTS

__all__ = ["LONG", "ODD_TEXTS"]
