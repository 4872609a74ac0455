-- Foreign servers: rows of pg_foreign_server. PostgreSQL 12 to 18. User mappings, and options that may be secrets, are
-- left out.
select
    'pg_foreign_server' as class,
    s.oid::pg_catalog.int8 as oid,
    'foreign server' as words,
    null as schema,
    s.srvname as name,
    pg_catalog.json_build_array(pg_catalog.concat(
        'CREATE SERVER ' || pg_catalog.quote_ident(s.srvname),
        ' TYPE ' || pg_catalog.quote_literal(s.srvtype),
        ' VERSION ' || pg_catalog.quote_literal(s.srvversion),
        ' FOREIGN DATA WRAPPER ' || pg_catalog.quote_ident(w.fdwname),
        ' OPTIONS (' || (
            select pg_catalog.string_agg(
                pg_catalog.quote_ident(o.option_name) || ' ' || pg_catalog.quote_literal(o.option_value), ', '
            )
            from pg_catalog.pg_options_to_table(s.srvoptions) as o
            where not (:is_secret)
        ) || ')'
    )) as statements
from pg_catalog.pg_foreign_server as s
join pg_catalog.pg_foreign_data_wrapper as w on w.oid = s.srvfdw
where s.oid >= 16384
and not exists (
    select
    from pg_catalog.pg_depend as d
    where d.classid = 'pg_catalog.pg_foreign_server'::pg_catalog.regclass and d.objid = s.oid and d.deptype in ('e', 'i')
)
order by s.srvname;
