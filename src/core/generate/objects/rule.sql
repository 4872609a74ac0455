-- Rules but those of views: rows of pg_rewrite. PostgreSQL 12 to 18.
select
    'pg_rewrite' as class,
    r.oid::pg_catalog.int8 as oid,
    'rule' as words,
    n.nspname as schema,
    r.rulename as name,
    c.oid::pg_catalog.int8 as relation,
    c.relname as relation_name,
    case r.ev_enabled
        when 'O' then pg_catalog.json_build_array(made.statement)
        else pg_catalog.json_build_array(made.statement, pg_catalog.format(
            'ALTER TABLE %I.%I %s RULE %I',
            n.nspname,
            c.relname,
            case r.ev_enabled when 'D' then 'DISABLE' when 'R' then 'ENABLE REPLICA' else 'ENABLE ALWAYS' end,
            r.rulename
        ))
    end as statements
from pg_catalog.pg_rewrite as r
join pg_catalog.pg_class as c on c.oid = r.ev_class
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
cross join lateral (
    select pg_catalog.rtrim(pg_catalog.pg_get_ruledef(r.oid), ';') as statement
) as made
where r.rulename <> '_RETURN'
and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
and (pg_catalog.cardinality(:'schemas') = 0 or n.nspname = any (:'schemas'))
and not exists (
    select
    from pg_catalog.pg_depend as d
    where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e'
)
order by n.nspname, c.relname, r.rulename;
