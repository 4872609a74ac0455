-- Languages: rows of pg_language. PostgreSQL 12 to 18.
select
    'pg_language' as class,
    l.oid::pg_catalog.int8 as oid,
    'language' as words,
    null as schema,
    l.lanname as name,
    pg_catalog.json_build_array(pg_catalog.concat(
        case when l.lanpltrusted then 'CREATE TRUSTED LANGUAGE ' else 'CREATE LANGUAGE ' end,
        pg_catalog.quote_ident(l.lanname),
        (
            select pg_catalog.string_agg(
                pg_catalog.format(' %s %I.%I', part.words, pn.nspname, p.proname), '' order by part.position
            )
            from (values (1, 'HANDLER', l.lanplcallfoid), (2, 'INLINE', l.laninline), (3, 'VALIDATOR', l.lanvalidator))
                as part(position, words, function)
            join pg_catalog.pg_proc as p on p.oid = part.function
            join pg_catalog.pg_namespace as pn on pn.oid = p.pronamespace
        )
    )) as statements
from pg_catalog.pg_language as l
where l.oid >= 16384 and l.lanispl
and not exists (
    select
    from pg_catalog.pg_depend as d
    where d.classid = 'pg_catalog.pg_language'::pg_catalog.regclass and d.objid = l.oid and d.deptype in ('e', 'i')
)
order by l.lanname;
