-- Which object needs which one: rows of pg_depend between objects that were not there from the start.
-- PostgreSQL 12 to 18.
select distinct
    c.relname as class,
    d.objid::pg_catalog.int8 as oid,
    rc.relname as on_class,
    d.refobjid::pg_catalog.int8 as on
from pg_catalog.pg_depend as d
join pg_catalog.pg_class as c on c.oid = d.classid
join pg_catalog.pg_class as rc on rc.oid = d.refclassid
where d.deptype in ('n', 'a') and d.objid >= 16384 and d.refobjid >= 16384
and (d.classid, d.objid) <> (d.refclassid, d.refobjid)
order by 1, 2, 3, 4;
