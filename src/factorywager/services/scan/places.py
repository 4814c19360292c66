"""Where values hide besides the files one thinks of: histories, logs, and what editors keep."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final


def _paths(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_HISTORIES: Final = _paths(
    ".bash_history .zsh_history .zhistory .zsh_sessions .histfile .history .sh_history .ash_history .ksh_history "
    ".local/share/fish/fish_history .config/fish/fish_history .local/share/xonsh .config/nushell/history.txt "
    ".local/share/powershell/PSReadLine .tcsh_history "
    "AppData/Roaming/Microsoft/Windows/PowerShell/PSReadLine "
    ".psql_history .mysql_history .mariadb_history .sqlite_history .rediscli_history .mycli-history .dbshell "
    ".config/pgcli/history .mongodb/mongosh "
    ".python_history .ipython/profile_default/history.sqlite .node_repl_history .bun_repl_history .irb_history "
    ".lesshst .gdb_history"
)

# The variables by which programs are told to keep their history elsewhere.
_VARIABLES: Final = _paths(
    "HISTFILE PSQL_HISTORY MYSQL_HISTFILE PYTHON_HISTORY NODE_REPL_HISTORY SQLITE_HISTORY REDISCLI_HISTFILE"
)

_EDITORS: Final = _paths(
    ".viminfo .vim/swap .vim/backup .vim/undo .vim/tmp .local/state/vim .local/state/nvim .local/share/nvim/swap "
    ".local/share/nvim/shada .emacs.d/auto-save-list .emacs.d/backups .emacs.d/auto-saves .nano .local/share/nano "
    ".config/Code/Backups .config/Code/User/History .config/VSCodium/Backups .config/VSCodium/User/History "
    ".config/sublime-text/Local .local/share/kate .local/share/gedit .cache/JetBrains "
    "AppData/Roaming/Code/Backups AppData/Roaming/Code/User/History AppData/Roaming/Notepad++/backup"
)

_LOGS: Final = _paths(
    ".npm/_logs .pm2/logs .local/state/log .local/var/log .cache/pip/log .xsession-errors AppData/Local/npm-cache/_logs"
)
_SYSTEM_LOGS: Final = "/var/log"

_BY_NAME: Final = (
    ("editor", re.compile(r"\.sw[a-p]|\.un~|~$|^#.*#$|\.(?:bak|orig|old|save|backup|kate-swp)$|^\.#")),
    ("history", re.compile(r"history$|^\.(?:viminfo|lesshst)$|_history\.txt$|^history\.(?:txt|sqlite)$")),
    ("log", re.compile(r"\.log(?:\.[0-9]+)?$|^(?:sys|messages|auth)log$")),
)


def known_places(home: Path, environment: Mapping[str, str]) -> dict[str, list[str]]:
    """What there is of ``history``, ``editor`` and ``log``, for the owner of this home."""
    named = [environment[name] for name in _VARIABLES if environment.get(name)]
    candidates = {
        "history": [*(str(home / name) for name in _HISTORIES), *named],
        "editor": [str(home / name) for name in _EDITORS],
        "log": [*(str(home / name) for name in _LOGS), _SYSTEM_LOGS],
    }
    return {place: sorted({path for path in paths if os.path.lexists(path)}) for place, paths in candidates.items()}


def place_of(path: str) -> str:
    """What kind of file a name is that of: ``editor``, ``history``, ``log``, else ``file``."""
    name = os.path.basename(path)  # noqa: PTH119 - text, of a member of an archive too
    return next((place for place, pattern in _BY_NAME if pattern.search(name)), "file")
