-- What generate must print besides the statements of everything.sql. PostgreSQL 12 to 18.

-- Names that need quotes: keywords, capitals, other letters, quotes, 63 bytes (c12, c13, c14).
create schema "select";
create schema "مخطط";
create table "select"."table" ("type" text, "order" int primary key, "Column" int, "naïve" text, "a""b" text);
create index "Index" on "select"."table" ("Column", "a""b");
create table "مخطط"."جدول" ("عمود" serial primary key);
create table a_table_whose_name_is_long_enough_to_be_cut_by_the_server_1 (a_column_with_a_long_name_too_so_that_both_are_cut serial);

-- A sequence is a serial column's, or goes with a column in another way, or with none (k6).
create table serials (small smallserial, normal serial not null, odd int not null default 5);
create sequence serials_odd_seq owned by serials.odd;
create table renamed (id serial);
alter table renamed rename to renamed_later;
alter sequence renamed_id_seq increment by 5;
create sequence shared;
create table sharing (a int default nextval('shared'), b bigint default nextval('shared') not null);
create table identities (a int generated always as identity (sequence name own_name minvalue 10), b int);

-- Objects that need each other.
create function is_good(int) returns boolean language sql immutable as 'select $1 > 0';
create table checked (a int check (is_good(a)), b int default length('abc'));
create function count_checked() returns bigint language sql stable as 'select count(*) from checked';
create function of_row(checked) returns int language sql immutable as 'select $1.a';
alter table checked add constraint checks_itself check (of_row(checked) > 0);
create function next_number() returns int language plpgsql as $$ begin return 1; end $$;
create table numbered (n int default next_number(), m int);
create index on checked (is_good(a));
create view on_view as select is_good(a) as good from checked;
create view over_view as select good from on_view where good;
create table one (id int primary key, two int);
create table two (id int primary key references one, one int unique);
alter table one add foreign key (two) references two deferrable;
alter table one add foreign key (two) references two (one);
create unique index two_both on two (id, one);
alter table one add constraint by_index foreign key (id, two) references two (id, one) match full;

create function inner_one(int) returns int language sql immutable as 'select $1';
create function calls_inner(int) returns int language sql immutable as 'select public.inner_one($1)';
create table called (a int);
create index on called (calls_inner(a));
create table a_called_before_its_function (a int check (calls_inner(a) > 0));
create function rows_of_called() returns int language plpgsql as $$ declare r called%rowtype; begin return 1; end $$;
create table twice (a int primary key, b int, unique (b));
alter table twice add constraint twice_again unique (b), add constraint twice_key unique (a);

-- Partitions and inheritance (k1 to k4).
create table parted (id int not null, kind text default 'x', primary key (id)) partition by hash (id);
create table parted_0 partition of parted for values with (modulus 2, remainder 0);
create table parted_1 (kind text, id int not null, check (id > 0));
alter table parted attach partition parted_1 for values with (modulus 2, remainder 1);
alter table parted_1 alter column kind set default 'y';
create index parted_kind on parted (kind);
create index on parted_0 (id, kind);
create table lists (a int, b int) partition by list (a);
create table lists_1 partition of lists for values in (1, null) partition by range (b);
create table lists_1_1 partition of lists_1 (b default 7, constraint b_is_small check (b < 9)) for values from (minvalue) to (10);
create table lists_rest partition of lists default;
create table refers (id int references parted);
create function noted() returns trigger language plpgsql as $$ begin return new; end $$;
create trigger parted_noted after insert on parted for each row execute function noted();
create table parent (a int default 1, b text, constraint a_is_good check (a > 0));
create table other_parent (c int not null);
create table child (a int default 2, d int) inherits (parent, other_parent);
create table grandchild () inherits (child);
create table put_apart (a text, b text);
create table put_apart_child () inherits (put_apart);
create table computed (a int, b int generated always as (a + 1) stored);
create table computed_child (c int) inherits (computed);
create table computed_joined (a int, b int generated always as (a + 1) stored);
alter table computed_joined inherit computed;
create table computed_parted (k int, g int generated always as (k * 2) stored) partition by range (k);
create table computed_part partition of computed_parted for values from (0) to (10);
alter table put_apart_child alter column a set storage external;
alter table only put_apart alter column b set storage main;
alter table grandchild alter column a drop default, alter column b set not null;

-- Storage, options, states.
create table stored (a text, b text) with (fillfactor = 70, autovacuum_enabled = false, toast.autovacuum_enabled = off);
create view safe with (security_barrier) as select a from stored with local check option;
create index stored_a on stored (a) with (fillfactor = 50);
create table late (a int not null);
alter table late add constraint late_check check (a > 0) not valid;
create trigger never before update on late for each row execute function noted();
alter table late disable trigger never;
create trigger always before delete on late for each row execute function noted();
alter table late enable always trigger always;
create table secured (a int);
alter table secured enable row level security;
create policy none on secured as restrictive for delete using (false);
create type ranged as range (subtype = float8, subtype_diff = float8mi);
create type with_collation as (a text collate "C", b int[]);
create type no_attributes as ();
create materialized view counted as select a, count(*) as number from checked group by a with no data;
create unique index counted_a on counted (a);
create view grouped as select id, kind from parted group by id;
create view itself as select a, kind from parted, checked; create or replace view itself as select a, kind from itself;

-- Bodies byte for byte.
create function odd_body() returns text language plpgsql as E'\n  -- tab:\t, return:\r\n  begin return \'$function$ \\\\ é\'; end   \n\n';
create function settled(a int default 1, out b int, inout c text default 'x') language plpgsql
    set search_path = public set work_mem = '1MB' cost 5 parallel safe leakproof as 'begin b := a; end';
create function series(n int) returns setof int language sql rows 5 as 'select generate_series(1, n)';

-- Comments, on objects and on what is in them (k28).
comment on schema "select" is 'A keyword.';
comment on table "select"."table" is E'It''s one\nof several \\ lines.';
comment on column "select"."table"."a""b" is 'Odd';
comment on constraint checks_itself on checked is 'After its function.';
comment on constraint percent_check on domain percent is 'Within bounds.';
comment on function add(int, int) is 'Adds.';
comment on index stored_a is 'An index.';
comment on trigger never on late is 'Off.';
comment on policy none on secured is 'Nobody.';
comment on type mood is 'How it feels.';
comment on column address.zip is 'An attribute.';
comment on sequence shared is 'For two.';
comment on materialized view counted is 'By value.';
comment on view on_view is 'Good ones.';
comment on procedure crm.clean(int, varchar) is 'Cleans.';

-- Privileges (k23 to k25).
do $$ begin create role generate_reader; exception when duplicate_object then null; end $$;
grant usage on schema public, "select" to generate_reader;
grant select, insert on "select"."table" to generate_reader;
grant update ("a""b", "Column") on "select"."table" to generate_reader with grant option;
grant select on "select"."table", on_view, counted to public;
grant usage on sequence shared to generate_reader;
revoke execute on function add(int, int) from public;
grant execute on function add(int, int) to generate_reader with grant option;
grant execute on procedure crm.clean(int, varchar) to generate_reader;
revoke usage on type mood from public;
alter default privileges in schema crm grant select on tables to generate_reader;
alter default privileges revoke execute on functions from public;
alter default privileges grant usage on sequences to generate_reader;
