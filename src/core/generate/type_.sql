-- Types but row types of relations, arrays and multiranges: rows of pg_type with what belongs to them (k5, k16).
-- PostgreSQL 12 to 18.
select
    'pg_type' as class,
    t.oid::pg_catalog.int8 as oid,
    n.nspname as schema,
    t.typname as name,
    pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(t.typname) as qualified,
    case when t.typisdefined then t.typtype else 'p' end as form,
    case when t.typtype = 'e' then (
        select pg_catalog.json_agg(pg_catalog.quote_literal(e.enumlabel) order by e.enumsortorder)
        from pg_catalog.pg_enum as e
        where e.enumtypid = t.oid
    ) end as labels,
    case when t.typtype = 'c' then (
        select pg_catalog.json_agg(
            pg_catalog.json_build_object(
                'name', pg_catalog.quote_ident(a.attname),
                'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
                'collation', (
                    select pg_catalog.concat(
                        case when cn.nspname <> 'pg_catalog' then pg_catalog.quote_ident(cn.nspname) || '.' end,
                        pg_catalog.quote_ident(co.collname)
                    )
                    from pg_catalog.pg_collation as co
                    join pg_catalog.pg_namespace as cn on cn.oid = co.collnamespace
                    join pg_catalog.pg_type as at on at.oid = a.atttypid
                    where co.oid = a.attcollation and a.attcollation <> at.typcollation
                )
            ) order by a.attnum
        )
        from pg_catalog.pg_attribute as a
        where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
    ) end as attributes,
    case when t.typtype = 'd' then pg_catalog.json_build_object(
        'base', pg_catalog.format_type(t.typbasetype, t.typtypmod),
        'collation', (
            select pg_catalog.concat(
                case when cn.nspname <> 'pg_catalog' then pg_catalog.quote_ident(cn.nspname) || '.' end,
                pg_catalog.quote_ident(co.collname)
            )
            from pg_catalog.pg_collation as co
            join pg_catalog.pg_namespace as cn on cn.oid = co.collnamespace
            join pg_catalog.pg_type as bt on bt.oid = t.typbasetype
            where co.oid = t.typcollation and t.typcollation <> bt.typcollation
        ),
        'default', pg_catalog.pg_get_expr(t.typdefaultbin, 0),
        'not_null', t.typnotnull,
        'checks', (
            select pg_catalog.json_agg(
                pg_catalog.json_build_object(
                    'name', pg_catalog.quote_ident(con.conname),
                    'definition', pg_catalog.pg_get_constraintdef(con.oid),
                    'validated', con.convalidated
                ) order by con.conname
            )
            from pg_catalog.pg_constraint as con
            where con.contypid = t.oid and con.contype = 'c'
        )
    ) end as domain,
    case when t.typtype = 'r' then (
        select pg_catalog.json_build_object(
            'subtype', pg_catalog.format_type(r.rngsubtype, null),
            'operator_class', (
                select pg_catalog.quote_ident(opn.nspname) || '.' || pg_catalog.quote_ident(op.opcname)
                from pg_catalog.pg_opclass as op
                join pg_catalog.pg_namespace as opn on opn.oid = op.opcnamespace
                where op.oid = r.rngsubopc and not op.opcdefault
            ),
            'collation', (
                select pg_catalog.concat(
                    case when cn.nspname <> 'pg_catalog' then pg_catalog.quote_ident(cn.nspname) || '.' end,
                    pg_catalog.quote_ident(co.collname)
                )
                from pg_catalog.pg_collation as co
                join pg_catalog.pg_namespace as cn on cn.oid = co.collnamespace
                join pg_catalog.pg_type as st on st.oid = r.rngsubtype
                where co.oid = r.rngcollation and r.rngcollation <> st.typcollation
            ),
            'has_canonical', r.rngcanonical::pg_catalog.oid <> 0,
            'difference', (
                select pg_catalog.quote_ident(pn.nspname) || '.' || pg_catalog.quote_ident(p.proname)
                from pg_catalog.pg_proc as p
                join pg_catalog.pg_namespace as pn on pn.oid = p.pronamespace
                where p.oid = r.rngsubdiff::pg_catalog.oid
            ),
            'multirange', (
                select pg_catalog.quote_ident(mn.nspname) || '.' || pg_catalog.quote_ident(m.typname)
                from pg_catalog.pg_type as m
                join pg_catalog.pg_namespace as mn on mn.oid = m.typnamespace
                where m.oid = (pg_catalog.to_jsonb(r) ->> 'rngmultitypid')::pg_catalog.oid
            )
        )
        from pg_catalog.pg_range as r
        where r.rngtypid = t.oid
    ) end as range
from pg_catalog.pg_type as t
join pg_catalog.pg_namespace as n on n.oid = t.typnamespace
left join pg_catalog.pg_class as c on c.oid = t.typrelid
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
and (pg_catalog.cardinality(:'schemas') = 0 or n.nspname = any (:'schemas'))
and t.typtype <> 'm' and (t.typtype <> 'c' or c.relkind = 'c')
and not exists (select from pg_catalog.pg_type as element where element.typarray = t.oid)
and not exists (
    select
    from pg_catalog.pg_depend as d
    where d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass and d.objid = t.oid and d.deptype = 'e'
)
order by n.nspname, t.typname;
