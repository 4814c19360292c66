"""Prints what makes a shell complete commands, options and entry names.

eval "$(factorywager completion bash)"                                          in ~/.bashrc
eval "$(factorywager completion zsh)"                                           in ~/.zshrc, after compinit
factorywager completion fish > ~/.config/fish/completions/factorywager.fish
"""

from __future__ import annotations

from ..arguments import Parser
from ..session import Session

SUMMARY = "print the shell's completion script"


def arguments(parser: Parser) -> None:
    parser.add_argument("shell", metavar="SHELL", choices=("bash", "zsh", "fish"), help="bash, zsh or fish")


def run(session: Session) -> int:
    from argcomplete.shell_integration import shellcode

    script = shellcode(["factorywager", "fw"], shell=session.options.shell)
    if session.options.json:
        session.output.json({"shell": session.options.shell, "script": script})
    else:
        session.output.line(script.rstrip("\n"))
    return 0
