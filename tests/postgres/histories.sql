-- Histories of migrations, each run in a database of its own, folded, and compared. A line of dashes and a title starts
-- the next one; some need a version of PostgreSQL.
------ a chain of renames
create table users (id serial primary key, email text not null unique, name text);
create index users_name on users (name);
create table posts (id bigserial primary key, user_id int not null references users (id), body text);
alter table users rename to people;
alter table people rename column name to full_name;
alter table posts rename column user_id to author_id;
alter table people rename to members;
alter table members rename column id to member_id;
alter table posts rename constraint posts_user_id_fkey to posts_author;
alter index users_name rename to members_full_name;
alter table members rename constraint users_pkey to members_pkey;
alter sequence users_id_seq rename to members_id_seq;
alter table posts add constraint posts_again foreign key (author_id) references members;
------ two tables are swapped
create table items (id int primary key, old_price int check (old_price > 0));
create table items_new (id bigint primary key, price numeric(10,2) not null default 0);
create index on items_new (price);
begin;
alter table items rename to items_old;
alter table items_new rename to items;
commit;
create table orders (item bigint references items);
drop table items_old;
------ rename the old one, create the new one
create table t (id int primary key, a text unique);
create index on t (a);
alter table t rename to t_old;
create table t (id int primary key, a text unique);
create index on t (a);
insert into t select id, a from t_old;
alter table t_old rename column a to b;
------ a column is split
create table people (id int primary key, name text not null);
alter table people add column first text, add column last text;
update people set first = split_part(name, ' ', 1), last = split_part(name, ' ', 2);
alter table people alter column first set not null, alter column last set default '';
alter table people drop column name;
alter table people rename column first to name;
------ an enum is made anew
create type status as enum ('new', 'open', 'closed');
create table tickets (id int primary key, status status not null default 'new', past status[]);
create function is_open(s status) returns boolean language sql immutable as $$ select s = 'open' $$;
drop function is_open(status);
alter type status rename to status_old;
create type status as enum ('new', 'open', 'done');
alter table tickets alter column status drop default;
alter table tickets alter column status type status using status::text::status;
alter table tickets alter column past type status[] using past::text[]::status[];
alter table tickets alter column status set default 'new';
drop type status_old;
alter type status rename value 'done' to 'finished';
alter type status add value 'late' before 'finished';
------ a table gets another name behind a view of the old name
create table customers (id serial primary key, email text);
alter table customers rename to clients;
create view customers as select id, email from clients;
alter table clients add column phone text;
create or replace view customers as select id, email, phone from clients;
------ a table becomes partitioned
create table events (id bigint not null, at date not null, kind text, primary key (id));
create index events_kind on events (kind);
alter table events rename to events_old;
alter index events_pkey rename to events_old_pkey;
alter index events_kind rename to events_old_kind;
create table events (id bigint not null, at date not null, kind text, primary key (id, at)) partition by range (at);
create table events_2024 partition of events for values from ('2024-01-01') to ('2025-01-01');
create table events_default (like events including all);
alter table events attach partition events_default default;
create index events_kind on events (kind);
insert into events select * from events_old;
drop table events_old;
alter table events add column note text default 'x' not null;
alter table events drop column kind;
alter table events alter column note type varchar(40);
alter table events detach partition events_default;
------ everything moves into a schema
create type mood as enum ('ok');
create table users (id serial primary key, mood mood);
create table posts (id int generated always as identity primary key, user_id int references users);
create index on posts (user_id);
create function touch() returns trigger language plpgsql as $$ begin return new; end $$;
create trigger touch before update on users for each row execute function touch();
create view active as select id from users;
create schema app;
alter table users set schema app;
alter type mood set schema app;
alter function touch() set schema app;
alter table posts set schema app;
alter view active set schema app;
create table app.more (m app.mood, user_id int references app.users);
alter schema app rename to product;
create table product.last (m product.mood, user_id int references product.users);
------ sequences
create sequence a;
alter sequence a as integer;
alter sequence a increment 5 minvalue 5 maxvalue 5000 start 10 cache 3 cycle restart;
create sequence b increment -1;
alter sequence b no minvalue;
create sequence c as smallint;
alter sequence c as bigint;
create sequence d;
alter sequence d increment -2;
create table t (id int generated by default as identity, n serial, o int);
alter table t alter column id type bigint;
alter table t alter column n type bigint;
alter table t alter column id set generated always set increment 10 set cache 4 restart;
alter sequence a owned by t.o;
alter sequence a rename to a2;
alter table t rename to u;
create table v (id int not null);
alter table v alter column id add generated always as identity;
alter table v alter column id drop identity;
alter table v alter column id drop not null;
------ columns change
create table t (a varchar(10) collate "C" default 'x', b int, c int generated always as (b * 2) stored);
alter table t alter column a type text;
alter table t alter column a drop default, alter column b set not null, alter column b set default 5;
alter table t add constraint positive check (b > 0) not valid;
alter table t validate constraint positive;
alter table t add column d timestamptz default now(), add column e uuid[] not null default '{}';
alter table t drop column d, add column d text;
alter table t set unlogged;
alter table t enable row level security, force row level security;
alter table t no force row level security;
------ a generated column becomes a plain one, since 13
create table t (b int, c int generated always as (b * 2) stored);
alter table t alter column c drop expression;
------ constraints change
create table p (id int primary key);
create table c (id int, p_id int constraint c_p references p, q_id int references p (id) on delete cascade);
alter table c alter constraint c_p deferrable initially deferred;
alter table c alter constraint c_q_id_fkey deferrable;
alter table c add constraint c_id unique (id);
alter table c drop constraint c_id, add primary key (id);
alter table c rename constraint c_pkey to c_key;
create unique index c_two on c (id, p_id);
alter table c add constraint c_both unique using index c_two;
------ triggers and policies
create role history_reader;
create table t (id int, owner text);
create function f() returns trigger language plpgsql as $$ begin return new; end $$;
create trigger a before insert on t for each row execute function f();
create trigger b after update of owner on t for each row when (old.owner is distinct from new.owner) execute function f();
create policy p on t using (owner = 'x');
alter trigger a on t rename to a2;
alter table t disable trigger b;
alter policy p on t to history_reader using (owner = 'y') with check (id > 0);
alter policy p on t rename to q;
alter table t rename column owner to author;
alter function f() rename to g;
create or replace function g() returns trigger language plpgsql as $$ begin return old; end $$;
drop owned by history_reader;
drop policy if exists q on t;
drop role history_reader;
------ functions change
create function f(a int, b text default 'x') returns int language sql as $$ select 1 $$;
alter function f(int, text) stable strict;
alter function f security definer;
alter function f(int, text) rename to g;
create function f(a int) returns int language sql as $$ select 2 $$;
create or replace function g(a int, b text default 'y') returns int language sql as $$ select 3 $$;
create procedure p() language sql as $$ select 1 $$;
alter procedure p() rename to q;
drop function f;
------ composite types and domains
create type address as (street text collate "POSIX", zip text);
alter type address add attribute city text, drop attribute zip;
alter type address rename attribute street to road;
alter type address alter attribute city type varchar(50) collate "C";
create domain email as text check (value ~ '@');
create table t (a address, e email);
alter type address rename to postal;
alter domain email rename to mail;
create function f(p postal) returns mail language sql as $$ select null::mail $$;
------ domains change
create domain d as int check (value > 0) check (value <> 5);
create table t (a d);
alter domain d set not null;
alter domain d drop not null;
alter domain d set default 7;
alter domain d add check (value < 100);
alter domain d drop constraint d_check1;
alter domain d add constraint even check (value % 2 = 0 or value = 7) not valid;
alter domain d validate constraint even;
alter domain d rename constraint d_check to positive;
alter domain d drop constraint if exists d_check;
alter domain d rename to natural_number;
------ cascades
create table a (id int primary key);
create table b (id int primary key, a_id int references a on delete cascade);
create view va as select id from a;
create view vva as select id from va;
create view vb as select id from b;
create materialized view ma as select count(*) from va;
create index on ma (count);
drop table a cascade;
create type mood as enum ('ok');
create table t (m mood, n int);
create function f(m mood) returns int language sql as $$ select 1 $$;
drop type mood cascade;
create function g() returns trigger language plpgsql as $$ begin return new; end $$;
create trigger tr before insert on t for each row execute function g();
drop function g() cascade;
create view vn as select n from t;
alter table t drop column n cascade;
------ inheritance
create table base (id int primary key, a text);
create table child (b int) inherits (base);
create table own (a text, c int) inherits (base);
create table late (id int not null, a text, d int);
alter table late inherit base;
alter table base add column e int default 5;
alter table base rename column a to z;
alter table base drop column e;
alter table base drop column z;
alter table late no inherit base;
alter table base add column f int;
------ tables from queries and from others
create table t (id serial primary key, a varchar(5) not null default 'x' check (a <> ''), b int);
create index on t (b);
create table copy (like t including all);
create table plain (like t);
create table q as select id, a as name, b from t;
create table star as select * from t;
select id into into_table from t;
create table summed as select count(*), max(b) as biggest from t;
------ transactions that are rolled back
create table kept (id int);
begin;
create table gone (id int);
alter table kept add column gone int;
rollback;
begin;
alter table kept add column here int;
savepoint s;
alter table kept add column gone int;
rollback to savepoint s;
alter table kept add column there int;
release s;
commit;
------ a schema with its elements
create schema crm create table leads (id int primary key, name text) create view named as select id from leads
  create index on leads (name) create sequence numbers;
alter table crm.leads rename to prospects;
------ seed rows
create table settings (key text primary key, value text);
insert into settings values ('a', '1'), ('b', '2'), ('c', '3');
update settings set value = 'x' where key = 'a';
delete from settings where key = 'b';
alter table settings rename column key to name;
alter table settings rename to options;
create table levels (n int primary key);
insert into levels values (1), (2);
delete from levels where n = 2;
create table old (k int primary key);
insert into old values (1);
truncate old;
insert into old values (2);
delete from old;
------ what comes and goes if it is there
create table t (a int);
alter table if exists nothing rename to something;
alter table if exists nothing add column x int;
alter table if exists t add column b int;
alter table if exists t rename to u;
alter table if exists t rename to v;
drop table if exists t;
alter table u rename a to c;
create index if not exists i on u (c);
drop index if exists i;
drop view if exists nothing;
------ schemas go
create schema a;
create schema b;
create type a.mood as enum ('x');
create table a.t (id int primary key);
create table b.u (t_id int references a.t, m a.mood, n int);
create view b.v as select id from a.t;
create function b.f(a.mood) returns int language sql as $$ select 1 $$;
drop schema a cascade;
------ a column of many expressions is renamed
create table mails (id int primary key, mail text check (mail <> '' and mails.mail is not null), at date, low text generated always as (lower(mail)) stored);
create unique index on mails (lower(mail), (id + 1)) where mail <> 'mail';
create function touch() returns trigger language plpgsql as 'begin return new; end';
create trigger touch after update on mails for each row when (old.mail is distinct from new.mail or new.* is distinct from old.*) execute function touch();
alter table mails enable row level security;
create policy own on mails using (mail = current_user) with check (mail in (select mail from mails));
alter table mails rename mail to "E-Mail";
alter table mails rename at to "mail";
------ the drop of a default comes first, whatever is written
create table t (a text, b text default 'x');
alter table t alter a set default upper('x'), alter a drop default, alter b drop default, alter b set default 'y';
