"""`Arena`: one stretch of secret memory for many values that are read again and again.

memfd_secret(2) where the kernel has it: such pages are in no other page table, not even the kernel's own, so
neither /proc/PID/mem nor a debugger reads them.  Else a `LockedBuffer`'s kind of pages.

Values never leave the arena as views, only as `str`: so a slot can be used again without anybody seeing the next
value through an old one.
"""

from __future__ import annotations

import contextlib
import ctypes
import mmap
import os
import sys
import weakref
from typing import Final

from .locked import LockedBuffer

_SYS_MEMFD_SECRET: Final = 447  # the same on every architecture that has it (asm-generic/unistd.h)
_CLOEXEC: Final = 0o2000000


class Arena:
    """``size`` bytes, filled from the start and emptied as a whole.

    Attributes:
        hidden: whether the pages are memfd_secret(2)'s.
    """

    def __init__(self, size: int) -> None:
        self._secret = _secret_mapping(size)
        self.hidden = self._secret is not None
        self._locked = LockedBuffer(0 if self.hidden else size)
        self._view = self._locked.view if self._secret is None else memoryview(self._secret)
        self._used = 0
        # at exit, or when the arena is collected; an `atexit` function would keep it alive
        self._finalizer = weakref.finalize(self, _zero, self._view)

    def put(self, value: memoryview) -> slice | None:
        """Copy a value in; where it lies, or ``None`` when it does not fit any more."""
        begin, end = self._used, self._used + len(value)
        if end > len(self._view):
            return None
        self._view[begin:end] = value
        self._used = end
        return slice(begin, end)

    def text(self, place: slice) -> str:
        """A value as text.

        Raises:
            UnicodeDecodeError: it is none.
        """
        return str(self._view[place], "utf-8")

    def holds(self, place: slice, value: memoryview) -> bool:
        """Whether this very value lies there; in time that does not depend on where they differ."""
        from hmac import compare_digest

        return compare_digest(self._view[place], value)

    def wipe(self, place: slice) -> None:
        """Zero one value; its room is used again after `clear`."""
        self._view[place] = bytes(place.stop - place.start)

    def clear(self) -> None:
        """Zero everything and begin anew."""
        self._view[: self._used] = bytes(self._used)
        self._used = 0

    def disown(self) -> None:
        """In a forked child: take the shared pages out of sight, and leave the parent's values alone."""
        self._finalizer.detach()
        if self._secret is not None:
            _cover(self._secret)
        self._used = 0


def _secret_mapping(size: int) -> mmap.mmap | None:
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.syscall(_SYS_MEMFD_SECRET, _CLOEXEC)
    if descriptor < 0:  # an older kernel, or secretmem is switched off
        return None
    try:
        os.ftruncate(descriptor, size)
        return mmap.mmap(descriptor, size, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
    except OSError:  # beyond RLIMIT_MEMLOCK
        return None
    finally:
        os.close(descriptor)


def _cover(mapping: mmap.mmap) -> None:
    """Put empty private pages over a mapping's addresses, so that views of it read zeros instead of faulting."""
    first = ctypes.c_char.from_buffer(mapping)
    address = ctypes.addressof(first)
    del first
    libc = ctypes.CDLL(None)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long)
    fixed = 0x10  # MAP_FIXED
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | fixed
    libc.mmap(address, len(mapping), mmap.PROT_READ | mmap.PROT_WRITE, flags, -1, 0)


def _zero(view: memoryview) -> None:
    with contextlib.suppress(ValueError):  # released already
        view[:] = bytes(len(view))
