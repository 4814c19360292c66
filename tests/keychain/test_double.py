"""The double is severe: each of these mistakes, which Apple's libraries might forgive, ends the process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap

import pytest

from harness.keychain import KeychainDouble

_PROLOGUE = """
import ctypes, sys
from ctypes import byref, c_void_p
from factorywager.stores.keychain.frameworks import load
from factorywager.stores.keychain.pool import Pool
ctypes.CDLL(sys.argv[2]).double_open(sys.argv[3].encode(), b"made-up")
frameworks = load(sys.argv[1], sys.argv[2])
cf, sec, constant, pool = frameworks.cf, frameworks.sec, frameworks.constant, Pool(frameworks)
entry = {
    constant("kSecClass"): constant("kSecClassGenericPassword"),
    constant("kSecAttrService"): pool.text("s"),
    constant("kSecAttrAccount"): pool.text("a"),
}
"""

MISTAKES = {
    "a double release": ("text = pool.text('x'); cf.CFRelease(text); cf.CFRelease(text)", "released for good"),
    "use after release": ("text = pool.text('x'); cf.CFRelease(text); cf.CFStringGetLength(text)", "released for good"),
    "the release of a constant": ("cf.CFRelease(constant('kSecClass'))", "a constant"),
    "the release of what is borrowed": (
        "d = pool.dictionary(entry); s = cf.CFDictionaryGetValue(d, constant('kSecAttrService'))\n"
        "cf.CFRelease(s); cf.CFRelease(s)\npool.release()",
        "released for good",
    ),
    "a wrong type": ("cf.CFDataGetLength(pool.text('x'))", "type 7, not 20"),
    "a NULL": ("cf.CFRelease(None)", "NULL"),
    "a key that a call does not take": (
        "sec.SecItemDelete(pool.dictionary(entry | {constant('kSecReturnData'): frameworks.true}))",
        "the key kSecReturnData",
    ),
    "an unclean query": (
        "sec.SecItemUpdate(pool.dictionary(entry | {constant('kSecValueData'): pool.text('x')}), pool.dictionary({}))",
        "the key kSecValueData",
    ),
    "a value of the wrong type": (
        "sec.SecItemAdd(pool.dictionary(entry | {constant('kSecValueData'): pool.text('x')}), None)",
        "type 7, not 20",
    ),
    "a deletion of more than one": (
        "entry.pop(constant('kSecAttrAccount')); sec.SecItemDelete(pool.dictionary(entry))",
        "more than one",
    ),
}


def _run(keychain: KeychainDouble, code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", _PROLOGUE + textwrap.dedent(code), *keychain.paths, str(keychain.directory)],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_ends_the_process(keychain: KeychainDouble, mistake: str) -> None:
    code, words = MISTAKES[mistake]
    done = _run(keychain, code)
    assert done.returncode == -signal.SIGABRT, done.stderr
    assert f"keychain double: {words}" in done.stderr or words in done.stderr


def test_all_data_at_once_is_refused_as_by_apple_s(keychain: KeychainDouble) -> None:
    code = """
        query = {constant("kSecReturnData"): frameworks.true, constant("kSecMatchLimit"): constant("kSecMatchLimitAll")}
        print(sec.SecItemCopyMatching(pool.dictionary(entry | query), byref(c_void_p())))
    """
    assert _run(keychain, code).stdout == "-50\n"


def test_a_pool_releases_once(keychain: KeychainDouble) -> None:
    code = """
        with pool: pool.text("x")
        pool.release()
        pool.release()
        print(ctypes.CDLL(sys.argv[1]).double_live())
    """
    assert _run(keychain, code).stdout.split()[-1] == "0"
