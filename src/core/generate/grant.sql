-- What differs from the privileges that objects have when they are made: relacl, attacl, proacl, typacl, nspacl, lanacl,
-- fdwacl, srvacl. PostgreSQL 12 to 18. A null list is the default (k23); columns have lists of their own (k24). What an owner may do is
-- left out: whoever makes the object owns it. Of the schema public, what initdb made it counts as the default.
with object as (
    select
        'pg_class' as class,
        c.oid,
        n.nspname as schema,
        case c.relkind when 'S' then 'SEQUENCE ' else 'TABLE ' end
            || pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) as object,
        null::pg_catalog.text as columns,
        0 as attnum,
        c.relowner as owner,
        c.relacl as acl,
        case c.relkind when 'S' then pg_catalog.acldefault('s', c.relowner) else pg_catalog.acldefault('r', c.relowner) end
            as initially
    from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'f', 'v', 'm', 'S') and c.relacl is not null
    union all
    select
        'pg_class',
        c.oid,
        n.nspname,
        'TABLE ' || pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname),
        pg_catalog.quote_ident(a.attname),
        a.attnum,
        c.relowner,
        a.attacl,
        null::pg_catalog.aclitem[]
    from pg_catalog.pg_attribute as a
    join pg_catalog.pg_class as c on c.oid = a.attrelid
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where a.attacl is not null and not a.attisdropped and a.attnum > 0
    union all
    select
        'pg_proc',
        p.oid,
        n.nspname,
        case p.prokind when 'p' then 'PROCEDURE ' else 'FUNCTION ' end
            || pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(p.proname)
            || '(' || case p.prokind
                -- Of those of an aggregate, GRANT takes no ORDER BY.
                when 'a' then coalesce((
                    select pg_catalog.string_agg(pg_catalog.format_type(a.type, null), ', ' order by a.position)
                    from pg_catalog.unnest(p.proargtypes::pg_catalog.oid[]) with ordinality as a(type, position)
                ), '')
                else pg_catalog.pg_get_function_identity_arguments(p.oid)
            end || ')',
        null,
        0,
        p.proowner,
        p.proacl,
        pg_catalog.acldefault('f', p.proowner)
    from pg_catalog.pg_proc as p
    join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
    where p.proacl is not null
    union all
    select
        'pg_type',
        t.oid,
        n.nspname,
        'TYPE ' || pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(t.typname),
        null,
        0,
        t.typowner,
        t.typacl,
        pg_catalog.acldefault('T', t.typowner)
    from pg_catalog.pg_type as t
    join pg_catalog.pg_namespace as n on n.oid = t.typnamespace
    where t.typacl is not null
    union all
    select
        'pg_namespace',
        n.oid,
        n.nspname,
        'SCHEMA ' || pg_catalog.quote_ident(n.nspname),
        null,
        0,
        n.nspowner,
        n.nspacl,
        pg_catalog.acldefault('n', n.nspowner)
    from pg_catalog.pg_namespace as n
    where n.nspacl is not null
    union all
    select
        'pg_language', l.oid, null, 'LANGUAGE ' || pg_catalog.quote_ident(l.lanname), null, 0, l.lanowner, l.lanacl,
        pg_catalog.acldefault('l', l.lanowner)
    from pg_catalog.pg_language as l
    where l.lanacl is not null and l.oid >= 16384
    union all
    select
        'pg_foreign_data_wrapper', w.oid, null, 'FOREIGN DATA WRAPPER ' || pg_catalog.quote_ident(w.fdwname), null, 0,
        w.fdwowner, w.fdwacl, pg_catalog.acldefault('F', w.fdwowner)
    from pg_catalog.pg_foreign_data_wrapper as w
    where w.fdwacl is not null
    union all
    select
        'pg_foreign_server', s.oid, null, 'FOREIGN SERVER ' || pg_catalog.quote_ident(s.srvname), null, 0,
        s.srvowner, s.srvacl, pg_catalog.acldefault('S', s.srvowner)
    from pg_catalog.pg_foreign_server as s
    where s.srvacl is not null
),
-- What initdb and extensions made of an object counts as its default.
listed as (
    select o.class, o.oid, o.schema, o.object, o.columns, o.owner, o.acl, coalesce(ip.initprivs, o.initially) as initially
    from object as o
    join pg_catalog.pg_class as c on c.relname = o.class and c.relnamespace = 'pg_catalog'::pg_catalog.regnamespace
    left join pg_catalog.pg_init_privs as ip on ip.classoid = c.oid and ip.objoid = o.oid and ip.objsubid = o.attnum
),
entry as (
    select l.class, l.oid, l.schema, l.object, l.columns, true as given, e.grantee, e.privilege_type, e.is_grantable
    from listed as l
    cross join lateral pg_catalog.aclexplode(l.acl) as e
    where e.grantee <> l.owner
    and not exists (
        select
        from pg_catalog.aclexplode(l.initially) as i
        where i.grantee = e.grantee and i.privilege_type = e.privilege_type and i.is_grantable = e.is_grantable
    )
    union all
    select l.class, l.oid, l.schema, l.object, l.columns, false, i.grantee, i.privilege_type, false
    from listed as l
    cross join lateral pg_catalog.aclexplode(l.initially) as i
    -- The schema public was somebody else's before.
    where i.grantee not in (l.owner, i.grantor)
    and not exists (
        select
        from pg_catalog.aclexplode(l.acl) as e
        where e.grantee = i.grantee and e.privilege_type = i.privilege_type
    )
)
select
    entry.class,
    entry.oid::pg_catalog.int8 as oid,
    entry.object,
    entry.columns,
    entry.given,
    entry.is_grantable as grantable,
    case entry.grantee
        when 0 then 'PUBLIC' else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(entry.grantee))
    end as grantee,
    pg_catalog.json_agg(distinct entry.privilege_type order by entry.privilege_type) as privileges
from entry
where (
    entry.schema is null
    or entry.schema !~ '^pg_' and entry.schema <> 'information_schema'
    and (pg_catalog.cardinality(:'schemas') = 0 or entry.schema = any (:'schemas'))
)
group by entry.class, entry.oid, entry.object, entry.columns, entry.given, entry.is_grantable, entry.grantee
order by entry.class, entry.object, entry.columns nulls first, entry.given, grantee, entry.is_grantable;
