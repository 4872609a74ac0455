-- Feature "core": keys across squads, limits of columns, updated_at.

begin;
\ir seed.psql
select plan(10);

select is(current_squad_id(), null, 'without a setting there is no squad');
select set_config('app.squad_id', :'red', true), set_config('app.user_id', '', true) \g /dev/null
select is(current_squad_id(), :'red'::uuid, 'the squad is that of the setting');
select is(current_user_id(), null, 'an empty setting is nobody, as a pooled session has it after the transaction of another');

select is((select full_name from leads where id = :'anna'), 'Anna Adler', 'the full name is made of first and last name');
select throws_ok(
    format('insert into notes (squad_id, lead_id, author_id, body) values (%L, %L, %L, %L)', :'blue', :'anna', :'ben', 'spy'),
    '23503', null, 'a note cannot point at a lead of another squad');
select throws_ok(
    format('insert into leads (squad_id, email) values (%L, %L)', :'red', 'ANNA@example.com'),
    '23505', null, 'two leads of a squad cannot have one address');
select lives_ok(
    format('insert into leads (squad_id, email) values (%L, %L)', :'blue', 'anna@example.com'),
    'leads of two squads can');
select throws_ok(
    format('insert into leads (squad_id, email) values (%L, %L)', :'red', 'no address'), '23514', null, 'an address is an address');

update leads set updated_at = '2020-01-01' where id = :'bert';
select is((select updated_at from leads where id = :'bert'), now(), 'updated_at is the time of the change');

delete from squads where id = :'blue';
select is_empty(format('select id from leads where squad_id = %L', :'blue'), 'a deleted squad takes its leads along');

select * from finish();
rollback;
