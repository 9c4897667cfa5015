"""Records: what the lineage keeps of an image, a rehearsal and a deployment."""

from enum import StrEnum

from pipeline_defs.release.deployed_changes import DeployedChanges
from pipeline_defs.release.evidence import Copy, LintCounts, Migration, Record, StepTiming, TestCounts, WayBack
from pipeline_defs.release.image_set import ReleasedImage


class Image(Record):
    """A built container image, or a set of several, promoted for one commit.

    Attributes:
        app: the app's name; repository: the image's name in the registry, without tag or digest.
        digest: `sha256:…` of the manifest; the identity of the image, or of the set.
        images: of a set its images, in the order of the app's file; empty where there is one image.
        commit: the commit it was promoted for; version: `x.y.z` of that.
        branch: that commit's branch; of a pull request the one it is to be merged into.
        pull, issue: the numbers of the pull request and the issue it is about, 0 for none.
        tree: SHA-256 of everything the image was built from; the same tree is never built twice.
        code: SHA-256 of the same without what is only configuration; an image keeps its version while that alone changes.
        built_from: the commit that built it; differs from `commit` where the image was reused.
        tags: the tags that were moved to it.
        lint, tests: the evidence; of the build it was reused from where it was not built anew.
        tested: SHA-256 of all that decided what its tests tested, the tree included; empty where that could not be told.
        steps: the stages that ran, with their timings.
        run: the Dagster run; at: when it was pushed, ISO 8601 in UTC.
        untrusted: the code was not merged, or a fork's: it was checked alone, and only a rehearsal of the pull request runs the image.
    """

    app: str
    repository: str
    digest: str
    version: str
    commit: str
    branch: str
    tree: str
    built_from: str
    code: str = ""
    pull: int = 0
    issue: int = 0
    tags: tuple[str, ...] = ()
    lint: LintCounts | None = None
    tests: TestCounts | None = None
    tested: str = ""
    steps: tuple[StepTiming, ...] = ()
    run: str = ""
    at: str = ""
    untrusted: bool = False
    images: tuple[ReleasedImage, ...] = ()

    @property
    def reference(self) -> str:
        """What a server pulls and runs, or of a set its name: `name@sha256:…`."""
        return f"{self.repository}@{self.digest}"

    @property
    def each(self) -> tuple[ReleasedImage, ...]:
        """The images: those of the set, or the only one."""
        only = ReleasedImage(
            name="", repository=self.repository, digest=self.digest, tree=self.tree, built_from=self.built_from
        )
        return self.images or (only,)


ADOPTED = "adopted"
"""The configuration of a release that ran before Shipline deployed anything, and that it took over."""


class Release(Record):
    """A frozen snapshot of what an environment is asked to run.

    `configuration` is the SHA-256 of the compose file, the settings (of secrets a keyed hash) and the app's environment configuration.
    `images` are those of a set, for which `digest` stands; empty where there is one image.
    """

    app: str
    version: str
    repository: str
    digest: str
    commit: str
    configuration: str = ""
    images: tuple[ReleasedImage, ...] = ()

    @property
    def adopted(self) -> bool:
        """Whether somebody else than Shipline started it: its version and commit are not known."""
        return self.configuration == ADOPTED

    def is_like(self, other: "Release") -> bool:
        """Whether it is the same version, image and configuration. Older records do not say which configuration that was."""
        known = "" not in (self.configuration, other.configuration)
        same = (self.version, self.digest) == (other.version, other.digest)
        return same and (not known or self.configuration == other.configuration)

    @property
    def reference(self) -> str:
        """What a server pulls and runs, or of a set its name: `name@sha256:…`."""
        return f"{self.repository}@{self.digest}"

    @property
    def references(self) -> tuple[str, ...]:
        """What a server pulls and runs: one image, or each of the set, the first one first."""
        return tuple(each.reference for each in self.images) or (self.reference,)

    @property
    def name(self) -> str:
        """A name for files and messages: the version and the first digits of digest and configuration."""
        return f"{self.version}-{self.digest.removeprefix('sha256:')[:12]}-{self.configuration[:6] or '0'}"


class Outcome(StrEnum):
    """How a rehearsal or deployment ended; STARTED is the intent, written before anything is changed."""

    STARTED = "started"
    SUCCEEDED = "succeeded"
    FAILED = "failed"  # it ended without changing what runs, or what runs is unknown
    ROLLED_BACK = "rolled back"  # the release before it runs again
    FROZEN = "frozen"  # it was not begun, because the environment is frozen; a later one follows
    WAITING = "waiting"  # it was not begun, because its release is being rehearsed; a later one follows


HELD = (Outcome.FROZEN, Outcome.WAITING)
"""Of deployments that were not begun, and that a later run makes."""


class Ground(Record):
    """What a rehearsal rests on besides the files of its commit.

    Attributes:
        production: the release that ran in the environment that is rehearsed, None for none.
        revision: that of its database; empty where the app does not tell, None where it is not known.
        configuration: SHA-256 of what the app's file says of both environments, and of the rehearsal's settings.
    """

    production: Release | None
    revision: str | None
    configuration: str

    @property
    def known(self) -> bool:
        """Whether it can be compared."""
        return self.production is None or self.revision is not None


class Preview(Record):
    """What people see of a pull request before it is merged.

    Attributes:
        address: where they find it, empty where nothing stayed up; until: when it ends by itself, ISO 8601.
        lacks: why nothing stayed up; ended: why it is not there any more. Empty where that is not so.
    """

    address: str = ""
    until: str = ""
    lacks: str = ""
    ended: str = ""


class Rehearsal(Record):
    """The staging run of a release against a restored copy of the production database.

    Attributes:
        revision_before, revision: the copy's migration revision before and after the migration.
        migrations: each of them with its seconds on the real copy.
        copied: the copy it ran on, None where production had no database yet.
        way_back: whether the release that ran in production then works on the migrated copy; None where nothing ran yet,
            or the rehearsal did not come that far.
        database_bytes: the size of the dump that was restored; `copied` knows more.
        last_words: what the containers said last when it failed; empty where nobody asked them.
        pull: the number of the pull request whose head was rehearsed, before it was merged; 0 for what was merged.
        ground: of a pull request, what its rehearsal rests on; None where it cannot stand for that of the merge.
        reused: of a merge, the run that has rehearsed its pull request and whose evidence this is; empty where it was rehearsed itself.
        preview: of a pull request, what stays up for people; None where nothing was to.
    """

    id: str
    release: Release
    environment: str
    outcome: Outcome
    started: str
    pull: int = 0
    ground: Ground | None = None
    reused: str = ""
    preview: Preview | None = None
    seconds: float = 0.0
    steps: tuple[StepTiming, ...] = ()
    tests: TestCounts | None = None
    e2e: TestCounts | None = None
    revision_before: str | None = None
    revision: str | None = None
    migrations: tuple[Migration, ...] = ()
    copied: Copy | None = None
    way_back: WayBack | None = None
    database_bytes: int | None = None
    error: str | None = None
    last_words: str = ""
    log: str | None = None
    run: str = ""
    actor: str = ""


class OnHost(Record):
    """What a deployment came to on one host of several.

    Attributes:
        host: `user@address:port`.
        outcome: how it ended there; STARTED where it was not begun.
        version: of the release that runs there now, None for nothing or where nobody knows.
        steps: what was executed there, with seconds.
        error: one sentence, None where nothing went wrong.
    """

    host: str
    outcome: Outcome
    version: str | None = None
    steps: tuple[StepTiming, ...] = ()
    error: str | None = None

    @property
    def seconds(self) -> float:
        """How long its steps took together."""
        return round(sum((step.seconds for step in self.steps), 0.0), 1)

    def __str__(self) -> str:
        """`root@b.example.org:22: failed after 3.2 s, 1.4.1 runs there`."""
        runs = f"{self.version} runs there" if self.version else "what runs there is not known"
        how = "not begun" if self.outcome is Outcome.STARTED else f"{self.outcome} after {self.seconds:.1f} s"
        return f"{self.host}: {how}, {runs}"


class DeploymentKind(StrEnum):
    """What a deployment is for."""

    DEPLOY = "deploy"
    ROLLBACK = "rollback"


class Deployment(Record):
    """Release x environment x time, with who and why; a rollback is a deployment too.

    Attributes:
        id: sorts by start time; the same in the lineage and in the server's journal.
        previous: the release that ran before, None for the first deployment; because_of: of a rollback, the deployment it answers.
        backup: the file on the server that holds the database as it was before, with its checksum beside it.
        revision_before, revision: the database's migration revision before and after.
        way_back: the rehearsal's verdict on the way back to `previous`, which the deployment was made with; None where none is known.
        failed_after_change: it failed by itself after something that serves people was touched, which speaks against its release;
            that its run was killed or cancelled does not.
        committed: when each commit that it brought was made, by its author's clock, ISO 8601 in UTC, newest first; merges are left out, and
            beyond 200 the oldest. None where nobody could tell.
        brought: what it has and the release before had not; None where nobody could tell.
        frozen_until: when the freeze ends that held it back, ISO 8601; None where none did. `error` says it to people.
        freeze_overridden: the window of the freeze that a person let it go through, for `reason`.
        hosts: where there are several, what came of it on each, the first one first; steps and counts are those of the first.
        unproved: of a rollback whose release serves and is healthy, and fails its own tests: which; None where they passed.
        failed_hooks: hooks that failed after the release was final, a sentence each; the release stays.
        last_words: what the containers said last when it failed; empty where nobody asked them.
        needs_person: the way back failed, so nobody knows whether the environment serves; nothing more is started by itself.
    """

    id: str
    kind: DeploymentKind
    release: Release
    environment: str
    outcome: Outcome
    started: str
    seconds: float = 0.0
    previous: Release | None = None
    because_of: str | None = None
    steps: tuple[StepTiming, ...] = ()
    tests: TestCounts | None = None
    e2e: TestCounts | None = None
    revision_before: str | None = None
    revision: str | None = None
    backup: str | None = None
    way_back: WayBack | None = None
    failed_after_change: bool = False
    committed: tuple[str, ...] | None = None
    brought: DeployedChanges | None = None
    frozen_until: str | None = None
    freeze_overridden: str | None = None
    hosts: tuple[OnHost, ...] = ()
    unproved: str | None = None
    failed_hooks: tuple[str, ...] = ()
    needs_person: bool = False
    error: str | None = None
    last_words: str = ""
    log: str | None = None
    run: str = ""
    actor: str = ""
    reason: str = ""
