-- Collations: rows of pg_collation, whose columns differ between versions. PostgreSQL 12 to 18.
select
    'pg_collation' as class,
    co.oid::pg_catalog.int8 as oid,
    'collation' as words,
    n.nspname as schema,
    co.collname as name,
    pg_catalog.json_build_array(pg_catalog.format(
        'CREATE COLLATION %I.%I (%s)',
        n.nspname,
        co.collname,
        pg_catalog.concat_ws(
            ', ',
            'PROVIDER = ' || case co.collprovider when 'i' then 'icu' when 'b' then 'builtin' else 'libc' end,
            case
                when co.collprovider in ('i', 'b') then 'LOCALE = ' || pg_catalog.quote_literal(coalesce(
                    pg_catalog.to_jsonb(co) ->> 'colllocale',
                    pg_catalog.to_jsonb(co) ->> 'colliculocale',
                    co.collcollate
                ))
                when co.collcollate = co.collctype then 'LOCALE = ' || pg_catalog.quote_literal(co.collcollate)
                else 'LC_COLLATE = ' || pg_catalog.quote_literal(co.collcollate)
                    || ', LC_CTYPE = ' || pg_catalog.quote_literal(co.collctype)
            end,
            case when not co.collisdeterministic then 'DETERMINISTIC = false' end,
            'RULES = ' || pg_catalog.quote_literal(pg_catalog.to_jsonb(co) ->> 'collicurules')
        )
    )) as statements
from pg_catalog.pg_collation as co
join pg_catalog.pg_namespace as n on n.oid = co.collnamespace
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
and (pg_catalog.cardinality(:'schemas') = 0 or n.nspname = any (:'schemas'))
and not exists (
    select
    from pg_catalog.pg_depend as d
    where d.classid = 'pg_catalog.pg_collation'::pg_catalog.regclass and d.objid = co.oid and d.deptype in ('e', 'i')
)
order by n.nspname, co.collname, co.collencoding;
