"""`shipline maintenance`: what cannot be is refused before any server is asked."""

from pathlib import Path

import pytest

from pipeline_defs.cli.main import main

APP = """
repository: team/shop
image: registry.example.org/team/shop
environments:
  production: {hosts: a.example.org, directory: /opt/shop/production, compose: production.yml, route: {}}
  bare: {hosts: a.example.org, directory: /opt/shop/bare, compose: production.yml}
"""


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("production", "--page", "none.html"), 2, "the page none.html cannot be read (No such file or directory)"),
        (("production", "--page", "large.html"), 2, "large.html has 262145 bytes; a page may have 262144 at most"),
        (("production", "--page", "latin.html"), 2, "the page latin.html is not UTF-8 text; save it as such"),
        (("bare",), 2, "bare of shop has no route, so no router could answer for it; add the key route"),
        (("staging",), 2, "shop has no environment 'staging'"),
        (("production",), 1, "no Shipline was ever started here: shipline up"),
    ],
)
def test_what_cannot_be_is_refused_before_the_server_is_asked(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    status: int,
    said: str,
) -> None:
    monkeypatch.setenv("SHIPLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SHIPLINE_APPS", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    Path("shop.yaml").write_text(APP)
    Path("large.html").write_text("x" * (256 * 1024 + 1))
    Path("latin.html").write_bytes("Ü".encode("latin-1"))
    assert main(["maintenance", "on", "shop", *words]) == status
    assert said in capsys.readouterr().err
