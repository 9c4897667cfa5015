"""Versioning: what a run commits to the branches of a repository on GitHub, alone and while others push."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from pipeline_defs.config import load_app
from pipeline_defs.github.api import Repository, open_repository
from pipeline_defs.github.github_resource import GitHubResource
from pipeline_defs.github.source_resource import SourceResource
from pipeline_defs.orchestration.ops.lint_op import ImageConfig, lint_op
from pipeline_defs.release.change import Change, Trigger, run_id
from pipeline_defs.release.records import Image
from pipeline_defs.release.run_tags import VERSION_COMMIT
from pipeline_defs.release.shipline_commits import change_below
from tests.testbed.github import GitHubServer

REPO = "acme/shop"
APP = """
repository: {git}
image: 127.0.0.1:9/team/shop
lint: "true"
versioning: {versioning}
github: {{repository: acme/shop, api: "{api}", token: {{env: SHIPLINE_TEST_TOKEN}}}}
environments:
  production: {{hosts: a.example.org, directory: /opt/shop/production, compose: production.yml}}
"""
DEVELOPMENT, MAIN = "development", "main"
Meddle = Callable[[], object]


class Team:
    """Developers with a repository on GitHub, and a Shipline whose first stage answers what they merge."""

    def __init__(self, github: GitHubServer, instance: dg.DagsterInstance, folder: Path) -> None:
        self.github, self.instance, self.folder = github, instance, folder
        self.numbers = iter(range(1000))
        github.create_repository(REPO, files={"version.txt": "1.2.0\n", "app.py": "x = 1\n"})
        github.create_branch(REPO, DEVELOPMENT, MAIN)
        self.use("automatic")

    def use(self, versioning: str) -> None:
        """Set who raises the version."""
        (self.folder / "shop.yaml").write_text(self._file(versioning))
        self.app = load_app(self.folder / "shop.yaml")

    def _file(self, versioning: str) -> str:
        return APP.format(git=self.github.git_url(REPO), api=self.github.url, versioning=versioning)

    @property
    def repository(self) -> Repository:
        """The client."""
        return open_repository(self.app)

    def head(self, branch: str) -> str:
        """Where a branch is."""
        return self.github.head(REPO, branch) or ""

    def version(self, ref: str) -> str:
        """What version.txt says there."""
        return (self.github.read(REPO, "version.txt", ref) or "").strip()

    def land(self, base: str = DEVELOPMENT, *labels: str, method: str = "merge", version: str = "") -> str:
        """Merge a pull request that changes a file of its own, and the version if one is given; the base's new head."""
        name = f"change-{next(self.numbers)}"
        files: dict[str, str | bytes | None] = {f"{name}.txt": "new\n"}
        self.github.commit(REPO, files | ({"version.txt": f"{version}\n"} if version else {}), name, at=base, by="ada")
        return self.merge(name, base, *labels, method=method)

    def merge(self, name: str, base: str, *labels: str, method: str = "merge") -> str:
        """Merge a branch by a pull request."""
        number = self.github.create_pull(REPO, name, base=base, title=name, by="ada")
        for label in labels:
            self.github.label(REPO, number, label, by="ada")
        return self.github.merge(REPO, number, method=method, by="ada")

    def answer(
        self,
        head: str,
        since: str,
        branch: str = DEVELOPMENT,
        again: bool = False,
        tags: Mapping[str, str] | None = None,
    ) -> dg.ExecuteInProcessResult:
        """The run that answers a merge; `again` as a new attempt."""
        stage = lint_op(self.app)

        @dg.config_mapping
        def to_first(config: ImageConfig) -> dict[str, Any]:
            return {"shop_lint": {"config": config.model_dump()}}

        @dg.graph(name="shop_image", config=to_first)
        def image() -> Any:
            return stage()

        workspace = SourceResource(workspace=str(self.folder / "workspace"))

        @dg.job(resource_defs={"source": workspace, "github": GitHubResource()})
        def job() -> None:
            image()

        key = Change(app="shop", trigger=Trigger.MERGE, commit=head, branch=branch, since=since).key
        given = ImageConfig(commit=head, branch=branch, since=since).model_dump()
        return job.execute_in_process(
            run_config={"ops": {"shop_image": {"config": given}}},
            instance=self.instance,
            run_id=None if again else run_id(key),
            tags={"change": key, "head": head, "commit": head[:12]} if tags is None else dict(tags),
            raise_on_error=False,
        )

    def image(self, head: str, since: str, branch: str = DEVELOPMENT, again: bool = False) -> Image:
        """What the run makes of a merge; it has to go well."""
        result = self.answer(head, since, branch, again)
        assert result.success, self.sentence(result)
        made = result.output_for_node("shop_image.shop_lint")
        assert isinstance(made, Image)
        return made

    def ship(self, *labels: str, base: str = DEVELOPMENT, method: str = "merge", version: str = "") -> Image:
        """Merge a pull request and let it be answered."""
        since = self.head(base)
        return self.image(self.land(base, *labels, method=method, version=version), since, base)

    def sentence(self, result: dg.ExecuteInProcessResult) -> str:
        """With what a run ended."""
        failure = next(event for event in result.all_node_events if event.is_step_failure)
        data = failure.step_failure_data
        described = data.user_failure_data and data.user_failure_data.description
        return str(described or data.error)

    def said(self, result: dg.ExecuteInProcessResult) -> str:
        """All that a run told."""
        return "\n".join(event.user_message for event in self.instance.all_logs(result.run_id))

    def tags(self, result: dg.ExecuteInProcessResult) -> Mapping[str, str]:
        """A run's tags as they are now."""
        run = self.instance.get_run_by_id(result.run_id)
        assert run is not None
        return run.tags


@pytest.fixture
def team(github: GitHubServer, instance: dg.DagsterInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Team:
    made = Team(github, instance, tmp_path)
    github.set_permission(REPO, "shipline", "write")
    token = github.create_token("shipline", {"contents": "write", "pull_requests": "read"})
    monkeypatch.setenv("SHIPLINE_TEST_TOKEN", token)
    return made


def change_at(repository: Repository, head: str, version_file: str) -> str:
    """The change that a branch's head stands for, as a sensor finds it: what is below Shipline's own commits."""
    while below := change_below(repository.commit(head), version_file):
        head = below
    return head


def before_the_commit(monkeypatch: pytest.MonkeyPatch, meddle: Meddle) -> None:
    """Let somebody else act once, between the look at a branch and the commit on it."""
    real, todo = Repository.commit_file, [meddle]

    def commit_file(self: Repository, *arguments: str) -> str:
        if todo:
            todo.pop()()
        return real(self, *arguments)

    monkeypatch.setattr(Repository, "commit_file", commit_file)


def test_a_merge_to_development_gets_the_next_number_in_a_commit_of_its_own(team: Team) -> None:
    since = team.head(DEVELOPMENT)
    head = team.land()
    result = team.answer(head, since)
    made = team.head(DEVELOPMENT)
    assert team.version(DEVELOPMENT) == "1.2.1"
    image = result.output_for_node("shop_image.shop_lint")
    assert (image.commit, image.version, image.branch) == (made, "1.2.1", DEVELOPMENT)
    tags = team.tags(result)
    assert (tags["commit"], tags["version"], tags[VERSION_COMMIT], tags["head"]) == (made[:12], "1.2.1", made, head)
    details = team.repository.commit(made)
    assert details.parents == (head,)
    assert details.files == ("version.txt",)
    assert details.message.splitlines() == ["Version 1.2.1", "", f"Shipline-Version-Of: {head}"]
    assert change_at(team.repository, made, "version.txt") == head
    assert change_at(team.repository, head, "version.txt") == head


@pytest.mark.parametrize(
    "method", ["merge", *(pytest.param(each, marks=pytest.mark.thorough) for each in ("squash", "rebase"))]
)
def test_labels_raise_more_however_it_is_merged(team: Team, method: str) -> None:
    assert team.ship("SemVer:Minor", method=method).version == "1.3.0"
    assert team.ship("semver:major", method=method).version == "2.0.0"
    assert team.ship("bug", method=method).version == "2.0.1"


def test_a_number_that_was_merged_is_kept_and_the_next_one_follows_it(team: Team) -> None:
    since = team.head(DEVELOPMENT)
    head = team.land(version="3.0.0")
    assert (team.image(head, since).commit, team.head(DEVELOPMENT)) == (head, head)
    assert team.image(team.land(), head).version == "3.0.1"


def test_a_number_that_was_merged_and_goes_back_is_refused(team: Team) -> None:
    since = team.head(DEVELOPMENT)
    result = team.answer(team.land(version="1.1.9"), since)
    assert team.sentence(result).startswith("the version was changed from 1.2.0 to 1.1.9 on development")


@pytest.mark.parametrize(
    "method", ["merge", *(pytest.param(each, marks=pytest.mark.thorough) for each in ("squash", "rebase"))]
)
def test_main_gets_the_next_minor_number_and_development_gets_it_too(team: Team, method: str) -> None:
    team.ship()
    team.ship()
    since = team.head(MAIN)
    assert team.version(DEVELOPMENT) == "1.2.2"
    head = team.merge(DEVELOPMENT, MAIN, method=method)
    image = team.image(head, since, MAIN)
    assert (image.version, image.commit, team.version(MAIN)) == ("1.3.0", team.head(MAIN), "1.3.0")
    assert change_at(team.repository, team.head(MAIN), "version.txt") == head
    if method == "merge":  # copied commits conflict or not, as git sees it; then a person merges
        assert team.version(DEVELOPMENT) == "1.3.0"
        assert team.ship().version == "1.3.1"
        team.merge(DEVELOPMENT, MAIN)


def test_what_merging_back_adds_to_development_is_no_change_unless_it_brings_one(team: Team) -> None:
    team.ship()
    since, before = team.head(MAIN), team.head(DEVELOPMENT)
    team.image(team.merge(DEVELOPMENT, MAIN), since, MAIN)
    merged = team.head(DEVELOPMENT)
    assert team.repository.commit(merged).parents == (before, team.head(MAIN))
    assert (
        change_at(team.repository, merged, "version.txt") == change_at(team.repository, before, "version.txt") != before
    )
    team.ship(base=MAIN)  # a hotfix
    merged = team.head(DEVELOPMENT)
    assert team.version(DEVELOPMENT) == "1.4.0"
    assert change_at(team.repository, merged, "version.txt") == merged
    assert team.image(merged, team.repository.commit(merged).parents[0]).version == "1.4.1"


def test_a_merge_that_was_overtaken_leaves_its_labels_to_the_one_that_overtook_it(team: Team) -> None:
    since = team.head(DEVELOPMENT)
    first = team.land(DEVELOPMENT, "semver:major")
    second = team.land()
    result = team.answer(first, since)
    assert team.sentence(result).startswith(f"superseded: development moved on to {second[:12]}")
    assert team.tags(result)["superseded_by"] == second
    assert team.head(DEVELOPMENT) == second
    assert team.image(second, first).version == "2.0.0"


def test_who_pushes_while_the_version_is_made_wins(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    since, later = team.head(DEVELOPMENT), list[str]()
    first = team.land()
    before_the_commit(monkeypatch, lambda: later.append(team.land()))
    result = team.answer(first, since)
    assert team.tags(result)["superseded_by"] == later[0] == team.head(DEVELOPMENT)
    assert team.image(later[0], first).version == "1.2.1"


def test_two_numbers_made_at_the_same_time_are_settled(team: Team) -> None:
    """Development gets a version between main's merge and the merge back; without help the two would conflict."""
    team.ship()
    since = team.head(MAIN)
    head = team.merge(DEVELOPMENT, MAIN)
    team.ship()
    last = team.head(DEVELOPMENT)
    assert team.version(DEVELOPMENT) == "1.2.2"
    assert team.image(head, since, MAIN).version == "1.3.0"
    assert team.version(DEVELOPMENT) == "1.3.0"
    assert change_at(team.repository, team.head(DEVELOPMENT), "version.txt") == team.repository.commit(last).parents[0]
    assert team.merge(DEVELOPMENT, MAIN)


def test_a_merge_on_which_main_was_merged_back_still_gets_its_version(team: Team) -> None:
    team.ship()
    since, at = team.head(MAIN), team.head(DEVELOPMENT)
    to_main = team.merge(DEVELOPMENT, MAIN)
    waiting = team.land()
    team.image(to_main, since, MAIN)
    assert team.head(DEVELOPMENT) != waiting
    assert team.image(waiting, at).version == "1.3.1"
    assert change_at(team.repository, team.head(DEVELOPMENT), "version.txt") == waiting
    assert team.image(waiting, at, again=True).commit == team.head(DEVELOPMENT)


def test_a_run_that_was_killed_after_its_commit_uses_it(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    since, real = team.head(DEVELOPMENT), Repository.commit_file
    head = team.land()

    def killed(self: Repository, *arguments: str) -> str:
        real(self, *arguments)
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(Repository, "commit_file", killed)
        assert not team.answer(head, since).success
    made = team.head(DEVELOPMENT)
    assert made != head
    assert team.image(head, since, again=True).commit == made == team.head(DEVELOPMENT)
    later = team.land()
    assert team.image(head, since, again=True).commit == made
    assert team.image(later, head).version == "1.2.2"


def test_github_that_answers_too_late_is_asked_what_it_did(team: Team) -> None:
    since = team.head(DEVELOPMENT)
    head = team.land()
    team.github.fail("after", "PATCH", "/git/refs/", times=1)
    assert team.image(head, since).commit == team.head(DEVELOPMENT)
    assert len(team.github.log(REPO, DEVELOPMENT)) == len(team.github.log(REPO, head)) + 1


def test_while_github_is_away_the_stage_is_tried_again(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline_defs.orchestration.integration.versioning._PAUSE", 0.1)
    since = team.head(DEVELOPMENT)
    head = team.land()
    team.github.fail("before", path="/commits/.+/pulls", times=4)
    assert team.image(head, since).version == "1.2.1"
    since = team.head(DEVELOPMENT)
    head = team.land()
    team.github.fail("before", path="/commits/.+/pulls", times=None)
    assert team.sentence(team.answer(head, since)).startswith("no version can be committed: GitHub ")
    assert team.head(DEVELOPMENT) == head


def test_a_protected_branch_is_said_with_the_ways_out(team: Team) -> None:
    since = team.head(MAIN)
    head = team.land(MAIN)
    team.github.protect_branch(REPO, MAIN)
    sentence = team.sentence(team.answer(head, since, MAIN))
    assert sentence.startswith("no version can be committed: the branch main is protected")
    assert "bypass the rule" in sentence
    assert sentence.endswith("set versioning: manual")
    assert team.head(MAIN) == head


def test_a_missing_permission_is_named(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    since = team.head(DEVELOPMENT)
    head = team.land()
    token = team.github.create_token("shipline", {"contents": "read", "pull_requests": "read"})
    monkeypatch.setenv("SHIPLINE_TEST_TOKEN", token)
    sentence = team.sentence(team.answer(head, since))
    assert "contents: write" in sentence
    assert sentence.endswith("set versioning: manual")


def test_merging_back_never_fails_the_run(team: Team) -> None:
    since = team.head(MAIN)
    team.github.commit(REPO, {"app.py": "x = 2\n"}, DEVELOPMENT, by="ada")
    head = team.github.commit(REPO, {"app.py": "x = 3\n"}, MAIN, by="ada")
    result = team.answer(head, since, MAIN)
    assert result.success
    assert team.version(MAIN) == "1.3.0"
    assert "main is not merged back into development: " in team.said(result)
    team.github.delete_branch(REPO, DEVELOPMENT)
    since = team.head(MAIN)
    result = team.answer(team.land(MAIN), since, MAIN)
    assert result.success
    assert "main is not merged back into development: " in team.said(result)


def test_only_merges_are_given_versions(team: Team) -> None:
    since = team.head(DEVELOPMENT)
    head = team.land()
    for tags in ({}, {"change": f"pull:shop:7:{head}:development"}, {"change": f"tag:shop:v1:{head}"}):
        assert team.answer(head, since, again=True, tags=tags).success
    assert team.head(DEVELOPMENT) == head


def test_a_branch_that_was_rewritten_does_not_go_back_in_its_numbers(team: Team) -> None:
    old = team.head(DEVELOPMENT)
    team.ship("semver:major")
    since = team.head(DEVELOPMENT)
    team.github.force_push(REPO, DEVELOPMENT, old)
    head = team.land()
    assert team.image(head, since).version == "2.0.1"


def test_a_version_that_the_developer_raises_has_to_have_grown(team: Team) -> None:
    team.use("manual")
    since = team.head(MAIN)
    assert "has to be at least that" in team.sentence(team.answer(team.land(MAIN, version="1.1.9"), since, MAIN))
    assert team.ship(base=MAIN, version="1.3.0").commit == team.head(MAIN)
    assert team.ship().version == "1.2.0"
    since = team.head(DEVELOPMENT)
    assert "has to be at least that" in team.sentence(team.answer(team.land(version="1.1.0"), since))
    since = team.head(MAIN)
    team.github.force_push(REPO, MAIN, team.github.log(REPO, MAIN)[-1])
    assert team.image(team.head(MAIN), since, MAIN).version == "1.2.0"
