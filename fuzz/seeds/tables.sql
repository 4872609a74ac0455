create table p (id bigserial primary key, a text collate "C" default 'x', b int generated always as (1) stored, unique (a, b), check (b > 0)) partition by range (id);
create table c partition of p for values from (1) to (2); create index on p (lower(a)) where b > 1;
alter table p rename column a to z; alter table p rename to q; drop table if exists q cascade; copy p from stdin;
1	2
\.
insert into p (id, a) values (1, 'a') on conflict (id) do nothing; create or replace function f(a int, out b text) returns text language sql as 'select 1';
-- schema-audit: feature other
create trigger t before update of b on p for each row when (old.b > 1) execute function f(); grant select (a) on p to public;
