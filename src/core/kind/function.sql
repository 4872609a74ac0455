-- All overloads of the wanted functions, procedures and aggregates: rows of pg_proc and pg_aggregate. PostgreSQL 12 to 18.
-- Raw rows only: waits for no lock, needs no privilege, raises nothing (c1, c5, c8). Names match exactly (c12).
-- proargtypes holds the input arguments, which tell overloads apart (k18); prokind tells functions, procedures,
-- aggregates and window functions (k19). An SQL-standard body leaves prosrc empty; prosqlbody exists from 14 on (k20).
-- The language C has the oid 13; its functions are a symbol in a library.
-- format_type names types under the session's search_path, which the caller pins (s3).
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
    p.proname as name,
    (
        select pg_catalog.json_agg(pg_catalog.format_type(a.type, null) order by a.position)::pg_catalog.text
        from pg_catalog.unnest(p.proargtypes::pg_catalog.oid[]) with ordinality as a(type, position)
    ) as arguments,
    p.prokind as sort,
    pg_catalog.format_type(p.prorettype, null) as returns,
    p.proretset as returns_set,
    l.lanname as language,
    p.provolatile as volatility,
    p.prosecdef as security_definer,
    p.proisstrict as strict,
    (
        select pg_catalog.json_agg(
            pg_catalog.json_build_array(
                coalesce(p.proargmodes[a.position], 'i'),
                pg_catalog.format_type(a.type, null),
                p.proargnames[a.position]
            ) order by a.position
        )::pg_catalog.text
        from pg_catalog.unnest(coalesce(p.proallargtypes, p.proargtypes::pg_catalog.oid[]))
            with ordinality as a(type, position)
    ) as all_arguments,
    p.pronargdefaults as defaults,
    p.proparallel as parallel,
    p.proleakproof as leakproof,
    p.procost as cost,
    p.prorows as rows,
    pg_catalog.to_json(p.proconfig)::pg_catalog.text as settings,
    case when p.prosupport <> 0 then (
        select pg_catalog.json_build_array(support_n.nspname, support.proname)::pg_catalog.text
        from pg_catalog.pg_proc as support
        join pg_catalog.pg_namespace as support_n on support_n.oid = support.pronamespace
        where support.oid = p.prosupport
    ) end as support,
    case when p.prolang = 13 then p.probin end as object,
    p.prosrc as body,
    case when p.prosrc = '' then pg_catalog.to_jsonb(p) ->> 'prosqlbody' is not null else false end as has_sql_body,
    case when p.prokind = 'a' then (
        select pg_catalog.json_build_object(
            'functions', (
                select pg_catalog.json_agg(
                    case when f.oid is not null then pg_catalog.json_build_array(fn.nspname, f.proname) end
                    order by k.position
                )
                from pg_catalog.unnest(array[
                    ag.aggtransfn, ag.aggfinalfn, ag.aggcombinefn, ag.aggserialfn, ag.aggdeserialfn,
                    ag.aggmtransfn, ag.aggminvtransfn, ag.aggmfinalfn
                ]::pg_catalog.oid[]) with ordinality as k(oid, position)
                left join pg_catalog.pg_proc as f on f.oid = k.oid
                left join pg_catalog.pg_namespace as fn on fn.oid = f.pronamespace
            ),
            'state_type', pg_catalog.format_type(ag.aggtranstype, null),
            'moving_state_type', case when ag.aggmtranstype <> 0 then pg_catalog.format_type(ag.aggmtranstype, null) end,
            'initial', ag.agginitval,
            'moving_initial', ag.aggminitval,
            'parallel', p.proparallel,
            'sort', ag.aggkind,
            'direct_arguments', ag.aggnumdirectargs
        )::pg_catalog.text
        from pg_catalog.pg_aggregate as ag
        where ag.aggfnoid = p.oid
    ) end as aggregate
from wanted
join pg_catalog.pg_proc as p on p.pronamespace = wanted.namespace and p.proname = wanted.name
join pg_catalog.pg_language as l on l.oid = p.prolang
order by wanted.schema, p.proname, p.proargtypes;
