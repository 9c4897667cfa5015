"""Catalog: what is asked of PostgreSQL's own catalogs for a backup, as SQL for psql."""

_OWN = "n.nspname <> 'information_schema' and n.nspname not like 'pg\\_%'"

COUNTS = f"""
select format('select %L || chr(9) || count(*) from only %I.%I', n.nspname || '.' || c.relname, n.nspname, c.relname)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and {_OWN}
  and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
order by n.nspname, c.relname \\gexec
select 'large objects' || chr(9) || count(*) from pg_largeobject_metadata having count(*) > 0;
"""
"""A line `table<TAB>rows` for all that pg_dump copies: no catalogs, and no tables that come with an extension."""

REFUSALS = f"""
select format('the user %I does not see all rows of %s, which has row security: a backup needs its owner, or a user with BYPASSRLS',
  current_user, c.oid::regclass)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and {_OWN} and row_security_active(c.oid)
union all
select format('%s belongs to %I, which the user %I is no member of, so nothing could give it back: grant it that role',
  pg_describe_object(class, id, 0), owner, current_user)
from (
  select 'pg_class'::regclass as class, c.oid as id, n.nspname, pg_get_userbyid(c.relowner) as owner
  from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
  union all
  select 'pg_proc'::regclass, p.oid, n.nspname, pg_get_userbyid(p.proowner) from pg_proc p join pg_namespace n on n.oid = p.pronamespace
  union all
  select 'pg_namespace'::regclass, oid, nspname, pg_get_userbyid(nspowner) from pg_namespace where nspname <> 'public'
) n
where {_OWN} and not pg_has_role(owner, 'MEMBER')
  and not exists (select from pg_depend d where d.classid = class and d.objid = id and d.deptype = 'e')
limit 3;
"""
"""A sentence for what a backup by this user would not hold, or could not give back. Of a superuser there is none."""

_VALUE = """case when lower(split_part(each, '=', 1)) in ('search_path', 'temp_tablespaces', 'local_preload_libraries',
    'session_preload_libraries', 'shared_preload_libraries', 'unix_socket_directories')
  then substr(each, strpos(each, '=') + 1) else quote_literal(substr(each, strpos(each, '=') + 1)) end"""
"""The value in a setting `name=value` as SQL; lists are stored as they are written."""

_WANTED = """r.rolname not like 'pg\\_%' and (:'every' = 'yes' or r.oid in (
with recursive here as (select oid, datdba from pg_database where datname = current_database()),
wanted as (
  select refobjid as oid from pg_shdepend, here
  where refclassid = 'pg_authid'::regclass and (dbid = here.oid or classid = 'pg_database'::regclass and objid = here.oid)
  union select datdba from here
  union select unnest(array[m.roleid, m.member]) from pg_auth_members m join wanted w on w.oid in (m.roleid, m.member)
)
select oid from wanted))"""

ROLES = f"""
select rolsuper as super from pg_roles where rolname = current_user \\gset
\\if :super
\\set roles pg_authid
\\else
\\set roles pg_roles
\\endif
select E'select rolsuper as super from pg_roles where rolname = current_user \\\\gset\n\\\\if :super\n'
  'set log_statement = none; set log_min_duration_statement = -1; set log_min_error_statement = panic;\n\\\\endif\n'
  '\\\\set VERBOSITY terse\ncreate temporary table shipline_made (name text);';
select format(E'select not exists (select from pg_roles where rolname = %1$L) as missing \\\\gset\\n\\\\if :missing\\n'
  'create role %2$I with %3$s connection limit %4$s%5$s%6$s;\\n%7$s%8$sinsert into shipline_made values (%1$L);\\n\\\\endif',
  rolname, rolname,
  concat_ws(' ', case when rolsuper then 'superuser' end, case when rolinherit then 'inherit' else 'noinherit' end,
    case when rolcreaterole then 'createrole' end, case when rolcreatedb then 'createdb' end, case when rolcanlogin then 'login' end,
    case when rolreplication then 'replication' end, case when rolbypassrls then 'bypassrls' end),
  rolconnlimit,
  case when :'super' = 't' then ' password ' || quote_literal(rolpassword) end,
  ' valid until ' || quote_literal(rolvaliduntil),
  (select string_agg(format(E'alter role %I set %I to %s;\\n', rolname, split_part(each, '=', 1), {_VALUE}), '')
   from pg_db_role_setting s, unnest(s.setconfig) each where s.setdatabase = 0 and s.setrole = r.oid),
  (select format(E'comment on role %I is %L;\\n', rolname, shobj_description(r.oid, 'pg_authid'))
   where shobj_description(r.oid, 'pg_authid') is not null))
from :roles r where {_WANTED} order by rolname;
select format(E'select exists (select from shipline_made where name in (%1$L, %2$L)) as made \\\\gset\\n\\\\if :made\\n'
  'grant %1$I to %2$I%3$s;\\n\\\\endif', g.rolname, r.rolname, case when m.admin_option then ' with admin option' end)
from pg_auth_members m join pg_roles g on g.oid = m.roleid join pg_roles r on r.oid = m.member where {_WANTED} order by 1;
"""
"""Statements for psql that make those roles which are missing: with their memberships, settings, and password hashes.

`every` is yes for all roles of the cluster, else it is those that the database, or a member of such a role, needs.
"""

DATABASE = f"""
select '-- made by ' || current_user;
select format('create database :"into" template template0 encoding %L', pg_encoding_to_char(encoding))
  || case d->>'datlocprovider' when 'c' then ' locale_provider libc'
       when 'i' then format(' locale_provider icu icu_locale %L', coalesce(d->>'daticulocale', d->>'datlocale'))
       when 'b' then format(' locale_provider builtin builtin_locale %L', d->>'datlocale') else '' end
  || format(' lc_collate %L lc_ctype %L;', datcollate, datctype)
from (select to_jsonb(p) as d, p.* from pg_database p where datname = current_database()) p;
select format('alter database :"into" owner to %I; alter database :"into" connection limit %s;', pg_get_userbyid(datdba), datconnlimit)
from pg_database where datname = current_database();
select case s.setrole when 0 then 'alter database :"into"' else format('alter role %I in database :"into"', pg_get_userbyid(s.setrole)) end
  || format(' set %I to %s;', split_part(each, '=', 1), {_VALUE})
from pg_database d join pg_db_role_setting s on s.setdatabase = d.oid, unnest(s.setconfig) each
where d.datname = current_database() order by 1;
select format('revoke all on database :"into" from public; revoke all on database :"into" from %I;', pg_get_userbyid(datdba))
from pg_database where datname = current_database() and datacl is not null;
select format('grant %s on database :"into" to %s%s;', privilege_type, case grantee when 0 then 'public'
  else quote_ident(pg_get_userbyid(grantee)) end, case when is_grantable then ' with grant option' end)
from pg_database d, aclexplode(d.datacl) with ordinality where datname = current_database() order by ordinality;
select format('comment on database :"into" is %L;', shobj_description(oid, 'pg_database'))
from pg_database where datname = current_database() and shobj_description(oid, 'pg_database') is not null;
"""
"""What belongs to the database itself, as statements for psql about the database `:"into"`.

The first line says who made the backup, the second creates the database; then come its owner, settings, grants and comment.
"""
