"""A backup brings a database back as it was: compared by what pg_dump says of the original and of what was restored."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.clusters import Cluster, cluster
from tests.testbed import docker

EVERYTHING = r"""
create role "Odd Owner" login password 'geheim' noinherit connection limit 3 valid until '2040-01-01 00:00:00+00';
create role readers;
create role anna login createdb;
grant readers to anna with admin option;
grant pg_monitor to anna;
alter role anna set search_path to app, public;
alter role anna set "app.user" to 'x''y\z: "q"';
comment on role readers is 'those
who read';
alter database shop set timezone to 'Asia/Tokyo';
alter database shop connection limit 50;
alter role anna in database shop set work_mem to '9MB';
revoke connect on database shop from public;
grant connect on database shop to readers;
comment on database shop is 'the shop''s own';
create schema app authorization "Odd Owner";
create extension "uuid-ossp";
create extension pgcrypto schema app;
create extension hstore;
create extension pg_trgm;
create type app.mood as enum ('sad', 'fine');
create domain app.plz as text check (value ~ '^[0-9]{5}$');
create table app.things (
  id int generated always as identity (start 100) primary key, n int not null, twice int generated always as (n * 2) stored,
  k uuid default uuid_generate_v4(), h hstore, m app.mood default 'fine', t text collate "C", z app.plz
);
alter table app.things owner to "Odd Owner";
insert into app.things (n, h, t, z) select n, 'a=>1', E'tab\tbackslash\\ line\nbreak', '01067' from generate_series(1, 100) n;
create index on app.things using gin (t gin_trgm_ops);
create table app.parted (d date, v text) partition by range (d);
create table app.parted_1 partition of app.parted for values from ('2020-01-01') to ('2021-01-01');
insert into app.parted values ('2020-05-05', 'five');
create table app.parent (a int);
create table app.child (b int) inherits (app.parent);
insert into app.child values (1, 2);
grant select (n, t) on app.things to readers with grant option;
grant usage on schema app to readers;
alter table app.things enable row level security;
alter table app.things force row level security;
create policy own on app.things for select to readers using (n < 10);
create view app.few with (security_barrier) as select n from app.things where n < 5;
create materialized view app.many as select count(*) as c from app.things;
create materialized view app.empty as select 1 as one with no data;
create sequence app.numbers start 5 increment 7;
select nextval('app.numbers'), nextval('app.numbers');
create function app.secret() returns int language sql security definer set search_path = app as 'select 42';
alter function app.secret() owner to "Odd Owner";
revoke all on function app.secret() from public;
create function app.touch() returns trigger language plpgsql as 'begin new.n = new.n; return new; end';
create trigger touches before update on app.things for each row execute function app.touch();
create publication news for table app.things;
alter default privileges in schema app grant select on tables to readers;
select lo_from_bytea(4242, 'large');
grant select on large object 4242 to anna;
comment on large object 4242 is 'a picture';
create event trigger watches on ddl_command_end execute function app.watch();
""".replace(
    "create event trigger",
    "create function app.watch() returns event_trigger language plpgsql as 'begin end';\ncreate event trigger",
)
COLLIDES = "create schema app; create table app.things (other text); create extension pgcrypto; create role readers;\n"


@pytest.fixture(scope="module")
def original(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A database with everything that a backup has to bring back; its backup is made."""
    with cluster(tmp_path_factory.mktemp("original")) as made:
        made.sql(EVERYTHING)
        yield made


def backup(made: Cluster) -> str:
    path = made.site.path("backups", "a.dump")
    made.done(made.database.backup(path))
    return path


def described(made: Cluster, *, name: str = "shop") -> list[str]:
    """All of a database: its own properties, schema, data, large objects, owners and grants."""
    dumped = docker.docker("exec", made.container, "pg_dump", "--username", "shop", "--create", name)
    return [line for line in dumped.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))]


def roles(made: Cluster) -> list[str]:
    """All roles but the one that the image itself made, with their passwords."""
    dumped = docker.docker("exec", made.container, "pg_dumpall", "--username", "shop", "--roles-only")
    return [line for line in dumped.splitlines() if not line.startswith(("\\", "ALTER ROLE shop ", "--"))]


def test_a_new_cluster_gets_everything_also_where_its_image_made_something_by_itself(
    original: Cluster, tmp_path: Path
) -> None:
    path = backup(original)
    scripts = tmp_path / "init"
    scripts.mkdir()
    (scripts / "10-collides.sql").write_text(COLLIDES)
    with cluster(tmp_path, "staging", options=("--volume", f"{scripts}:/docker-entrypoint-initdb.d:ro")) as made:
        made.sql("alter system set log_statement = 'all'; select pg_reload_conf()")
        said = made.done(made.database.restore(path))
        assert "shop is what was restored" in said
        made.done(made.database.prove(path))
        assert described(made) == described(original)
        # a role that was there before keeps what it is
        assert set(roles(original)) - set(roles(made)) == {"COMMENT ON ROLE readers IS 'those", "who read';"}
        assert made.databases() == {"shop"}
        logged = docker.docker("logs", made.container)
        assert "SCRAM" not in said + logged


def test_the_environments_own_database_gets_everything_back(original: Cluster) -> None:
    path, before, everybody = backup(original), described(original), roles(original)
    database = original.database
    original.sql("drop materialized view app.many; update app.things set n = n + 1; drop role if exists nobody")
    original.done(database.restore_beside(path))
    original.done(database.prove_beside(path))
    original.done(database.swap())
    original.done(database.discard())
    assert (described(original), roles(original), original.databases()) == (before, everybody, {"shop"})


def test_a_copy_for_another_user_is_that_users(original: Cluster, tmp_path: Path) -> None:
    path = backup(original)
    with cluster(tmp_path, "staging", user="tester", name="copied") as made:
        made.done(made.database.restore(path))
        owners = "select distinct pg_get_userbyid(relowner) from pg_class where relnamespace = 'app'::regnamespace order by 1"
        assert made.sql(owners).splitlines() == ["Odd Owner", "tester"]
        assert made.sql("select pg_get_userbyid(datdba) from pg_database where datname = 'copied'") == "tester"


def test_password_hashes_are_for_nobody_elses_eyes(original: Cluster) -> None:
    path = Path(backup(original))
    files = [path, *(Path(f"{path}{part}") for part in (".roles", ".database", ".counts", ".sha256"))]
    assert "SCRAM-SHA-256" in files[1].read_text()
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    files[1].write_text(files[1].read_text() + "-- changed\n")
    refused = original.run(original.database.restore_beside(str(path)))
    assert refused.stderr.strip() == f"the backup {path} is damaged"


def test_a_backup_from_before_roles_were_part_of_it_can_be_restored(original: Cluster) -> None:
    path, before = backup(original), described(original)
    for part in (".roles", ".database"):
        Path(f"{path}{part}").unlink()
    sums = Path(f"{path}.sha256")
    sums.write_text(sums.read_text().splitlines(keepends=True)[0])
    original.done(original.database.restore_beside(path))
    original.done(original.database.prove_beside(path))
    restored = described(original, name="shop_shipline_restored")
    original.done(original.database.give_up())
    assert [line.replace("shop_shipline_restored", "shop") for line in restored] == before


def test_a_backup_that_could_not_bring_everything_back_is_refused(original: Cluster) -> None:
    path = original.site.path("backups", "refused.dump")
    original.sql(
        "create role owner login; create database owned owner owner;"
        "create role guest login; grant connect on database owned to guest"
    )
    original.sql(
        "create schema s; create table s.t (n int); insert into s.t values (1), (2); alter table s.t enable row level security;"
        "create policy p on s.t using (n = 1); grant usage on schema s to guest; grant select on s.t to guest;"
        "alter schema s owner to owner; alter table s.t owner to owner; create table s.other (n int)",
        name="owned",
    )
    guest = original.as_user("guest", name="owned")
    hidden = guest.run(guest.database.backup(path))
    assert not hidden.ok
    assert "the user guest does not see all rows of s.t, which has row security" in hidden.stderr
    owner = original.as_user("owner", name="owned")
    other = owner.run(owner.database.backup(path))
    assert "table s.other belongs to shop, which the user owner is no member of" in other.stderr
    assert not Path(path).exists()
    original.sql("alter table s.other owner to owner", name="owned")
    owner.done(owner.database.backup(path))
    before = described(original, name="owned")
    original.sql("delete from s.t", name="owned")
    for command in (owner.database.restore_beside(path), owner.database.prove_beside(path), owner.database.swap()):
        owner.done(command)
    owner.done(owner.database.discard())
    assert described(original, name="owned") == before
    original.sql("drop database owned; drop role owner; drop role guest")
