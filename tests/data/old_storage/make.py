"""Makes the storages of this folder, with the Dagster of two years ago: four runs of an app and their materializations.

    python3 -m venv /tmp/old
    /tmp/old/bin/pip install dagster==1.5.14 dagster-postgres==0.21.14 'sqlalchemy<2' 'alembic<1.14' 'setuptools<70'
    DAGSTER_HOME=$(mktemp -d) /tmp/old/bin/python tests/data/old_storage/make.py

It writes SQLite's databases as SQL below `sqlite/`. With POSTGRES_URL, an address of an empty database, it stores there instead;
`pg_dump --no-owner` of that is `postgres.sql`.
"""

import json
import os
import shutil
import sqlite3
from pathlib import Path

from dagster import (
    AssetKey,
    AssetMaterialization,
    AssetObservation,
    DagsterInstance,
    MetadataValue,
    OpExecutionContext,
    job,
    op,
)

HERE = Path(__file__).parent
DIGESTS = {"1.0.0": "a", "1.1.0": "b", "1.2.0": "c"}


def release(version: str) -> dict:
    digest, commit = f"sha256:{DIGESTS[version] * 64}", DIGESTS[version] * 40
    return {
        "app": "blog", "version": version, "repository": "registry.example.org/blog", "digest": digest, "commit": commit
    }  # fmt: skip


@op(name="blog_production_deploy", config_schema={"version": str, "outcome": str, "at": str})
def deploy(context: OpExecutionContext) -> None:
    """Writes the record of a deployment as Shipline does: a materialization of what runs now, else an observation."""
    given = context.op_config
    record = {
        "id": given["at"], "kind": "deploy", "release": release(given["version"]), "environment": "production",
        "outcome": given["outcome"], "started": given["at"], "seconds": 12.5, "run": context.run_id, "actor": "ada",
    }  # fmt: skip
    kind = AssetMaterialization if given["outcome"] == "succeeded" else AssetObservation
    context.log_event(
        kind(
            AssetKey("blog_production"), metadata={"deployment": MetadataValue.json(record)}, description="a deployment"
        )
    )
    if given["outcome"] != "succeeded":
        raise RuntimeError("the container was not healthy")


@job
def blog_deploy() -> None:
    deploy()


def main() -> None:
    home = Path(os.environ["DAGSTER_HOME"])
    url = os.environ.get("POSTGRES_URL")
    (home / "dagster.yaml").write_text(json.dumps({"storage": {"postgres": {"postgres_url": url}}} if url else {}))
    with DagsterInstance.get() as instance:
        for day, (version, outcome) in enumerate(
            [("1.0.0", "succeeded"), ("1.1.0", "succeeded"), ("1.2.0", "failed"), ("1.1.0", "succeeded")], start=1
        ):
            config = {"version": version, "outcome": outcome, "at": f"2024-01-0{day}T12:00:00+00:00"}
            tags = {"app": "blog", "environment": "production", "version": version}
            blog_deploy.execute_in_process(
                run_config={"ops": {"blog_production_deploy": {"config": config}}},
                tags=tags,
                instance=instance,
                raise_on_error=False,
            )
    if not url:
        write_dumps(home, HERE / "sqlite")


def write_dumps(home: Path, folder: Path) -> None:
    """Each database as SQL under its own name."""
    shutil.rmtree(folder, ignore_errors=True)
    for database in sorted(home.rglob("*.db")):
        written = (folder / database.relative_to(home)).with_suffix(".sql")
        written.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(database)
        written.write_text("\n".join(connection.iterdump()) + "\n")
        connection.close()


if __name__ == "__main__":
    main()
