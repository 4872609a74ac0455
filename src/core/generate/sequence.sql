-- Sequences but those of identity columns: rows of pg_sequence, with the column that each goes with (k6).
-- PostgreSQL 12 to 18.
select
    'pg_class' as class,
    c.oid::pg_catalog.int8 as oid,
    n.nspname as schema,
    c.relname as name,
    pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) as qualified,
    c.relpersistence = 'u' as unlogged,
    pg_catalog.format_type(s.seqtypid, null) as data_type,
    s.seqstart as start,
    s.seqincrement as increment,
    s.seqmin as minimum,
    s.seqmax as maximum,
    s.seqcache as cache,
    s.seqcycle as cycle,
    owner.oid::pg_catalog.int8 as owner,
    own.nspname as owner_schema,
    owner.relname as owner_name,
    a.attname as owner_column,
    pg_catalog.quote_ident(own.nspname) || '.' || pg_catalog.quote_ident(owner.relname) || '.'
        || pg_catalog.quote_ident(a.attname) as owned_by
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_sequence as s on s.seqrelid = c.oid
left join pg_catalog.pg_depend as d
    on d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.objsubid = 0
    and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjsubid > 0 and d.deptype in ('a', 'i')
left join pg_catalog.pg_class as owner on owner.oid = d.refobjid
left join pg_catalog.pg_namespace as own on own.oid = owner.relnamespace
left join pg_catalog.pg_attribute as a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
and (pg_catalog.cardinality(:'schemas') = 0 or n.nspname = any (:'schemas'))
and d.deptype is distinct from 'i'
and not exists (
    select
    from pg_catalog.pg_depend as e
    where e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and e.objid in (c.oid, owner.oid) and e.deptype = 'e'
)
order by n.nspname, c.relname;
