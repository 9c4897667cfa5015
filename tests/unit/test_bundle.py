"""Bundle: what is put on a server for a release arrives whole, private and exact."""

import io
import json
import os
import stat
import string
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.config import Secret
from pipeline_defs.release.records import Release
from pipeline_defs.server.compose.bundle import (
    COMPOSED,
    FINGERPRINTS,
    OVERRIDE,
    RELEASE,
    SECRETS,
    SETTINGS,
    configuration_hash,
    install,
    needed_files,
    override,
    settings_file,
)
from pipeline_defs.server.compose.compose_commands import compose
from pipeline_defs.server.core.site import Site
from tests.unit.sample import PASSWORD, SHELLS, example, release, run, site, with_environment

PRODUCTION = Site.of(example(), "production")

# Names that shells keep for themselves are left out: they are no names for an app's settings.
names = st.text(string.ascii_uppercase, min_size=1, max_size=8).map(lambda name: f"APP_{name}")
values = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40) | st.sampled_from(
    ["", "'", '"', "a'b\"c", "$HOME", "$(id)", "`id`", "\\", "a\nb\n", "\r\n", " x ", "#", "ü€🚀", "a=b", "!", "~", "*"]
)
settings = st.dictionaries(names, values | values.map(Secret), max_size=4)


def revealed(given: dict[str, str | Secret]) -> dict[str, str]:
    return {name: value.reveal() if isinstance(value, Secret) else value for name, value in given.items()}


def members(stdin: bytes | str | Secret | None) -> dict[str, tarfile.TarInfo]:
    assert isinstance(stdin, bytes)
    with tarfile.open(fileobj=io.BytesIO(stdin)) as archive:
        return {member.name: member for member in archive.getmembers()}


# Settings


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
@given(given=settings)
def test_a_shell_reads_exactly_the_values_back(
    tmp_path_factory: pytest.TempPathFactory, shell: tuple[str, ...], given: dict[str, str | Secret]
) -> None:
    file = tmp_path_factory.mktemp("release") / SETTINGS
    file.write_bytes(settings_file(given).encode())
    text = 'set -eu; . "$1"; shift; for name; do eval "printf \'%s\\0\' \\"\\$$name\\""; done'
    done = subprocess.run([*shell, "-c", text, "test", str(file), *given], capture_output=True, check=True)
    assert done.stdout.decode().split("\0")[:-1] == list(revealed(given).values())


@given(given=settings)
def test_compose_finds_the_values_in_its_environment_and_its_words_as_they_are(
    tmp_path_factory: pytest.TempPathFactory, given: dict[str, str | Secret]
) -> None:
    folder = tmp_path_factory.mktemp("it's a $(folder)")
    (folder / SETTINGS).write_bytes(settings_file(given).encode())
    program = ("sh", "-c", 'cat /proc/$$/environ; printf "\\0\\0"; printf "%s\\0" "$@"', "compose")
    wanted = compose(PRODUCTION, program, str(folder), "up", "a b", "$(id)")
    told = subprocess.run(wanted.argv, capture_output=True, check=True).stdout.decode(errors="surrogateescape")
    environment, _, words = told.partition("\0\0\0")
    found = dict(entry.split("=", 1) for entry in environment.split("\0") if "=" in entry)
    assert {name: found[name] for name in given} == revealed(given)
    assert words.split("\0")[:2] == ["-p", "shop-production"]
    assert words.split("\0")[-4:-1] == ["up", "a b", "$(id)"]


# The override


def overridden(given: dict[str, Any], of: Release | None = None) -> Any:
    text = override(PRODUCTION, of or release(), given)
    assert yaml.safe_load(text) == json.loads(text)
    return json.loads(text)


@given(settings)
def test_the_override_names_the_settings_and_holds_no_value(given: dict[str, str | Secret]) -> None:
    [service] = overridden(given)["services"].values()
    assert service["environment"] == {**dict.fromkeys(given), "APP_VERSION": "1.4.2", "APP_COMMIT": "c" * 40}


def test_the_override_pins_the_image_by_digest_and_says_what_runs() -> None:
    made = overridden({"SHOP_DB_PASSWORD": Secret(PASSWORD)})["services"]
    assert list(made) == ["web"]
    assert made["web"]["image"] == release().reference
    assert "@sha256:" in made["web"]["image"]
    assert made["web"]["labels"] == {
        "shipline.app": "shop",
        "shipline.environment": "production",
        "shipline.version": "1.4.2",
        "shipline.commit": "c" * 40,
        "shipline.digest": release().digest,
        "shipline.release": release().name,
    }
    assert PASSWORD not in json.dumps(made)


def test_every_service_that_runs_the_apps_image_is_overridden() -> None:
    app = with_environment(example(), "production", also=("worker", "scheduler"))
    made = json.loads(override(Site.of(app, "production"), release(), {}))["services"]
    assert list(made) == ["web", "worker", "scheduler"]
    assert len({json.dumps(service) for service in made.values()}) == 1


def test_a_dollar_sign_is_none_of_composes_variables() -> None:
    text = override(PRODUCTION, release(version="1.0.0-$HOME${A}"), {})
    assert json.loads(text)["services"]["web"]["environment"]["APP_VERSION"] == "1.0.0-$$HOME$${A}"


# The configuration's hash

FILES = {"production.yml": b"services: {}", "postman/a.json": b"{}"}
PLAIN: dict[str, str | Secret] = {"LEVEL": "info", "PASSWORD": Secret("s3cr3t")}


def hashed(files: dict[str, bytes] = FILES, given: dict[str, str | Secret] = PLAIN, of: Site = PRODUCTION) -> str:
    return configuration_hash(of, files, given)


def test_the_hash_changes_with_whatever_changes_how_a_release_runs() -> None:
    several = Site.of(with_environment(example(), "production", also=("worker",)), "production")
    hashes = [
        hashed(),
        hashed({**FILES, "production.yml": b"services: {web: {}}"}),
        hashed({"production.yml": b"services: {}"}),
        hashed({**FILES, "more.yml": b""}),
        hashed({"production.yml": b"{}", "postman/a.json": b"services: {}"}),
        hashed(given={**PLAIN, "LEVEL": "debug"}),
        hashed(given={**PLAIN, "MORE": ""}),
        hashed(given={**PLAIN, "MORE": Secret("")}),
        hashed(given={**PLAIN, "PASSWORD": Secret("another")}),
        hashed(given={**PLAIN, "./.env": Secret("A=1")}),
        hashed(given={**PLAIN, "./.env": Secret("A=2")}),
        hashed(given={"LEVEL": "info"}),
        hashed(given={"LEVEL": Secret("info"), "PASSWORD": Secret("s3cr3t")}),
        hashed(of=several),
    ]
    assert len(set(hashes)) == len(hashes)


def test_the_hash_of_a_secret_needs_the_homes_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = hashed()
    monkeypatch.setenv("SHIPLINE_HOME", str(tmp_path / "another"))
    assert hashed() == hashed() != here
    assert hashed(given={"LEVEL": "info"}) == configuration_hash(PRODUCTION, FILES, {"LEVEL": "info"})
    assert mode(tmp_path / "another" / "configuration.key") == 0o600


def test_the_hash_does_not_change_with_the_order() -> None:
    assert hashed(dict(reversed(FILES.items())), dict(reversed(PLAIN.items()))) == hashed()


@given(st.dictionaries(st.text(), st.binary(), max_size=3), settings)
def test_the_hash_is_that_of_its_input_alone(files: dict[str, bytes], given: dict[str, str | Secret]) -> None:
    assert hashed(files, given) == hashed(dict(files), dict(given))
    assert len(hashed(files, given)) == 64


def test_a_release_needs_each_file_of_its_environment_once() -> None:
    assert needed_files(PRODUCTION) == (
        "production.yml",
        "postman/shop.postman_collection.json",
        "postman/production.postman_environment.json",
    )
    app = with_environment(example(), "production", files=("nginx.conf", "production.yml"), e2e=())
    assert needed_files(Site.of(app, "production")) == ("production.yml", "nginx.conf")


# On the server


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def test_secrets_travel_in_a_private_member_and_nowhere_else(tmp_path: Path) -> None:
    wanted = install(site(tmp_path), release(), FILES, {"PASSWORD": Secret(PASSWORD)})
    packed = members(wanted.stdin)
    assert set(packed) == {*FILES, OVERRIDE, RELEASE, SETTINGS, SECRETS, FINGERPRINTS, COMPOSED}
    assert packed[SETTINGS].mode == packed[SECRETS].mode == packed[FINGERPRINTS].mode == 0o600
    assert PASSWORD not in f"{wanted.argv} {wanted.rendered()} {wanted.shown()} {wanted!r}"


def test_a_release_is_installed_whole(tmp_path: Path) -> None:
    (tmp_path / "releases").mkdir()
    place = site(tmp_path)
    files = {**FILES, "deploy/ü b/it's.yml": b"\0\xff"}
    assert run(install(place, release(), files, PLAIN)).ok
    folder = Path(place.folder(release()))
    found = files_in(folder)
    assert {path: content for path, content in found.items() if path in files} == files
    assert set(found) == {*files, OVERRIDE, RELEASE, SETTINGS, COMPOSED, FINGERPRINTS}
    assert Release.model_validate_json(found[RELEASE]) == release()
    assert mode(folder / SETTINGS) == 0o600
    assert mode(folder) == 0o700
    assert os.listdir(tmp_path / "releases") == [folder.name]  # noqa: PTH208


def test_a_new_value_of_a_secret_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    place = site(tmp_path)
    assert run(install(place, release(), FILES, {"PASSWORD": Secret("old")})).ok
    folder = Path(place.folder(release()))
    with (folder / SETTINGS).open() as still_read, (folder / "production.yml").open() as mounted:
        assert run(install(place, release(), FILES, {"PASSWORD": Secret(PASSWORD)})).ok
        # Whoever reads the old file reads it to its end: it was replaced, not written into.
        assert still_read.read().startswith("PASSWORD=old\n")
        assert mounted.read() == "services: {}"
    assert (folder / SETTINGS).read_text().startswith(settings_file({"PASSWORD": Secret(PASSWORD)}))
    assert mode(folder / SETTINGS) == 0o600
    assert files_in(folder).keys() == {*FILES, OVERRIDE, RELEASE, SETTINGS, FINGERPRINTS, COMPOSED}
    assert [each.name for each in (tmp_path / "releases").iterdir()] == [folder.name]


def sourced(folder: Path) -> dict[str, str]:
    """What Compose would find in its environment."""
    text = 'set -a; . "$1"; env -0'
    told = subprocess.run(
        ["env", "-i", "sh", "-euc", text, "test", str(folder / SETTINGS)], capture_output=True, check=True
    )
    return dict(each.split("=", 1) for each in told.stdout.decode().split("\0") if "=" in each)


def test_a_frozen_release_keeps_its_files_and_settings_and_gets_the_secrets_of_today(tmp_path: Path) -> None:
    place = site(tmp_path)
    folder = Path(place.folder(release()))
    then = {"MODE": "old", "PASSWORD": Secret("old"), "GONE": Secret("still needed")}
    now = {"MODE": "new", "PASSWORD": Secret(PASSWORD)}
    assert run(install(place, release(), FILES, then)).ok
    for _ in range(2):
        said = run(install(place, release(), {"production.yml": b"new"}, now, frozen=True))
        assert said.stdout == "it keeps the settings that it had, with the secrets of today\n"
        found = sourced(folder)
        assert (found["MODE"], found["PASSWORD"], found["GONE"]) == ("old", PASSWORD, "still needed")
        assert files_in(folder)["production.yml"] == FILES["production.yml"]
    assert mode(folder / SECRETS) == 0o600
    assert run(install(place, release(), FILES, now)).ok  # deployed again, it gets all of today
    assert (sourced(folder)["MODE"], SECRETS in files_in(folder)) == ("new", False)


def test_a_frozen_release_whose_folder_was_pruned_gets_the_settings_of_today_and_says_so(tmp_path: Path) -> None:
    place = site(tmp_path)
    said = run(install(place, release(), FILES, {"MODE": "new"}, frozen=True))
    assert said.stdout == "the settings that it had are gone: it gets those of today\n"
    assert sourced(Path(place.folder(release())))["MODE"] == "new"


def test_what_a_killed_installation_left_behind_gets_into_no_release(tmp_path: Path) -> None:
    place = site(tmp_path)
    folder = Path(place.folder(release()))
    left = folder.with_name(f"{folder.name}.partial")
    left.mkdir(parents=True)
    (left / "production.yml").write_text("half")
    (left / "stale.yml").write_text("old")
    assert run(install(place, release(), FILES, PLAIN)).ok
    assert files_in(folder).keys() == {*FILES, OVERRIDE, RELEASE, SETTINGS, COMPOSED, FINGERPRINTS}
    assert (folder / "production.yml").read_bytes() == FILES["production.yml"]
    assert not left.exists()


def test_an_archive_that_breaks_off_installs_nothing(tmp_path: Path) -> None:
    place = site(tmp_path)
    wanted = install(place, release(), {"production.yml": b"x" * 50_000}, PLAIN)
    assert isinstance(wanted.stdin, bytes)
    broken = subprocess.run(wanted.argv, input=wanted.stdin[:20_000], capture_output=True, check=False)
    assert broken.returncode != 0
    assert not Path(place.folder(release())).exists()
