-- The wanted access methods: rows of pg_am. PostgreSQL 12 to 18.
-- Raw rows only: waits for no lock, needs no privilege, raises nothing (c5, c8). Names match exactly (c12).
select
    am.amname as name,
    am.amtype as sort,
    pn.nspname as handler_schema,
    p.proname as handler
from pg_catalog.unnest(:'names'::pg_catalog.text[]) as wanted(name)
join pg_catalog.pg_am as am on am.amname = wanted.name
join pg_catalog.pg_proc as p on p.oid = am.amhandler
join pg_catalog.pg_namespace as pn on pn.oid = p.pronamespace
order by am.amname;
