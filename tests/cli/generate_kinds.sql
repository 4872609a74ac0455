-- Kinds of objects, and what is said of them, that neither everything.sql nor generate.sql has. PostgreSQL 12 to 18.

do $$ begin create role "Generate App" login; exception when duplicate_object then null; end $$;
do $$ begin create role generate_reader; exception when duplicate_object then null; end $$;
do $$ begin create role generate_group createdb connection limit 5; exception when duplicate_object then null; end $$;
grant generate_group to generate_reader with admin option;
grant generate_reader to "Generate App";
create schema rare authorization "Generate App";

-- Aggregates, functions, procedures.
create aggregate rare.mid(float8 order by float8) (sfunc = ordered_set_transition, stype = internal, finalfunc = percentile_cont_float8_final);
create aggregate rare.cnt(*) (sfunc = int8inc, stype = bigint, initcond = 0);
grant execute on function rare.mid(float8, float8) to generate_reader;
comment on aggregate rare.mid(float8 order by float8) is 'Middle';
comment on aggregate rare.cnt(*) is 'All';
revoke execute on function rare.cnt() from public;
create function rare.ops(a int, out b int, c text default 'x', variadic d int[] default '{}') language sql as 'select 1';
comment on function rare.ops(int, text, int[]) is 'Ops';
grant execute on function rare.ops(int, text, int[]) to generate_reader;
create procedure rare.pr(inout a int) language sql as 'select 1';
comment on procedure rare.pr(int) is 'proc';
grant execute on procedure rare.pr(int) to generate_reader;

-- What is said of tables, columns and indexes besides.
create table rare.t (id int constraint nn_id not null, a text, b text, "C d" int, constraint t_pk primary key (id));
create unique index t_a on rare.t (a, id);
alter table rare.t alter column a set not null;
create unique index t_a2 on rare.t (a);
alter table rare.t replica identity using index t_a2;
create table rare.full_rep (a int);
alter table rare.full_rep replica identity full;
create table rare.no_rep (a int);
alter table rare.no_rep replica identity nothing;
alter table rare.t cluster on t_pk;
alter table rare.t alter column a set statistics 500, alter column a set (n_distinct = -0.5);
create index t_expr on rare.t (lower(a), lower(b));
alter index rare.t_expr alter column 2 set statistics 300;
create table rare.fk (id int references rare.t);
comment on constraint fk_id_fkey on rare.fk is 'Ties';
comment on column rare.t."C d" is 'Odd';
comment on index rare.t_a is 'idx';
create type rare.e as enum ();
create type rare.e2 as enum ('a''b', 'c');
create domain rare.d as rare.e2 constraint dd check (value <> 'c');
comment on domain rare.d is 'A domain';
comment on constraint dd on domain rare.d is 'check';
revoke usage on type rare.d from public;
grant usage on type rare.e2 to generate_reader;
grant usage on domain rare.d to generate_reader;

-- Operators, their classes and families, casts.
create function rare.eq(rare.e2, int) returns bool language sql immutable as 'select true';
create function rare.eq2(int, rare.e2) returns bool language sql immutable as 'select true';
create operator rare.=== (leftarg = rare.e2, rightarg = int, function = rare.eq, commutator = operator(rare.===), negator = operator(rare.!==), hashes, merges);
create operator rare.=== (leftarg = int, rightarg = rare.e2, function = rare.eq2, commutator = operator(rare.===));
create operator rare.!== (leftarg = rare.e2, rightarg = int, function = rare.eq, negator = operator(rare.===));
comment on operator rare.=== (rare.e2, int) is 'op';
create operator family rare.fam using hash;
alter operator family rare.fam using hash add operator 1 rare.=== (rare.e2, int), function 1 (rare.e2, rare.e2) hashenum(anyenum);
comment on operator family rare.fam using hash is 'fam';
create operator class rare.oc default for type rare.e using hash family rare.fam as operator 1 = (anyenum, anyenum), function 1 hashenum(anyenum);
comment on operator class rare.oc using hash is 'oc';
create function rare.e2int(rare.e2) returns bigint language sql immutable as 'select 1::bigint';
create cast (rare.e2 as bigint) with function rare.e2int(rare.e2);
comment on cast (rare.e2 as bigint) is 'A cast';

-- Foreign data.
create foreign data wrapper fw;
create server "Srv 1" foreign data wrapper fw;
grant usage on foreign data wrapper fw to generate_reader;
grant usage on foreign server "Srv 1" to generate_reader with grant option;
comment on foreign data wrapper fw is 'FDW';
comment on server "Srv 1" is 'SRV';
create user mapping for public server "Srv 1";
create foreign table rare.ft (a int not null, b text) server "Srv 1" options (t 'x');
comment on foreign table rare.ft is 'FT';
comment on column rare.ft.b is 'ftcol';
grant select on rare.ft to generate_reader;
grant update (b) on rare.ft to generate_reader;
create function rare.trg() returns trigger language plpgsql as 'begin return new;
end';
create trigger ftt before insert on rare.ft for each row execute function rare.trg('a', 'b\c');
comment on trigger ftt on rare.ft is 'tr';

-- Languages, conversions, access methods.
create language lang1 handler plpgsql_call_handler inline plpgsql_inline_handler validator plpgsql_validator;
create trusted language "Lang 2" handler plpgsql_call_handler;
grant usage on language "Lang 2" to generate_reader;
revoke usage on language "Lang 2" from public;
comment on language lang1 is 'Lang';
create function rare.in_lang() returns int language lang1 as 'begin return 1;
end';
create conversion rare.conv for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8;
create default conversion rare.conv2 for 'UTF8' to 'LATIN1' from utf8_to_iso8859_1;
comment on conversion rare.conv is 'conv';
create access method heap3 type table handler heap_tableam_handler;
create access method bt3 type index handler bthandler;
comment on access method bt3 is 'am';
create table rare.on_heap3 (a int) using heap3;
create index on rare.on_heap3 using btree (a);
create operator class rare.bt3_int default for type int using bt3 as operator 1 <, operator 2 <=, operator 3 =, operator 4 >=, operator 5 >, function 1 btint4cmp(int, int);

-- Text search.
create text search dictionary rare.dict (template = simple, stopwords = 'english');
create text search configuration rare.cfg (copy = pg_catalog.english);
alter text search configuration rare.cfg alter mapping for word, asciiword with rare.dict, english_stem;
comment on text search dictionary rare.dict is 'd';
comment on text search configuration rare.cfg is 'c';
create table rare.tsd (a text, v tsvector generated always as (to_tsvector('rare.cfg', a)) stored);

-- Rules and views.
create rule r as on insert to rare.tsd do also notify x;
comment on rule r on rare.tsd is 'rule';
create table rare.like_view (a int);
create view rare.v with (security_barrier = true, check_option = cascaded) as select a from rare.like_view where a > 0;
alter view rare.v alter column a set default 5;
comment on column rare.v.a is 'vc';
create trigger vt instead of insert on rare.v for each row execute function rare.trg();

-- Statistics.
create statistics rare.st on a, b from rare.t;
comment on statistics rare.st is 'stats';

-- Event triggers, publications, collations.
create function rare.et() returns event_trigger language plpgsql as 'begin end';
create event trigger ev on ddl_command_start execute function rare.et();
alter event trigger ev disable;
comment on event trigger ev is 'et';
create publication pub for table rare.t;
comment on publication pub is 'pub';
create collation rare.coll (provider = icu, locale = 'und', deterministic = false);
comment on collation rare.coll is 'coll';
create table rare.colled (a text collate rare.coll, b text collate "de-x-icu");

-- Extensions, with what others may do with their members.
create extension pgcrypto with schema rare;
grant execute on function rare.digest(text, text) to generate_reader;
revoke execute on function rare.gen_random_bytes(int) from public;

-- Policies.
alter table rare.t enable row level security;
create policy p on rare.t to generate_reader, "Generate App", current_user using (a = current_user);
comment on policy p on rare.t is 'pol';

-- Default privileges.
alter default privileges for role "Generate App" in schema rare grant select on tables to generate_reader with grant option;
alter default privileges for role "Generate App" revoke execute on functions from public;
alter default privileges for role "Generate App" grant usage on schemas to generate_reader;

-- Sequences, owners, and what is left.
create sequence rare.sq;
grant usage, select on rare.sq to generate_reader;
comment on sequence rare.sq is 'sq';
create table rare.ser (id serial, n bigserial primary key);
comment on sequence rare.ser_id_seq is 'of serial';
grant usage on rare.ser_id_seq to generate_reader;
create table rare.idn (id int generated always as identity);
comment on sequence rare.idn_id_seq is 'of identity';
grant usage on rare.idn_id_seq to generate_reader;
alter table rare.t owner to "Generate App";
alter function rare.trg() owner to "Generate App";
alter sequence rare.sq owner to generate_reader;
alter view rare.v owner to generate_reader;
alter type rare.e2 owner to "Generate App";
grant select on rare.t to generate_reader;
revoke update on rare.t from "Generate App";
create table rare.rt (a int, b rare.e2[], c rare.t);
comment on type rare.e2 is 'enum';
create table rare.excl (a int4range, exclude using gist (a with &&) where (not isempty(a)));
create table rare.chk (a int, constraint c1 check (a > 0) no inherit, constraint c2 check (a > 1));
alter table rare.chk add constraint c3 check (a < 10) not valid;
create table rare.part (a int, b int) partition by range (a, (b + 1));
create table rare.part_1 partition of rare.part for values from (1, minvalue) to (10, maxvalue);
create index part_i on rare.part (b);
comment on index rare.part_i is 'pi';
alter table rare.part_1 add constraint own check (b > 0);
create trigger ptrg after insert on rare.part for each row execute function rare.trg();
create table rare.opts (a int) with (fillfactor = 50, toast_tuple_target = 200);
alter foreign table rare.ft alter column a set statistics 20;
create view rare.vtext as select 'a;b'::text as a, $q$it's \ $q$ as b;
create domain rare.nn as int not null default 5;
