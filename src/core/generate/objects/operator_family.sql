-- Operator families and operator classes, each with its members: rows of pg_opfamily and pg_opclass. A member that belongs
-- to no class is added to its family. PostgreSQL 12 to 18.
with own as materialized (
    select
        'pg_catalog.pg_opfamily'::pg_catalog.regclass as class,
        f.oid,
        f.opfmethod as method,
        f.opfnamespace as namespace,
        f.opfname as name
    from pg_catalog.pg_opfamily as f
    union all
    select 'pg_catalog.pg_opclass'::pg_catalog.regclass, o.oid, o.opcmethod, o.opcnamespace, o.opcname
    from pg_catalog.pg_opclass as o
), wanted as materialized (
    select own.*, n.nspname as schema, am.amname as access
    from own
    join pg_catalog.pg_namespace as n on n.oid = own.namespace
    join pg_catalog.pg_am as am on am.oid = own.method
    where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    and (pg_catalog.cardinality(:'schemas') = 0 or n.nspname = any (:'schemas'))
    and not exists (
        select
        from pg_catalog.pg_depend as d
        where d.classid = own.class and d.objid = own.oid and d.deptype in ('e', 'i')
    )
)
select
    case when o.oid is null then 'pg_opfamily' else 'pg_opclass' end as class,
    wanted.oid::pg_catalog.int8 as oid,
    case when o.oid is null then 'operator family' else 'operator class' end as words,
    wanted.schema,
    wanted.name,
    case
        when o.oid is not null then pg_catalog.json_build_array(pg_catalog.format(
            E'CREATE OPERATOR CLASS %I.%I%s\n    FOR TYPE %s USING %I FAMILY %I.%I AS\n    %s',
            wanted.schema,
            wanted.name,
            case when o.opcdefault then ' DEFAULT' else '' end,
            pg_catalog.format_type(o.opcintype, null),
            wanted.access,
            fn.nspname,
            f.opfname,
            coalesce(nullif(pg_catalog.concat_ws(
                E',\n    ',
                case when o.opckeytype not in (0, o.opcintype) then
                    'STORAGE ' || pg_catalog.format_type(o.opckeytype, null)
                end,
                member.list
            ), ''), 'STORAGE ' || pg_catalog.format_type(o.opcintype, null))
        ))
        when member.list is null then pg_catalog.json_build_array(family.statement)
        else pg_catalog.json_build_array(
            family.statement,
            pg_catalog.format(
                E'ALTER OPERATOR FAMILY %I.%I USING %I ADD\n    %s',
                wanted.schema, wanted.name, wanted.access, member.list
            )
        )
    end as statements
from wanted
left join pg_catalog.pg_opclass as o
    on wanted.class = 'pg_catalog.pg_opclass'::pg_catalog.regclass and o.oid = wanted.oid
left join pg_catalog.pg_opfamily as f on f.oid = o.opcfamily
left join pg_catalog.pg_namespace as fn on fn.oid = f.opfnamespace
cross join lateral (
    select pg_catalog.format('CREATE OPERATOR FAMILY %I.%I USING %I', wanted.schema, wanted.name, wanted.access) as statement
) as family
cross join lateral (
    select pg_catalog.string_agg(one.text, E',\n    ' order by one.sort, one.number, one.text) as list
    from (
        select
            1 as sort,
            am.amopstrategy as number,
            pg_catalog.format(
                'OPERATOR %s %I.%s (%s, %s)%s',
                am.amopstrategy,
                mn.nspname,
                mo.oprname,
                pg_catalog.format_type(am.amoplefttype, null),
                pg_catalog.format_type(am.amoprighttype, null),
                (
                    select pg_catalog.format(' FOR ORDER BY %I.%I', sn.nspname, sf.opfname)
                    from pg_catalog.pg_opfamily as sf
                    join pg_catalog.pg_namespace as sn on sn.oid = sf.opfnamespace
                    where sf.oid = am.amopsortfamily
                )
            ) as text
        from pg_catalog.pg_depend as md
        join pg_catalog.pg_amop as am on am.oid = md.objid
        join pg_catalog.pg_operator as mo on mo.oid = am.amopopr
        join pg_catalog.pg_namespace as mn on mn.oid = mo.oprnamespace
        where md.refclassid = wanted.class and md.refobjid = wanted.oid
        and md.classid = 'pg_catalog.pg_amop'::pg_catalog.regclass
        union all
        select
            2,
            ap.amprocnum,
            pg_catalog.format(
                'FUNCTION %s (%s, %s) %I.%I(%s)',
                ap.amprocnum,
                pg_catalog.format_type(ap.amproclefttype, null),
                pg_catalog.format_type(ap.amprocrighttype, null),
                mn.nspname,
                mp.proname,
                pg_catalog.pg_get_function_identity_arguments(mp.oid)
            )
        from pg_catalog.pg_depend as md
        join pg_catalog.pg_amproc as ap on ap.oid = md.objid
        join pg_catalog.pg_proc as mp on mp.oid = ap.amproc::pg_catalog.oid
        join pg_catalog.pg_namespace as mn on mn.oid = mp.pronamespace
        where md.refclassid = wanted.class and md.refobjid = wanted.oid
        and md.classid = 'pg_catalog.pg_amproc'::pg_catalog.regclass
    ) as one
) as member
order by o.oid is not null, wanted.schema, wanted.name, wanted.access;
