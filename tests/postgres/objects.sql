-- Every object of the users of a database, one a row, as reports name it: functions without their arguments. Left out is
-- what PostgreSQL makes by itself and nobody declares: indexes of constraints, what a partition or a child has from its
-- parent alone, members of extensions. PostgreSQL 12 to 18.
with ours as materialized (
  select n.oid, n.nspname as name from pg_namespace n
  where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
), of_extension as materialized (
  select d.classid, d.objid from pg_depend d where d.deptype = 'e'
), relation as materialized (
  select c.*, format('%I.%I', o.name, c.relname) as printed from pg_class c join ours o on o.oid = c.relnamespace
  where (('pg_class'::regclass)::oid, c.oid) not in (select classid, objid from of_extension)
)
select 'schema/' || quote_ident(name) from ours where name <> 'public'
union all
select case relkind when 'r' then 'table/' when 'p' then 'table/' when 'v' then 'view/' when 'm' then 'materialized_view/'
  when 'S' then 'sequence/' end || printed
from relation where relkind in ('r', 'p', 'v', 'm', 'S')
union all
select 'column/' || r.printed || '.' || quote_ident(a.attname) from relation r join pg_attribute a on a.attrelid = r.oid
where r.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped
union all
select 'constraint/' || r.printed || '.' || quote_ident(k.conname) from relation r join pg_constraint k on k.conrelid = r.oid
where r.relkind in ('r', 'p') and k.contype in ('p', 'u', 'f', 'c', 'x') and k.conislocal and k.conparentid = 0
union all
select 'index/' || r.printed from relation r join pg_index i on i.indexrelid = r.oid
where not exists (select from pg_constraint k where k.conindid = r.oid and k.contype in ('p', 'u', 'x'))
  and not exists (select from pg_inherits h where h.inhrelid = r.oid)
union all
select 'trigger/' || r.printed || '.' || quote_ident(t.tgname) from relation r join pg_trigger t on t.tgrelid = r.oid
where not t.tgisinternal and coalesce(to_jsonb(t) ->> 'tgparentid', '0') = '0'
union all
select 'policy/' || r.printed || '.' || quote_ident(p.polname) from relation r join pg_policy p on p.polrelid = r.oid
union all
select 'type/' || format('%I.%I', o.name, t.typname) from pg_type t join ours o on o.oid = t.typnamespace
left join pg_class c on c.oid = t.typrelid
where (t.typtype in ('e', 'd', 'r') or c.relkind = 'c')
  and (('pg_type'::regclass)::oid, t.oid) not in (select classid, objid from of_extension)
union all
select 'function/' || format('%I.%I', o.name, p.proname) from pg_proc p join ours o on o.oid = p.pronamespace
where (('pg_proc'::regclass)::oid, p.oid) not in (select classid, objid from of_extension)
  -- The constructors of a range type come with it.
  and not exists (
    select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'i'
  )
union all
select 'extension/' || e.extname from pg_extension e where e.extname <> 'plpgsql'
order by 1;
