"""`Caller`: either facade, called the same way; part of the kit that is shipped."""

from factorywager.testing.caller import FACADES, Caller, callers, close_caller, in_threads, make_caller

__all__ = ["FACADES", "Caller", "callers", "close_caller", "in_threads", "make_caller"]
