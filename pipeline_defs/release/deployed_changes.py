"""Deployed changes: what a deployment has that the release before it had not. Pure."""

import re
from collections.abc import Iterable, Mapping

from pipeline_defs.release.evidence import Record

_MERGED = re.compile(r"Merge pull request #([1-9][0-9]{0,8}) from .*|.*\(#([1-9][0-9]{0,8})\)")


class DeployedChanges(Record):
    """The commits that a deployment brought to its environment, full ids, newest first, merges too; and the pull requests and issues
    that they belong to, by their messages and by the images that were made of them."""

    commits: tuple[str, ...] = ()
    pulls: tuple[int, ...] = ()
    issues: tuple[int, ...] = ()

    def __str__(self) -> str:
        parts = [f"{len(self.commits)} commit{'s' if len(self.commits) != 1 else ''}"]
        parts += [f"pull requests {', '.join(f'#{number}' for number in self.pulls)}"] if self.pulls else []
        parts += [f"issues {', '.join(f'#{number}' for number in self.issues)}"] if self.issues else []
        return "; ".join(parts)


def deployed_changes(commits: Iterable[tuple[str, str]], known: Mapping[str, tuple[int, int]]) -> DeployedChanges:
    """What commits, pairs of id and first line, belong to. `known` is what images say, {commit: (pull request, issue)}, 0 for none."""
    listed = list(commits)
    told = [known[commit] for commit, _ in listed if commit in known]
    pulls = [*pull_numbers(subject for _, subject in listed), *(pull for pull, _ in told)]
    return DeployedChanges(
        commits=tuple(commit for commit, _ in listed),
        pulls=tuple(dict.fromkeys(number for number in pulls if number)),
        issues=tuple(dict.fromkeys(issue for _, issue in told if issue)),
    )


def pull_numbers(subjects: Iterable[str]) -> list[int]:
    """The pull requests that commits say they merge, in GitHub's words for a merge and for a squash; each once."""
    found = (_MERGED.fullmatch(subject) for subject in subjects)
    return list(dict.fromkeys(int(match[1] or match[2]) for match in found if match))
