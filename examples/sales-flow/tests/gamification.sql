-- Feature "gamification": the default badges and how far a user is on the way to one.

begin;
\ir seed.psql
select plan(13);

select bag_eq(
    'select key from badges',
    array['first_lead', 'lead_collector', 'conversation_starter', 'follow_up_hero', 'first_deal', 'closer', 'week_streak'],
    'the default badges are there, by their keys');

select is(calculate_badge_progress(:'rita', 'first_lead'), 100.00, 'three leads added are more than one');
select is(calculate_badge_progress(:'rita', 'lead_collector'), 3.00, 'and three of a hundred');
select is(calculate_badge_progress(:'rita', 'first_deal'), 100.00, 'a won lead is a deal');
select is(calculate_badge_progress(:'rob', 'first_deal'), 0.00, 'of its owner');

insert into messages (squad_id, lead_id, user_id, channel, direction, body)
select :'red', :'anna', :'rita', 'sms', case when i = 1 then 'inbound' else 'outbound' end, '...' from generate_series(1, 26) as i;
select is(calculate_badge_progress(:'rita', 'conversation_starter'), 50.00, 'messages that were sent count, 25 of 50');
insert into activities (squad_id, lead_id, user_id, kind, subject, completed_at) values
    (:'red', :'anna', :'rita', 'call', 'Done', now()), (:'red', :'anna', :'rita', 'call', 'To do', null);
select is(calculate_badge_progress(:'rita', 'follow_up_hero'), 4.00, 'activities count when they are completed');
insert into daily_streaks (user_id, current_days, longest_days) values (:'rita', 1, 5);
select is(calculate_badge_progress(:'rita', 'week_streak'), 71.42, 'the longest streak counts, and is not rounded up');
select is(calculate_badge_progress(:'rob', 'week_streak'), 0.00, 'no streak is none');
select throws_ok(format('select calculate_badge_progress(%L, ''no such badge'')', :'rita'), 'P0002', null,
    'a badge that is not there is an error');

select throws_ok(
    format('insert into user_achievements (user_id, badge_id, progress, earned_at)
            select %L, id, 99.99, now() from badges limit 1', :'rita'),
    '23514', null, 'a badge is earned at 100 percent');
select throws_ok(
    format('insert into leaderboard_entries (squad_id, user_id, period, period_start)
            values (%L, %L, ''week'', ''2026-11-24'')', :'red', :'rita'),
    '23514', null, 'a week starts on Monday');
select lives_ok(
    $$insert into badges (key, title, description, metric, threshold) values ('closer', 'x', 'x', 'deals_won', 1)
      on conflict (key) do update set title = excluded.title$$,
    'a badge is known by its key');

select * from finish();
rollback;
