-- What could be a missing component after all: whatever bears one of the names, in any schema and of any kind, and the
-- tables that have the same columns as a missing one; and which missing extensions the server does not offer (v15).
-- PostgreSQL 12 to 18.
-- Raw rows only: waits for no lock, needs no privilege, raises nothing (c5, c8). Names are looked up by index, in the
-- spellings that people use; of a schema, at most 1,000 tables are looked at.
with wanted as materialized (
    select distinct pg_catalog.unnest(:'names'::pg_catalog.text[]) as name
),
shapes as materialized (
    select shape.schema, shape.name, shape.columns
    from pg_catalog.json_to_recordset(:'tables'::pg_catalog.json)
    as shape(schema pg_catalog.text, name pg_catalog.text, columns pg_catalog.text[])
),
candidates as materialized (
    select c.oid, n.nspname as schema, c.relname as name
    from pg_catalog.pg_namespace as n
    join pg_catalog.pg_class as c on c.relnamespace = n.oid
    where n.nspname in (select shapes.schema from shapes)
    and c.relkind in ('r', 'p') and c.relpersistence <> 't' and not c.relispartition
    limit 1000
),
relatives as (
    select
        case c.relkind
            when 'r' then 'table'
            when 'p' then 'table'
            when 'v' then 'view'
            when 'm' then 'materialized_view'
            when 'i' then 'index'
            when 'I' then 'index'
            when 'S' then 'sequence'
            when 'f' then 'foreign_table'
            when 'c' then 'type'
        end as kind,
        n.nspname as schema,
        c.relname as name,
        null::pg_catalog.text as has_columns_of
    from wanted
    join pg_catalog.pg_class as c on c.relname = wanted.name::pg_catalog.name
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where c.relpersistence <> 't' and c.relkind in ('r', 'p', 'v', 'm', 'i', 'I', 'S', 'f', 'c')
    union all
    select distinct 'function', n.nspname, p.proname, null
    from wanted
    join pg_catalog.pg_proc as p on p.proname = wanted.name::pg_catalog.name
    join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
    union all
    select 'type', n.nspname, t.typname, null
    from wanted
    join pg_catalog.pg_type as t on t.typname = wanted.name::pg_catalog.name
    join pg_catalog.pg_namespace as n on n.oid = t.typnamespace
    where t.typtype in ('e', 'd', 'r')
    union all
    select 'table', candidates.schema, candidates.name, shapes.name
    from candidates
    cross join lateral (
        select pg_catalog.array_agg(a.attname::pg_catalog.text order by a.attname) as columns
        from pg_catalog.pg_attribute as a
        where a.attrelid = candidates.oid and a.attnum > 0 and not a.attisdropped
    ) as own
    join shapes on shapes.schema = candidates.schema and shapes.columns = own.columns
    union all
    select 'extension that is not offered', '', extension.name, null
    from pg_catalog.unnest(:'extensions'::pg_catalog.text[]) as extension(name)
    where not exists (
        select from pg_catalog.pg_available_extensions() as offered
        where offered.name = extension.name::pg_catalog.name
    )
)
select pg_catalog.row_to_json(relatives)::pg_catalog.text as relative
from relatives
where pg_catalog.left(relatives.schema::pg_catalog.text, 3) <> 'pg_' and relatives.schema <> 'information_schema'
order by relatives.schema, relatives.kind, relatives.name
limit 10000;
