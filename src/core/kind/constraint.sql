-- All constraints of the wanted tables: rows of pg_constraint. PostgreSQL 12 to 18.
-- Raw rows only: waits for no lock, needs no privilege, raises nothing (c5, c8). Names match exactly (c12); temporary
-- tables never match (c15). An allow-list of contype leaves out the NOT NULL rows of PostgreSQL 18 (k14) and constraint
-- triggers. A foreign key's clones on its own table, one for each partition of the table that it references, are left
-- out (k1); what a partition has from its parent is its own too. Columns are found by attnum, never by position (k5).
-- indnullsnotdistinct exists from 15 on (k12).
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
    con.conname as name,
    con.contype as form,
    (
        select pg_catalog.json_agg(a.attname order by k.position)::pg_catalog.text
        from pg_catalog.unnest(con.conkey) with ordinality as k(attnum, position)
        join pg_catalog.pg_attribute as a on a.attrelid = con.conrelid and a.attnum = k.attnum
    ) as columns,
    rn.nspname as referenced_schema,
    r.relname as referenced_relation,
    case when con.contype = 'f' then (
        select pg_catalog.json_agg(a.attname order by k.position)::pg_catalog.text
        from pg_catalog.unnest(con.confkey) with ordinality as k(attnum, position)
        join pg_catalog.pg_attribute as a on a.attrelid = con.confrelid and a.attnum = k.attnum
    ) end as referenced_columns,
    con.confupdtype as on_update,
    con.confdeltype as on_delete,
    con.condeferrable as deferrable,
    con.condeferred as initially_deferred,
    con.convalidated as validated,
    case when con.contype = 'u' then (
        select pg_catalog.to_jsonb(i) ->> 'indnullsnotdistinct'
        from pg_catalog.pg_index as i
        where i.indexrelid = con.conindid
    ) end as nulls_not_distinct
from wanted
join pg_catalog.pg_class as c on c.relnamespace = wanted.namespace and c.relname = wanted.name
join pg_catalog.pg_constraint as con on con.conrelid = c.oid
left join pg_catalog.pg_class as r on r.oid = con.confrelid
left join pg_catalog.pg_namespace as rn on rn.oid = r.relnamespace
where c.relkind in ('r', 'p', 'f') and c.relpersistence <> 't'
and con.contype in ('p', 'u', 'f', 'c', 'x')
and (con.conparentid = 0 or not exists (
    select
    from pg_catalog.pg_constraint as parent
    where parent.oid = con.conparentid and parent.conrelid = con.conrelid
))
order by wanted.schema, c.relname, con.conname;
