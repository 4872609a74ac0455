-- The wanted collations: rows of pg_collation, of any encoding or of the database's. PostgreSQL 12 to 18.
-- Raw rows only: waits for no lock, needs no privilege, raises nothing (c5, c8). Names match exactly (c12).
-- The locale of ICU and of the server's own provider moved: collcollate up to 14, colliculocale in 15 and 16, colllocale
-- from 17 on.
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
    co.collname as name,
    co.collprovider as provider,
    co.collcollate as collate,
    co.collctype as ctype,
    coalesce(
        pg_catalog.to_jsonb(co) ->> 'colllocale', pg_catalog.to_jsonb(co) ->> 'colliculocale', co.collcollate
    ) as locale,
    co.collisdeterministic as deterministic
from wanted
join pg_catalog.pg_collation as co on co.collnamespace = wanted.namespace and co.collname = wanted.name
where co.collencoding = -1 or co.collencoding = (
    select db.encoding from pg_catalog.pg_database as db where db.datname = pg_catalog.current_database()
)
order by wanted.schema, co.collname;
