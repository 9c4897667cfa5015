"""A change of the compose file that loses data is refused; one that keeps it is not."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.server.state.data_loss_check import losses
from pipeline_defs.server.state.data_mounts import read_mounts
from tests.unit import sample

DATA, NEWER = "/var/lib/postgresql/data", "/var/lib/postgresql/18/docker"
IMAGES = [
    f"# image\tpostgres:15\t{DATA}\t15",
    f"# image\tpostgis/postgis:15-3.4\t{DATA}\t15",
    f"# image\tpostgres:17\t{DATA}\t17",
    f"# image\tpostgres:18\t{NEWER}\t18",
]
RUNS = [f"# mount\tdb\tvolume\tshop-production_db-data\t/d\t{DATA}", f"# postgres\tdb\t{DATA}\t15"]
RUNS_18 = ["# mount\tdb\tvolume\tshop-production_db-data\t/d\t/var/lib/postgresql", f"# postgres\tdb\t{NEWER}\t18"]
ANONYMOUS = [f"# mount\tdb\tvolume\t{'ab' * 32}\t/d\t{DATA}", f"# postgres\tdb\t{DATA}\t15"]
FOLDER = [f"# mount\tdb\tbind\t\t/srv/pgdata\t{DATA}", f"# postgres\tdb\t{DATA}\t15"]
UPLOADS = [
    "# mount\tweb\tvolume\tshop-production_uploads\t/u\t/app/uploads",
    "# mount\tweb\tbind\t\t/srv/x.conf\t/etc/x.conf",
]


def described(image: str = "postgres:15", volume: str = f"db-data:{DATA}", name: str = "db", more: str = "") -> str:
    """A merged compose file."""
    mounts = f"\n    volumes: ['{volume}']" if volume else ""
    return f"""
services:
  web: {{image: shop}}
  {name}:
    image: {image}{mounts}
    {more}
volumes: {{db-data: {{name: shop-production_db-data}}, other: {{}}, uploads: {{}}, ext: {{external: true, name: shop_pg}}}}
"""


def lost(runs: list[str], merged: str) -> list[str]:
    return losses("\n".join([*runs, *IMAGES, merged]), sample.site(sample.PROJECT, "production"))


@pytest.mark.parametrize(
    ("runs", "merged"),
    [
        ([], described()),
        ([], described("postgres:17")),
        (RUNS, described()),
        (RUNS, described("postgis/postgis:15-3.4")),
        (RUNS, described("unknown:1")),
        (RUNS, described(more=f"environment: {{PGDATA: {DATA}}}")),
        (RUNS_18, described("postgres:18", "db-data:/var/lib/postgresql")),
        (ANONYMOUS, described(volume="")),
        (ANONYMOUS, described(volume=DATA)),
        # a volume around the image's own does not get the data
        (["# mount\tdb\tvolume\tshop-production_db-data\t/d\t/var/lib/postgresql", *ANONYMOUS],
         described(volume="db-data:/var/lib/postgresql")),
        # a folder of the release, as it was kept once, is taken over
        ([f"# mount\tdb\tbind\t\t/srv/shop/releases/1.0.0-ab/pgdata\t{DATA}", f"# postgres\tdb\t{DATA}\t15"],
         described(volume=f"/srv/shop/data/pgdata:{DATA}")),
        (FOLDER, described(volume=f"/srv/pgdata:{DATA}")),
        (["# mount\tdb\tvolume\tshop_pg\t/d\t" + DATA, RUNS[1]], described(volume=f"ext:{DATA}")),
        ([*RUNS, *UPLOADS[1:]], described()),
        ([*RUNS, UPLOADS[0]], described(more="tmpfs: /x\n  worker: {image: shop, volumes: ['uploads:/elsewhere']}")),
        (["# volume\tshop-production_db-data\t15"], described()),
        (["# volume\tother\t15"], described("postgres:17")),
    ],
)  # fmt: skip
def test_what_keeps_the_data_is_not_refused(runs: list[str], merged: str) -> None:
    assert lost(runs, merged) == []


@pytest.mark.parametrize(
    ("runs", "merged", "said"),
    [
        (RUNS, described("postgres:17"), "the database of db was made by PostgreSQL 15, and PostgreSQL 17 does not start on it"),
        (RUNS, described("postgres:18", "db-data:/var/lib/postgresql"), "was made by PostgreSQL 15, and PostgreSQL 18 does not start"),
        (RUNS_18, described("postgres:17", "db-data:/var/lib/postgresql"), "was made by PostgreSQL 18, and PostgreSQL 17"),
        (RUNS, described(volume=f"other:{DATA}"), "would be a new and empty one in shop-production_other at"),
        (RUNS, described(volume=f"/srv/pgdata:{DATA}"), "the database of db is in the volume shop-production_db-data at"),
        (FOLDER, described(), "the database of db is in the folder /srv/pgdata at"),
        (ANONYMOUS, described(), "the database of db is in an anonymous volume at"),
        (RUNS, described(volume=""), f"the volume shop-production_db-data, where the database of db is, is not mounted at {DATA}"),
        (RUNS, described(volume="db-data:/var/lib/pg"), f"is not mounted at {DATA}: mount it there as before"),
        (RUNS, described(more=f"environment: {{PGDATA: {DATA}/pg}}"), f"new and empty one in shop-production_db-data at {DATA}/pg"),
        (RUNS_18, described("postgres:18", f"db-data:{DATA}"), f"is not mounted at {NEWER}"),
        (RUNS, described(name="postgres"), "holds a PostgreSQL database in the volume shop-production_db-data, is gone"),
        ([*RUNS, UPLOADS[0]], described(), "the volume shop-production_uploads, which web has mounted at /app/uploads, is not mounted"),
        (RUNS, described("docker.io/library/postgres:16.2-alpine"), "and PostgreSQL 16 does not start on it"),
        (RUNS, described("pgvector/pgvector:pg16"), "and PostgreSQL 16 does not start on it"),
        (ANONYMOUS, described("postgres:17", ""), "was made by PostgreSQL 15"),
        (["# volume\tshop-production_db-data\t15"], described("postgres:17"), "was made by PostgreSQL 15"),
    ],
)  # fmt: skip
def test_what_loses_data_is_refused(runs: list[str], merged: str, said: str) -> None:
    (found,) = lost(runs, merged)
    assert said in found


@given(st.lists(st.sampled_from([*RUNS, *RUNS_18, *FOLDER, *UPLOADS, *ANONYMOUS]), unique=True))
def test_what_was_read_is_all_that_was_said(lines: list[str]) -> None:
    kept = read_mounts("\n".join(lines))
    assert len(kept.held) == sum(line.startswith("# mount") for line in lines)
    assert set(kept.clusters) == {line.split("\t")[1] for line in lines if line.startswith("# postgres")}


MYSQL = "# mount\tstore\tvolume\tshop-production_other\t/d\t/var/lib/mysql"
MYSQL_FOLDER = "# mount\tstore\tbind\t\t/srv/mysql\t/var/lib/mysql"
MYSQL_ANONYMOUS = f"# mount\tstore\tvolume\t{'cd' * 32}\t/d\t/var/lib/mysql"
STORE = "  store: {image: mysql:8, volumes: [%s]}\n"


@pytest.mark.parametrize(
    ("held", "mounts", "sentence"),
    [
        (MYSQL, "'other:/var/lib/mysql'", ""),
        (
            MYSQL,
            "'other:/var/lib/mysql2'",
            "the data of store is in the volume shop-production_other at /var/lib/mysql",
        ),
        (MYSQL, "'other:/backup', './x:/var/lib/mysql'", "would be new and empty in ./x"),
        (MYSQL, "", "is not mounted by any service any more"),
        (MYSQL_FOLDER, "'/srv/mysql:/var/lib/mysql'", ""),
        (MYSQL_FOLDER, "'other:/var/lib/mysql'", "the data of store is in the folder /srv/mysql"),
        (MYSQL_FOLDER, "", "would be new and empty in a volume of its own"),
        (MYSQL_ANONYMOUS, "", ""),
        (MYSQL_ANONYMOUS, "'other:/var/lib/mysql'", "the data of store is in an anonymous volume"),
    ],
)
def test_other_databases_keep_their_data_too(held: str, mounts: str, sentence: str) -> None:
    merged = described().replace("volumes: {db-data", STORE % mounts + "volumes: {db-data", 1)
    merged = merged.replace("other: {}", "other: {name: shop-production_other}")
    told = [each for each in lost([*RUNS, held], merged) if "mysql" in each or "other" in each]
    assert [sentence in each for each in told] == ([True] if sentence else [])


@pytest.mark.parametrize(
    ("was", "will", "lost_"), [("a", "a", False), ("a", "b", True), ("", "a", True), ("a", "", True)]
)
def test_the_folder_of_a_volume_stays_the_same(was: str, will: str, lost_: bool) -> None:
    held = ["# mount\tweb\tvolume\tshop-production_other\t/d\t/d", f'# options\tweb\t/d\t{{"Subpath": "{was}"}}']
    mount = {"type": "volume", "source": "other", "target": "/d", **({"volume": {"subpath": will}} if will else {})}
    merged = described().replace("web: {image: shop}", f"web: {{image: shop, volumes: [{json.dumps(mount)}]}}")
    told = lost([*RUNS, *held], merged.replace("other: {}", "other: {name: shop-production_other}"))
    assert len([each for each in told if "of the volume shop-production_other at /d, and would have" in each]) == lost_
    assert len(told) == lost_
