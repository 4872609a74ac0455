-- The objects by schema and kind: how many, and their names where those are asked for. PostgreSQL 12 to 18.
-- Partitions count as tables, and what a constraint or a partition brings along is left out.
with :scope,
objects as (
    select
        r.schema,
        case r.relkind
            when 'r' then 'table'
            when 'p' then 'table'
            when 'f' then 'foreign_table'
            when 'v' then 'view'
            when 'm' then 'materialized_view'
            when 'S' then 'sequence'
        end as kind,
        r.relname::pg_catalog.text as name
    from relations as r
    where r.relkind in ('r', 'p', 'f', 'v', 'm', 'S')
    union all
    select r.schema, 'index', i.relname::pg_catalog.text || ' on ' || r.relname
    from relations as r
    join pg_catalog.pg_index as x on x.indrelid = r.oid
    join pg_catalog.pg_class as i on i.oid = x.indexrelid
    where r.relkind in ('r', 'p', 'm') and not i.relispartition
    union all
    select r.schema, 'constraint', con.conname::pg_catalog.text || ' on ' || r.relname
    from relations as r
    join pg_catalog.pg_constraint as con on con.conrelid = r.oid
    -- Not null has rows of its own from 18 on (k14); partitions have clones (k1).
    where con.contype in ('p', 'u', 'f', 'c', 'x') and con.conparentid = 0
    union all
    select r.schema, 'trigger', t.tgname::pg_catalog.text || ' on ' || r.relname
    from relations as r
    join pg_catalog.pg_trigger as t on t.tgrelid = r.oid
    where not t.tgisinternal
    and coalesce((pg_catalog.to_jsonb(t) ->> 'tgparentid')::pg_catalog.int8, 0) = 0
    union all
    select
        r.schema,
        'policy',
        p.polname::pg_catalog.text || ' on ' || r.relname || ', '
        || case when p.polpermissive then 'permissive' else 'restrictive' end || ', for '
        || case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end
        || case when r.relrowsecurity then '' else ', without effect: row-level security is off' end
    from relations as r
    join pg_catalog.pg_policy as p on p.polrelid = r.oid
    union all
    select
        scope.schema,
        case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end,
        p.proname::pg_catalog.text || '(' || pg_catalog.array_to_string(array(
            select pg_catalog.format_type(argument.type, null)
            from pg_catalog.unnest(p.proargtypes::pg_catalog.oid[]) with ordinality as argument(type, position)
            order by argument.position
        ), ', ') || ')'
    from scope
    join pg_catalog.pg_proc as p on p.pronamespace = scope.oid
    where not exists (select from members where members.classid = 1255 and members.objid = p.oid)
    union all
    select
        scope.schema,
        case t.typtype when 'e' then 'enum' when 'd' then 'domain' when 'r' then 'range' else 'composite_type' end,
        t.typname::pg_catalog.text
    from scope
    join pg_catalog.pg_type as t on t.typnamespace = scope.oid
    left join pg_catalog.pg_class as c on c.oid = t.typrelid
    where (t.typtype in ('e', 'd', 'r') or t.typtype = 'c' and c.relkind = 'c')
    and not exists (select from members where members.classid = 1247 and members.objid = t.oid)
)
select
    o.schema,
    o.kind,
    pg_catalog.count(*) as count,
    case when :'names'::pg_catalog.bool then pg_catalog.json_agg(o.name order by o.name) end as names
from objects as o
group by o.schema, o.kind
order by o.schema, o.kind;
