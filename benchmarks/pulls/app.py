"""App: an image of a shell script that starts in a moment, with a database that is a file, a migration and tests."""

from pathlib import Path

from tests.testbed.bed import TestBed
from tests.testbed.github import GitHubServer

PEOPLE = {"dora": "write", "ada": "write", "eve": "read", "robot[bot]": "write"}
"""Who has which permission on GitHub."""

SECRET = "the-password-of-production"
PREVIEW_PASSWORD = "look-at-it"

FILE = """
repository: {url}
image: {image}/{name}
registry: {{username: {{env: SHOP_REGISTRY_USER}}, password: {{env: SHOP_REGISTRY_PASSWORD}}}}
lint: ["true"]
test: null
versioning: automatic
github: {{repository: {repository}, api: {api}, token: {{file: {folder}/token}}, webhook_secret: {{file: {folder}/secret}}}}
stage:
  pulls: preview
  at_once: 2
  preview:
    host: "{name}-pr-{{pull}}.example.org"
    password: {{file: {folder}/preview}}
    health: /health
    at_most: 3
    memory: 64 MiB
    disk: 1 MiB
    unsanitized: true
environments:
  staging: &place
    hosts: {{address: "${{SHOP_HOST}}", port: "${{SHOP_SSH_PORT}}", key: "${{SHOP_SSH_KEY}}", known_hosts: "${{SHOP_KNOWN_HOSTS}}"}}
    directory: /opt/{name}/staging
    compose: compose.yml
    rehearses: production
    migrate: /app migrate
    revision: /app revision
    test: {{command: /app check}}
    secrets: {{PASSWORD: {{file: {folder}/staging}}}}
    database:
      commands: {{backup: tar -c -C /data ., restore: tar -x -C /data, counts: ["sh", "-c", "wc -l </data/rows | sed 's/^/rows\\t/'"]}}
  production:
    <<: *place
    directory: /opt/{name}/production
    rehearses: null
    secrets: {{PASSWORD: {{file: {folder}/production}}}}
"""

_PROGRAM = """\
#!/bin/sh
# /addresses names what a pull request must not reach, and /broken fails its tests.
case $1 in
  serve) mkdir -p /www; echo fine >/www/health; exec httpd -f -p 8000 -h /www ;;
  migrate) cat /migration >/data/revision; touch /data/rows ;;
  revision) cat /data/revision 2>/dev/null || : ;;
  check)
    failed=
    case $PLACE in
      *-pull-*)
        case $(env) in *the-password-of-*) failed="it sees a password" ;; esac
        for at in $(cat /addresses); do
          if wget -q -T 2 -O /dev/null "http://$at/health" 2>/dev/null; then failed="it reaches $at"; fi
        done ;;
    esac
    [ ! -e /broken ] || failed="it is broken"
    echo "<testsuite tests='1'><testcase classname='app' name='it is alone' time='0.1'>" \\
      "${failed:+<failure message='$failed'/>}</testcase></testsuite>" >/tmp/shipline-junit.xml
    [ -z "$failed" ] ;;
esac
"""

_COMPOSE = """\
services:
  web:
    image: app
    command: ["/app", "serve"]
    stop_signal: SIGKILL
    environment: {PASSWORD: "${PASSWORD}", PLACE: "${COMPOSE_PROJECT_NAME}"}
    volumes: ["db-data:/data"]
    healthcheck: {test: ["CMD", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8000/health"], interval: 1s}
  db:
    image: busybox:1
    command: ["sleep", "1000000"]
    stop_signal: SIGKILL
    volumes: ["db-data:/data"]
    healthcheck: {test: ["CMD", "true"], interval: 1s}
volumes: {db-data: {}}
"""

CONTENT: dict[str, str | None] = {
    "version.txt": "1.0.0\n",
    "Dockerfile": "FROM busybox:1\nCOPY --chmod=755 app /app\nCOPY addresses migration br[o]ken changes* /\n",
    "app": _PROGRAM,
    "addresses": "127.0.0.2:9\n",
    "migration": "0001\n",
    "shared.txt": "as it was\n",
    "compose.yml": _COMPOSE,
}


def make_app(folder: Path, github: GitHubServer, name: str, repository: str, bed: TestBed | None) -> None:
    """The app's repository with its people, and its file in `folder/apps`. It is deployed to the first server of the bed."""
    assert bed is not None
    github.create_repository(repository, files=CONTENT)
    github.create_branch(repository, "development", "main")
    github.create_user("robot[bot]", type="Bot")
    for login, permission in {**PEOPLE, "shipline": "write"}.items():
        github.set_permission(repository, login, permission)
    (folder / "production").write_text(SECRET)
    (folder / "staging").write_text("the-password-of-staging")
    (folder / "preview").write_text(PREVIEW_PASSWORD)
    text = FILE.format(
        name=name,
        folder=folder,
        url=github.git_url(repository),
        repository=repository,
        api=github.url,
        image=bed.registry.address,
    )
    (folder / "apps" / f"{name}.yaml").write_text(text)
