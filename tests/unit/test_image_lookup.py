"""Which image is meant."""

from pipeline_defs.release.image_lookup import image_of_source
from pipeline_defs.release.records import Image


def image(tree: str, code: str = "", tags: tuple[str, ...] = ("1.5.0", "latest")) -> Image:
    named = {"app": "shop", "version": "1.5.0", "repository": "registry.example.org/shop", "commit": "c" * 40}
    made = {"digest": f"sha256:{'d' * 64}", "tree": tree, "code": code, "built_from": "c" * 40}
    return Image.model_validate({**named, **made, "branch": "development", "tags": tags})


def test_the_image_of_a_commit_is_that_of_the_same_source_whatever_branch_it_was_made_for() -> None:
    newest, older = image("t2"), image("t1")
    assert image_of_source([newest, older], tree="t1", code="c", version="1.6.0") == older
    assert image_of_source([newest, older], tree="t3", code="", version="1.5.0") is None


def test_where_only_configuration_differs_it_is_the_image_that_has_the_number() -> None:
    released, reviewed = image("t1", code="c1"), image("t2", code="c1", tags=("pr-8",))
    assert image_of_source([reviewed, released], tree="t3", code="c1", version="1.5.0") == released
    assert image_of_source([reviewed, released], tree="t3", code="c1", version="1.5.1") is None
    assert image_of_source([released], tree="t3", code="", version="1.5.0") is None
