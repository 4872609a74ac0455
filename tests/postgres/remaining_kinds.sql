-- Rules, statistics, publications, foreign tables and the rest: what every version from 12 on has.

create schema crm;
create schema other;
create type crm.mood as enum ('sad', 'ok');
create table crm.leads (id int primary key, name text, score int);
create table crm.log (id int, what text);
create view crm.open_leads as select id, name from crm.leads;

create function crm.add(state int, more crm.mood) returns int language sql immutable as 'select $1 + 1';
create function crm.done(state int) returns text language sql immutable as 'select $1::text';
create function crm.both(a int, b int) returns int language sql immutable as 'select $1 + $2';
create function crm.meets(int, crm.mood) returns boolean language sql immutable as 'select true';
create function crm.met_by(crm.mood, int) returns boolean language sql immutable as 'select true';
create function crm.denied(crm.mood) returns boolean language sql immutable as 'select false';
create function crm.to_mood(int) returns crm.mood language sql immutable as $$ select 'ok'::crm.mood $$;
create function crm.log_ddl() returns event_trigger language plpgsql as 'begin end';

create aggregate crm.moods(crm.mood) (
    sfunc = crm.add, stype = int, finalfunc = crm.done, combinefunc = crm.both, initcond = '0', parallel = safe
);
create aggregate count_all(*) (sfunc = int8inc, stype = bigint, initcond = 0);
create aggregate old_sum (basetype = int, sfunc = int4pl, stype = int4, initcond = '0');
create aggregate middle(float8 order by float8) (
    sfunc = ordered_set_transition, stype = internal, finalfunc = percentile_cont_float8_final
);

create rule keep as on delete to crm.leads do instead nothing;
create rule log_it as on update to crm.leads where old.score > 1 do also insert into crm.log values (old.id, 'updated');
create rule "Open leads" as on insert to crm.open_leads do instead insert into crm.leads (id) values (new.id);
alter table crm.leads disable rule log_it;

create event trigger log_ddl on ddl_command_end when tag in ('create table', 'DROP TABLE') execute function crm.log_ddl();
create event trigger log_all on sql_drop execute function crm.log_ddl();
alter event trigger log_all disable;

create publication everything for all tables with (publish = 'insert, update');
create publication sales for table crm.leads, crm.log;
alter publication sales drop table crm.log;
create publication nothing;

create statistics crm.score_stat (dependencies, ndistinct) on score, name from crm.leads;
create statistics leads_all on id, name from crm.leads;

create cast (int as crm.mood) with function crm.to_mood(int) as assignment;
create cast (crm.mood as int[]) with inout;
create operator crm.@@ (
    leftarg = int, rightarg = crm.mood, procedure = crm.meets, commutator = operator(crm.@@@), restrict = eqsel
);
create operator crm.@@@ (leftarg = crm.mood, rightarg = int, function = crm.met_by, commutator = operator(crm.@@));
create operator crm.!! (rightarg = crm.mood, function = crm.denied);
alter operator crm.@@ (int, crm.mood) set (join = eqjoinsel, restrict = none);
create operator family crm.shared using btree;
create operator class crm.plain for type int using btree as
    operator 1 <, operator 2 <=, operator 3 =, operator 4 >=, operator 5 >, function 1 btint4cmp(int4, int4);
create operator class crm.in_family for type bigint using btree family crm.shared as
    operator 1 <, operator 2 <=, operator 3 =, operator 4 >=, operator 5 >, function 1 btint8cmp(int8, int8);

create text search parser crm.plain (
    start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end, lextypes = prsd_lextype, headline = prsd_headline
);
create text search template crm.simple (init = dsimple_init, lexize = dsimple_lexize);
create text search dictionary crm.words (template = crm.simple, accept = false);
create text search configuration crm.plain (parser = crm.plain);
create text search dictionary crm.mapped (template = pg_catalog.simple);
create text search configuration crm.mapped (parser = "default");
alter text search configuration crm.mapped add mapping for asciiword, word, hword with crm.mapped, simple;
alter text search configuration crm.mapped alter mapping for word with simple;
alter text search configuration crm.mapped drop mapping for hword;
create text search configuration crm.copied (copy = pg_catalog.english);
alter text search configuration crm.copied alter mapping for word with crm.mapped;
alter text search configuration crm.copied drop mapping for url_path;

create collation crm.plain (locale = 'C');
create collation crm.two (lc_collate = 'C', lc_ctype = 'POSIX');
create collation if not exists crm.copied from "C";
create conversion crm.latin for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8;
create trusted language sample handler plpgsql_call_handler;
create access method heap2 type table handler heap_tableam_handler;

create foreign data wrapper w options (debug 'true');
alter foreign data wrapper w options (set debug 'false', add level '3');
create server s type 'oracle' version '9' foreign data wrapper w options (host 'a=b', password 'hunter2');
alter server s version '10' options (drop host);
create server if not exists s foreign data wrapper w;
create user mapping for public server s options (user 'bob', password 'swordfish');
create user mapping for postgres server s;
create foreign table crm.remote (
    id int not null, name varchar(20) options (column_name 'NAME') default 'x', check (id > 0)
) server s options (table_name 'remote');
alter foreign table crm.remote add column score numeric(5, 2), options (add fetch_size '10');
create foreign table other.part (id int) server s;
create trigger remote_rows before insert on crm.remote for each row execute function suppress_redundant_updates_trigger();

create text search parser crm.said (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end, lextypes = prsd_lextype);
create text search template crm.said (init = dsimple_init, lexize = dsimple_lexize);
create conversion crm.said for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8;
create trusted language said handler plpgsql_call_handler;
create access method said type table handler heap_tableam_handler;
comment on rule log_it on crm.leads is 'rule';
comment on statistics leads_all is 'statistics';
comment on collation crm.copied is 'collation';
comment on conversion crm.said is 'conversion';
comment on text search parser crm.said is 'parser';
comment on text search template crm.said is 'template';
comment on text search dictionary crm.mapped is 'dictionary';
comment on text search configuration crm.mapped is 'configuration';
comment on language said is 'language';
comment on access method said is 'access method';
comment on foreign data wrapper w is 'wrapper';
comment on server s is 'server';
comment on event trigger log_all is 'event trigger';
comment on publication sales is 'publication';
