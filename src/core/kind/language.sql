-- The wanted languages: rows of pg_language. PostgreSQL 12 to 18.
-- Raw rows only: waits for no lock, needs no privilege, raises nothing (c5, c8). Names match exactly (c12).
select
    l.lanname as name,
    l.lanpltrusted as trusted,
    pn.nspname as handler_schema,
    p.proname as handler
from pg_catalog.unnest(:'names'::pg_catalog.text[]) as wanted(name)
join pg_catalog.pg_language as l on l.lanname = wanted.name
left join pg_catalog.pg_proc as p on p.oid = l.lanplcallfoid
left join pg_catalog.pg_namespace as pn on pn.oid = p.pronamespace
order by l.lanname;
