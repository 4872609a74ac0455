-- Event triggers: rows of pg_event_trigger. PostgreSQL 12 to 18.
select
    'pg_event_trigger' as class,
    e.oid::pg_catalog.int8 as oid,
    'event trigger' as words,
    null as schema,
    e.evtname as name,
    case e.evtenabled
        when 'O' then pg_catalog.json_build_array(made.statement)
        else pg_catalog.json_build_array(made.statement, pg_catalog.format(
            'ALTER EVENT TRIGGER %I %s',
            e.evtname,
            case e.evtenabled when 'D' then 'DISABLE' when 'R' then 'ENABLE REPLICA' else 'ENABLE ALWAYS' end
        ))
    end as statements
from pg_catalog.pg_event_trigger as e
cross join lateral (
    select pg_catalog.format(
        'CREATE EVENT TRIGGER %I ON %s%s EXECUTE FUNCTION %s()',
        e.evtname,
        e.evtevent,
        ' WHEN TAG IN (' || (
            select pg_catalog.string_agg(pg_catalog.quote_literal(tag.tag), ', ' order by tag.tag)
            from pg_catalog.unnest(e.evttags) as tag(tag)
        ) || ')',
        (
            select pg_catalog.quote_ident(pn.nspname) || '.' || pg_catalog.quote_ident(p.proname)
            from pg_catalog.pg_proc as p
            join pg_catalog.pg_namespace as pn on pn.oid = p.pronamespace
            where p.oid = e.evtfoid::pg_catalog.oid
        )
    ) as statement
) as made
where e.oid >= 16384
and not exists (
    select
    from pg_catalog.pg_depend as d
    where d.classid = 'pg_catalog.pg_event_trigger'::pg_catalog.regclass and d.objid = e.oid and d.deptype in ('e', 'i')
)
order by e.evtname;
