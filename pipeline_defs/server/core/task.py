"""Task and report: what a procedure is asked to do, and what came of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pipeline_defs.config.app import App
from pipeline_defs.config.host import Host
from pipeline_defs.config.route import Route
from pipeline_defs.config.secret import Secret
from pipeline_defs.release.admission_rules import Admission, HostFacts
from pipeline_defs.release.evidence import Copy, Migration, StepTiming, TestCounts, WayBack
from pipeline_defs.release.records import OnHost, Outcome, Release
from pipeline_defs.server.core.command import Listener, Runner
from pipeline_defs.server.core.site import Site


@dataclass(frozen=True)
class Task:
    """One rehearsal, deploy or rollback.

    Attributes:
        id: sorts by time and names the journal, the log and the backup: `20260131T120000Z-1a2b3c4d`.
        app, environment: what is acted on.
        release: what shall run; None only for a rollback to what ran before.
        files: the compose file, further files and e2e files of the release's commit, by their path in the repository.
        settings: the environment's variables and secrets.
        registry_login: a Docker `config.json` with the registry's credentials, where it asks for them.
        run: the Dagster run, actor: who asked for it.
        addresses: the URLs of databases that are no container here, by environment.
        platforms: what the image was built for, such as `linux/amd64`; empty where nobody knows.
        files_at: the files of another commit, as `files`; a rehearsal asks for those of the release it may have to go back to.
        way_back: for a deployment, what its rehearsal said of the way back to what runs now.
        downgrade_to: for a rollback, the revision that migrations are taken back to first; None: they stay.
        migrated: for a rollback, the release in whose image they are taken back; None: the one that `current` names.
        restore_from: for a rollback, the backup on the server that the database becomes; None: it stays.
        frozen: for a rollback, the release gets the settings that it had, as far as the server still has them.
        returns: for a rollback, its release ran before: that its tests fail is told, and is no reason to go elsewhere.
        reaches: asks the environment's `url` and says why people do not reach it; None where there is none to ask.
        outside: what answered on the published ports before anything was changed, filled by the procedure.
        host: for one of several hosts, which; None: the environment has one host, or all of them are meant.
        token: that of the site's lock, where the fleet that this is a part of holds it; empty: it is not held yet.
        admitted: whether a deployment may go on, asked under the lock with what the servers say; None: only what runs there decides.
        without_hooks: its hooks are run by the fleet that it is a part of.
        here: executes the hooks that run on this machine; None where nothing is executed.
        alive: tells whether a run is still under way, None of one that is not known here; a lock whose run is not is taken over.
        say: takes a milestone for people; listen: takes each line of the commands' output.
    """

    id: str
    app: App
    environment: str
    release: Release | None
    files: Mapping[str, bytes]
    settings: Mapping[str, str | Secret]
    registry_login: Secret | None
    run: str
    actor: str
    alive: Callable[[str], bool | None]
    say: Callable[[str], None]
    listen: Listener
    addresses: Mapping[str, Secret] = field(default_factory=dict)
    platforms: tuple[str, ...] = ()
    files_at: Callable[[str], Mapping[str, bytes] | None] | None = None
    way_back: WayBack | None = None
    downgrade_to: str | None = None
    migrated: Release | None = None
    restore_from: str | None = None
    frozen: bool = False
    returns: bool = False
    reaches: Callable[[], str | None] | None = None
    outside: dict[tuple[str, str], str] = field(default_factory=dict)
    admitted: Callable[[Sequence[HostFacts]], Admission] | None = None
    host: Host | None = None
    token: str = ""
    without_hooks: bool = False
    here: Runner | None = None

    @property
    def rehearsed(self) -> Site | None:
        """The environment that a rehearsal is about, which its tests may not reach; None for what is no rehearsal."""
        name = self.app.environments[self.environment].rehearses
        return Site.of(self.app, name) if name else None

    @property
    def site(self) -> Site:
        """The place it is about."""
        return Site.of(self.app, self.environment, self.host)

    def with_route(self, route: Route | None) -> "Task":
        """The same with another route of its environment, or none."""
        config = self.app.environments[self.environment].model_copy(update={"route": route})
        environments = {**self.app.environments, self.environment: config}
        return replace(self, app=self.app.model_copy(update={"environments": environments}))

    @property
    def timestamp(self) -> str:
        """When it began, as files are named: `20260131T120000Z`."""
        return self.id.partition("-")[0]


@dataclass(frozen=True)
class Report:
    """What came of a task.

    Attributes:
        outcome: SUCCEEDED, FAILED or ROLLED_BACK.
        steps: what was executed, in order, with seconds.
        tests, e2e: counts of the tests inside the container and of the end-to-end tests.
        revision_before, revision: the database's migration revision before and afterwards, where the app can tell.
        migrations: each with its seconds, where they can be told apart.
        backup: path of the database backup on the server; copied: what a rehearsal made of it.
        way_back: of a rehearsal, whether the release before works on the migrated copy.
        previous: the release that ran before; live: the one that runs now. None: nothing.
        changed: whether anything is, or was for a while, not as it was before the attempt; else a failure needs no rollback.
        changes: what that is, a phrase each.
        left: after a failed attempt was taken back, what does not run as it ran before, a phrase each.
        error: one sentence for people, None when all went well.
        last_words: what the containers said last when it failed; empty where nobody asked them.
        log: path of the log on the server.
        hosts: where there are several, what came of it on each; what is said above is that of the first.
        unproved: which tests fail of a release that ran before and serves again; None where they passed.
        failed_hooks: hooks that failed after the release was final, a sentence each.
        kept_until: of a pull request that stays up for people, until when, ISO 8601; not_kept: why one that should does not.
    """

    outcome: Outcome
    steps: tuple[StepTiming, ...] = ()
    tests: TestCounts | None = None
    e2e: TestCounts | None = None
    revision_before: str | None = None
    revision: str | None = None
    migrations: tuple[Migration, ...] = ()
    backup: str | None = None
    copied: Copy | None = None
    way_back: WayBack | None = None
    previous: Release | None = None
    live: Release | None = None
    changed: bool = False
    changes: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    error: str | None = None
    last_words: str = ""
    log: str | None = None
    hosts: tuple[OnHost, ...] = ()
    unproved: str | None = None
    failed_hooks: tuple[str, ...] = ()
    kept_until: str | None = None
    not_kept: str | None = None
