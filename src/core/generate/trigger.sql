-- Triggers but those of constraints and those that a parent gave a partition (k2): rows of pg_trigger.
-- PostgreSQL 12 to 18.
select
    'pg_trigger' as class,
    tg.oid::pg_catalog.int8 as oid,
    n.nspname as schema,
    tg.tgname as name,
    pg_catalog.quote_ident(tg.tgname) as quoted,
    c.oid::pg_catalog.int8 as relation,
    c.relname as relation_name,
    pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) as relation_qualified,
    tg.tgenabled as enabled,
    pg_catalog.pg_get_triggerdef(tg.oid) as definition
from pg_catalog.pg_trigger as tg
join pg_catalog.pg_class as c on c.oid = tg.tgrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where not tg.tgisinternal and coalesce(pg_catalog.to_jsonb(tg) ->> 'tgparentid', '0') = '0'
and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
and (pg_catalog.cardinality(:'schemas') = 0 or n.nspname = any (:'schemas'))
and not exists (
    select
    from pg_catalog.pg_depend as d
    where d.deptype = 'e' and (
        d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid
        or d.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass and d.objid = tg.oid
    )
)
order by n.nspname, c.relname, tg.tgname;
