-- Aggregates: rows of pg_aggregate, as pg_dump prints them (dumpAgg). PostgreSQL 12 to 18.
select
    'pg_proc' as class,
    p.oid::pg_catalog.int8 as oid,
    'aggregate' as words,
    n.nspname as schema,
    p.proname as name,
    pg_catalog.json_build_array(pg_catalog.format(
        E'CREATE AGGREGATE %I.%I(%s) (\n    %s\n)',
        n.nspname,
        p.proname,
        coalesce(nullif(pg_catalog.pg_get_function_identity_arguments(p.oid), ''), '*'),
        pg_catalog.concat_ws(
            E',\n    ',
            'SFUNC = ' || (
            select pg_catalog.quote_ident(pn.nspname) || '.' || pg_catalog.quote_ident(p.proname)
            from pg_catalog.pg_proc as p
            join pg_catalog.pg_namespace as pn on pn.oid = p.pronamespace
            where p.oid = a.aggtransfn::pg_catalog.oid
        ),
            'STYPE = ' || pg_catalog.format_type(a.aggtranstype, null),
            case when a.aggtransspace <> 0 then 'SSPACE = ' || a.aggtransspace end,
            'FINALFUNC = ' || (
            select pg_catalog.quote_ident(pn.nspname) || '.' || pg_catalog.quote_ident(p.proname)
            from pg_catalog.pg_proc as p
            join pg_catalog.pg_namespace as pn on pn.oid = p.pronamespace
            where p.oid = a.aggfinalfn::pg_catalog.oid
        ),
            case when a.aggfinalextra then 'FINALFUNC_EXTRA' end,
            case
                when a.aggfinalfn::pg_catalog.oid <> 0
                and a.aggfinalmodify <> case when a.aggkind = 'n' then 'r'::"char" else 'w'::"char" end
                then 'FINALFUNC_MODIFY = ' || case a.aggfinalmodify
                    when 'r' then 'READ_ONLY' when 's' then 'SHAREABLE' else 'READ_WRITE'
                end
            end,
            'COMBINEFUNC = ' || (
            select pg_catalog.quote_ident(pn.nspname) || '.' || pg_catalog.quote_ident(p.proname)
            from pg_catalog.pg_proc as p
            join pg_catalog.pg_namespace as pn on pn.oid = p.pronamespace
            where p.oid = a.aggcombinefn::pg_catalog.oid
        ),
            'SERIALFUNC = ' || (
            select pg_catalog.quote_ident(pn.nspname) || '.' || pg_catalog.quote_ident(p.proname)
            from pg_catalog.pg_proc as p
            join pg_catalog.pg_namespace as pn on pn.oid = p.pronamespace
            where p.oid = a.aggserialfn::pg_catalog.oid
        ),
            'DESERIALFUNC = ' || (
            select pg_catalog.quote_ident(pn.nspname) || '.' || pg_catalog.quote_ident(p.proname)
            from pg_catalog.pg_proc as p
            join pg_catalog.pg_namespace as pn on pn.oid = p.pronamespace
            where p.oid = a.aggdeserialfn::pg_catalog.oid
        ),
            'INITCOND = ' || pg_catalog.quote_literal(a.agginitval),
            'MSFUNC = ' || (
            select pg_catalog.quote_ident(pn.nspname) || '.' || pg_catalog.quote_ident(p.proname)
            from pg_catalog.pg_proc as p
            join pg_catalog.pg_namespace as pn on pn.oid = p.pronamespace
            where p.oid = a.aggmtransfn::pg_catalog.oid
        ),
            'MINVFUNC = ' || (
            select pg_catalog.quote_ident(pn.nspname) || '.' || pg_catalog.quote_ident(p.proname)
            from pg_catalog.pg_proc as p
            join pg_catalog.pg_namespace as pn on pn.oid = p.pronamespace
            where p.oid = a.aggminvtransfn::pg_catalog.oid
        ),
            case when a.aggmtranstype <> 0 then 'MSTYPE = ' || pg_catalog.format_type(a.aggmtranstype, null) end,
            case when a.aggmtransspace <> 0 then 'MSSPACE = ' || a.aggmtransspace end,
            'MFINALFUNC = ' || (
            select pg_catalog.quote_ident(pn.nspname) || '.' || pg_catalog.quote_ident(p.proname)
            from pg_catalog.pg_proc as p
            join pg_catalog.pg_namespace as pn on pn.oid = p.pronamespace
            where p.oid = a.aggmfinalfn::pg_catalog.oid
        ),
            case when a.aggmfinalextra then 'MFINALFUNC_EXTRA' end,
            'MINITCOND = ' || pg_catalog.quote_literal(a.aggminitval),
            (
                select pg_catalog.format('SORTOP = OPERATOR(%I.%s)', sn.nspname, so.oprname)
                from pg_catalog.pg_operator as so
                join pg_catalog.pg_namespace as sn on sn.oid = so.oprnamespace
                where so.oid = a.aggsortop
            ),
            case p.proparallel when 's' then 'PARALLEL = SAFE' when 'r' then 'PARALLEL = RESTRICTED' end,
            case when a.aggkind = 'h' then 'HYPOTHETICAL' end
        )
    )) as statements
from pg_catalog.pg_aggregate as a
join pg_catalog.pg_proc as p on p.oid = a.aggfnoid
join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
and (pg_catalog.cardinality(:'schemas') = 0 or n.nspname = any (:'schemas'))
and not exists (
    select
    from pg_catalog.pg_depend as d
    where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid = p.oid and d.deptype in ('e', 'i')
)
order by n.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid);
