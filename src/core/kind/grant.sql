-- What roles may do with the wanted objects: the access lists of pg_class, pg_attribute, pg_proc, pg_type,
-- pg_namespace, pg_language, pg_foreign_server, pg_foreign_data_wrapper, pg_database and pg_tablespace. PostgreSQL 12 to 18.
-- Raw rows only: waits for no lock, needs no privilege, raises nothing (c1, c5, c8, c10). Names match exactly (c12);
-- temporary relations never match (c15). A null list is the built-in default (k23); columns have lists of their own
-- (k24), whose default is empty. Entries of several grantors count together; grantee 0 is PUBLIC. An empty schema stands
-- for the objects of the database. known: what ALL PRIVILEGES means, where that depends on the version (MAINTAIN came
-- with 17).
with wanted as materialized (
    -- The schemas first, apart: the name of a table may occur in thousands of schemas.
    select n.oid as namespace, n.nspname as schema, pair.name
    from rows from (
        pg_catalog.unnest(:'schemas'::pg_catalog.text[]), pg_catalog.unnest(:'names'::pg_catalog.text[])
    ) as pair(schema, name)
    join pg_catalog.pg_namespace as n on n.nspname = pair.schema
),
wanted_global as materialized (
    select pair.name
    from rows from (
        pg_catalog.unnest(:'schemas'::pg_catalog.text[]), pg_catalog.unnest(:'names'::pg_catalog.text[])
    ) as pair(schema, name)
    where pair.schema = ''
),
relation as materialized (
    select wanted.schema, c.oid, c.relname as name, c.relkind, c.relowner, c.relacl
    from wanted
    join pg_catalog.pg_class as c on c.relnamespace = wanted.namespace and c.relname = wanted.name
    where c.relkind in ('r', 'p', 'f', 'v', 'm', 'S') and c.relpersistence <> 't'
),
listed as (
    select
        case relation.relkind
            when 'v' then 'view' when 'm' then 'materialized_view' when 'S' then 'sequence'
            when 'f' then 'foreign_table' else 'table'
        end as kind,
        relation.schema,
        null::pg_catalog.name as relation,
        relation.name,
        null::pg_catalog.text as arguments,
        relation.relowner as owner,
        case relation.relkind
            when 'S' then coalesce(relation.relacl, pg_catalog.acldefault('s', relation.relowner))
            else coalesce(relation.relacl, pg_catalog.acldefault('r', relation.relowner))
        end as acl,
        case relation.relkind when 'S' then pg_catalog.acldefault('s', 10) else pg_catalog.acldefault('r', 10) end as known
    from relation
    union all
    select 'column', relation.schema, relation.name, a.attname, null, relation.relowner, a.attacl, null
    from relation
    join pg_catalog.pg_attribute as a on a.attrelid = relation.oid
    where a.attnum > 0 and not a.attisdropped and a.attacl is not null
    union all
    select
        'function',
        wanted.schema,
        null,
        p.proname,
        (
            select pg_catalog.json_agg(pg_catalog.format_type(a.type, null) order by a.position)::pg_catalog.text
            from pg_catalog.unnest(p.proargtypes::pg_catalog.oid[]) with ordinality as a(type, position)
        ),
        p.proowner,
        coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner)),
        null
    from wanted
    join pg_catalog.pg_proc as p on p.pronamespace = wanted.namespace and p.proname = wanted.name
    union all
    select
        'type', wanted.schema, null, t.typname, null, t.typowner,
        coalesce(t.typacl, pg_catalog.acldefault('T', t.typowner)), null
    from wanted
    join pg_catalog.pg_type as t on t.typnamespace = wanted.namespace and t.typname = wanted.name
    left join pg_catalog.pg_class as c on c.oid = t.typrelid
    where t.typtype <> 'p' and (t.typtype <> 'c' or c.relkind = 'c')
    union all
    select
        'schema', '', null, n.nspname, null, n.nspowner,
        coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner)), null
    from wanted_global
    join pg_catalog.pg_namespace as n on n.nspname = wanted_global.name
    union all
    select
        'language', '', null, l.lanname, null, l.lanowner,
        coalesce(l.lanacl, pg_catalog.acldefault('l', l.lanowner)), null
    from wanted_global
    join pg_catalog.pg_language as l on l.lanname = wanted_global.name
    union all
    select
        'server', '', null, s.srvname, null, s.srvowner,
        coalesce(s.srvacl, pg_catalog.acldefault('S', s.srvowner)), null
    from wanted_global
    join pg_catalog.pg_foreign_server as s on s.srvname = wanted_global.name
    union all
    select
        'foreign_data_wrapper', '', null, w.fdwname, null, w.fdwowner,
        coalesce(w.fdwacl, pg_catalog.acldefault('F', w.fdwowner)), null
    from wanted_global
    join pg_catalog.pg_foreign_data_wrapper as w on w.fdwname = wanted_global.name
    union all
    select
        'database', '', null, d.datname, null, d.datdba,
        coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba)), null
    from wanted_global
    join pg_catalog.pg_database as d on d.datname = wanted_global.name
    union all
    select
        'tablespace', '', null, t.spcname, null, t.spcowner,
        coalesce(t.spcacl, pg_catalog.acldefault('t', t.spcowner)), null
    from wanted_global
    join pg_catalog.pg_tablespace as t on t.spcname = wanted_global.name
)
select
    listed.kind,
    listed.schema,
    listed.relation,
    listed.name,
    listed.arguments,
    held.grantee = 0 as is_public,
    pg_catalog.pg_get_userbyid(held.grantee) as grantee,
    held.grantee = listed.owner as is_owner,
    held.privileges,
    (
        select pg_catalog.json_agg(distinct e.privilege_type)::pg_catalog.text
        from pg_catalog.aclexplode(listed.known) as e
    ) as known
from listed
cross join lateral (
    select
        e.grantee,
        pg_catalog.json_agg(pg_catalog.json_build_array(e.privilege_type, e.is_grantable))::pg_catalog.text as privileges
    from pg_catalog.aclexplode(listed.acl) as e
    group by e.grantee
) as held
order by listed.kind, listed.schema, listed.relation, listed.name, listed.arguments, held.grantee;
