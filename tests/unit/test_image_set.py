"""Image set: one identity for several images, which is the same whenever the images are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.release.image_set import (
    ReleasedImage,
    changes,
    code_of,
    read,
    tree_of,
    variables,
    with_digests,
    written,
)
from pipeline_defs.release.records import Image, Release

digests = st.text("0123456789abcdef", min_size=64, max_size=64)
names = st.from_regex(r"[a-z][a-z0-9_]{0,10}", fullmatch=True)


@st.composite
def image_sets(draw: st.DrawFn) -> tuple[ReleasedImage, ...]:
    found = draw(st.lists(names, min_size=1, max_size=5, unique=True))
    return tuple(
        ReleasedImage(
            name=name,
            repository=f"r.example/{name}",
            digest=f"sha256:{draw(digests)}",
            tree=draw(digests),
            code=draw(digests),
        )
        for name in found
    )


@given(image_sets())
def test_a_set_is_read_as_it_was_written(images: tuple[ReleasedImage, ...]) -> None:
    found = read(written(images))
    assert [each.reference for each in found] == [each.reference for each in images]
    unpushed = tuple(each.model_copy(update={"digest": ""}) for each in images)
    assert with_digests(unpushed, found) == images


@given(image_sets(), st.data())
def test_a_set_is_another_one_when_any_image_is(images: tuple[ReleasedImage, ...], data: st.DataObject) -> None:
    number = data.draw(st.integers(0, len(images) - 1))
    other = images[number].model_copy(update={"tree": data.draw(digests), "code": data.draw(digests)})
    changed = (*images[:number], other, *images[number + 1 :])
    assert (tree_of(changed) == tree_of(images)) == (other.tree == images[number].tree)
    assert (code_of(changed) == code_of(images)) == (other.code == images[number].code)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "null", '[{"name": "web"}]', '[{"name": "web", "repository": "r/web", "digest": "latest"}]'],
)
def test_what_is_no_set_is_not_taken_for_one(text: str) -> None:
    with pytest.raises((ValueError, TypeError)):
        read(text)


def test_the_set_of_other_images_is_not_taken() -> None:
    web = ReleasedImage(name="web", repository="r.example/web", digest="sha256:" + "a" * 64)
    moved = web.model_copy(update={"repository": "r.example/elsewhere"})
    for wanted in ([moved], [web, moved.model_copy(update={"name": "worker"})], []):
        with pytest.raises(ValueError, match="other images"):
            with_digests(wanted, [web])


def test_each_image_has_its_variable_and_says_what_becomes_of_it() -> None:
    web, worker, jobs = (
        ReleasedImage(name=name, repository=f"r/{name}", digest=f"sha256:{number * 64}")
        for name, number in (("web", "1"), ("worker", "2"), ("night_jobs", "3"))
    )
    assert variables([web, jobs]) == {"IMAGE_WEB": web.reference, "IMAGE_NIGHT_JOBS": jobs.reference}
    newer = web.model_copy(update={"digest": f"sha256:{'4' * 64}"})
    found = changes([web, worker], [newer, worker.model_copy(), jobs])
    assert found == {"web": "changed", "worker": "the same", "night_jobs": "new"}
    assert changes([web, worker], [web]) == {"web": "the same", "worker": "gone"}


def test_records_of_one_image_are_read_as_before() -> None:
    older = {"app": "shop", "version": "1.0.0", "repository": "r/shop", "digest": "sha256:1", "commit": "c"}
    release = Release.model_validate(older)
    assert (release.images, release.references) == ((), ("r/shop@sha256:1",))
    image = Image.model_validate({**older, "branch": "main", "tree": "t", "built_from": "c"})
    [only] = image.each
    assert (only.reference, only.tree, only.name) == ("r/shop@sha256:1", "t", "")
