"""Which image is meant."""

from pipeline_defs.release.image_lookup import newest_of_branch
from pipeline_defs.release.records import Image


def image(commit: str, branch: str = "main", pull: int = 0, tags: tuple[str, ...] = ("1.5.0", "latest")) -> Image:
    named = {"app": "shop", "version": "1.5.0", "repository": "registry.example.org/shop", "commit": commit * 40}
    made = {"digest": f"sha256:{commit * 64}", "tree": commit * 64, "built_from": commit * 40}
    return Image.model_validate({**named, **made, "branch": branch, "pull": pull, "tags": tags})


def test_a_merged_pull_request_is_what_is_in_the_branch() -> None:
    merged, older = image("a", pull=7), image("b")
    assert newest_of_branch([merged, older], "main") == merged


def test_a_pull_request_under_review_is_not() -> None:
    reviewed, older = image("a", pull=8, tags=("1.5.0_dev", "pr-8")), image("b")
    assert newest_of_branch([reviewed, image("c", branch="development"), older], "main") == older
    assert newest_of_branch([reviewed], "main") is None
