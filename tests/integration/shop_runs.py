"""The sample app shipped by Dagster's own runs: real git, registry, server, database and end-to-end tests.

Only the making of images is cut short: they are built and pushed, and told to the storage, without being linted and tested.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.lineage.events import environment_key
from pipeline_defs.lineage.store import Lineage
from pipeline_defs.orchestration.assets import assets_of
from pipeline_defs.release.history import Row
from pipeline_defs.release.records import DeploymentKind, Image
from pipeline_defs.resources.docker_engine import Engine
from pipeline_defs.resources.registry_resource import RegistryResource
from tests.support import shop
from tests.support.recorded import record
from tests.support.run_resources import run_resources
from tests.support.shop import SOURCE, Shop, git

STAGING, PRODUCTION = environment_key("shop", "staging"), environment_key("shop", "production")

Edit = tuple[str, str, str]
"""File, old text, new text. With an empty old text the file is written; with an empty new text as well it is removed."""

_RENAME = '''"""Stock is called in_stock"""

from alembic import op

revision = "{revision}"
down_revision = "0003"


def upgrade() -> None:
    op.alter_column("products", "stock", new_column_name="in_stock")


def downgrade() -> None:
    {back}
'''
_ADD = '''"""A note on orders"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("orders", sa.Column("note", sa.String(200)))


def downgrade() -> None:
    op.drop_column("orders", "note")
'''
_MODEL: tuple[Edit, ...] = (
    ("shop/models.py", "stock: Mapped[int]", 'stock: Mapped[int] = mapped_column("in_stock")'),
    ("shop/models.py", 'CheckConstraint("stock >= 0"', 'CheckConstraint("in_stock >= 0"'),
)

ADDS: tuple[Edit, ...] = (
    ("migrations/versions/0004_a_note.py", "", _ADD),
    (
        "shop/models.py",
        "    total_cents: Mapped[int]",
        "    total_cents: Mapped[int]\n    note: Mapped[str | None] = mapped_column(String(200))",
    ),
)
"""A migration that the release before does not mind."""

RENAMES: tuple[Edit, ...] = (
    *_MODEL,
    (
        "migrations/versions/0004_in_stock.py",
        "",
        _RENAME.format(revision="0004", back='op.alter_column("products", "in_stock", new_column_name="stock")'),
    ),
)
"""A migration that breaks the release before, and can be taken back."""

RENAMES_FOR_EVER: tuple[Edit, ...] = (
    *_MODEL,
    (
        "migrations/versions/0004_in_stock.py",
        "",
        _RENAME.format(revision="0004", back='raise SystemExit("no way back")'),
    ),
    ("tests/test_migrations.py", "", ""),
)
"""A migration that breaks the release before, and cannot be taken back."""

A_TEST_FAILS: tuple[Edit, ...] = (
    ("tests/test_moon.py", "", 'def test_moon() -> None:\n    assert "moon" == "wrong house"\n'),
)


class ShopRuns:
    """Runs of the sample app's jobs in a storage of their own."""

    def __init__(self, bed: Shop, folder: Path, instance: dg.DagsterInstance) -> None:
        self.shop, self.instance = bed, instance
        self.repository = folder / "shop"
        shutil.copytree(SOURCE, self.repository, ignore=shutil.ignore_patterns("__pycache__", ".*_cache"))
        git(self.repository, "init", "--quiet", "--initial-branch=main")
        self.app: App = bed.app.model_copy(update={"repository": str(self.repository)})
        self.defs = dg.Definitions(
            assets=assets_of(self.app),
            jobs=[
                dg.define_asset_job("shop_stage", selection=[STAGING]),
                *(
                    dg.define_asset_job(f"shop_{kind.value}", selection=[PRODUCTION], tags={"kind": kind.value})
                    for kind in DeploymentKind
                ),
            ],
            resources=run_resources(folder / "workspace"),
            executor=dg.in_process_executor,
        )

    def release(self, version: str, *edits: Edit) -> Image:
        """A commit of the sample app with these edits, on top of nothing but the sample app; and its image, in the lineage."""
        for path in self.repository.iterdir():
            if path.name != ".git":
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        shutil.copytree(
            SOURCE, self.repository, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", ".*_cache")
        )
        (self.repository / "version.txt").write_text(f"{version}\n")
        for file, old, new in edits:
            _edit(self.repository / file, old, new)
        git(self.repository, "add", "--all")
        git(self.repository, "commit", "--quiet", "--allow-empty", "-m", version)
        image = self._image(version, git(self.repository, "rev-parse", "HEAD"))
        record(self.instance, image)
        return image

    def _image(self, version: str, commit: str) -> Image:
        engine = Engine.find(self.shop.folder)
        with shop.variables(shop.environment(self.shop.bed)):
            registry = RegistryResource().of(self.app)
        tag = f"{self.app.image}:runs-{commit[:12]}"
        built = engine.build(self.repository, tag, self.app.build, labels={"test": version})
        digest = engine.push(built, registry, version)
        engine.remove(tag, f"{self.app.image}:{version}")
        return Image(
            app="shop", repository=self.app.image, digest=digest, version=version, commit=commit, branch="main",
            tree=commit, built_from=commit, tags=(version,),
        )  # fmt: skip

    def run(self, job: str, asset: dg.AssetKey, **config: str) -> dg.ExecuteInProcessResult:
        """A run of a job to its end, however that comes."""
        given: Mapping[str, Any] = {"ops": {asset.to_user_string(): {"config": config}}}
        with shop.variables(shop.environment(self.shop.bed)):
            return self.defs.resolve_job_def(f"shop_{job}").execute_in_process(
                run_config=given, instance=self.instance, raise_on_error=False
            )

    def stage(self, version: str) -> dg.ExecuteInProcessResult:
        """Rehearse a version."""
        return self.run("stage", STAGING, version=version)

    def deploy(self, version: str) -> dg.ExecuteInProcessResult:
        """Deploy a version to production."""
        return self.run("deploy", PRODUCTION, version=version)

    def rollback(self, **config: str) -> dg.ExecuteInProcessResult:
        """Go back in production."""
        return self.run("rollback", PRODUCTION, **config)

    def rows(self, environment: str) -> list[Row]:
        """The history of an environment, newest first."""
        return Lineage(self.instance).environment(self.app, environment)

    def said(self, result: dg.ExecuteInProcessResult) -> str:
        """All that a run logged, errors included."""
        entries = self.instance.all_logs(result.run_id)
        failures = [
            entry.dagster_event.step_failure_data.user_failure_data.description or ""
            for entry in entries
            if entry.dagster_event is not None
            and entry.dagster_event.event_type is dg.DagsterEventType.STEP_FAILURE
            and entry.dagster_event.step_failure_data.user_failure_data is not None
        ]
        return "\n".join([*(entry.user_message for entry in entries), *failures])


def _edit(file: Path, old: str, new: str) -> None:
    if old:
        text = file.read_text()
        assert old in text, f"{file} no longer contains {old}"
        file.write_text(text.replace(old, new))
    elif new:
        file.write_text(new)
    else:
        file.unlink()
