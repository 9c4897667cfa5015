"""Path overrides: where the files of a release and the data of its app lie on a server, as a compose file that says so."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from pipeline_defs.server.core.relative_paths import Model, Paths

SEEN, READ, KEPT = "files", "read", "data"
"""Folders of an environment: what containers see of releases, what Compose reads of them, each by its content; and the app's data."""


_TAGGED = {
    '"env_file": [': '"env_file": !override [',
    '"label_file": [': '"label_file": !override [',
    '"develop": null': '"develop": !reset null',
}
"""JSON has no tags, with which alone Compose replaces what it else adds to. In a text quotation marks have a backslash before them."""


@dataclass(frozen=True)
class Roots:
    """Where things lie on a server: releases in `root`, data in `data`; `theirs`: somebody else than Shipline made that folder."""

    root: str
    data: str
    theirs: bool = False


def override(model: Model, paths: Paths, roots: Roots, addresses: Mapping[str, str]) -> str:
    """A compose file that puts each relative path where it lies on the server; empty where there is none.

    `addresses`: of each path of the release, and each secret file, the folder that its content has.
    """
    made = _Override(model, paths, roots, addresses)
    for step in (made.mounts, made.sources, made.reads, made.develops):
        step()
    if not made.sections:
        return ""
    text = json.dumps(made.sections, indent=2, sort_keys=True)
    for plain, tagged in _TAGGED.items():
        text = text.replace(plain, tagged)
    return text


def base(path: str) -> str:
    """The name under which a path lies in the folder of its content."""
    return PurePosixPath(path).name or "repository"


class _Override:
    def __init__(self, model: Model, paths: Paths, roots: Roots, addresses: Mapping[str, str]) -> None:
        self.model, self.paths, self.roots, self.addresses = model, paths, roots, addresses
        self.sections: dict[str, dict[str, Any]] = {}

    def mounts(self) -> None:
        for mount in self.model.mounts:
            place = self._place(mount.path)
            if isinstance(mount.volume, str):
                self._section("volumes")[mount.volume] = {"driver_opts": {"device": place}}
            else:
                written = _escaped(mount.volume) if self.model.resolved else dict(mount.volume)
                there = {**written, "source": place}
                # As it is written a folder that is taken over makes no new container of one that has it already.
                taken_over = self.roots.theirs and mount.path in self.paths.data
                made = there if taken_over else _existing(there)
                self._service(mount.service).setdefault("volumes", []).append(made)

    def sources(self) -> None:
        for source in self.model.sources:
            self._section(source.section)[source.name] = {"file": self._place(source.path)}
            self._label_users(f"{source.section}/{source.name}", self.addresses.get(source.path, ""))
        for name, content in (self.model.inline or {}).items():
            self._label_users(name, content)

    def reads(self) -> None:
        for read in self.model.reads:
            listed = self._service(read.service).setdefault(read.key, [])
            if not read.relative:
                listed.append(read.given or read.path)
            elif read.path in self.paths.read:
                place = f"{self.roots.root}/{READ}/{self.addresses[read.path]}/{base(read.path)}".replace("$", "$$")
                listed.append({**read.given, "path": place} if read.given else place)

    def develops(self) -> None:
        for service in self.model.develops:
            self._service(service)["develop"] = None

    def _label_users(self, name: str, content: str) -> None:
        """A container is made anew when its description differs, which says nothing of the content of configs and secrets."""
        for user in (self.model.users or {}).get(name, ()):
            self._service(user).setdefault("labels", {})[f"shipline.{name.replace('/', '.', 1)}"] = content

    def _section(self, name: str) -> dict[str, Any]:
        return self.sections.setdefault(name, {})

    def _service(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self._section("services").setdefault(name, {})
        return found

    def _place(self, path: str) -> str:
        if path in self.paths.data:
            return f"{self.roots.data}/{path}".replace("$", "$$")
        return f"{self.roots.root}/{SEEN}/{self.addresses[path]}/{base(path)}".replace("$", "$$")


def _existing(volume: dict[str, Any]) -> dict[str, Any]:
    """A mount of what is there: where it is not, Docker refuses to start the container instead of making an empty folder."""
    bind = volume.get("bind") or {}
    if "selinux" in bind:  # Docker takes a label only for mounts that it makes the folders of
        return volume
    return {**volume, "bind": {**bind, "create_host_path": False}}


def _escaped(volume: Mapping[str, Any]) -> dict[str, Any]:
    """A mount whose texts Compose takes as they are."""
    escaped: dict[str, Any] = json.loads(json.dumps(volume).replace("$", "$$"))
    return escaped
