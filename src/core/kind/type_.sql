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
            pg_catalog.json_build_array(a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod)) order by a.attnum
        )::pg_catalog.text
        from pg_catalog.pg_attribute as a
        where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
    ) end as attributes
from wanted
join pg_catalog.pg_type as t on t.typnamespace = wanted.namespace and t.typname = wanted.name
left join pg_catalog.pg_class as c on c.oid = t.typrelid
where t.typtype <> 'p' and (t.typtype <> 'c' or c.relkind = 'c')
order by wanted.schema, t.typname;
