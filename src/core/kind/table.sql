-- The wanted tables, partitioned ones and partitions included: rows of pg_class. PostgreSQL 12 to 18.
-- Raw rows only: waits for no lock, needs no privilege, raises nothing (c5, c8). Names match exactly (c12); temporary
-- tables never match (c15). The bound of a partition is printed without its relation, which waits for no lock; columns
-- of a partition key are found by attnum (k5).
-- In no order: the catalog that they go into has its own, and a sort of a whole database goes to disk.
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
    c.relpersistence as persistence,
    c.relkind = 'p' as partitioned,
    key.partstrat as partition_strategy,
    case when key.partrelid is not null then (
        select pg_catalog.json_agg(
            pg_catalog.json_build_object(
                'column', case when a.attnum is not null then pg_catalog.json_build_array(a.attname, a.attcollation = k.coll) end,
                'class', (
                    select pg_catalog.json_build_array(o_n.nspname, o.opcname, o.opcdefault)
                    from pg_catalog.pg_opclass as o
                    join pg_catalog.pg_namespace as o_n on o_n.oid = o.opcnamespace
                    where o.oid = k.opclass
                ),
                'collation', case when k.coll <> 0 then (
                    select pg_catalog.json_build_array(co_n.nspname, co.collname)
                    from pg_catalog.pg_collation as co
                    join pg_catalog.pg_namespace as co_n on co_n.oid = co.collnamespace
                    where co.oid = k.coll
                ) end
            ) order by k.position
        )::pg_catalog.text
        from rows from (
            pg_catalog.unnest(key.partattrs::pg_catalog.int2[]),
            pg_catalog.unnest(key.partclass::pg_catalog.oid[]),
            pg_catalog.unnest(key.partcollation::pg_catalog.oid[])
        ) with ordinality as k(attnum, opclass, coll, position)
        left join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum = k.attnum
    ) end as partition_keys,
    (
        select pg_catalog.json_agg(pg_catalog.json_build_array(parent_n.nspname, parent.relname))::pg_catalog.text
        from pg_catalog.pg_inherits as h
        join pg_catalog.pg_class as parent on parent.oid = h.inhparent
        join pg_catalog.pg_namespace as parent_n on parent_n.oid = parent.relnamespace
        where h.inhrelid = c.oid
    ) as parents,
    c.relispartition as is_partition,
    case when c.relispartition then pg_catalog.pg_get_expr(c.relpartbound, 0) end as bound,
    case when c.relispartition then (
        select pg_catalog.json_agg(
            case when t.oid is not null then
                pg_catalog.json_build_array(pg_catalog.format_type(t.oid, null), t.typtype)
            end order by k.position
        )::pg_catalog.text
        from pg_catalog.pg_inherits as h
        join pg_catalog.pg_partitioned_table as of_parent on of_parent.partrelid = h.inhparent
        cross join lateral pg_catalog.unnest(of_parent.partattrs::pg_catalog.int2[])
            with ordinality as k(attnum, position)
        left join pg_catalog.pg_attribute as a on a.attrelid = h.inhparent and a.attnum = k.attnum
        left join pg_catalog.pg_type as t on t.oid = a.atttypid
        where h.inhrelid = c.oid
    ) end as bound_types,
    case when c.reloftype <> 0 then pg_catalog.format_type(c.reloftype, null) end as of_type,
    case c.relam when 2 then 'heap' else (
        select am.amname from pg_catalog.pg_am as am where am.oid = c.relam
    ) end as access_method,
    pg_catalog.to_json(c.reloptions)::pg_catalog.text as parameters,
    pg_catalog.to_json(toast.reloptions)::pg_catalog.text as toast_parameters,
    c.relreplident as replica_identity,
    case when c.relreplident = 'i' then (
        select ic.relname
        from pg_catalog.pg_index as i
        join pg_catalog.pg_class as ic on ic.oid = i.indexrelid
        where i.indrelid = c.oid and i.indisreplident
    ) end as replica_index,
    c.relrowsecurity as row_security,
    c.relforcerowsecurity as force_row_security
from wanted
join pg_catalog.pg_class as c on c.relnamespace = wanted.namespace and c.relname = wanted.name
left join pg_catalog.pg_partitioned_table as key on key.partrelid = case c.relkind when 'p' then c.oid end
left join pg_catalog.pg_class as toast on toast.oid = c.reltoastrelid
where c.relkind in ('r', 'p') and c.relpersistence <> 't';
