"""Run broker: what a run is made of is seen, and the password of Redis reaches Celery alone."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as options
from hypothesis import strategies as st

from pipeline_defs.runtime.run_workers.celery_broker import fingerprint, settings


@pytest.fixture
def apps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SHIPLINE_APPS", str(tmp_path))
    (tmp_path / "shop.yaml").write_text("a: 1\n")
    return tmp_path


def test_another_file_of_the_app_is_another_run(apps: Path) -> None:
    before = fingerprint("shop")
    assert fingerprint("shop") == before
    (apps / "shop.yaml").write_text("a: 2\n")
    assert fingerprint("shop") != before


def test_files_of_other_apps_make_no_difference(apps: Path) -> None:
    before = fingerprint("shop")
    (apps / "shop2.yaml").write_text("a: 2\n")
    assert fingerprint("shop") == before
    assert fingerprint("shop2") != before


def test_a_file_that_is_missing_is_a_difference(apps: Path) -> None:
    before = fingerprint("shop")
    (apps / "shop.yaml").unlink()
    assert fingerprint("shop") != before


@options(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(min_codepoint=33, max_codepoint=0x2FFF, exclude_categories=["Cs", "Z", "C"]), min_size=1))
def test_any_password_arrives_as_it_is(tmp_path: Path, password: str) -> None:
    (tmp_path / "queue").write_text(f"{password}\n")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SHIPLINE_QUEUE_PASSWORD", str(tmp_path / "queue"))
        broker = urlsplit(settings("redis://redis:6379/0")["broker"])
    assert (broker.hostname, broker.port, broker.path) == ("redis", 6379, "/0")
    assert unquote(broker.password or "") == password
