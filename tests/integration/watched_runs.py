"""Watched runs: an app with a secret in every place, from its commits to production and back, while each program is looked at.

`python -m tests.integration.watched_runs FOLDER` does the runs, in an environment with the app's secrets; `watched` watches it.
"""

import json
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import dagster as dg

from pipeline_defs.config import Secret
from pipeline_defs.config.home import PROJECT, Home
from pipeline_defs.release.request import Job, Request
from tests.support.executions import Execution, Rule, executions, leaks, run_watched, ssh_server_watched
from tests.support.shop import environment
from tests.support.small_shop import write_source
from tests.support.storage import storage
from tests.testbed.bed import TestBed
from tests.testbed.github import GitHubServer

NAME, REPOSITORY = "watched", "acme/watched"
APP = """
repository: {repository}
image: ${{SHOP_REGISTRY}}/watched
registry: {{username: {{env: SHOP_REGISTRY_USER}}, password: {{env: SHOP_REGISTRY_PASSWORD}}}}
lint: {{command: ["true"]}}
build: {{secrets: {{build_token: {{env: BUILD_TOKEN}}}}}}
github: {{repository: acme/watched, api: "{api}", token: {{env: GITHUB_TOKEN}}, webhook_secret: {{env: WEBHOOK_SECRET}}}}
environments:
  staging: &place
    hosts: {{address: "${{SHOP_HOST}}", port: "${{SHOP_SSH_PORT}}", key: "${{SHOP_SSH_KEY}}", known_hosts: "${{SHOP_KNOWN_HOSTS}}"}}
    directory: /opt/watched/staging
    compose: staging.yml
    rehearses: production
    secrets: {{SHOP_DB_PASSWORD: {{env: SHOP_DB_PASSWORD}}}}
    secret_files: {{keys.env: {{env: API_KEYS}}}}
    database: {{service: db, name: shop, user: shop, volume: db-data}}
    migrate: ["true"]
    revision: [echo, "0003"]
    test: /app/check
    e2e: [{{command: [/app/e2e], variables: {{PAYMENTS: test}}}}]
  production:
    <<: *place
    directory: /opt/watched/production
    compose: production.yml
    rehearses: null
    e2e: [{{command: [/app/e2e], variables: {{PAYMENTS: live}}}}]
"""
TESTS = """
services:
  tests:
    image: ${IMAGE}
    command: [sh, -c, "echo '<testsuite><testcase name=\\"x\\"/></testsuite>' >/results/junit.xml"]
    user: root
    volumes: ["${RESULTS}:/results"]
"""
SECRET_STEP = "RUN --mount=type=secret,id=build_token test -s /run/secrets/build_token\nUSER nobody"

OWN = re.compile(r"pipeline_defs|watched_runs|multiprocessing")
RULES_HERE = (
    Rule(OWN.pattern, frozenset({"registry", "database", "build", "keys", "webhook", "github"})),
    Rule(r'^"(git|/usr/\w+/git-core/[\w-]+)"', frozenset({"github"})),
    Rule(r'^"file", "-b"', frozenset({"registry", "database", "build", "keys", "webhook", "github"})),
)
"""Shipline's own processes have all secrets; git, with its own programs, has its login for the app's repository; and Python asks
`file` about itself as Dagster is imported. No other program has any.
"""
RULES_ON_THE_SERVER = (
    Rule(r'^"sh", "-euc", "\\nCOMPOSE_FILE=', frozenset({"database", "keys"})),
    Rule(r'^"(docker", "compose|docker-compose|/.*/docker-compose)"', frozenset({"database", "keys"})),
)
"""Compose, and the shell that becomes it, have the values of the environment's variables. No other program has any."""


def watched(bed: TestBed, folder: Path) -> tuple[list[Execution], list[str], list[str]]:
    """Do the runs; what was executed on both machines, secrets in words, and secrets in environments that need not have them."""
    source = write_source(folder / "source")
    dockerfile = (source / "Dockerfile").read_text().replace("USER nobody", SECRET_STEP)
    (source / "Dockerfile").write_text(dockerfile)
    (source / "docker-compose-test.yml").write_text(TESTS)
    (source / "version.txt").write_text("1.0.0\n")
    (source / ".dockerignore").write_text("version.txt\n")
    for name in ("staging.yml", "production.yml"):
        text = (source / name).read_text().replace("    ports:", "    env_file: [keys.env]\n    ports:", 1)
        (source / name).write_text(text)
    given = {name: secrets.token_urlsafe(24) for name in ("database", "build", "keys", "webhook")}
    with GitHubServer(validate=False) as github:
        github.create_repository(REPOSITORY, folder=source)
        github.create_branch(REPOSITORY, "development", "main")
        given |= {"github": github.create_token("acme"), "registry": bed.registry.password}
        (folder / f"{NAME}.yaml").write_text(APP.format(repository=github.git_url(REPOSITORY), api=github.url))
        variables = {
            "SHOP_DB_PASSWORD": given["database"], "BUILD_TOKEN": given["build"], "API_KEYS": f"API_KEY={given['keys']}",
            "WEBHOOK_SECRET": given["webhook"], "GITHUB_TOKEN": given["github"],
            "SHIPLINE_HOME": str(folder / "home"), "SHIPLINE_APPS": str(folder),
        }  # fmt: skip
        here, there = folder / "here", folder / "there"
        commits = [
            github.head(REPOSITORY),
            github.commit(REPOSITORY, {"version.txt": "1.1.0\n", "second": "2"}, branch="main"),
        ]
        with ssh_server_watched(bed.servers[0], there):
            done = run_watched(
                [sys.executable, "-m", "tests.integration.watched_runs", str(folder), *map(str, commits)], here,
                cwd=PROJECT, env={**os.environ, **environment(bed), **variables},
            )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"the runs failed: {done.stdout[-2000:]}\n{done.stderr[-3000:]}")
    pair = f"{bed.registry.user}:{bed.registry.password}"
    forms = {name: Secret(value).encodings() for name, value in given.items()} | {"pair": Secret(pair).encodings()}
    seen, words, environments = [], list[str](), list[str]()
    for file, rules in ((here, RULES_HERE), (there, RULES_ON_THE_SERVER)):
        found = list(executions(file))
        in_words, in_environments = leaks(found, forms, rules)
        seen, words, environments = [*seen, *found], [*words, *in_words], [*environments, *in_environments]
    return seen, words, environments


def main(folder: Path, commits: Sequence[str]) -> None:
    """The runs of every job, each in this process, and a backup of the home."""
    # Its import puts secrets aside, as in each process of Dagster's.
    from pipeline_defs.definitions import definitions

    defs = definitions(Home.find().apps)
    old, new = commits
    asked = [
        Request(app=NAME, job=Job.DEPLOY, environment="production", commit=old, branch="main"),
        Request(app=NAME, job=Job.INTEGRATE, commit=new, branch="main"),
        Request(app=NAME, job=Job.STAGE, environment="staging", version="1.1.0"),
        Request(app=NAME, job=Job.DEPLOY, environment="production", version="1.1.0"),
        Request(app=NAME, job=Job.ROLLBACK, environment="production", version="1.0.0"),
    ]
    with storage(folder / "home") as instance:
        for request in asked:
            config = request.run_config()["ops"]
            job = defs.resolve_job_def(f"{NAME}_{request.job}")
            job.execute_in_process(
                {"ops": config},
                instance,
                tags=request.run_tags(),
                asset_selection=[dg.AssetKey(each) for each in request.assets],
            )
    backup = [sys.executable, "-m", "pipeline_defs.cli.main", "backup", str(folder / "backup.tar.gz")]
    subprocess.run(backup, cwd=PROJECT, check=True)
    print(json.dumps({"runs": len(asked)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
