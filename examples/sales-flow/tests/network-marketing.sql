-- Feature "network-marketing": the tree of squads, and the network of leads
--
--   anna - bert - dora     anna - carl     carl - dora     dora - emil

begin;
\ir seed.psql
select plan(21);

insert into lead_relationships (squad_id, lead_id, related_lead_id, kind, strength) values
    (:'red', :'bert', :'anna', 'friend', 0.9),
    (:'red', :'bert', :'dora', 'friend', 0.5),
    (:'red', :'carl', :'anna', 'colleague', 0.4),
    (:'red', :'carl', :'dora', 'family', 1.0),
    (:'red', :'emil', :'dora', 'customer', 0.3);

-- lead_relationships

select is_empty('select from lead_relationships where lead_id > related_lead_id', 'a pair is kept with the smaller id first');
select throws_ok(
    format('insert into lead_relationships (squad_id, lead_id, related_lead_id, kind)
            values (%L, %L, %L, ''family'')', :'red', :'anna', :'bert'),
    '23505', null, 'and once, whichever way it is written');
select throws_ok(
    format('insert into lead_relationships (squad_id, lead_id, related_lead_id, kind) values (%L, %L, %2$L, ''friend'')', :'red', :'anna'),
    '23514', null, 'nobody is their own friend');
select throws_ok(
    format('insert into lead_relationships (squad_id, lead_id, related_lead_id, kind)
            values (%L, %L, %L, ''friend'')', :'red', :'anna', :'zoe'),
    '23503', null, 'a relationship does not cross squads');

-- get_lead_network

select results_eq(
    format('select full_name, depth, connections from get_lead_network(%L)', :'anna'),
    $$values ('Bert Baum', 1, 2::bigint), ('Carl Curie', 1, 2::bigint), ('Dora Dill', 2, 3::bigint), ('Emil Ernst', 3, 1::bigint)$$,
    'the network of a lead, nearest first, in circles or not');
select results_eq(
    format('select full_name from get_lead_network(%L, 1)', :'emil'), array['Dora Dill'], 'no farther than asked for');
select is_empty(format('select from get_lead_network(%L)', :'zoe'), 'a lead without relationships is alone');
update leads set archived_at = now() where id = :'emil';
select is((select count(*) from get_lead_network(:'anna')), 3::bigint, 'archived leads are not shown');
update leads set archived_at = null where id = :'emil';

-- Everybody knows everybody: sixty leads have more paths than anybody can wait for, and the answer comes at once.
set local statement_timeout = '5s';
insert into leads (squad_id, first_name) select :'green', 'Green ' || i from generate_series(1, 60) as i;
insert into lead_relationships (squad_id, lead_id, related_lead_id, kind)
select a.squad_id, a.id, b.id, 'friend' from leads a join leads b on a.squad_id = b.squad_id and a.id < b.id where a.squad_id = :'green';
select is(
    (select count(*) from get_lead_network((select id from leads where squad_id = :'green' limit 1), 6)), 59::bigint,
    'a dense network is walked once, not path by path');

-- find_common_connections

select results_eq(
    format('select full_name, strength from find_common_connections(%L, %L)', :'anna', :'dora'),
    $$values ('Bert Baum', 0.4500), ('Carl Curie', 0.4000)$$, 'whom both know, the strongest way first');
select is_empty(format('select from find_common_connections(%L, %L)', :'anna', :'emil'), 'or nobody');

-- recommend_leads_from_network: carl is won by Rita

select results_eq(
    format('select full_name, introduced_by from recommend_leads_from_network(%L)', :'rita'),
    $$values ('Dora Dill', 'Carl Curie'), ('Bert Baum', 'Carl Curie')$$,
    'near to a won lead: dora before bert, who is two steps away; anna is under way already, emil is three steps away');
update leads set status = 'new', owner_id = :'rob' where id = :'dora';
select results_eq(
    format('select full_name from recommend_leads_from_network(%L)', :'rita'), array['Bert Baum'], 'leads of others are left to them');
select is_empty(format('select from recommend_leads_from_network(%L)', :'rob'), 'whoever has won nobody is known to nobody');

-- calculate_team_size

select is(calculate_team_size(:'red'), 4::bigint, 'a team has the users of its squads: two and one and one');
select is(calculate_team_size(:'yellow'), 1::bigint, 'at the bottom, those of one');
update users set is_active = false where id = :'gina';
select is(calculate_team_size(:'red'), 3::bigint, 'who left does not count, those below do');
update squad_hierarchy set parent_squad_id = :'yellow' where squad_id = :'red';
select is(calculate_team_size(:'red'), 3::bigint, 'a circle is walked once');
update squad_hierarchy set parent_squad_id = null where squad_id = :'red';

set local role sales_flow_application;
select set_config('app.squad_id', :'green', true), set_config('app.user_id', :'gina', true) \g /dev/null
select is(calculate_team_size(:'green'), 1::bigint, 'the application is told how many are below, whom it does not see');
select throws_ok(format('select calculate_team_size(%L)', :'red'), '42501', null, 'and not how many are above');
select throws_ok(format('select calculate_team_size(%L)', :'blue'), '42501', null, 'or elsewhere');

select * from finish();
rollback;
