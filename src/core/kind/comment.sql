-- The comments on the wanted objects and on what hangs on wanted relations: rows of pg_description, and of
-- pg_shdescription for roles. PostgreSQL 12 to 18.
-- Raw rows only: waits for no lock, needs no privilege, raises nothing (c1, c5, c8, c10). Names match exactly (c12);
-- temporary relations never match (c15). Comments belong to an object by catalog and oid, and columns by attnum too
-- (k5, k22): tableoid is the catalog that a row is in. An empty schema stands for the objects of the database.
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
    select wanted.schema, c.tableoid as catalog, c.oid, c.relname as name, c.relkind
    from wanted
    join pg_catalog.pg_class as c on c.relnamespace = wanted.namespace and c.relname = wanted.name
    where c.relkind in ('r', 'p', 'f', 'v', 'm', 'S', 'i', 'I', 'c') and c.relpersistence <> 't'
),
type as materialized (
    select wanted.schema, t.tableoid as catalog, t.oid, t.typname as name
    from wanted
    join pg_catalog.pg_type as t on t.typnamespace = wanted.namespace and t.typname = wanted.name
    left join pg_catalog.pg_class as c on c.oid = t.typrelid
    where t.typtype <> 'p' and (t.typtype <> 'c' or c.relkind = 'c')
),
-- What has a name of its schema, and what has one of the database, where nothing else is to be known of it.
in_schema as (
    select 'collation' as kind, o.collnamespace as namespace, o.collname as name, o.tableoid as catalog, o.oid
    from pg_catalog.pg_collation as o
    -- Those of other encodings have the same names.
    where o.collencoding in (-1, (
        select db.encoding from pg_catalog.pg_database as db where db.datname = pg_catalog.current_database()
    ))
    union all
    select 'conversion', o.connamespace, o.conname, o.tableoid, o.oid
    from pg_catalog.pg_conversion as o
    union all
    select 'statistics', o.stxnamespace, o.stxname, o.tableoid, o.oid
    from pg_catalog.pg_statistic_ext as o
    union all
    select 'text_search_parser', o.prsnamespace, o.prsname, o.tableoid, o.oid
    from pg_catalog.pg_ts_parser as o
    union all
    select 'text_search_template', o.tmplnamespace, o.tmplname, o.tableoid, o.oid
    from pg_catalog.pg_ts_template as o
    union all
    select 'text_search_dictionary', o.dictnamespace, o.dictname, o.tableoid, o.oid
    from pg_catalog.pg_ts_dict as o
    union all
    select 'text_search_configuration', o.cfgnamespace, o.cfgname, o.tableoid, o.oid
    from pg_catalog.pg_ts_config as o
),
of_database as (
    select 'language' as kind, o.lanname as name, o.tableoid as catalog, o.oid from pg_catalog.pg_language as o
    union all
    select 'access_method', o.amname, o.tableoid, o.oid from pg_catalog.pg_am as o
    union all
    select 'foreign_data_wrapper', o.fdwname, o.tableoid, o.oid from pg_catalog.pg_foreign_data_wrapper as o
    union all
    select 'server', o.srvname, o.tableoid, o.oid from pg_catalog.pg_foreign_server as o
    union all
    select 'event_trigger', o.evtname, o.tableoid, o.oid from pg_catalog.pg_event_trigger as o
    union all
    select 'publication', o.pubname, o.tableoid, o.oid from pg_catalog.pg_publication as o
),
commented as (
    select
        case relation.relkind
            when 'v' then 'view' when 'm' then 'materialized_view' when 'S' then 'sequence'
            when 'i' then 'index' when 'I' then 'index' when 'f' then 'foreign_table' else 'table'
        end as kind,
        relation.schema,
        null::pg_catalog.name as relation,
        relation.name,
        null::pg_catalog.text as arguments,
        d.description as text
    from relation
    join pg_catalog.pg_description as d
        on d.objoid = relation.oid and d.classoid = relation.catalog and d.objsubid = 0
    where relation.relkind <> 'c'
    union all
    select
        case relation.relkind when 'c' then 'type' else 'column' end,
        relation.schema,
        relation.name,
        a.attname,
        null,
        d.description
    from relation
    join pg_catalog.pg_description as d
        on d.objoid = relation.oid and d.classoid = relation.catalog and d.objsubid > 0
    join pg_catalog.pg_attribute as a on a.attrelid = relation.oid and a.attnum = d.objsubid
    where not a.attisdropped
    union all
    select 'constraint', relation.schema, relation.name, con.conname, null, d.description
    from relation
    join pg_catalog.pg_constraint as con on con.conrelid = relation.oid
    join pg_catalog.pg_description as d
        on d.objoid = con.oid and d.classoid = con.tableoid and d.objsubid = 0
    union all
    -- The indexes of wanted tables, whose names PostgreSQL may have chosen.
    select 'index', n.nspname, null, c.relname, null, d.description
    from relation
    join pg_catalog.pg_index as i on i.indrelid = relation.oid
    join pg_catalog.pg_class as c on c.oid = i.indexrelid
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    join pg_catalog.pg_description as d on d.objoid = c.oid and d.classoid = c.tableoid and d.objsubid = 0
    where relation.relkind in ('r', 'p', 'm')
    union all
    select 'trigger', relation.schema, relation.name, t.tgname, null, d.description
    from relation
    join pg_catalog.pg_trigger as t on t.tgrelid = relation.oid
    join pg_catalog.pg_description as d on d.objoid = t.oid and d.classoid = t.tableoid and d.objsubid = 0
    union all
    select 'policy', relation.schema, relation.name, pol.polname, null, d.description
    from relation
    join pg_catalog.pg_policy as pol on pol.polrelid = relation.oid
    join pg_catalog.pg_description as d
        on d.objoid = pol.oid and d.classoid = pol.tableoid and d.objsubid = 0
    union all
    select 'rule', relation.schema, relation.name, rule.rulename, null, d.description
    from relation
    join pg_catalog.pg_rewrite as rule on rule.ev_class = relation.oid
    join pg_catalog.pg_description as d
        on d.objoid = rule.oid and d.classoid = rule.tableoid and d.objsubid = 0
    union all
    select o.kind, wanted.schema, null, o.name, null, d.description
    from wanted
    join in_schema as o on o.namespace = wanted.namespace and o.name = wanted.name
    join pg_catalog.pg_description as d on d.objoid = o.oid and d.classoid = o.catalog and d.objsubid = 0
    union all
    select o.kind, '', null, o.name, null, d.description
    from wanted_global
    join of_database as o on o.name = wanted_global.name
    join pg_catalog.pg_description as d on d.objoid = o.oid and d.classoid = o.catalog and d.objsubid = 0
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
        d.description
    from wanted
    join pg_catalog.pg_proc as p on p.pronamespace = wanted.namespace and p.proname = wanted.name
    join pg_catalog.pg_description as d on d.objoid = p.oid and d.classoid = p.tableoid and d.objsubid = 0
    union all
    select 'type', type.schema, null, type.name, null, d.description
    from type
    join pg_catalog.pg_description as d on d.objoid = type.oid and d.classoid = type.catalog and d.objsubid = 0
    union all
    -- A constraint of a domain.
    select 'type', type.schema, type.name, con.conname, null, d.description
    from type
    join pg_catalog.pg_constraint as con on con.contypid = type.oid
    join pg_catalog.pg_description as d
        on d.objoid = con.oid and d.classoid = con.tableoid and d.objsubid = 0
    union all
    select 'schema', '', null, n.nspname, null, d.description
    from wanted_global
    join pg_catalog.pg_namespace as n on n.nspname = wanted_global.name
    join pg_catalog.pg_description as d on d.objoid = n.oid and d.classoid = n.tableoid and d.objsubid = 0
    union all
    select 'extension', '', null, e.extname, null, d.description
    from wanted_global
    join pg_catalog.pg_extension as e on e.extname = wanted_global.name
    join pg_catalog.pg_description as d on d.objoid = e.oid and d.classoid = e.tableoid and d.objsubid = 0
    union all
    -- 1260 is pg_authid, which may not be read.
    select 'role', '', null, r.rolname, null, d.description
    from wanted_global
    join pg_catalog.pg_roles as r on r.rolname = wanted_global.name
    join pg_catalog.pg_shdescription as d on d.objoid = r.oid and d.classoid = 1260
)
select commented.kind, commented.schema, commented.relation, commented.name, commented.arguments, commented.text
from commented
order by commented.kind, commented.schema, commented.relation, commented.name, commented.arguments;
