-- Comments, each with the words and the name of what it is on: rows of pg_description. PostgreSQL 12 to 18.
-- Objects are told by catalog and oid (k22); columns by attnum too.
select
    cl.relname as class,
    d.objoid::pg_catalog.int8 as oid,
    i.type as kind,
    i.identity,
    pg_catalog.quote_literal(d.description) as text
from pg_catalog.pg_description as d
join pg_catalog.pg_class as cl on cl.oid = d.classoid
cross join lateral pg_catalog.pg_identify_object(d.classoid, d.objoid, d.objsubid) as i
where d.objoid >= 16384 and d.classoid <> 'pg_catalog.pg_extension'::pg_catalog.regclass
and coalesce(i.schema, '') !~ '^pg_'
and (pg_catalog.cardinality(:'schemas') = 0 or i.schema is null or i.schema = any (:'schemas'))
order by cl.relname, i.identity, i.type;
