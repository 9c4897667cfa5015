"""Tags: the labels an image gets in the registry, and a version in git. A tag is only a label; the digest is the image."""

from pipeline_defs.release.version import Version

STAGING_DEV = "staging_dev"
STAGING = "staging"
LATEST = "latest"
PREVIOUS_UP = "previous_up"


def development_tag(version: Version) -> str:
    """The tag of a development version, which later builds of the same number may take over."""
    return f"{version}_dev"


def release_tag(version: Version) -> str:
    """The tag of a version that passed the tests. It never moves to another digest."""
    return str(version)


def tree_tag(tree: str) -> str:
    """The tag by which an image is found again for the source tree (64 hex digits) that it was built from."""
    return f"tree-{tree[:32]}"


def code_tag(code: str) -> str:
    """The tag by which a released image is found again for all of its source but the configuration; `code` has 64 hex digits."""
    return f"code-{code[:32]}"


def tested_tag(proof: str) -> str:
    """The tag of an image whose tests passed; `proof` (64 hex digits) stands for all that decided what was tested."""
    return f"tested-{proof[:32]}"


def pull_tag(pull: int) -> str:
    """The tag of a pull request's newest image."""
    return f"pr-{pull}"


def commit_tag(commit: str) -> str:
    """The tag of one commit of a pull request; two pull requests never share it."""
    return f"sha-{commit[:12]}"


def git_tag(version: Version | str) -> str:
    """The tag that a commit gets in git when its version reaches the first environment that is deployed to."""
    return f"v{version}"


def tags_for(
    version: Version, *, branch: str, development: str, main: str, pull: int = 0, commit: str = ""
) -> tuple[str, ...]:
    """The tags an image gets once its tests passed, by what its commit is for.

    A pull request (`pull` is its number, `commit` its head) gets development tags, whatever branch it is to be merged
    into, and two of its own: its version's number is shared with others, so those may take the development tags over.
    A merge to `development` names the version and what is newest for staging; a merge to `main` names the version and
    `latest`; where one branch is both, a merge gets the tags of both. Any other branch gets development tags alone.
    """
    if pull:
        own = (pull_tag(pull), *((commit_tag(commit),) if commit else ()))
        return (development_tag(version), STAGING_DEV, *own)
    if branch == main == development:
        return (development_tag(version), STAGING_DEV, release_tag(version), STAGING, LATEST)
    if branch == main:
        return (release_tag(version), LATEST)
    if branch == development:
        return (development_tag(version), STAGING_DEV, release_tag(version), STAGING)
    return (development_tag(version), STAGING_DEV)
