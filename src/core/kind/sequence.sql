-- The wanted sequences, those of serial and identity columns included: rows of pg_sequence. PostgreSQL 12 to 18.
-- Raw rows only: waits for no lock, needs no privilege, raises nothing (c5, c8, c10). Names match exactly (c12);
-- temporary sequences never match (c15).
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
    pg_catalog.format_type(s.seqtypid, null) as data_type,
    s.seqstart as start,
    s.seqincrement as increment,
    s.seqmin as minimum,
    s.seqmax as maximum,
    s.seqcache as cache,
    s.seqcycle as cycle
from wanted
join pg_catalog.pg_class as c on c.relnamespace = wanted.namespace and c.relname = wanted.name
join pg_catalog.pg_sequence as s on s.seqrelid = c.oid
where c.relkind = 'S' and c.relpersistence <> 't'
order by wanted.schema, c.relname;
