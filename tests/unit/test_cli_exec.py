"""`shipline exec` and `shipline console`: what cannot be is refused before any server is asked."""

from pathlib import Path

import pytest

from pipeline_defs.cli.main import main

APP = """
repository: team/shop
image: registry.example.org/team/shop
environments:
  staging: {rehearses: production, hosts: a.example.org, directory: /opt/shop/staging}
  production:
    hosts: [a.example.org, b.example.org, "b.example.org:2222"]
    directory: /opt/shop/production
    compose: production.yml
    console: sh -i
  demo: {hosts: a.example.org, directory: /opt/shop/demo, compose: production.yml}
"""


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("exec", "shop", "prod", "--", "ls"), 2, "shop has no environment 'prod'"),
        (("exec", "shop", "production"), 2, "Missing argument 'CMD...'"),
        (("exec", "shop", "production", "--", ""), 2, "the command's first word is empty"),
        (("exec", "shop", "production", "--host", "c.example.org", "--", "ls"), 2, "has no host 'c.example.org'; it has root@a"),
        (("exec", "shop", "production", "--host", "b.example.org", "--", "ls"), 2, "has several hosts 'b.example.org'"),
        (("exec", "--json", "shop", "production", "--", "ls"), 2, "--json has no place here"),
        (("exec", "shop", "production", "--", "ls", "--json"), 1, "no Shipline was ever started here: shipline up"),
        (("console", "shop", "demo"), 2, "demo of shop has no console; add the key `console`"),
        (("console", "shop", "staging"), 1, "no Shipline was ever started here: shipline up"),
        (("console", "shop", "production", "--host", "b.example.org:2222"), 1, "no Shipline was ever started here"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_before_the_server_is_asked(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    status: int,
    said: str,
) -> None:
    for name in ("SHIPLINE_HOME", "DAGSTER_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.setenv("SHIPLINE_APPS", str(tmp_path))
    (tmp_path / "shop.yaml").write_text(APP)
    assert main(words) == status
    assert said in capsys.readouterr().err
