"""Versions from git's tags, under real runs: each source its own number, the same source the same number, a tag's own number."""

from tests.integration.tiny import IMAGE, Tiny
from tests.support.shop import git


def make(tiny: Tiny, content: str, *words: str) -> str:
    """The version of the image of a commit with this content; `words` are what git does after it."""
    commit = tiny.commit("not read", content)
    if words:
        git(tiny.repository, *words)
    run = tiny.run("deploy", IMAGE, tiny_image={"commit": commit, "branch": "main"})
    found = tiny.instance.get_run_by_id(run)
    [image] = [each for each in tiny.images if each.run == run]
    assert found is not None and found.tags["version"] == image.version
    assert image.version in image.tags
    return image.version


def test_numbers_come_from_the_newest_tag_and_never_name_two_images(tiny: Tiny) -> None:
    tiny.change(versioning="tags")
    assert make(tiny, "a") == "0.1.0"
    assert make(tiny, "b", "tag", "v1.4.2") == "1.4.2"
    assert make(tiny, "c", "tag", "nightly") == "1.4.3"
    assert make(tiny, "d") == "1.4.4"
    (tiny.repository / "tiny.yml").write_text("services: {web: {}}\n")
    git(tiny.repository, "commit", "--quiet", "--all", "-m", "configuration alone")
    again = tiny.run("deploy", IMAGE)
    assert next(image.version for image in tiny.images if image.run == again) == "1.4.4"
    git(tiny.repository, "tag", "v2.0.0", "HEAD~1")
    assert make(tiny, "e") == "2.0.1"
    git(tiny.repository, "tag", "--force", "v1.4.2")
    assert "version 1.4.2 of tiny already names the image" in moved(tiny)


def test_a_number_that_a_topic_branch_was_built_with_is_nobodys(tiny: Tiny) -> None:
    tiny.change(versioning="tags")
    assert make(tiny, "a", "tag", "v1.0.0") == "1.0.0"
    topic = tiny.commit("not read", "b")
    tiny.run("deploy", IMAGE, tiny_image={"commit": topic, "branch": "topic"})
    assert (tiny.images[0].version, "1.0.1" in tiny.images[0].tags) == ("1.0.1", False)
    assert make(tiny, "c") == "1.0.1"
    merged = tiny.commit("merged", "b")
    run = tiny.run("deploy", IMAGE, tiny_image={"commit": merged, "branch": "main"})
    assert next(image.version for image in tiny.images if image.run == run) == "1.0.2"


def moved(tiny: Tiny) -> str:
    """What is said of the newest commit whose greatest tag names another image; v2.0.0 is taken away from below it."""
    git(tiny.repository, "tag", "--delete", "v2.0.0")
    return tiny.failure("deploy", IMAGE)
