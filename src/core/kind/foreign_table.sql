-- The wanted foreign tables: rows of pg_class and pg_foreign_table. PostgreSQL 12 to 18.
-- Raw rows only: waits for no lock, needs no privilege, raises nothing (c5, c8). Names match exactly (c12).
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
    c.relname as name,
    s.srvname as server,
    pg_catalog.to_json(f.ftoptions)::pg_catalog.text as options
from wanted
join pg_catalog.pg_class as c on c.relnamespace = wanted.namespace and c.relname = wanted.name
join pg_catalog.pg_foreign_table as f on f.ftrelid = c.oid
join pg_catalog.pg_foreign_server as s on s.oid = f.ftserver
where c.relkind = 'f'
order by wanted.schema, c.relname;
