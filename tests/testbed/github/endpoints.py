"""Every file that declares routes; importing this one declares them all."""

from tests.testbed.github import commits, hooks, issues, merge, pulls, repos, statuses

ALL = (commits, hooks, issues, merge, pulls, repos, statuses)
