-- Tables without a primary key, and a unique index that could become it: valid, whole, on columns that are not null.
-- A partition has the key of its parent or none. PostgreSQL 12 to 18.
with :scope
select
    r.schema,
    r.relname as table,
    (
        select i.relname
        from pg_catalog.pg_index as x
        join pg_catalog.pg_class as i on i.oid = x.indexrelid
        where x.indrelid = r.oid and x.indisunique and x.indisvalid and x.indimmediate
        and x.indpred is null and x.indexprs is null and r.relkind = 'r'
        and not exists (
            select
            from pg_catalog.unnest((x.indkey::pg_catalog.int2[])[0:x.indnkeyatts - 1]) as k(attnum)
            join pg_catalog.pg_attribute as a on a.attrelid = r.oid and a.attnum = k.attnum
            where not a.attnotnull
        )
        and not exists (
            select
            from pg_catalog.pg_constraint as con
            where con.conindid = x.indexrelid and con.conrelid = r.oid
        )
        order by x.indnkeyatts, i.relname
        limit 1
    ) as unique_index
from relations as r
where r.relkind in ('r', 'p') and not r.relispartition
and not exists (
    select from pg_catalog.pg_constraint as con where con.conrelid = r.oid and con.contype = 'p'
)
order by r.schema, r.relname;
