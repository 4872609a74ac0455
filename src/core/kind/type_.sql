-- The wanted types: rows of pg_type, with the labels of an enum, the constraints of a domain and the attributes of a
-- composite type. PostgreSQL 12 to 18.
-- Raw rows only: waits for no lock, needs no privilege, raises nothing (c5, c8). Names match exactly (c12). Labels are
-- in the order of enumsortorder (k16), attributes without the dropped ones (k5). The row types of tables and views are
-- left out; format_type names types under the session's search_path, which the caller pins (s3).
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
    t.typname as name,
    t.typtype as form,
    case when t.typtype = 'e' then (
        select pg_catalog.json_agg(e.enumlabel order by e.enumsortorder)::pg_catalog.text
        from pg_catalog.pg_enum as e
        where e.enumtypid = t.oid
    ) end as labels,
    case when t.typtype = 'd' then pg_catalog.format_type(t.typbasetype, t.typtypmod) end as base,
    t.typnotnull as not_null,
    t.typdefaultbin is not null as has_default,
    case when t.typtype = 'd' then (
        select pg_catalog.count(*)
        from pg_catalog.pg_constraint as con
        where con.conrelid = 0 and con.contypid = t.oid and con.contype = 'c'
    ) end as checks,
    case when t.typtype = 'c' then (
        select pg_catalog.json_agg(
            pg_catalog.json_build_array(
                a.attname,
                pg_catalog.format_type(a.atttypid, a.atttypmod),
                (
                    select pg_catalog.json_build_array(co_n.nspname, co.collname)
                    from pg_catalog.pg_collation as co
                    join pg_catalog.pg_namespace as co_n on co_n.oid = co.collnamespace
                    where co.oid = a.attcollation
                ),
                a.attcollation = 0 or a.attcollation = (
                    select of_type.typcollation from pg_catalog.pg_type as of_type where of_type.oid = a.atttypid
                )
            )
            order by a.attnum
        )::pg_catalog.text
        from pg_catalog.pg_attribute as a
        where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
    ) end as attributes,
    pg_catalog.format_type(range.rngsubtype, null) as subtype,
    (
        select pg_catalog.json_build_array(o_n.nspname, o.opcname)::pg_catalog.text
        from pg_catalog.pg_opclass as o
        join pg_catalog.pg_namespace as o_n on o_n.oid = o.opcnamespace
        where o.oid = range.rngsubopc
    ) as range_class,
    (
        select o.opcdefault from pg_catalog.pg_opclass as o where o.oid = range.rngsubopc
    ) as range_class_is_implied,
    (
        select pg_catalog.json_build_array(co_n.nspname, co.collname)::pg_catalog.text
        from pg_catalog.pg_collation as co
        join pg_catalog.pg_namespace as co_n on co_n.oid = co.collnamespace
        where co.oid = range.rngcollation
    ) as range_collation,
    range.rngcollation = (
        select sub.typcollation from pg_catalog.pg_type as sub where sub.oid = range.rngsubtype
    ) as range_collation_is_implied,
    (
        select pg_catalog.json_build_array(f_n.nspname, f.proname)::pg_catalog.text
        from pg_catalog.pg_proc as f
        join pg_catalog.pg_namespace as f_n on f_n.oid = f.pronamespace
        where f.oid = range.rngcanonical
    ) as canonical,
    (
        select pg_catalog.json_build_array(f_n.nspname, f.proname)::pg_catalog.text
        from pg_catalog.pg_proc as f
        join pg_catalog.pg_namespace as f_n on f_n.oid = f.pronamespace
        where f.oid = range.rngsubdiff
    ) as subtype_diff,
    -- Which exists from 14 on.
    (
        select pg_catalog.json_build_array(m_n.nspname, m.typname)::pg_catalog.text
        from pg_catalog.pg_type as m
        join pg_catalog.pg_namespace as m_n on m_n.oid = m.typnamespace
        where m.oid = (pg_catalog.to_jsonb(range) ->> 'rngmultitypid')::pg_catalog.oid
    ) as multirange
from wanted
join pg_catalog.pg_type as t on t.typnamespace = wanted.namespace and t.typname = wanted.name
left join pg_catalog.pg_class as c on c.oid = t.typrelid
left join pg_catalog.pg_range as range on range.rngtypid = t.oid
where t.typtype <> 'p' and (t.typtype <> 'c' or c.relkind = 'c')
order by wanted.schema, t.typname;
