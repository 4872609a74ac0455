-- Sales Flow, feature "premium": subscriptions with their limits, what the assistant costs and foresees, and the views for managers.
--
-- PostgreSQL 12 to 18; core.sql and ai-knowledge.sql come first.
--
-- Prices and limits are the seller's own, so that no tier is inserted here. Where there is none, nothing is limited.

-- Tables

create table subscription_tiers (
    id integer generated always as identity primary key,
    key text not null,
    title text not null,
    monthly_price numeric(10, 2) not null,
    currency text not null default 'EUR',
    max_leads integer,
    max_users integer,
    max_ai_calls integer,
    features text[] not null default '{}',
    is_default boolean not null default false,
    is_active boolean not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint subscription_tiers_key_key unique (key),
    constraint subscription_tiers_key_format check (key ~ '^[a-z0-9]+(_[a-z0-9]+)*$'),
    constraint subscription_tiers_currency_format check (currency ~ '^[A-Z]{3}$'),
    constraint subscription_tiers_limits check (max_leads >= 0 and max_users >= 0 and max_ai_calls >= 0),
    check (monthly_price >= 0)
);

create table user_subscriptions (
    id uuid primary key default uuid_generate_v4(),
    squad_id uuid not null references squads (id) on delete cascade,
    user_id uuid references users (id) on delete set null,
    tier_id integer not null references subscription_tiers (id) on delete restrict,
    status text not null default 'active',
    external_id text,
    started_at timestamptz not null default now(),
    current_period_end timestamptz,
    cancelled_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint user_subscriptions_external_id_key unique (external_id),
    constraint user_subscriptions_status_known check (status in ('trialing', 'active', 'past_due', 'cancelled')),
    constraint user_subscriptions_cancelled check ((status = 'cancelled') = (cancelled_at is not null)),
    check (current_period_end > started_at)
);

create table usage_tracking (
    squad_id uuid not null references squads (id) on delete cascade,
    user_id uuid not null references users (id) on delete cascade,
    metric text not null,
    month date not null,
    used bigint not null default 0,
    updated_at timestamptz not null default now(),
    primary key (squad_id, user_id, metric, month),
    constraint usage_tracking_metric_known check (metric in ('ai_calls', 'enrichments', 'exports', 'messages', 'video_minutes')),
    constraint usage_tracking_month_aligned check (month = date_trunc('month', month::timestamp)::date),
    check (used >= 0)
);

create table feature_access_log (
    id bigint generated always as identity primary key,
    squad_id uuid not null references squads (id) on delete cascade,
    user_id uuid references users (id) on delete set null,
    feature text not null,
    granted boolean not null,
    reason text,
    accessed_at timestamptz not null default now(),
    constraint feature_access_log_refusal_has_reason check (granted or reason is not null)
);

create table intelligent_chat_logs (
    id bigint generated always as identity primary key,
    squad_id uuid not null references squads (id) on delete cascade,
    user_id uuid not null references users (id) on delete cascade,
    lead_id uuid references leads (id) on delete cascade,
    question text not null,
    answer text,
    model text not null,
    input_tokens integer not null default 0,
    output_tokens integer not null default 0,
    rating smallint,
    asked_at timestamptz not null default now(),
    answered_at timestamptz,
    constraint intelligent_chat_logs_answered check ((answer is null) = (answered_at is null)),
    constraint intelligent_chat_logs_rating_range check (rating between 1 and 5),
    check (input_tokens >= 0 and output_tokens >= 0)
);

create table win_probability_cache (
    lead_id uuid primary key,
    squad_id uuid not null,
    probability numeric(5, 4) not null,
    factors jsonb not null default '{}',
    model text not null,
    computed_at timestamptz not null default now(),
    expires_at timestamptz not null,
    constraint win_probability_cache_lead_fkey foreign key (lead_id, squad_id) references leads (id, squad_id) on delete cascade,
    constraint win_probability_cache_range check (probability between 0 and 1),
    check (expires_at > computed_at)
);

-- Weekdays are those of ISO 8601 (1 is Monday), hours those of the squad's time zone.
create table optimal_contact_times (
    squad_id uuid not null,
    lead_id uuid not null,
    weekday smallint not null,
    hour smallint not null,
    attempts integer not null default 0,
    replies integer not null default 0,
    updated_at timestamptz not null default now(),
    primary key (lead_id, weekday, hour),
    constraint optimal_contact_times_lead_fkey foreign key (lead_id, squad_id) references leads (id, squad_id) on delete cascade,
    constraint optimal_contact_times_counts check (replies between 0 and attempts),
    check (weekday between 1 and 7),
    check (hour between 0 and 23)
);

-- Indexes

create unique index subscription_tiers_default_key on subscription_tiers (is_default) where is_default;
create unique index user_subscriptions_live_key on user_subscriptions (squad_id) where status <> 'cancelled';
create index user_subscriptions_squad_idx on user_subscriptions (squad_id, started_at desc);
create index user_subscriptions_user_idx on user_subscriptions (user_id);
create index user_subscriptions_tier_idx on user_subscriptions (tier_id);
create index usage_tracking_user_idx on usage_tracking (user_id);
create index feature_access_log_squad_idx on feature_access_log (squad_id, accessed_at desc);
create index feature_access_log_user_idx on feature_access_log (user_id);
create index intelligent_chat_logs_squad_idx on intelligent_chat_logs (squad_id, asked_at desc);
create index intelligent_chat_logs_user_idx on intelligent_chat_logs (user_id, asked_at desc);
create index intelligent_chat_logs_lead_idx on intelligent_chat_logs (lead_id);
create index win_probability_cache_lead_idx on win_probability_cache (squad_id, lead_id);
create index win_probability_cache_expires_idx on win_probability_cache (expires_at);
create index optimal_contact_times_squad_idx on optimal_contact_times (squad_id, lead_id);

-- The plan of a squad limits the leads that it works on; archived ones are free. Counting and inserting is one step for each squad: the
-- advisory lock, held until the transaction ends, keeps two sessions from taking the last place both. A row lock would do the same, and
-- would need a right to update squads.

create function check_lead_limit() returns trigger
language plpgsql
as $$
declare
    v_limit integer;
    v_title text;
    v_count bigint;
begin
    select t.max_leads, t.title
    into v_limit, v_title
    from subscription_tiers t
    left join user_subscriptions s
        on s.tier_id = t.id and s.squad_id = new.squad_id and s.status in ('trialing', 'active', 'past_due')
    where s.id is not null or t.is_default
    order by s.id is null
    limit 1;

    if v_limit is null then
        return new;
    end if;

    perform pg_advisory_xact_lock(hashtextextended('sales-flow lead limit ' || new.squad_id, 0));

    select count(*)
    into v_count
    from leads l
    where l.squad_id = new.squad_id and l.archived_at is null and l.id <> new.id;

    if v_count >= v_limit then
        raise exception 'the plan "%" allows % leads', v_title, v_limit using
            errcode = 'check_violation',
            constraint = 'check_lead_limit',
            hint = 'Archive leads that nobody works on, or choose a larger plan.';
    end if;

    return new;
end
$$;

comment on function check_lead_limit() is
    'Trigger: refuses a lead beyond the limit of the squad''s tier, or of the default tier where the squad has no subscription.';

create trigger leads_check_limit_insert before insert on leads
    for each row when (new.archived_at is null)
    execute function check_lead_limit();

create trigger leads_check_limit_return before update of archived_at, squad_id on leads
    for each row when (new.archived_at is null and (old.archived_at is not null or old.squad_id <> new.squad_id))
    execute function check_lead_limit();

create trigger intelligent_chat_logs_log_compliance after insert or update of answer on intelligent_chat_logs
    for each row execute function log_ai_output_compliance('answer');

-- When to reach a lead. Few attempts say little, so that each hour's rate is drawn towards the rate of all of them, as if five more
-- attempts had gone that way; a lead without attempts of its own has those of its squad.

create function get_best_contact_window(p_lead_id uuid, p_limit integer default 3)
returns table (weekday smallint, hour smallint, reply_rate numeric, attempts bigint, basis text)
language sql
stable
as $$
    with lead as (
        select l.id, l.squad_id,
            exists (select from optimal_contact_times t where t.lead_id = l.id and t.attempts > 0) as has_own
        from leads l
        where l.id = p_lead_id
    ),
    hours as (
        select t.weekday, t.hour, sum(t.attempts) as attempts, sum(t.replies) as replies, lead.has_own
        from lead
        join optimal_contact_times t on t.squad_id = lead.squad_id and (t.lead_id = lead.id or not lead.has_own)
        group by t.weekday, t.hour, lead.has_own
        having sum(t.attempts) > 0
    ),
    overall as (
        select sum(h.replies)::numeric / sum(h.attempts) as rate from hours h
    )
    select h.weekday, h.hour, round((h.replies + 5 * overall.rate) / (h.attempts + 5), 4), h.attempts,
        case when h.has_own then 'lead' else 'squad' end
    from hours h
    cross join overall
    order by 3 desc, h.attempts desc, h.weekday, h.hour
    limit p_limit
$$;

comment on function get_best_contact_window(uuid, integer) is
    'The hours of the week in which a lead answers best, in the time zone of its squad. No row where nobody has tried yet.';

-- Materialized views: see the ones of ai-knowledge for who may read them

-- 50 for how far the follow-up is overdue, 30 for the chance to win, 20 for the value at stake.
create materialized view view_followups_scored as
select
    l.id as lead_id,
    l.squad_id,
    l.owner_id,
    l.next_follow_up_at,
    now() - l.next_follow_up_at as overdue_by,
    coalesce(w.probability, 0.1) as win_probability,
    (
        greatest(0, least(50, 25 + 5 * extract(epoch from now() - l.next_follow_up_at) / 86400))
        + 30 * coalesce(w.probability, 0.1)
        + 20 * coalesce(l.estimated_value / nullif(max(l.estimated_value) over (partition by l.squad_id), 0), 0)
    )::numeric(5, 2) as priority
from leads l
left join win_probability_cache w on w.lead_id = l.id and w.expires_at > now()
where l.next_follow_up_at is not null and l.archived_at is null and l.status not in ('won', 'lost');

create unique index view_followups_scored_lead_key on view_followups_scored (lead_id);
create index view_followups_scored_owner_idx on view_followups_scored (owner_id, priority desc);

create materialized view view_squad_performance as
select
    s.id as squad_id,
    s.name,
    coalesce(u.members, 0) as members,
    coalesce(l.leads, 0) as leads,
    coalesce(l.open, 0) as open_leads,
    coalesce(l.won, 0) as won,
    round(l.won::numeric / nullif(l.won + l.lost, 0), 4) as win_rate,
    coalesce(l.won_value, 0) as won_value,
    coalesce(l.pipeline_value, 0) as pipeline_value,
    coalesce(m.sent, 0) as messages_sent_30_days,
    reply.median_reply_time
from squads s
left join (
    select squad_id, count(*) as members from users where is_active group by squad_id
) as u on u.squad_id = s.id
left join (
    select squad_id,
        count(*) as leads,
        count(*) filter (where status not in ('won', 'lost') and archived_at is null) as open,
        count(*) filter (where status = 'won') as won,
        count(*) filter (where status = 'lost') as lost,
        sum(estimated_value) filter (where status = 'won') as won_value,
        sum(estimated_value) filter (where status not in ('won', 'lost') and archived_at is null) as pipeline_value
    from leads
    group by squad_id
) as l on l.squad_id = s.id
left join (
    select squad_id, count(*) as sent
    from messages
    where direction = 'outbound' and sent_at > now() - interval '30 days'
    group by squad_id
) as m on m.squad_id = s.id
left join (
    -- From a message of a lead to the next one of ours.
    select said.squad_id, percentile_cont(0.5) within group (order by said.next_at - said.sent_at) as median_reply_time
    from (
        select squad_id, direction, sent_at,
            lead(sent_at) over of_lead as next_at,
            lead(direction) over of_lead as next_direction
        from messages
        where sent_at > now() - interval '90 days'
        window of_lead as (partition by squad_id, lead_id order by sent_at)
    ) as said
    where said.direction = 'inbound' and said.next_direction = 'outbound'
    group by said.squad_id
) as reply on reply.squad_id = s.id;

create unique index view_squad_performance_squad_key on view_squad_performance (squad_id);

create materialized view view_user_activity_summary as
select
    u.id as user_id,
    u.squad_id,
    coalesce(a.completed, 0) as activities_completed_30_days,
    coalesce(a.overdue, 0) as activities_overdue,
    coalesce(m.sent, 0) as messages_sent_30_days,
    coalesce(l.open, 0) as open_leads,
    coalesce(l.won, 0) as won,
    coalesce(c.asked, 0) as chats_30_days,
    greatest(u.last_seen_at, a.last_at, m.last_at, c.last_at) as last_active_at
from users u
left join (
    select user_id,
        count(*) filter (where completed_at > now() - interval '30 days') as completed,
        count(*) filter (where completed_at is null and due_at < now()) as overdue,
        max(completed_at) as last_at
    from activities
    group by user_id
) as a on a.user_id = u.id
left join (
    select user_id, count(*) filter (where sent_at > now() - interval '30 days') as sent, max(sent_at) as last_at
    from messages
    where direction = 'outbound'
    group by user_id
) as m on m.user_id = u.id
left join (
    select owner_id,
        count(*) filter (where status not in ('won', 'lost') and archived_at is null) as open,
        count(*) filter (where status = 'won') as won
    from leads
    group by owner_id
) as l on l.owner_id = u.id
left join (
    select user_id, count(*) filter (where asked_at > now() - interval '30 days') as asked, max(asked_at) as last_at
    from intelligent_chat_logs
    group by user_id
) as c on c.user_id = u.id
where u.is_active;

create unique index view_user_activity_summary_user_key on view_user_activity_summary (user_id);
create index view_user_activity_summary_squad_idx on view_user_activity_summary (squad_id);

-- For a nightly job, as the owner of the views. A view that has never been filled cannot be refreshed while others read it, and nobody
-- reads it: it is then filled the plain way. All happens in the caller's transaction, which keeps its locks until it ends: a job with
-- large views refreshes them one by one instead.

create function refresh_all_materialized_views()
returns table (view_name text, concurrent boolean, took interval)
language plpgsql
as $$
declare
    v_view regclass;
    v_started timestamptz;
begin
    for view_name, v_view, concurrent in
        select c.relname, c.oid, c.relispopulated
        from unnest(array[
            'view_leads_scored', 'view_conversion_microsteps', 'view_personality_insights',
            'view_followups_scored', 'view_squad_performance', 'view_user_activity_summary'
        ]) with ordinality as wanted (name, position)
        join pg_class c on c.oid = to_regclass(quote_ident(wanted.name)) and c.relkind = 'm'
        order by wanted.position
    loop
        v_started := clock_timestamp();
        execute format('refresh materialized view %s %s', case when concurrent then 'concurrently' else '' end, v_view);
        took := clock_timestamp() - v_started;
        return next;
    end loop;
end
$$;

comment on function refresh_all_materialized_views() is
    'Refreshes the six views of Sales Flow, concurrently where they have been filled before. Only their owner can.';

revoke execute on function refresh_all_materialized_views() from public;

-- Keeping updated_at

create trigger subscription_tiers_touch_updated_at before update on subscription_tiers
    for each row execute function touch_updated_at();

create trigger user_subscriptions_touch_updated_at before update on user_subscriptions
    for each row execute function touch_updated_at();

create trigger usage_tracking_touch_updated_at before update on usage_tracking
    for each row execute function touch_updated_at();

create trigger optimal_contact_times_touch_updated_at before update on optimal_contact_times
    for each row execute function touch_updated_at();

-- Row-level security: what was bought is seen by the squad and written by the owner of the tables (the payment provider's webhook), so
-- that nobody grants a plan to themselves

alter table subscription_tiers enable row level security;
alter table user_subscriptions enable row level security;
alter table usage_tracking enable row level security;
alter table feature_access_log enable row level security;
alter table intelligent_chat_logs enable row level security;
alter table win_probability_cache enable row level security;
alter table optimal_contact_times enable row level security;

create policy subscription_tiers_read on subscription_tiers for select
    using (true);

create policy user_subscriptions_squad_read on user_subscriptions for select
    using (squad_id = (select current_squad_id()));

create policy usage_tracking_squad_read on usage_tracking for select
    using (squad_id = (select current_squad_id()));

create policy feature_access_log_squad_read on feature_access_log for select
    using (squad_id = (select current_squad_id()));

create policy feature_access_log_squad_add on feature_access_log for insert
    with check (squad_id = (select current_squad_id()));

create policy intelligent_chat_logs_own on intelligent_chat_logs
    using (squad_id = (select current_squad_id()) and user_id = (select current_user_id()))
    with check (squad_id = (select current_squad_id()) and user_id = (select current_user_id()));

create policy win_probability_cache_squad on win_probability_cache
    using (squad_id = (select current_squad_id()))
    with check (squad_id = (select current_squad_id()));

create policy optimal_contact_times_squad on optimal_contact_times
    using (squad_id = (select current_squad_id()))
    with check (squad_id = (select current_squad_id()));

-- Comments

comment on table subscription_tiers is 'The plans that are sold, or were. A limit that is null is no limit.';
comment on table user_subscriptions is 'Which plan a squad has; the user is the one who pays. At most one that is not cancelled.';
comment on table usage_tracking is 'What a user used in a month of what a plan limits.';
comment on table feature_access_log is 'Who asked for a feature of a plan, and whether it was granted; append-only.';
comment on table intelligent_chat_logs is 'Questions to the assistant and its answers; for the user who asked.';
comment on table win_probability_cache is 'The chance to win a lead, as a model last computed it.';
comment on table optimal_contact_times is 'Attempts and replies by hour of the week.';
comment on column subscription_tiers.is_default is 'The tier of squads without a subscription; at most one.';
comment on column usage_tracking.month is 'The first day of the month.';
