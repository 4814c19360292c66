"""`LockedBuffer`: memory that is not swapped, not dumped, not inherited by a fork, and is zeroed when done.

mlock(2), madvise(2) ``MADV_DONTDUMP`` and ``MADV_WIPEONFORK`` on a private anonymous mapping of its own pages.
Where the kernel refuses to lock (``RLIMIT_MEMLOCK``) the buffer still works and says so in ``locked``: a page in
swap is the smaller harm than a program that cannot read its credential (SECURITY.md).
"""

from __future__ import annotations

import contextlib
import ctypes
import mmap
import os
import sys
from collections.abc import Callable
from typing import Any

from ..errors import SecretReleasedError

# linux/mman.h; the mmap module names WIPEONFORK only from Python 3.13 on
_MADV_DONTDUMP = 16
_MADV_WIPEONFORK = 18


def _find_mlock() -> Callable[[Any, int], int] | None:
    if os.name == "nt":
        kernel32: Any = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined, unused-ignore]
        kernel32.VirtualLock.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
        # VirtualLock says yes with non-zero, mlock(2) with zero
        return lambda address, size: 0 if kernel32.VirtualLock(address, size) else -1
    mlock: Any = getattr(ctypes.CDLL(None), "mlock", None)
    if mlock is not None:
        mlock.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
        mlock.restype = ctypes.c_int
    return mlock  # type: ignore[no-any-return]


_mlock = _find_mlock()


class _Pages:
    """One mapping, and whether the kernel agreed to keep it out of swap."""

    __slots__ = ("locked", "map")

    def __init__(self, length: int) -> None:
        if os.name == "nt":
            self.map = mmap.mmap(-1, length)
        else:
            # MADV_WIPEONFORK is refused on shared mappings, which are mmap's default
            self.map = mmap.mmap(-1, length, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self.locked = False
        if _mlock is not None:
            first = ctypes.c_char.from_buffer(self.map)
            self.locked = _mlock(ctypes.addressof(first), length) == 0
            del first
        if hasattr(self.map, "madvise"):
            for advice in (_MADV_DONTDUMP, _MADV_WIPEONFORK):
                with contextlib.suppress(OSError, ValueError):  # an older kernel, or another Unix
                    self.map.madvise(advice)


# Single pages that were wiped and can be used again: making one costs 15 µs, as much as decrypting a value.
_spare: list[_Pages] = []
_MOST_SPARE = 64


def _take(size: int) -> _Pages:
    if size > mmap.PAGESIZE:
        return _Pages(size)
    try:
        return _spare.pop()  # one step under the GIL, so two threads never get the same one
    except IndexError:
        return _Pages(mmap.PAGESIZE)


def _give(pages: _Pages) -> None:
    """Keep zeroed pages for the next buffer, if nobody else can still see them."""
    try:
        if len(_spare) < _MOST_SPARE and len(pages.map) == mmap.PAGESIZE and sys.platform == "linux":
            # Refused while a slice of the old buffer is alive somewhere (a caller kept a part of a lease): it
            # would see the next secret.  Otherwise an mremap(2) that changes nothing.
            pages.map.resize(mmap.PAGESIZE)
            _spare.append(pages)
        else:
            pages.map.close()
    except BufferError:
        pass  # the mapping stays, zeroed, until that slice goes


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_spare.clear)  # locks are not inherited, mlock(2)


class LockedBuffer:
    """``size`` bytes of locked memory, zeroed by ``wipe`` and at the latest when it is collected.

    Attributes:
        locked: whether the kernel agreed to keep the pages out of swap.

    Raises (every access):
        SecretReleasedError: after ``wipe``, and in a forked child, where the kernel has zeroed the pages.
    """

    __slots__ = ("_pages", "_pid", "_view", "locked")

    def __init__(self, size: int) -> None:
        self._view: memoryview | None = None  # for `wipe`, should there be no memory
        self._pages = _take(size)
        self._pid = os.getpid()
        self._view = memoryview(self._pages.map)[:size]
        self.locked = self._pages.locked

    @property
    def view(self) -> memoryview:
        """The bytes themselves, writable.  Do not hand this out: see ``Secret.lease``."""
        if self._view is None:
            raise SecretReleasedError("this secret was wiped", hint="read it from the store again")
        if os.getpid() != self._pid:
            raise SecretReleasedError(
                "this secret belongs to the parent process: memory that holds secrets is wiped at fork",
                hint="read it from the store again in the child",
            )
        return self._view

    def shrink(self, size: int) -> None:
        """Keep the first ``size`` bytes and zero the rest (padding, tags)."""
        view = self.view
        view[size:] = bytes(len(view) - size)
        self._view = view[:size]
        view.release()

    def wipe(self) -> None:
        """Zero the memory and give it back.  Safe to call twice."""
        view, self._view = self._view, None
        if view is None:
            return
        view[:] = bytes(len(view))
        view.release()
        if os.getpid() == self._pid:
            _give(self._pages)

    def __del__(self) -> None:
        self.wipe()

    def __repr__(self) -> str:
        return "<locked buffer>"

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a locked buffer cannot be pickled or copied")
