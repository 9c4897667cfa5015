"""Mistakes in an app's file: each is told with file, key path, what was found and what is allowed, all at once."""

import copy
import traceback
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.config import App, ConfigError, load_app

BASE: dict[str, Any] = {
    "repository": "team/shop",
    "image": "registry.example.org/team/shop",
    "environments": {
        "staging": {
            "rehearses": "production",
            "hosts": "root@a.example.org",
            "directory": "/opt/shop/staging",
            "compose": "staging.yml",
            "database": {"name": "shop", "user": "shop"},
        },
        "production": {
            "hosts": [{"address": "a.example.org"}],
            "directory": "/opt/shop/production",
            "compose": "production.yml",
        },
    },
}
NOTHING = object()
VALUE = "s3cr3t"
LOGIN = {"username": {"env": "A"}, "password": {"file": "b"}}


def changed(changes: dict[str, Any]) -> dict[str, Any]:
    """The base with values put in by key path; NOTHING takes a key away."""
    data: Any = copy.deepcopy(BASE)
    for path, value in changes.items():
        *outer, last = path.split("/")
        place = data
        for key in outer:
            place = place[int(key)] if isinstance(place, list) else place.setdefault(key, {})
        if value is NOTHING:
            del place[last]
        else:
            place[last] = value
    return dict(data)


def load(folder: Path, changes: dict[str, Any]) -> App:
    """Load the base with some changes from a file."""
    file = folder / "shop.yaml"
    file.write_text(yaml.safe_dump(changed(changes), allow_unicode=True, sort_keys=False))
    return load_app(file)


def mistakes(folder: Path, changes: dict[str, Any]) -> list[str]:
    """What loading tells, one a mistake, each of which begins with the file and is one line."""
    with pytest.raises(ConfigError) as caught:
        load(folder, changes)
    error = caught.value
    assert error.file == folder / "shop.yaml"
    lines = str(error).splitlines()
    assert len(lines) == len(error.problems)
    return [line.removeprefix(f"{error.file}: ") for line in lines if line.startswith(f"{error.file}: ")]


def test_the_base_is_right(tmp_path: Path) -> None:
    assert load(tmp_path, {}).deployed == ("production",)


def test_services_that_run_the_image_are_named_long_or_short(tmp_path: Path) -> None:
    services = {"web": {"strategy": "recreate"}, "worker": {"stop_grace": 60}, "mail": {}}
    given = {f"{PRODUCTION}/also": ["mail", "clock"], f"{PRODUCTION}/services": services, f"{PRODUCTION}/route": {}}
    made = load(tmp_path, given).environments["production"]
    assert (made.also, made.strategy, made.stop_graces) == (("mail", "clock", "worker"), "recreate", {"worker": 60})
    short = load(tmp_path, {f"{PRODUCTION}/also": ["worker"]}).environments["production"]
    assert (short.also, short.strategy, short.stop_graces) == (("worker",), "recreate", {})


PRODUCTION = "environments/production"
A_TEXT = "a text; put it in quotes"
A_PATH = "a path inside the repository, such as deploy/production.yml"
A_FOLDER = "an absolute folder of its own, such as /opt/shop/production"
A_SECRET = "allowed: {env: NAME} or {file: PATH}; the value itself is never written here"
A_HOST = "user@address:port, of which user and port may be left out"
A_NAME = "at most 40 lower-case letters, digits and underscores, of which the first is a letter"
AN_IMAGE = "a name in a registry, in lower case and without a tag, such as registry.example.org/team/shop"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        # unknown and missing keys
        ({"repositry": "x"}, "repositry: is not a known key; did you mean 'repository'? (allowed: name, repository, "),
        ({"build/dockerfil": "x"}, "build.dockerfil: is not a known key; did you mean 'dockerfile'? (allowed: dockerfile"),
        ({f"{PRODUCTION}/hosts/0/prot": 1}, "environments.production.hosts[0].prot: is not a known key; did you mean 'port'?"),
        ({f"{PRODUCTION}/zzz": 1}, "environments.production.zzz: is not a known key (allowed: hosts, parallel, directory, "),
        ({f"{PRODUCTION}/test": {"command": "x", "comand": "y"}},
         "environments.production.test.comand: is not a known key; did you mean 'command'?"),
        ({"registry": {**LOGIN, "user": {"env": "A"}}}, "registry.user: is not a known key; did you mean 'username'?"),
        ({"image": NOTHING}, "image: is missing and must be given"),
        ({"environments": NOTHING}, "environments: is missing and must be given"),
        ({f"{PRODUCTION}/compose": NOTHING}, "environments.production.compose: is missing and must be given"),
        ({"notify": [{"to": "slack://t0ken"}]}, f"notify[0].to: {A_SECRET}"),
        ({"notify": [{"to": {"env": "A"}, "on": ["failure"]}]}, 'notify[0].on[0]: found "failure"; allowed: \'deployed\', '),
        ({"notify": [{"to": {"env": "A"}, "environments": ["prod"]}]},
         'notify[0].environments[0]: found "prod"; allowed: an environment of this file (staging, production)'),
        ({f"{PRODUCTION}/database": {"name": "a"}},
         'environments.production.database: found {"name": "a"}; allowed: name and user of the database in the container, '),
        ({f"{PRODUCTION}/database": {"name": "a", "user": "a", "url": {"env": "A"}}},
         'environments.production.database: found {"name": "a", "user": "a", "url": {"env": "A"}}; allowed: url alone, '),
        ({"environments/staging/watch": 5},
         "environments.staging.watch: found 5; allowed: an environment that is deployed to"),
        ({f"{PRODUCTION}/watch": {"errors": 0.1}},
         "environments.production.watch.errors: found 0.1; allowed: a route, where requests are counted"),
        ({f"{PRODUCTION}/watch": {"errors": 5}}, "environments.production.watch.errors: found 5; allowed: 1.0 or less"),
        ({f"{PRODUCTION}/watch": True}, "environments.production.watch: found true; allowed: a mapping with the keys seconds, errors"),
        ({f"{PRODUCTION}/services": {"web": {"strategy": "blue_green"}}},
         'environments.production.services.web.strategy: found "blue_green"; allowed: recreate, since the environment has no route'),
        ({f"{PRODUCTION}/route": {}, f"{PRODUCTION}/services": {"worker": {"strategy": "blue_green"}}},
         'environments.production.services.worker.strategy: found "blue_green"; allowed: recreate, since only web has a route'),
        ({f"{PRODUCTION}/route": {}, f"{PRODUCTION}/services": {"web": {"stop_grace": 5}}},
         'environments.production.services.web.stop_grace: found 5; allowed: nothing here, since route.drain_timeout says it for '),
        ({f"{PRODUCTION}/services": {"worker": {"strategy": "canary"}}},
         "environments.production.services.worker.strategy: found \"canary\"; allowed: 'blue_green' or 'recreate'"),
        ({f"{PRODUCTION}/services": ["worker"]}, 'environments.production.services: found ["worker"]; allowed: a mapping'),
        ({f"{PRODUCTION}/sanitize": "a.sql"},
         'environments.production.sanitize: found "a.sql"; allowed: an environment that rehearses, with a database'),
        ({"environments/staging/sanitize": {"sql": "a.sql", "script": "a.sh"}},
         'environments.staging.sanitize: found {"sql": "a.sql", "script": "a.sh"}; allowed: exactly one of sql and script'),
        ({f"{PRODUCTION}/e2e": {"collection": "a.json", "command": "pytest"}},
         'environments.production.e2e[0]: found {"collection": "a.json", "command": "pytest"}; allowed: exactly one of '),
        ({f"{PRODUCTION}/e2e": {"command": "pytest", "environment": "a.json"}},
         'environments.production.e2e[0]: found {"command": "pytest", "environment": "a.json"}; allowed: an environment only '),
        ({f"{PRODUCTION}/database": {"commands": {"backup": "a", "restore": "b"}}},
         'environments.staging.database: found "another kind of database"; allowed: commands in both or in none of them, '),
        ({"environments/staging/database": {"url": {"env": "A"}}, f"{PRODUCTION}/database": {"url": {"env": "A"}}},
         'environments.staging.database: found "its url"; allowed: a database of its own; that of production would be dropped'),
        # freezes
        ({f"{PRODUCTION}/freeze": ["Fri 12:00 - Mon 07:00"]},
         'environments.production.freeze[0]: found "Fri 12:00 - Mon 07:00"; allowed: two days or dates, each with or without a time, '),
        ({f"{PRODUCTION}/freeze": "Fri .. Mon Europe/Paria"},
         'environments.production.freeze[0]: found "Fri .. Mon Europe/Paria"; allowed: a time zone such as Europe/Paris at the end'),
        ({f"{PRODUCTION}/freeze": ["Fri .. Mon UTC", "Fri .. Mon ../../etc/passwd"]},
         'environments.production.freeze[1]: found "Fri .. Mon ../../etc/passwd"; allowed: a time zone such as '),
        ({f"{PRODUCTION}/freeze": "Fry .. Mon UTC"},
         'environments.production.freeze[0]: found "Fry .. Mon UTC"; allowed: a day out of Mon, Tue, Wed, Thu, Fri, Sat, Sun, '),
        ({f"{PRODUCTION}/freeze": "2026-02-30 .. 2026-03-02 UTC"},
         'environments.production.freeze[0]: found "2026-02-30 .. 2026-03-02 UTC"; allowed: a date that there is, '),
        ({f"{PRODUCTION}/freeze": "9999-12-31 .. 9999-12-31 UTC"}, "environments.production.freeze[0]: found "),
        ({f"{PRODUCTION}/freeze": "Fri .. 2026-03-02 UTC"},
         'environments.production.freeze[0]: found "Fri .. 2026-03-02 UTC"; allowed: two days of the week or two dates, '),
        ({f"{PRODUCTION}/freeze": "Fri 24:30 .. Mon UTC"},
         'environments.production.freeze[0]: found "Fri 24:30 .. Mon UTC"; allowed: a time from 00:00 to 24:00, instead of 24:30'),
        ({f"{PRODUCTION}/freeze": "2026-03-02 .. 2026-03-01 UTC"},
         'environments.production.freeze[0]: found "2026-03-02 .. 2026-03-01 UTC"; allowed: an end that comes after the beginning'),
        ({f"{PRODUCTION}/freeze": "Mon .. Sun UTC"},
         'environments.production.freeze[0]: found "Mon .. Sun UTC"; allowed: a window that ends before it begins again; '),
        ({"environments/staging/freeze": "Fri .. Mon UTC"},
         'environments.staging.freeze: found "Fri .. Mon UTC"; allowed: an environment that is deployed to'),
        # an environment that is called like a key
        ({"environments/test": {**BASE["environments"]["production"], "directory": "/opt/x/y", "sevice": "a"}},
         "environments.test.sevice: is not a known key; did you mean 'service'?"),
        # wrong types
        ({"repository": 5}, f"repository: found 5; allowed: {A_TEXT}"),
        ({"repository": None}, "repository: found nothing; allowed: a text"),
        ({"repository": ["a"]}, 'repository: found ["a"]; allowed: a text'),
        ({"branches": "main"}, 'branches: found "main"; allowed: a mapping with the keys development, main'),
        ({"environments": ["a"]}, 'environments: found ["a"]; allowed: a mapping'),
        ({"environments": {}}, "environments: found {}; allowed: 1 at least"),
        ({"environments": {"production": "a.example.org"}},
         'environments.production: found "a.example.org"; allowed: a mapping with the keys hosts, parallel, directory, project, '),
        ({f"{PRODUCTION}/environment": {"DEBUG": True}}, f"environments.production.environment.DEBUG: found true; allowed: {A_TEXT}"),
        ({f"{PRODUCTION}/environment": {"WORKERS": 4}}, f"environments.production.environment.WORKERS: found 4; allowed: {A_TEXT}"),
        ({f"{PRODUCTION}/auto_deploy": "maybe"}, 'environments.production.auto_deploy: found "maybe"; allowed: true or false'),
        ({f"{PRODUCTION}/health": {"timeout": "soon"}}, 'environments.production.health.timeout: found "soon"; allowed: a whole number'),
        ({f"{PRODUCTION}/health": {"timeout": 1.5}}, "environments.production.health.timeout: found 1.5; allowed: a whole number"),
        ({f"{PRODUCTION}/health": {"timeout": 0}}, "environments.production.health.timeout: found 0; allowed: 1 or more"),
        ({f"{PRODUCTION}/retention": {"releases": 1}}, "environments.production.retention.releases: found 1; allowed: 2 or more"),
        ({f"{PRODUCTION}/e2e": "a.json"}, 'environments.production.e2e: found "a.json"; allowed: a list'),
        ({f"{PRODUCTION}/migrate": "sh -c 'x"},
         "environments.production.migrate: found \"sh -c 'x\"; allowed: a command in which every quote is closed"),
        ({f"{PRODUCTION}/migrate": ""}, "environments.production.migrate: found \"\"; allowed: 1 at least"),
        ({"lint": {"command": ["ruff", 1]}}, f"lint.command[1]: found 1; allowed: {A_TEXT}"),
        ({"versioning": "semantic"}, "versioning: found \"semantic\"; allowed: 'manual'"),
        ({"build": {"platforms": ["a", "b"]}}, 'build.platforms: found ["a", "b"]; allowed: 1 at most'),
        # ports and hosts
        ({f"{PRODUCTION}/port": 0}, "environments.production.port: found 0; allowed: 1 or more"),
        ({f"{PRODUCTION}/port": 65536}, "environments.production.port: found 65536; allowed: 65535 or less"),
        ({f"{PRODUCTION}/port": "http"}, 'environments.production.port: found "http"; allowed: a whole number'),
        ({f"{PRODUCTION}/hosts/0/port": -1}, "environments.production.hosts[0].port: found -1; allowed: 1 or more"),
        ({f"{PRODUCTION}/hosts": "a.example.org:99999"}, 'environments.production.hosts[0].port: found "99999"; allowed: 65535 or less'),
        ({f"{PRODUCTION}/hosts": "a.example.org:ssh"}, f'environments.production.hosts[0]: found "a.example.org:ssh"; allowed: {A_HOST}'),
        ({f"{PRODUCTION}/hosts": "root@"}, f'environments.production.hosts[0]: found "root@"; allowed: {A_HOST}'),
        ({f"{PRODUCTION}/hosts": "fe80::1"}, f'environments.production.hosts[0]: found "fe80::1"; allowed: {A_HOST}'),
        ({f"{PRODUCTION}/hosts/0/address": ""}, 'environments.production.hosts[0].address: found ""; allowed: a text that is not empty'),
        ({f"{PRODUCTION}/hosts": []}, "environments.production.hosts: found []; allowed: 1 at least"),
        ({f"{PRODUCTION}/parallel": 0}, "environments.production.parallel: found 0; allowed: 1 or more"),
        # paths
        ({f"{PRODUCTION}/compose": "../production.yml"}, f'environments.production.compose: found "../production.yml"; allowed: {A_PATH}'),
        ({f"{PRODUCTION}/compose": "a/../../b.yml"}, f'environments.production.compose: found "a/../../b.yml"; allowed: {A_PATH}'),
        ({f"{PRODUCTION}/compose": "/etc/passwd"}, f'environments.production.compose: found "/etc/passwd"; allowed: {A_PATH}'),
        ({f"{PRODUCTION}/compose": "-f"}, f'environments.production.compose: found "-f"; allowed: {A_PATH}'),
        ({f"{PRODUCTION}/compose": ""}, f'environments.production.compose: found ""; allowed: {A_PATH}'),
        ({f"{PRODUCTION}/files": ["a", "../b"]}, f'environments.production.files[1]: found "../b"; allowed: {A_PATH}'),
        ({f"{PRODUCTION}/e2e": {"collection": "/x"}}, f'environments.production.e2e[0].collection: found "/x"; allowed: {A_PATH}'),
        ({f"{PRODUCTION}/e2e": [{"command": "a"}, {"command": "a", "production": "unsafe"}]},
         'environments.production.e2e[1].production: found "unsafe"; allowed: an environment that rehearses; '
         "take these tests out here, or write `production: safe`"),
        ({"build/context": ".."}, f'build.context: found ".."; allowed: {A_PATH}'),
        ({"version_file": "/version.txt"}, f'version_file: found "/version.txt"; allowed: {A_PATH}'),
        ({f"{PRODUCTION}/directory": "opt/shop"}, f'environments.production.directory: found "opt/shop"; allowed: {A_FOLDER}'),
        ({f"{PRODUCTION}/directory": "/"}, f'environments.production.directory: found "/"; allowed: {A_FOLDER}'),
        ({f"{PRODUCTION}/directory": "/opt"}, f'environments.production.directory: found "/opt"; allowed: {A_FOLDER}'),
        ({f"{PRODUCTION}/directory": "/opt/shop/../../etc/x"},
         f'environments.production.directory: found "/opt/shop/../../etc/x"; allowed: {A_FOLDER}'),
        ({f"{PRODUCTION}/directory": "/opt/shop:rw"}, f'environments.production.directory: found "/opt/shop:rw"; allowed: {A_FOLDER}'),
        ({f"{PRODUCTION}/directory": 5}, "environments.production.directory: found 5; allowed: a path"),
        # names that a program would take for something else
        ({"repository": "--upload-pack=id"}, 'repository: found "--upload-pack=id"; allowed: GitHub owner/name, a git URL or a path'),
        ({"repository": ""}, 'repository: found ""; allowed: GitHub owner/name, a git URL or a path'),
        ({"branches": {"main": "-f"}}, "branches.main: found \"-f\"; allowed: a branch's name, such as main"),
        ({"branches": {"main": "a b"}}, "branches.main: found \"a b\"; allowed: a branch's name, such as main"),
        ({"image": "Shop"}, f'image: found "Shop"; allowed: {AN_IMAGE}'),
        ({"image": "registry.example.org/team/shop:1.0"}, f'image: found "registry.example.org/team/shop:1.0"; allowed: {AN_IMAGE}'),
        ({"image": "-v/shop"}, f'image: found "-v/shop"; allowed: {AN_IMAGE}'),
        ({"image": "registry.example.org/team/shop\n"}, f'image: found "registry.example.org/team/shop\\n"; allowed: {AN_IMAGE}'),
        ({f"{PRODUCTION}/service": "--privileged"},
         'environments.production.service: found "--privileged"; allowed: the name of a service in the compose file'),
        ({"name": "My-Shop"}, f'name: found "My-Shop"; allowed: {A_NAME}'),
        ({"name": "a" * 60}, f'name: found "{"a" * 56}…; allowed: {A_NAME}'),
        ({"environments/Eu-West": BASE["environments"]["production"]}, f'environments.Eu-West: found "Eu-West"; allowed: {A_NAME}'),
        ({"environments/1": BASE["environments"]["production"]}, f'environments.1: found "1"; allowed: {A_NAME}'),
        ({f"{PRODUCTION}/environment": {"A-B": "x"}},
         "environments.production.environment.A-B: found \"A-B\"; "
         "allowed: a variable's name: letters, digits and underscores, no digit first"),
        ({f"{PRODUCTION}/secrets": {"A=B": {"env": "A"}}}, 'environments.production.secrets.A=B: found "A=B"; allowed: a variable\'s name'),
        # secrets are named, never written, and never shown
        ({f"{PRODUCTION}/secrets": {"A": "s3cr3t"}}, f"environments.production.secrets.A: {A_SECRET}"),
        ({f"{PRODUCTION}/secrets": {"A": {}}}, f"environments.production.secrets.A: {A_SECRET}"),
        ({f"{PRODUCTION}/secrets": {"A": {"env": "A", "file": "b"}}}, f"environments.production.secrets.A: {A_SECRET}"),
        ({f"{PRODUCTION}/secrets": {"A": {"env": "s3cr3t!"}}}, f"environments.production.secrets.A.env: {A_SECRET}"),
        ({f"{PRODUCTION}/secrets": {"A": {"value": "s3cr3t"}}},
         "environments.production.secrets.A.value: is not a known key (allowed: env, file)"),
        ({"registry": {"username": {"env": "A"}, "password": "s3cr3t"}}, f"registry.password: {A_SECRET}"),
        ({"registry": {"username": {"env": "A"}, "password": 5}}, f"registry.password: {A_SECRET}"),
        # what does not fit together
        ({f"{PRODUCTION}/environment": {"A": "1"}, f"{PRODUCTION}/secrets": {"A": {"env": "A"}}},
         'environments.production.secrets.A: found "A"; allowed: each variable once, in environment or in secrets'),
        ({"environments/staging/rehearses": "prod"},
         'environments.staging.rehearses: found "prod"; allowed: an environment that is deployed to (production)'),
        ({"environments/staging/rehearses": "staging"},
         'environments.staging.rehearses: found "staging"; allowed: an environment that is deployed to (production)'),
        ({PRODUCTION: NOTHING},
         'environments.staging.rehearses: found "production"; allowed: an environment that is deployed to (there is none)'),
        ({"environments/staging/database": None, f"{PRODUCTION}/database": {"name": "a", "user": "a"}},
         "environments.staging.database: found nothing; allowed: a database, since production has one to copy"),
        ({"environments/staging/hosts": "b.example.org"},
         'environments.staging.hosts: found "root@b.example.org:22"; '
         'allowed: the host of production (root@a.example.org:22), where the database that is copied is'),
        # several hosts
        ({f"{PRODUCTION}/hosts": ["a.example.org", "ada@a.example.org"]},
         'environments.production.hosts[1]: found "ada@a.example.org:22"; allowed: each host once'),
        ({f"{PRODUCTION}/hosts/0/roles": ["web", "worker", "wbe"], f"{PRODUCTION}/also": ["worker"]},
         'environments.production.hosts[0].roles: found "wbe"; allowed: services of the app\'s image: web, worker'),
        ({f"{PRODUCTION}/hosts": [{"address": "a.example.org", "roles": ["worker"]}, "b"], f"{PRODUCTION}/also": ["worker"]},
         'environments.production.hosts[0].roles: found "worker"; '
         'allowed: web among them, since the first host goes before the others, migrates and is tested'),
        ({f"{PRODUCTION}/hosts/0/roles": ["web"], f"{PRODUCTION}/also": ["worker"]},
         'environments.production.hosts: found "no host with the role worker"; allowed: one at least for each service'),
        ({f"{PRODUCTION}/hosts": ["a.example.org", "b"], f"{PRODUCTION}/database": {"name": "a", "user": "a"}},
         'environments.production.database: found "the service db"; '
         'allowed: the url of a database that every host reaches: containers of one host are not seen by the others'),
        ({"environments/staging/hosts": ["a.example.org", "b"]},
         'environments.staging.hosts: found "root@a.example.org:22, root@b:22"; '
         'allowed: one host, the first one of production: a rehearsal needs no more'),
        ({"environments/staging/hosts": "b", f"{PRODUCTION}/hosts": ["a.example.org", "b"]},
         'environments.staging.hosts: found "root@b:22"; '
         'allowed: the first host of production (root@a.example.org:22), where the database that is copied is'),
        ({"environments/other": {**BASE["environments"]["production"], "hosts": ["b", "a.example.org"]}},
         'environments.other.directory: found "/opt/shop/production"; '
         'allowed: a folder apart from that of production (/opt/shop/production)'),
        ({"environments/staging/directory": "/opt/shop/production"},
         'environments.production.directory: found "/opt/shop/production"; '
         'allowed: a folder apart from that of staging (/opt/shop/production)'),
        ({"environments/staging/directory": "/opt/shop/production/releases/"},
         'environments.production.directory: found "/opt/shop/production"; '
         'allowed: a folder apart from that of staging (/opt/shop/production/releases)'),
        ({"environments/staging/directory": "//opt//shop/./production"},
         'environments.production.directory: found "/opt/shop/production"; '
         'allowed: a folder apart from that of staging (/opt/shop/production)'),
        ({"environments/second": {**BASE["environments"]["staging"], "directory": "/opt/x/y"}},
         'environments.second.rehearses: found "production"; allowed: one environment that rehearses'),
        # variables
        ({"repository": "${NOT_SET_ANYWHERE}"},
         "repository: the variable NOT_SET_ANYWHERE is not set; set it or write ${NOT_SET_ANYWHERE:-default}"),
        ({f"{PRODUCTION}/hosts": "${NOT_SET_ANYWHERE}"}, "environments.production.hosts: the variable NOT_SET_ANYWHERE is not set; set it"),
        ({f"{PRODUCTION}/port": "${NOT_SET_ANYWHERE}"}, "environments.production.port: the variable NOT_SET_ANYWHERE is not set; set it"),
        ({f"{PRODUCTION}/url": "${A:?no}"},
         "environments.production.url: ${A:?no} is not a variable that can be read; write ${NAME} or ${NAME:-default}"),
        ({f"{PRODUCTION}/environment": {"A": "x\0y"}},
         "environments.production.environment.A: holds a NUL character, which no program takes; leave it out"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_once_and_in_full(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    [mistake] = mistakes(tmp_path, changes)
    assert mistake.startswith(told)
    assert "s3cr3t" not in mistake


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    told = mistakes(
        tmp_path,
        {
            "repository": "${NOT_SET_ANYWHERE}",
            "image": "UPPER",
            "colour": "blue",
            "environments/staging/rehearses": "prod",
            "environments/staging/directory": "/opt/shop/production",
            "build/context": "/",
            "lint": {"timeout": 0},
            "branches": {"main": "a b"},
        },
    )
    assert {line.partition(":")[0] for line in told} == {
        "repository",
        "image",
        "colour",
        "environments.staging.rehearses",
        "environments.production.directory",
        "build.context",
        "lint.timeout",
        "branches.main",
    }


def test_several_mistakes_in_one_environment_are_told_at_once(tmp_path: Path) -> None:
    staging = "environments/staging"
    told = mistakes(
        tmp_path,
        {
            f"{staging}/compose": "../x",
            f"{staging}/prot": 1,
            f"{staging}/database": {},
            f"{staging}/environment": {"A": "1", "B": "2"},
            f"{staging}/secrets": {"A": {"env": "A"}, "B": {"env": "B"}},
        },
    )
    places = [line.partition(":")[0].removeprefix("environments.staging.") for line in told]
    assert sorted(places) == ["compose", "database", "prot", "secrets.A", "secrets.B"]


def test_a_long_value_is_shortened(tmp_path: Path) -> None:
    [mistake] = mistakes(tmp_path, {"image": "X" * 5000})
    assert len(mistake) < 250


def test_the_name_that_is_taken_from_a_file_is_told_as_such(tmp_path: Path) -> None:
    file = tmp_path / "my-shop.yaml"
    file.write_text(yaml.safe_dump(BASE))
    with pytest.raises(ConfigError) as caught:
        load_app(file)
    assert str(caught.value) == (
        f'{file}: name: found "my-shop"; allowed: {A_NAME} (it is the file\'s name unless the file gives another)'
    )


def test_not_even_a_traceback_shows_what_was_found_where_a_secret_stands(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, {"registry": {"username": VALUE, "password": {"env": f"{VALUE}!"}}})
    assert VALUE not in "".join(traceback.format_exception(caught.value))


words = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("production")
trees = st.recursive(
    words, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)
places = st.sampled_from(
    [
        *("name", "repository", "branches", "image", "registry", "version_file", "lint", "build", "test", "environments"),
        *(f"{PRODUCTION}/{key}" for key in ("hosts", "directory", "compose", "files", "service", "port", "rehearses")),
        *(f"{PRODUCTION}/{key}" for key in ("environment", "secrets", "database", "migrate", "test", "e2e", "retention")),
        f"{PRODUCTION}/hosts/0/address",
        "environments/staging",
        "something else",
    ]
)  # fmt: skip


@given(st.dictionaries(places, trees, max_size=3))
def test_whatever_is_written_is_an_app_or_is_told_in_lines(
    tmp_path_factory: pytest.TempPathFactory, changes: dict[str, Any]
) -> None:
    try:
        data = changed(changes)
    except (TypeError, AttributeError, KeyError, ValueError):  # one change took away the place of another
        return
    file = tmp_path_factory.mktemp("apps") / "shop.yaml"
    file.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8", errors="replace")
    try:
        assert isinstance(load_app(file), App)
    except ConfigError as error:
        assert error.problems
        assert all("\n" not in str(problem) for problem in error.problems)


@given(st.text(st.sampled_from("{}[]:-,&*!|>'\"%@` \n\tab1~#.=<?\0\x85\ufeff"), max_size=30) | st.text(max_size=30))
def test_whatever_the_file_holds_is_told_in_lines(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    file = tmp_path_factory.mktemp("apps") / "shop.yaml"
    file.write_text(text, encoding="utf-8", errors="replace")
    with pytest.raises(ConfigError) as caught:
        load_app(file)
    assert all("\n" not in str(problem) for problem in caught.value.problems)
