"""What an environment's ops are asked for, as Dagster's run configuration."""

from datetime import UTC

import dagster as dg

from pipeline_defs.deployments.deployment_request import Wanted
from pipeline_defs.deployments.protocols import DeploymentError
from pipeline_defs.release.admission_rules import Requester
from pipeline_defs.release.database_rollback import Choice, Settings
from pipeline_defs.release.records import DeploymentKind
from pipeline_defs.release.request import is_automatic


class EnvironmentConfig(dg.Config):
    """What an environment is asked to run. Nothing given: the image that this run makes, for a rehearsal by itself the
    newest image, for a rollback what ran before.

    `kind` is deploy or rollback; without it the job decides. `because_of` is the id of the deployment that a rollback answers.
    `override_freeze` lets a deployment go through a freeze, for the reason that has to be given with it.
    `settings` is which ones a rollback's release gets: frozen, those that it had, as without it; or now, those of today.
    `database` is what a rollback does to the database: keep, downgrade or restore; without it the rehearsal's verdict decides.
    """

    version: str = ""
    commit: str = ""
    kind: str = ""
    reason: str = ""
    because_of: str = ""
    database: str = ""
    override_freeze: bool = False
    settings: str = ""

    def kind_in(self, context: dg.OpExecutionContext) -> DeploymentKind:
        """Deploy or rollback."""
        return DeploymentKind(self.kind or context.run.tags.get("kind", DeploymentKind.DEPLOY))

    def wanted(self) -> Wanted:
        """The same for the procedures. Raises DeploymentError for a word that means nothing."""
        return Wanted(
            version=self.version,
            commit=self.commit,
            reason=self.reason,
            because_of=self.because_of,
            database=self.choice,
            frozen_settings=self.frozen,
        )

    def requester(self, context: dg.OpExecutionContext) -> Requester:
        """Who asks for a deployment."""
        mine = context.instance.get_run_record_by_id(context.run_id)
        return Requester(
            automatic=is_automatic(context.run.tags),
            asked=mine.create_timestamp.astimezone(UTC) if mine else None,
            override_freeze=self.override_freeze,
            reason=self.reason,
        )

    @property
    def frozen(self) -> bool:
        """True when a rollback's release gets the settings that it had."""
        try:
            return Settings(self.settings or Settings.FROZEN) is Settings.FROZEN
        except ValueError:
            raise DeploymentError(
                f"settings is {self.settings!r}, and may be {', '.join(Settings)}, or nothing"
            ) from None

    @property
    def choice(self) -> Choice | None:
        """What a person says shall become of the database; None where nobody says."""
        try:
            return Choice(self.database) if self.database else None
        except ValueError:
            raise DeploymentError(
                f"database is {self.database!r}, and may be {', '.join(Choice)}, or nothing"
            ) from None
