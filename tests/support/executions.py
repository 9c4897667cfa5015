"""Executions: every program that a process and its children execute, with its words and its environment, as strace sees them."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.testbed import docker
from tests.testbed.container import wait_until
from tests.testbed.server import Server

_WORDS = r'\[((?:"(?:[^"\\]|\\.)*"(?:\.\.\.)?(?:, )?)*)\]'
_EXECVE = re.compile(rf'^\d+ +execve\("(?P<program>(?:[^"\\]|\\.)*)", {_WORDS}, {_WORDS}', re.MULTILINE)
_STRACE = ("strace", "--follow-forks", "--no-abbrev", "--string-limit=1000000", "--trace=execve", "--quiet=all")
_SSH_SERVER = """
penalties=$(/usr/sbin/sshd -T | grep -qi '^persourcepenalties ' && echo "-o PerSourcePenaltyExemptList=127.0.0.1") || penalties=
exec /usr/sbin/sshd -D $penalties
"""


@dataclass(frozen=True)
class Execution:
    """One program that was executed: its path, its words and its environment, each as strace writes them."""

    program: str
    words: str
    environment: str


def can_watch() -> bool:
    """Whether this machine has strace, and lets it look at other processes."""
    if not shutil.which(_STRACE[0]):
        return False
    return subprocess.run([*_STRACE, "--output=/dev/null", "true"], capture_output=True).returncode == 0


def run_watched(words: Sequence[str], file: Path, **options: object) -> subprocess.CompletedProcess[str]:
    """Run a program and write what it and its children execute into a file; options are those of `subprocess.run`."""
    return subprocess.run([*_watch(file), *words], capture_output=True, text=True, **options)  # type: ignore[call-overload, no-any-return]


@contextmanager
def ssh_server_watched(server: Server, file: Path) -> Iterator[None]:
    """While the block lasts a server's SSH server is another one, of which all that it and its children execute is written into a file."""
    inside = docker.docker("inspect", "--format", "{{.State.Pid}}", server.name)
    enter = ["nsenter", f"--target={inside}", "--mount", "--uts", "--ipc", "--net", "--pid", "--"]
    server.shut_out()
    words, own = [*_watch(file), *enter, "sh", "-c", _SSH_SERVER], {"PATH": os.environ["PATH"]}
    with subprocess.Popen(words, env=own, stderr=subprocess.DEVNULL) as watcher:
        try:
            wait_until(server.answers_ssh, f"{server.name} lets nobody in", 60)
            yield
        finally:
            server.exec("pkill", "-KILL", "sshd", check=False)
            watcher.wait(30)
            server.let_in()


def _watch(file: Path) -> list[str]:
    """The words before a program that is to be watched. Of system calls only the executions stop it."""
    return [*_STRACE, "--seccomp-bpf", f"--output={file}", "--"]


def executions(file: Path) -> Iterator[Execution]:
    """What was executed, in order."""
    for found in _EXECVE.finditer(file.read_text(errors="replace")):
        yield Execution(*found.groups())


@dataclass(frozen=True)
class Rule:
    """A program that needs some secrets in its environment: a pattern of its words, and the secrets' names."""

    words: str
    secrets: frozenset[str]


def leaks(
    seen: Sequence[Execution], forms: Mapping[str, frozenset[str]], rules: Sequence[Rule]
) -> tuple[list[str], list[str]]:
    """Secrets in words, and secrets in environments of programs that no rule lets have them; by the secrets' names and forms."""
    in_words, in_environments = [], []
    for each in seen:
        may = {name for rule in rules if re.search(rule.words, each.words) for name in rule.secrets}
        for name, those in forms.items():
            if any(form in each.words for form in those):
                in_words.append(f"{name} in the words of {each.program}")
            if name not in may and any(form in each.environment for form in those):
                in_environments.append(f"{name} in the environment of {each.words[:120]}")
    return in_words, in_environments
