-- The named databases and tablespaces, with the privileges on them that the role may pass on. PostgreSQL 12 to 18.
-- Raw rows and privileges by oid only: waits for no lock, raises nothing. Owners and superusers may pass all of them on.
select
    'database' as class,
    d.datname::pg_catalog.text as name,
    (
        select coalesce(pg_catalog.array_agg(p.word), '{}')
        from (values ('create'), ('temporary'), ('connect')) as p(word)
        where pg_catalog.has_database_privilege(d.oid, p.word || ' WITH GRANT OPTION')
    ) as grantable
from pg_catalog.unnest(:'names'::pg_catalog.text[]) as wanted(name)
join pg_catalog.pg_database as d on d.datname = wanted.name
union all
select
    'tablespace',
    s.spcname::pg_catalog.text,
    case when pg_catalog.has_tablespace_privilege(s.oid, 'CREATE WITH GRANT OPTION') then array['create'] else '{}' end
from pg_catalog.unnest(:'names'::pg_catalog.text[]) as wanted(name)
join pg_catalog.pg_tablespace as s on s.spcname = wanted.name;
