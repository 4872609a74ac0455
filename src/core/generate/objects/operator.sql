-- Operators: rows of pg_operator. PostgreSQL 12 to 18. The first of two that are each other's commutator makes the other
-- one, which its own statement completes.
select
    'pg_operator' as class,
    o.oid::pg_catalog.int8 as oid,
    'operator' as words,
    n.nspname as schema,
    o.oprname as name,
    pg_catalog.json_build_array(pg_catalog.format(
        'CREATE OPERATOR %I.%s (%s)',
        n.nspname,
        o.oprname,
        pg_catalog.concat_ws(
            ', ',
            'FUNCTION = ' || (
            select pg_catalog.quote_ident(pn.nspname) || '.' || pg_catalog.quote_ident(p.proname)
            from pg_catalog.pg_proc as p
            join pg_catalog.pg_namespace as pn on pn.oid = p.pronamespace
            where p.oid = o.oprcode::pg_catalog.oid
        ),
            case when o.oprleft <> 0 then 'LEFTARG = ' || pg_catalog.format_type(o.oprleft, null) end,
            case when o.oprright <> 0 then 'RIGHTARG = ' || pg_catalog.format_type(o.oprright, null) end,
            'COMMUTATOR = ' || (
                select pg_catalog.format('OPERATOR(%I.%s)', on_.nspname, oo.oprname)
                from pg_catalog.pg_operator as oo
                join pg_catalog.pg_namespace as on_ on on_.oid = oo.oprnamespace
                where oo.oid = o.oprcom
            ),
            'NEGATOR = ' || (
                select pg_catalog.format('OPERATOR(%I.%s)', on_.nspname, oo.oprname)
                from pg_catalog.pg_operator as oo
                join pg_catalog.pg_namespace as on_ on on_.oid = oo.oprnamespace
                where oo.oid = o.oprnegate
            ),
            'RESTRICT = ' || (
            select pg_catalog.quote_ident(pn.nspname) || '.' || pg_catalog.quote_ident(p.proname)
            from pg_catalog.pg_proc as p
            join pg_catalog.pg_namespace as pn on pn.oid = p.pronamespace
            where p.oid = o.oprrest::pg_catalog.oid
        ),
            'JOIN = ' || (
            select pg_catalog.quote_ident(pn.nspname) || '.' || pg_catalog.quote_ident(p.proname)
            from pg_catalog.pg_proc as p
            join pg_catalog.pg_namespace as pn on pn.oid = p.pronamespace
            where p.oid = o.oprjoin::pg_catalog.oid
        ),
            case when o.oprcanhash then 'HASHES' end,
            case when o.oprcanmerge then 'MERGES' end
        )
    )) as statements
from pg_catalog.pg_operator as o
join pg_catalog.pg_namespace as n on n.oid = o.oprnamespace
where o.oprcode::pg_catalog.oid <> 0
and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
and (pg_catalog.cardinality(:'schemas') = 0 or n.nspname = any (:'schemas'))
and not exists (
    select
    from pg_catalog.pg_depend as d
    where d.classid = 'pg_catalog.pg_operator'::pg_catalog.regclass and d.objid = o.oid and d.deptype in ('e', 'i')
)
order by n.nspname, o.oprname, o.oprleft::pg_catalog.regtype::pg_catalog.text, o.oprright::pg_catalog.regtype::pg_catalog.text;
