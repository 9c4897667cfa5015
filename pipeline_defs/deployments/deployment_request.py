"""Deployment request: what a rehearsal, deployment or rollback is asked for."""

from dataclasses import dataclass

from pipeline_defs.release.database_rollback import Choice


@dataclass(frozen=True)
class Wanted:
    """What a rehearsal, deployment or rollback is asked for. Empty texts: not given, and what is meant is found out.

    Attributes:
        version, commit: of the image, or of the release to go back to.
        reason: why, in a person's words.
        because_of: the id of the deployment that a rollback answers.
        database: what a person says shall become of the database on a rollback; None: the rehearsal's verdict decides.
        frozen_settings: the release of a rollback gets the settings that it had, not those of today.
    """

    version: str = ""
    commit: str = ""
    reason: str = ""
    because_of: str = ""
    database: Choice | None = None
    frozen_settings: bool = True
