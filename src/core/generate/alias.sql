-- What is made by the statement that makes another object: row types and arrays of types, rules of views, defaults,
-- constraints and their indexes, members of extensions (k21, k22). PostgreSQL 12 to 18.
select 'pg_type' as class, t.oid::pg_catalog.int8 as oid, 'pg_class' as of_class, t.typrelid::pg_catalog.int8 as of
from pg_catalog.pg_type as t
join pg_catalog.pg_class as c on c.oid = t.typrelid
where t.typtype = 'c' and c.relkind <> 'c' and t.oid >= 16384
union all
select 'pg_type', t.typarray::pg_catalog.int8, 'pg_type', t.oid::pg_catalog.int8
from pg_catalog.pg_type as t
where t.typarray <> 0 and t.oid >= 16384
union all
select 'pg_type', d.objid::pg_catalog.int8, 'pg_type', d.refobjid::pg_catalog.int8
from pg_catalog.pg_depend as d
where d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass and d.refclassid = d.classid and d.deptype = 'i'
union all
select 'pg_class', t.typrelid::pg_catalog.int8, 'pg_type', t.oid::pg_catalog.int8
from pg_catalog.pg_type as t
join pg_catalog.pg_class as c on c.oid = t.typrelid
where c.relkind = 'c' and t.oid >= 16384
union all
select 'pg_rewrite', r.oid::pg_catalog.int8, 'pg_class', r.ev_class::pg_catalog.int8
from pg_catalog.pg_rewrite as r
where r.rulename = '_RETURN' and r.oid >= 16384
union all
select 'pg_attrdef', d.oid::pg_catalog.int8, 'pg_class', d.adrelid::pg_catalog.int8
from pg_catalog.pg_attrdef as d
union all
select
    'pg_constraint',
    con.oid::pg_catalog.int8,
    case when con.conrelid <> 0 then 'pg_class' else 'pg_type' end,
    case when con.conrelid <> 0 then con.conrelid else con.contypid end::pg_catalog.int8
from pg_catalog.pg_constraint as con
where con.oid >= 16384
union all
select 'pg_class', con.conindid::pg_catalog.int8, 'pg_class', con.conrelid::pg_catalog.int8
from pg_catalog.pg_constraint as con
where con.contype in ('p', 'u', 'x')
union all
select 'pg_class', i.inhrelid::pg_catalog.int8, 'pg_class', i.inhparent::pg_catalog.int8
from pg_catalog.pg_inherits as i
join pg_catalog.pg_class as c on c.oid = i.inhrelid
where c.relkind in ('i', 'I')
union all
select
    'pg_proc', d.objid::pg_catalog.int8, 'pg_type', d.refobjid::pg_catalog.int8
from pg_catalog.pg_depend as d
where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.deptype = 'i'
and d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass
union all
select 'pg_class', d.objid::pg_catalog.int8, 'pg_class', d.refobjid::pg_catalog.int8
from pg_catalog.pg_depend as d
where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refclassid = d.classid
and d.deptype = 'i' and d.refobjsubid > 0
union all
select cl.relname, d.objid::pg_catalog.int8, rcl.relname, d.refobjid::pg_catalog.int8
from pg_catalog.pg_depend as d
join pg_catalog.pg_class as cl on cl.oid = d.classid
join pg_catalog.pg_class as rcl on rcl.oid = d.refclassid
where cl.relname in ('pg_amop', 'pg_amproc') and rcl.relname in ('pg_opclass', 'pg_opfamily')
and d.objid >= 16384 and d.deptype in ('a', 'i')
or cl.relname in ('pg_publication_rel', 'pg_publication_namespace') and rcl.relname = 'pg_publication'
union all
select cl.relname, d.objid::pg_catalog.int8, 'pg_extension', d.refobjid::pg_catalog.int8
from pg_catalog.pg_depend as d
join pg_catalog.pg_class as cl on cl.oid = d.classid
where d.deptype = 'e' and d.refobjid >= 16384
order by 1, 2, 3, 4;
