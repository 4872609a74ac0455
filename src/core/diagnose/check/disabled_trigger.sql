-- Triggers that are disabled, and foreign keys whose triggers are: nothing checks those. Clones of partitions are left
-- out (k2; tgparentid exists from 13 on). PostgreSQL 12 to 18.
with :scope
select r.schema, r.relname as table, t.tgname as trigger, null::pg_catalog.name as constraint
from relations as r
join pg_catalog.pg_trigger as t on t.tgrelid = r.oid
where t.tgenabled = 'D' and not t.tgisinternal
and coalesce((pg_catalog.to_jsonb(t) ->> 'tgparentid')::pg_catalog.int8, 0) = 0
union all
select distinct r.schema, r.relname, null::pg_catalog.name, con.conname
from relations as r
join pg_catalog.pg_trigger as t on t.tgrelid = r.oid
join pg_catalog.pg_constraint as con on con.oid = t.tgconstraint
where t.tgenabled = 'D' and t.tgisinternal and con.contype = 'f'
order by 1, 2, 3, 4;
