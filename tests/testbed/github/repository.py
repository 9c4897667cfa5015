"""A bare git repository on disk: references, history, changes and merges."""

import contextlib
import os
import re
import subprocess
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from tests.testbed.github.merging import merge_trees
from tests.testbed.github.objects import EMPTY_TREE, EXECUTABLE, FILE, TREE, Commit, Entry, Objects

SHA = re.compile(r"[0-9a-f]{40}")
CONFIG = """[core]
\trepositoryformatversion = 0
\tfilemode = true
\tbare = true
[http]
\treceivepack = true
[uploadpack]
\tallowAnySHA1InWant = true
\tallowReachableSHA1InWant = true
[receive]
\tautogc = false
\thideRefs = refs/pull
[gc]
\tauto = 0
"""
"""Pull request references are hidden from pushes: GitHub refuses them as "deny updating a hidden ref"."""


class NotFastForward(Exception):
    """The reference is not where the caller thought it was."""


class GitRepository:
    """One bare repository; `objects` is shared by a repository and its forks."""

    def __init__(self, folder: Path, objects: Objects) -> None:
        self.folder = folder
        self.objects = objects

    @classmethod
    def create(cls, folder: Path, default_branch: str, objects: Objects | None = None) -> "GitRepository":
        """A new empty repository; with `objects` a fork of the one they belong to. Twenty times as fast as `git init`."""
        for part in ("refs/heads", "refs/tags", "refs/pull", "info"):
            (folder / part).mkdir(parents=True)
        (folder / "HEAD").write_text(f"ref: refs/heads/{default_branch}\n")
        (folder / "config").write_text(CONFIG)
        if objects is None:
            objects = Objects(folder / "objects")
            for part in ("info", "pack"):
                (objects.folder / part).mkdir(parents=True)
        else:
            (folder / "objects").symlink_to(objects.folder, target_is_directory=True)
        return cls(folder, objects)

    # ---- references

    def ref(self, name: str) -> str | None:
        """The SHA a full reference name points to, None when there is none."""
        try:
            said = (self.folder / name).read_text().strip()
        except (OSError, ValueError):
            return self._packed().get(name)
        return said if SHA.fullmatch(said) else None

    def refs(self, prefix: str = "refs/") -> dict[str, str]:
        """All references below a prefix such as `refs/heads/`, sorted."""
        found = {name: sha for name, sha in self._packed().items() if name.startswith(prefix)}
        for folder, _, files in os.walk(self.folder / prefix.rpartition("/")[0]):
            for file in files:
                name = str(Path(folder, file).relative_to(self.folder))
                if name.startswith(prefix) and not name.endswith(".lock") and (sha := self.ref(name)):
                    found[name] = sha
        return dict(sorted(found.items()))

    def set_ref(self, name: str, sha: str, expected: str | None = None) -> None:
        """Point a reference to a SHA; NotFastForward when it does not point to `expected` (any when None)."""
        path = self.folder / name
        lock = path.with_name(path.name + ".lock")  # git's own protocol, so that a push at the same time is safe
        handle = self._take(lock)
        try:
            if expected is not None and self.ref(name) != expected:
                raise NotFastForward(name)
            os.write(handle, f"{sha}\n".encode())
            lock.replace(path)
        except BaseException:
            lock.unlink()
            raise
        finally:
            os.close(handle)

    def delete_ref(self, name: str) -> None:
        """Remove a reference."""
        if name in self._packed():
            self.git("update-ref", "-d", name)
        path = self.folder / name
        path.unlink(missing_ok=True)
        # A folder left behind would keep a branch from having its name.
        with contextlib.suppress(OSError):
            while path.parent.parent != self.folder / "refs":
                path = path.parent
                path.rmdir()

    def head(self, branch: str) -> str | None:
        """The SHA of a branch."""
        return self.ref(f"refs/heads/{branch}")

    def resolve(self, text: str) -> str | None:
        """The commit that a branch, a tag, `heads/x`, `tags/x`, a SHA or its first seven digits and more mean."""
        for name in (f"refs/heads/{text}", f"refs/tags/{text}", f"refs/{text}", text):
            if ".." not in name and name.startswith("refs/") and (sha := self.ref(name)):
                return self.peel(sha)
        if SHA.fullmatch(text):
            return text if self.objects.has(text, "commit") else None
        if re.fullmatch(r"[0-9a-f]{7,39}", text):
            found = self.git("rev-parse", "--verify", "--quiet", f"{text}^{{commit}}", check=False).strip()
            return found or None
        return None

    def peel(self, sha: str) -> str:
        """The commit behind an annotated tag; a commit's own SHA otherwise."""
        kind, data = self.objects.read(sha)
        return self.peel(data.split(b"\n", 1)[0].split()[1].decode()) if kind == "tag" else sha

    # ---- history

    def commit(self, sha: str) -> Commit:
        """The commit of a full SHA; raises Missing."""
        return self.objects.commit(sha)

    def ancestors(self, *heads: str, stop: set[str] | frozenset[str] = frozenset()) -> Iterator[str]:
        """All commits reachable from the heads, without those in `stop` and what is only behind them."""
        seen: set[str] = set()
        ahead = deque(heads)  # the nearest first: what is looked for is mostly near
        while ahead:
            sha = ahead.popleft()
            if sha in seen or sha in stop:
                continue
            seen.add(sha)
            yield sha
            ahead.extend(self.commit(sha).parents)

    def contains(self, head: str, sha: str) -> bool:
        """True when `sha` is `head` or behind it."""
        return head == sha or any(one == sha for one in self.ancestors(head))

    def log(self, head: str, without: str | None = None) -> list[str]:
        """Commits behind `head` and not behind `without`, oldest first, parents before children."""
        stop = set(self.ancestors(without)) if without else set()
        inside = set(self.ancestors(head, stop=stop))
        order: list[str] = []
        placed: set[str] = set()
        ahead = [(head, False)]
        while ahead:
            sha, done = ahead.pop()
            if done and sha not in placed:
                placed.add(sha)
                order.append(sha)
            elif not done and sha in inside and sha not in placed:
                ahead.append((sha, True))
                ahead.extend((parent, False) for parent in reversed(self.commit(sha).parents))
        return order

    def merge_base(self, one: str, other: str) -> str | None:
        """The best common ancestor, None when the histories have nothing in common."""
        behind = set(self.ancestors(other))
        mine = list(self.ancestors(one, stop=behind))
        meeting = {parent for sha in [*mine] for parent in self.commit(sha).parents if parent in behind}
        if one in behind:
            return one
        for sha in sorted(meeting, key=lambda sha: -self.commit(sha).committer.time):
            if not any(sha != rival and self.contains(rival, sha) for rival in meeting):
                return sha
        return None

    # ---- content

    def files(self, tree: str, prefix: str = "") -> dict[str, Entry]:
        """All files of a tree by path."""
        found: dict[str, Entry] = {}
        for name, entry in self.objects.tree(tree).items():
            if entry.mode == TREE:
                found |= self.files(entry.sha, f"{prefix}{name}/")
            else:
                found[prefix + name] = entry
        return found

    def changed(self, old: str, new: str, prefix: str = "") -> dict[str, tuple[Entry | None, Entry | None]]:
        """Files that differ between two trees: path to what was and what is."""
        before = self.objects.tree(old)
        after = self.objects.tree(new)
        found: dict[str, tuple[Entry | None, Entry | None]] = {}
        for name in sorted(before.keys() | after.keys()):
            was, now = before.get(name), after.get(name)
            if was == now:
                continue
            folders = [entry.sha if entry and entry.mode == TREE else EMPTY_TREE for entry in (was, now)]
            if folders != [EMPTY_TREE, EMPTY_TREE]:
                found |= self.changed(folders[0], folders[1], f"{prefix}{name}/")
            plain = [entry if entry and entry.mode != TREE else None for entry in (was, now)]
            if plain != [None, None]:
                found[prefix + name] = (plain[0], plain[1])
        return found

    def entry(self, tree: str, path: str) -> Entry | None:
        """What lies at a path of a tree; the tree itself at the empty path."""
        entry = Entry(TREE, tree)
        for part in filter(None, path.split("/")):
            inside = self.objects.tree(entry.sha).get(part) if entry.mode == TREE else None
            if inside is None:
                return None
            entry = inside
        return entry

    def edit(self, tree: str, files: dict[str, str | bytes | Entry | None]) -> str:
        """A tree with files written (None: removed); a script, by its first two characters, is executable."""
        entries = dict(self.objects.tree(tree))
        below: dict[str, dict[str, str | bytes | Entry | None]] = {}
        for path, content in files.items():
            name, _, rest = path.partition("/")
            if rest:
                below.setdefault(name, {})[rest] = content
            elif content is None:
                entries.pop(name, None)
            elif isinstance(content, Entry):
                entries[name] = content
            else:
                data = content.encode() if isinstance(content, str) else content
                mode = EXECUTABLE if data.startswith(b"#!") else FILE
                entries[name] = Entry(mode, self.objects.write("blob", data))
        for name, inner in below.items():
            there = entries.get(name)
            changed = self.edit(there.sha if there and there.mode == TREE else EMPTY_TREE, inner)
            entries[name] = Entry(TREE, changed)
            if changed == EMPTY_TREE:
                del entries[name]
        return self.objects.write_tree(entries)

    def merged(self, ours: str, theirs: str, base: str | None = None) -> str | None:
        """The tree of two commits merged (on their merge base unless told), None when they conflict."""
        base = base or self.merge_base(ours, theirs)
        trees = [self.commit(sha).tree if sha else EMPTY_TREE for sha in (base, ours, theirs)]
        return merge_trees(self, *trees)

    def git(self, *arguments: str, check: bool = True, input: bytes | None = None) -> str:
        """Run git on the repository and return what it printed; RuntimeError when it fails."""
        done = subprocess.run(["git", f"--git-dir={self.folder}", *arguments], capture_output=True, input=input)
        if check and done.returncode:
            raise RuntimeError(f"git {arguments[0]}: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout.decode(errors="surrogateescape")

    def _packed(self) -> dict[str, str]:
        try:
            lines = (self.folder / "packed-refs").read_text().splitlines()
        except OSError:
            return {}
        return {name: sha for sha, _, name in (line.partition(" ") for line in lines) if SHA.fullmatch(sha)}

    @staticmethod
    def _take(lock: Path) -> int:
        deadline = time.monotonic() + 5
        while True:
            try:
                return os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
            except FileNotFoundError:
                lock.parent.mkdir(parents=True, exist_ok=True)
            except FileExistsError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.005)
