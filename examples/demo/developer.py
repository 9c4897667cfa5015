"""Developer: the person in the story, who changes the shop and merges, with real git."""

import base64
import os
import shutil
import subprocess
from pathlib import Path

from pipeline_defs.config.home import PROJECT

SHOP = PROJECT / "examples" / "shop"
_LEAVE_OUT = shutil.ignore_patterns("__pycache__", ".*_cache", "results")


class Developer:
    """Works in a clone of the shop's repository and pushes to it; `origin` is what Shipline looks at."""

    def __init__(self, folder: Path) -> None:
        self.origin = folder / "shop.git"
        self._clone = folder / "shop"
        self._environment = dict(os.environ)

    def begin(self) -> None:
        """Make the repository from the sample app, with the branches `main` and `development` at its first commit."""
        self.origin.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(SHOP, self._clone, ignore=_LEAVE_OUT)
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(self.origin)], check=True)
        self._git("init", "-q", "-b", "main")
        self._git("remote", "add", "origin", str(self.origin))
        self._commit("Open the shop")
        self._git("branch", "development")
        self._git("push", "-q", "origin", "main", "development")

    def join(self, origin: str, login: str) -> None:
        """Begin with a repository that is there already, to work on branches of it; `login` is `user:password`."""
        header = f"Authorization: Basic {base64.b64encode(login.encode()).decode()}"
        settings = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "http.extraHeader", "GIT_CONFIG_VALUE_0": header}
        self._environment |= settings  # not in the address, which everybody on this machine could read
        self._clone.mkdir(parents=True, exist_ok=True)
        self._git("init", "-q", "-b", "main")
        self._git("remote", "add", "origin", origin)

    def propose(self, branch: str, title: str, edit: tuple[str, str, str]) -> str:
        """Change one place on a branch of its own, made from what `development` is now, and push it; gives its head."""
        self._git("fetch", "-q", "origin", "development")
        self._git("switch", "-q", "-c", branch, "FETCH_HEAD")
        self._edit(edit)
        self._commit(title)
        return self._push(branch)

    def merge_feature(self, branch: str, title: str, version: str, edit: tuple[str, str, str]) -> str:
        """Change one place (file, old text, new text) on a branch of its own and merge it to `development`; gives the head."""
        self._git("switch", "-q", "development")
        self._git("merge", "-q", "--no-edit", "main")  # what was released comes back first
        self._git("switch", "-q", "-c", branch)
        self._set_version(version)
        self._edit(edit)
        self._commit(title)
        self._git("switch", "-q", "development")
        self._git("merge", "-q", "--no-ff", "-m", f"Merge {branch}: {title}", branch)
        return self._push("development")

    def push_branch(self, branch: str, title: str, *edits: tuple[str, str, str]) -> str:
        """Change some places on a branch of its own and push that alone; gives its head."""
        self._git("switch", "-q", "-c", branch, "development")
        for edit in edits:
            self._edit(edit)
        self._commit(title)
        return self._push(branch)

    def release(self, version: str) -> str:
        """Merge `development` to `main` with the next version; gives the head."""
        self._git("switch", "-q", "main")
        self._git("merge", "-q", "--no-ff", "--no-commit", "development")
        self._set_version(version)
        self._commit(f"Release {version}")
        return self._push("main")

    def _edit(self, edit: tuple[str, str, str]) -> None:
        file, old, new = edit
        path = self._clone / file
        text = path.read_text()
        if old not in text:
            raise ValueError(f"{file} of the sample app no longer contains {old!r}")
        path.write_text(text.replace(old, new))

    def _set_version(self, version: str) -> None:
        (self._clone / "version.txt").write_text(f"{version}\n")

    def _commit(self, message: str) -> None:
        self._git("add", "--all")
        self._git("commit", "-q", "-m", message)

    def _push(self, branch: str) -> str:
        self._git("push", "-q", "origin", branch)
        return self._git("rev-parse", branch)

    def _git(self, *words: str) -> str:
        identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false")
        done = subprocess.run(
            ["git", *identity, *words], cwd=self._clone, env=self._environment, capture_output=True, text=True
        )
        if done.returncode != 0:
            raise RuntimeError(f"git {' '.join(words)} failed: {done.stderr.strip()}")
        return done.stdout.strip()
