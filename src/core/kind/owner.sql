-- The owners of the wanted objects: rows of pg_class, pg_proc, pg_type, pg_namespace and pg_extension. PostgreSQL 12 to 18.
-- Raw rows only: waits for no lock, needs no privilege, raises nothing (c1, c5, c8, c10). Names match exactly (c12);
-- temporary relations never match (c15). An empty schema stands for the objects of the database.
with wanted as materialized (
    -- The schemas first, apart: the name of a table may occur in thousands of schemas.
    select n.oid as namespace, n.nspname as schema, pair.name
    from rows from (
        pg_catalog.unnest(:'schemas'::pg_catalog.text[]), pg_catalog.unnest(:'names'::pg_catalog.text[])
    ) as pair(schema, name)
    join pg_catalog.pg_namespace as n on n.nspname = pair.schema
),
wanted_global as materialized (
    select pair.name
    from rows from (
        pg_catalog.unnest(:'schemas'::pg_catalog.text[]), pg_catalog.unnest(:'names'::pg_catalog.text[])
    ) as pair(schema, name)
    where pair.schema = ''
),
owned as (
    select
        case c.relkind
            when 'v' then 'view' when 'm' then 'materialized_view' when 'S' then 'sequence'
            when 'i' then 'index' when 'I' then 'index' when 'f' then 'foreign_table' else 'table'
        end as kind,
        wanted.schema,
        c.relname as name,
        null::pg_catalog.text as arguments,
        c.relowner as owner
    from wanted
    join pg_catalog.pg_class as c on c.relnamespace = wanted.namespace and c.relname = wanted.name
    where c.relkind in ('r', 'p', 'f', 'v', 'm', 'S', 'i', 'I') and c.relpersistence <> 't'
    union all
    select
        'function',
        wanted.schema,
        p.proname,
        (
            select pg_catalog.json_agg(pg_catalog.format_type(a.type, null) order by a.position)::pg_catalog.text
            from pg_catalog.unnest(p.proargtypes::pg_catalog.oid[]) with ordinality as a(type, position)
        ),
        p.proowner
    from wanted
    join pg_catalog.pg_proc as p on p.pronamespace = wanted.namespace and p.proname = wanted.name
    union all
    select 'type', wanted.schema, t.typname, null, t.typowner
    from wanted
    join pg_catalog.pg_type as t on t.typnamespace = wanted.namespace and t.typname = wanted.name
    left join pg_catalog.pg_class as c on c.oid = t.typrelid
    where t.typtype <> 'p' and (t.typtype <> 'c' or c.relkind = 'c')
    union all
    select 'schema', '', n.nspname, null, n.nspowner
    from wanted_global
    join pg_catalog.pg_namespace as n on n.nspname = wanted_global.name
    union all
    select 'extension', '', e.extname, null, e.extowner
    from wanted_global
    join pg_catalog.pg_extension as e on e.extname = wanted_global.name
)
select
    owned.kind,
    owned.schema,
    null as relation,
    owned.name,
    owned.arguments,
    pg_catalog.pg_get_userbyid(owned.owner) as owner
from owned
order by owned.kind, owned.schema, owned.name, owned.arguments;
