-- All rules of the wanted relations: rows of pg_rewrite, those that make views left out (k30). PostgreSQL 12 to 18.
-- Raw rows only: waits for no lock, needs no privilege, raises nothing (c1, c5, c8). Names match exactly (c12); temporary
-- relations never match (c15).
with wanted as materialized (
    -- The schemas first, apart: the name of a table may occur in thousands of schemas.
    select n.oid as namespace, n.nspname as schema, pair.name
    from rows from (
        pg_catalog.unnest(:'schemas'::pg_catalog.text[]), pg_catalog.unnest(:'names'::pg_catalog.text[])
    ) as pair(schema, name)
    join pg_catalog.pg_namespace as n on n.nspname = pair.schema
)
select
    wanted.schema,
    c.relname as relation,
    rw.rulename as name,
    rw.ev_type as event,
    rw.is_instead as instead,
    rw.ev_enabled as enabled,
    rw.ev_qual::pg_catalog.text <> '<>' as has_condition
from wanted
join pg_catalog.pg_class as c on c.relnamespace = wanted.namespace and c.relname = wanted.name
join pg_catalog.pg_rewrite as rw on rw.ev_class = c.oid
where c.relpersistence <> 't' and rw.rulename <> '_RETURN'
order by wanted.schema, c.relname, rw.rulename;
