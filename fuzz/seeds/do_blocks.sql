do $$ begin create type t as enum ('a'); exception when duplicate_object then null; when others then raise; end $$;
do $$ declare n int := 3; x text; begin
  if not exists (select 1 from pg_type t join pg_namespace n on n.oid = t.typnamespace where t.typname = 'm' and n.nspname = 'public')
  then create type m as enum ('a'); elsif n > 1 then return; else execute format('create table %I (a %s default %L)', 't', x, 'a'); end if;
  foreach x in array array['a', 'b'] loop execute 'alter table ' || quote_ident(x) || ' add column c int'; end loop;
  for i in 1..3 loop if to_regclass('public.t') is null then exit; end if; end loop;
  select count(*) into n from pg_class where relname = 't' and relkind in ('r', 'p'); if n = 0 then drop table t; end if;
end $$;
