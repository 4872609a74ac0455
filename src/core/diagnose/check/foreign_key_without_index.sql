-- Foreign keys whose columns are not the leading columns, in any order, of a valid index without a predicate on the
-- referencing table. Clones of partitions are left out (k1); columns are attnums (k5). PostgreSQL 12 to 18.
with :scope
select
    r.schema,
    r.relname as table,
    con.conname as constraint,
    fs.nspname as referenced_schema,
    f.relname as referenced_table,
    (
        select pg_catalog.json_agg(a.attname order by k.position)
        from pg_catalog.unnest(con.conkey) with ordinality as k(attnum, position)
        join pg_catalog.pg_attribute as a on a.attrelid = con.conrelid and a.attnum = k.attnum
    ) as columns,
    r.relkind = 'p' as partitioned
from relations as r
join pg_catalog.pg_constraint as con on con.conrelid = r.oid
join pg_catalog.pg_class as f on f.oid = con.confrelid
join pg_catalog.pg_namespace as fs on fs.oid = f.relnamespace
where con.contype = 'f' and con.conparentid = 0
and coalesce(pg_catalog.to_jsonb(con) ->> 'conenforced', 'true') = 'true'
and not exists (
    select
    from pg_catalog.pg_index as i
    where i.indrelid = con.conrelid and i.indisvalid and i.indpred is null
    and i.indnkeyatts >= pg_catalog.cardinality(con.conkey)
    -- indkey counts from 0.
    and con.conkey <@ (i.indkey::pg_catalog.int2[])[0:pg_catalog.cardinality(con.conkey) - 1]
)
order by r.schema, r.relname, con.conname;
