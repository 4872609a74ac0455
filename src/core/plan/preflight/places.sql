-- The named tablespaces and languages, with what the role may do with them. PostgreSQL 12 to 18.
-- Raw rows and privileges by oid only: waits for no lock, raises nothing. The database's own tablespace needs no right.
select 'tablespace' as form, s.spcname::pg_catalog.text as name, true as trusted,
    pg_catalog.has_tablespace_privilege(s.oid, 'CREATE') or exists (
        select from pg_catalog.pg_database as d
        where d.datname = pg_catalog.current_database() and d.dattablespace = s.oid
    ) as allowed
from pg_catalog.unnest(:'names'::pg_catalog.text[]) as wanted(name)
join pg_catalog.pg_tablespace as s on s.spcname = wanted.name
union all
select 'language', l.lanname::pg_catalog.text, l.lanpltrusted, pg_catalog.has_language_privilege(l.oid, 'USAGE')
from pg_catalog.unnest(:'names'::pg_catalog.text[]) as wanted(name)
join pg_catalog.pg_language as l on l.lanname = wanted.name;
