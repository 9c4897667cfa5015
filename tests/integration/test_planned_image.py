"""What a bare `shipline plan` or `diff` means of an app on GitHub: what a bare `shipline deploy` would deploy, the head of main."""

from pathlib import Path

import dagster as dg
import pytest

from pipeline_defs.cli.main import main
from pipeline_defs.cli.up_command import prepare
from pipeline_defs.config import Home, load_app
from pipeline_defs.deployments.planned_image import planned_image
from pipeline_defs.deployments.protocols import DeploymentError
from pipeline_defs.github.api.git_login import source_of
from pipeline_defs.lineage.store import Lineage
from pipeline_defs.release.records import Image
from pipeline_defs.resources.git_source import Source
from pipeline_defs.resources.tree_hash import source_code, source_tree
from tests.integration.reported import REPOSITORY
from tests.support.recorded import record
from tests.testbed.github import GitHubServer

FILES = {"Dockerfile": "FROM scratch\nCOPY app /\n", ".dockerignore": "version.txt\n", "app": "one"}


APP = """
repository: {repository}
image: 127.0.0.1:9/team/shop
github: {{repository: acme/shop, api: {api}, token: {{env: SHIPLINE_TEST_TOKEN}}}}
environments:
  production: {{hosts: a.example.org, directory: /opt/shop/production, compose: production.yml}}
"""


class Shop:
    """An app on GitHub, whose image is one file: version 1.0.0 is in both branches."""

    def __init__(self, github: GitHubServer, folder: Path, instance: dg.DagsterInstance) -> None:
        self.folder, self.instance = folder, instance
        file = folder / "apps" / "shop.yaml"
        file.parent.mkdir()
        file.write_text(APP.format(repository=github.git_url(REPOSITORY), api=github.url))
        self.app = load_app(file)
        github.commit(
            REPOSITORY, {**FILES, "version.txt": "1.0.0\n", "production.yml": "services: {}\n"}, branch="main"
        )
        github.commit(REPOSITORY, {"docs.md": "x"}, branch="development", at="main")

    @property
    def source(self) -> Source:
        return source_of(self.app, self.folder / "workspace")

    def meant(self, version: str = "") -> Image:
        return planned_image(self.app, version, Lineage(self.instance), self.source)

    def made(self, commit: str, version: str, branch: str, pull: int = 0) -> Image:
        """The image of a commit, as its run writes it down."""
        with self.source.checkout(commit) as checkout:
            tree = source_tree(checkout, self.app.build)
            code = source_code(checkout, self.app.build, self.app.configuration)
        tags = (version, "latest") if branch == "main" else (f"{version}_dev",)
        image = Image(
            app="shop", repository=self.app.image, digest=f"sha256:{commit[:32] * 2}", version=version, commit=commit, branch=branch,
            tree=tree, code=code, built_from=commit, pull=pull, tags=tags,
        )  # fmt: skip
        record(self.instance, image)
        return image


@pytest.fixture
def shop(github: GitHubServer, head: str, tmp_path: Path, instance: dg.DagsterInstance) -> Shop:
    return Shop(github, tmp_path, instance)


def test_after_a_merge_it_is_the_merge_whatever_was_made_before(shop: Shop, github: GitHubServer) -> None:
    older = shop.made(github.head(REPOSITORY) or "", "1.0.0", "main")
    assert shop.meant() == older
    github.commit(REPOSITORY, {"version.txt": "1.1.0\n", "app": "two"}, branch="development")
    shop.made(github.head(REPOSITORY, "development") or "", "1.1.0", "development")
    assert shop.meant() == older, "what is only in development is not deployed"

    merged = github.merge_branch(REPOSITORY, "development", "main")
    found = shop.meant()
    assert (found.commit, found.version, found.branch) == (merged, "1.1.0", "main")
    assert found.digest == f"sha256:{(github.head(REPOSITORY, 'development') or '')[:32] * 2}", (
        "one image for one source"
    )
    of_pull = shop.made(merged, "1.1.0", "main", pull=7)
    assert shop.meant() == of_pull, "the image that answers a merged pull request is that of its merge"

    head = github.commit(REPOSITORY, {"version.txt": "1.2.0\n", "app": "three"}, branch="main")
    with pytest.raises(DeploymentError) as refused:
        shop.meant()
    assert f"main of shop is at 1.2.0 ({head[:7]}), of which there is no image yet" in str(refused.value)
    assert f"shipline run integrate shop --commit {head[:12]}" in str(refused.value)
    assert shop.meant("1.0.0") == older


def test_where_only_a_compose_file_has_changed_it_is_the_image_that_has_the_number(
    shop: Shop, github: GitHubServer
) -> None:
    older = shop.made(github.head(REPOSITORY) or "", "1.0.0", "main")
    head = github.commit(REPOSITORY, {"production.yml": "services: {web: {}}\n"}, branch="main")
    assert shop.meant() == older.model_copy(update={"commit": head})


@pytest.mark.parametrize("command", ["plan", "diff"])
def test_the_commands_mean_the_head_of_main(
    shop: Shop,
    github: GitHubServer,
    tmp_path: Path,
    command: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    older = shop.made(github.head(REPOSITORY) or "", "1.0.0", "main")
    head = github.commit(REPOSITORY, {"version.txt": "1.1.0\n", "app": "two"}, branch="main")
    monkeypatch.setenv("SHIPLINE_APPS", str(tmp_path / "apps"))
    for name in ("SHIPLINE_HOME", "DAGSTER_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    prepare(Home.find())
    with dg.DagsterInstance.from_config(str(Home.find().root)) as instance:
        record(instance, older)
    assert main([command, "shop", "production"]) == 1
    assert f"main of shop is at 1.1.0 ({head[:7]}), of which there is no image yet" in capsys.readouterr().err
