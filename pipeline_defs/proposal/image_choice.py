"""Image choice: which image of a repository the app is."""

from dataclasses import dataclass

from pipeline_defs.proposal.repository_scan import Dockerfile, Repository


@dataclass(frozen=True)
class Choice:
    """The app's image: its Dockerfile, the folder that is given to the build, and the service that a person has named, if any."""

    repository: Repository
    dockerfile: Dockerfile
    folder: str
    service: str | None
