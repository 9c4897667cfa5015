"""Every file that declares routes; importing this one declares them all."""

from tests.testbed.github import (
    activity,
    apps,
    comments,
    commits,
    contents,
    deployments,
    gitdata,
    hooks,
    issues,
    merge,
    pulls,
    releases,
    repos,
    statuses,
)

ALL = (
    activity,
    apps,
    comments,
    commits,
    contents,
    deployments,
    gitdata,
    hooks,
    issues,
    merge,
    pulls,
    releases,
    repos,
    statuses,
)
