"""A database is ready when it takes connections over the network: not while its image's own scripts prepare it."""

from pathlib import Path

import pytest

from tests.support.clusters import cluster
from tests.testbed import docker

_SLOW = (
    "create table made_at_first (n int); insert into made_at_first select generate_series(1, 3); select pg_sleep(3);\n"
)


@pytest.mark.usefixtures("engine")
def test_a_first_start_with_init_scripts_is_waited_for(tmp_path: Path) -> None:
    scripts = tmp_path / "init"
    scripts.mkdir()
    (scripts / "10-slow.sql").write_text(_SLOW)
    (scripts / "20-last.sh").write_text(
        'psql -U "$POSTGRES_USER" "$POSTGRES_DB" -c "create table made_at_last (n int)"\n'
    )
    mounted = ("--volume", f"{scripts}:/docker-entrypoint-initdb.d:ro")
    with cluster(tmp_path, options=mounted, wait=False) as made:
        said = made.done(made.database.ready())
        assert said.strip() == "db takes connections"
        assert made.sql("select count(*) from made_at_first") == "3"
        assert made.sql("select count(*) from made_at_last") == "0"


@pytest.mark.usefixtures("engine")
def test_who_is_never_ready_is_given_up_with_a_sentence(tmp_path: Path) -> None:
    with cluster(tmp_path, seconds=2) as made:
        nobody = made.as_user("nobody")
        stranger = made.run(nobody.database.ready())
        assert "takes connections, but not these: psql: error" in stranger.stderr
        assert 'role "nobody" does not exist' in stranger.stderr
        docker.docker("stop", "--time", "5", made.container)
        stopped = made.run(made.database.ready())
        assert stopped.stderr.startswith(
            "the service db takes no connections over the network after 2 s; it said last: "
        )
