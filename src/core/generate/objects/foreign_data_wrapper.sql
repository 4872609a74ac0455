-- Foreign-data wrappers: rows of pg_foreign_data_wrapper. PostgreSQL 12 to 18. Options that may be secrets are left out.
select
    'pg_foreign_data_wrapper' as class,
    w.oid::pg_catalog.int8 as oid,
    'foreign-data wrapper' as words,
    null as schema,
    w.fdwname as name,
    pg_catalog.json_build_array(pg_catalog.concat(
        'CREATE FOREIGN DATA WRAPPER ' || pg_catalog.quote_ident(w.fdwname),
        (
            select ' HANDLER ' || pg_catalog.quote_ident(pn.nspname) || '.' || pg_catalog.quote_ident(p.proname)
            from pg_catalog.pg_proc as p
            join pg_catalog.pg_namespace as pn on pn.oid = p.pronamespace
            where p.oid = w.fdwhandler
        ),
        (
            select ' VALIDATOR ' || pg_catalog.quote_ident(pn.nspname) || '.' || pg_catalog.quote_ident(p.proname)
            from pg_catalog.pg_proc as p
            join pg_catalog.pg_namespace as pn on pn.oid = p.pronamespace
            where p.oid = w.fdwvalidator
        ),
        ' OPTIONS (' || (
            select pg_catalog.string_agg(
                pg_catalog.quote_ident(o.option_name) || ' ' || pg_catalog.quote_literal(o.option_value), ', '
            )
            from pg_catalog.pg_options_to_table(w.fdwoptions) as o
            where not (:is_secret)
        ) || ')'
    )) as statements
from pg_catalog.pg_foreign_data_wrapper as w
where w.oid >= 16384
and not exists (
    select
    from pg_catalog.pg_depend as d
    where d.classid = 'pg_catalog.pg_foreign_data_wrapper'::pg_catalog.regclass and d.objid = w.oid and d.deptype in ('e', 'i')
)
order by w.fdwname;
