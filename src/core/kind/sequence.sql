-- The wanted sequences, those of serial and identity columns included: rows of pg_sequence. PostgreSQL 12 to 18.
-- Raw rows only: waits for no lock, needs no privilege, raises nothing (c5, c8, c10). Names match exactly (c12);
-- temporary sequences never match (c15). The column that owns one stands in pg_depend, where pg_class has the oid 1259
-- (k6, k22).
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
    s.seqcycle as cycle,
    c.relpersistence as persistence,
    owner_n.nspname as owner_schema,
    owner.relname as owner,
    owner_a.attname as owner_column
from wanted
join pg_catalog.pg_class as c on c.relnamespace = wanted.namespace and c.relname = wanted.name
join pg_catalog.pg_sequence as s on s.seqrelid = c.oid
left join pg_catalog.pg_depend as d on d.classid = 1259 and d.objid = c.oid and d.objsubid = 0
    and d.refclassid = 1259 and d.refobjsubid > 0 and d.deptype in ('a', 'i')
left join pg_catalog.pg_class as owner on owner.oid = d.refobjid
left join pg_catalog.pg_namespace as owner_n on owner_n.oid = owner.relnamespace
left join pg_catalog.pg_attribute as owner_a on owner_a.attrelid = d.refobjid and owner_a.attnum = d.refobjsubid
where c.relkind = 'S' and c.relpersistence <> 't'
order by wanted.schema, c.relname;
