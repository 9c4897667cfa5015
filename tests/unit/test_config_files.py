"""Files of apps: what cannot be read is told with its place, and keeps no other app from loading."""

import os
from pathlib import Path

import pytest

from pipeline_defs.config import ConfigError, load_app, load_apps

GOOD = """
repository: team/{name}
image: registry.example.org/team/{name}
environments:
  production: {{hosts: a.example.org, directory: /opt/{name}/production, compose: production.yml}}
"""


def write(folder: Path, called: str, suffix: str = "yaml", **changes: str) -> Path:
    """A right file for an app."""
    file = folder / f"{called}.{suffix}"
    file.write_text(GOOD.format(name=called.lower()) + "".join(f"{key}: {value}\n" for key, value in changes.items()))
    return file


def told(file: Path) -> str:
    """The one thing that loading a file tells of it."""
    with pytest.raises(ConfigError) as caught:
        load_app(file)
    [problem] = caught.value.problems
    assert str(caught.value) == f"{file}: {problem}"
    return str(problem)


KEYS = "a mapping with the keys name, repository, branches, image, "


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", f"found nothing; allowed: {KEYS}"),
        (b"# only a comment\n---\n", f"found nothing; allowed: {KEYS}"),
        (b"- repository: team/shop\n", f'found [{{"repository": "team/shop"}}]; allowed: {KEYS}'),
        (b"just a text", f'found "just a text"; allowed: {KEYS}'),
        (b"a: 1\nb: [1\nc: 2\n", "line 3, column 2: not valid YAML ("),
        (b"{\n", "line 2, column 1: not valid YAML ("),
        (b"a:\n\t- b\n", "line 2, column 1: not valid YAML (found character '\\t' that cannot start any token)"),
        (b"a: !!python/object/apply:os.system [id]\n", "line 1, column 4: not valid YAML (could not determine a constructor"),
        (b"a: 1\n---\nb: 2\n", "line 2, column 1: not valid YAML (but found another document)"),
        (b"a: *unknown\n", "line 1, column 4: not valid YAML (found undefined alias 'unknown')"),
        (b"a: x\x07y\n", "not valid YAML (unacceptable character #x0007: special characters are not allowed in"),
        (b"a: 2026-13-45\n", "not valid YAML (month must be in 1..12)"),
        (b"a: &a [*a]\n", "is nested too deeply; an alias must not contain itself"),
        (b"a: 1\nb: 2\na: 3\n", "line 3, column 1: not valid YAML (the key 'a' is given twice)"),
        (b"e:\n  p: {a: 1, b: 2, a: 3}\n", "line 2, column 19: not valid YAML (the key 'a' is given twice)"),
        (b"repository: caf\xe9\n", "is not UTF-8 text; save it as such"),
        ("repository: x".encode("utf-16"), "is not UTF-8 text; save it as such"),
    ],
)  # fmt: skip
def test_what_is_no_apps_file_is_told_with_its_place(tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / "shop.yaml").write_bytes(content)
    assert told(tmp_path / "shop.yaml").startswith(sentence)


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    assert told(tmp_path / "folder.yaml") == "cannot be read (Is a directory)"
    assert told(tmp_path / "missing.yaml") == "cannot be read (No such file or directory)"
    assert told(tmp_path / "loop.yaml") == "cannot be read (Too many levels of symbolic links)"


def test_a_mark_of_an_editor_before_the_text_does_not_matter(tmp_path: Path) -> None:
    file = write(tmp_path, "shop")
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
    assert load_app(file).repository == "team/shop"


def test_parts_may_be_shared_by_yaml_itself(tmp_path: Path) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text(
        """
repository: team/shop
image: registry.example.org/team/shop
environments:
  production: &place {hosts: a.example.org, directory: /opt/shop/production, compose: production.yml, port: 80}
  abroad: {<<: *place, directory: /opt/shop/abroad}
"""
    )
    app = load_app(file)
    assert str(app.environments["abroad"].directory) == "/opt/shop/abroad"
    assert app.environments["abroad"].port == 80


def test_an_app_is_called_like_its_file_unless_it_says_otherwise(tmp_path: Path) -> None:
    assert load_app(write(tmp_path, "shop")).name == "shop"
    assert load_app(write(tmp_path, "Other", name="other")).name == "other"


def test_a_wrong_file_keeps_no_other_app_from_loading(tmp_path: Path) -> None:
    write(tmp_path, "first")
    write(tmp_path, "last", suffix="yml")
    (tmp_path / "broken.yaml").write_text("{")
    (tmp_path / "folder.yml").mkdir()
    write(tmp_path, "wrong", colour="blue")
    (tmp_path / "notes.txt").write_text("no app")
    apps, errors = load_apps(tmp_path)
    assert list(apps) == ["first", "last"]
    assert [error.file.name for error in errors] == ["broken.yaml", "folder.yml", "wrong.yaml"]


def test_what_editors_leave_behind_is_no_app(tmp_path: Path) -> None:
    write(tmp_path, "shop")
    (tmp_path / ".#shop.yaml").symlink_to("somebody@somewhere.1234")
    (tmp_path / "._shop.yml").write_bytes(os.urandom(64))
    (tmp_path / "shop.yaml~").write_text("{")
    apps, errors = load_apps(tmp_path)
    assert (list(apps), errors) == (["shop"], [])


def test_no_folder_is_no_app(tmp_path: Path) -> None:
    assert load_apps(tmp_path / "nowhere") == ({}, [])


def test_of_two_apps_with_one_name_the_first_is_loaded(tmp_path: Path) -> None:
    write(tmp_path, "a_shop", name="shop")
    write(tmp_path, "b_shop", name="shop")
    apps, [error] = load_apps(tmp_path)
    assert apps["shop"].repository == "team/a_shop"
    assert (
        str(error) == f'{tmp_path / "b_shop.yaml"}: name: found "shop"; allowed: a name that no other app\'s file has'
    )


def test_a_copied_file_whose_folder_was_forgotten_is_told(tmp_path: Path) -> None:
    write(tmp_path, "shop")
    copied = tmp_path / "stall.yaml"
    copied.write_text(GOOD.format(name="shop").replace("production, compose", "production/, compose"))
    apps, [error] = load_apps(tmp_path)
    assert list(apps) == ["shop"]
    assert str(error) == (
        f'{copied}: environments.production.directory: found "/opt/shop/production"; '
        "allowed: a folder apart from that of shop production (/opt/shop/production)"
    )


def test_the_same_folder_on_another_host_is_another_folder(tmp_path: Path) -> None:
    write(tmp_path, "shop")
    (tmp_path / "stall.yaml").write_text(GOOD.format(name="shop").replace("a.example.org", "b.example.org"))
    apps, errors = load_apps(tmp_path)
    assert (list(apps), errors) == (["shop", "stall"], [])


def test_a_key_is_a_name_also_where_yaml_would_read_it_as_true_or_false(tmp_path: Path) -> None:
    notify = "[{to: {env: CHAT}, on: [failed], environments: [production]}]"
    app = load_app(write(tmp_path, "shop", notify=notify, build="{arguments: {NO: '1', y: '2'}}"))
    assert app.notify[0].on == ("failed",)
    assert app.build.arguments == {"NO": "1", "y": "2"}


def test_compose_files_may_be_a_list_of_which_the_first_says_where_paths_begin(tmp_path: Path) -> None:
    text = "repository: acme/shop\nimage: registry.example.org/shop\nenvironments:\n  production:\n    hosts: a.example.org\n"
    text += "    directory: /opt/shop/production\n    compose: [deploy/a.yml, b.yml]\n"
    (tmp_path / "shop.yaml").write_text(text)
    production = load_app(tmp_path / "shop.yaml").environments["production"]
    assert (production.compose, production.overrides) == ("deploy/a.yml", ("b.yml",))
    assert production.compose_files == ("deploy/a.yml", "b.yml")
    (tmp_path / "shop.yaml").write_text(text.replace("[deploy/a.yml, b.yml]", "[]"))
    with pytest.raises(ConfigError, match="compose"):
        load_app(tmp_path / "shop.yaml")


def test_two_apps_of_one_repository_cannot_both_have_their_numbers_raised(tmp_path: Path) -> None:
    text = "repository: team/mono\nimage: registry.example.org/mono/{0}\nversioning: automatic\ngithub: {{token: {{env: TOKEN}}}}\n"
    place = "environments: {{production: {{hosts: a.example.org, directory: /opt/{0}, compose: production.yml}}}}\n"
    for name in ("api", "worker"):
        (tmp_path / f"{name}.yaml").write_text((text + place).format(name))
    apps, errors = load_apps(tmp_path)
    assert list(apps) == ["api"]
    assert "allowed: manual for both apps that are built from team/mono, this one and api" in str(errors[0])
