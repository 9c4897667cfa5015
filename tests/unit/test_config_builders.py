"""Builders, and the home's limits, as a person writes them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipeline_defs.config import ConfigError, Home, Limits, load_limits
from pipeline_defs.config.build import Build
from pipeline_defs.config.config_errors import problems_of
from pipeline_defs.config.value_types import GIB, written_size


def wrong(given: dict[str, object]) -> list[str]:
    """The mistakes in a build's keys."""
    with pytest.raises(ValidationError) as caught:
        Build.model_validate(given)
    return [str(problem) for problem in problems_of(caught.value, Build)]


def test_builders_are_written_as_hosts_are_short_or_long_one_or_many() -> None:
    short = Build.model_validate({"builders": "build@a.example.org:2222"})
    long = Build.model_validate({"builders": [{"address": "a.example.org", "user": "build", "port": 2222}]})
    assert short == long and str(short.builders[0]) == "build@a.example.org:2222"


def test_only_those_that_build_for_the_platform_are_asked() -> None:
    builders = ["a.example.org", {"address": "b.example.org", "platforms": ["linux/arm64"]}]
    names = {
        platform: [each.address for each in Build.model_validate({"builders": builders, "platforms": platform}).fitting]
        for platform in ((), ("linux/amd64",), ("linux/arm64",))
    }
    assert names == {
        (): ["a.example.org", "b.example.org"],
        ("linux/amd64",): ["a.example.org"],
        ("linux/arm64",): ["a.example.org", "b.example.org"],
    }


def test_a_platform_that_nobody_builds_for_and_a_builder_that_is_named_twice_are_mistakes() -> None:
    arm = {"address": "b.example.org", "platforms": ["linux/arm64"]}
    assert wrong({"builders": [arm], "platforms": ["linux/amd64"]}) == [
        'builders: found "root@b.example.org:22"; allowed: a builder for linux/amd64, or one that does not say for which '
        "platforms it is"
    ]
    assert wrong({"builders": ["b.example.org", "ada@b.example.org"]}) == [
        'builders[1]: found "ada@b.example.org:22"; allowed: each builder once'
    ]
    assert wrong({"builders": "b.example.org", "cache": "local"})[0].startswith('cache: found "local"; allowed:')


@given(st.integers(1, 10**15))
def test_a_size_is_read_as_it_is_written(size: int) -> None:
    assert Limits.model_validate({"images": written_size(size)}).images == size


@pytest.mark.parametrize("text", ["20", 20, "0 GiB", "20 GB", "1.5 GiB", "-1 GiB", "20  GiB", "", None, ["1 GiB"]])
def test_what_is_no_size_is_refused(text: object) -> None:
    with pytest.raises(ValidationError):
        Limits.model_validate({"images": text})


def test_without_a_file_and_with_an_empty_one_the_defaults_hold_and_mistakes_are_named_at_once(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert load_limits(home) == Limits()
    home.limits.write_text("# nothing\n")
    assert load_limits(home) == Limits()
    home.limits.write_text("images: 5 GiB\ndays: 7\n")
    limits = load_limits(home)
    assert (limits.images, limits.days, limits.cache) == (5 * GIB, 7, Limits().cache)
    home.limits.write_text("images: 5\nday: 7\ndays: 0\n")
    with pytest.raises(ConfigError) as caught:
        load_limits(home)
    assert len(caught.value.problems) == 3
