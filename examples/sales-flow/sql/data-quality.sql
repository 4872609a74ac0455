-- Sales Flow, feature "data-quality": how complete leads are, and duplicates found and merged.
--
-- PostgreSQL 12 to 18; core.sql comes first.

-- Tables

create table data_quality_metrics (
    squad_id uuid not null references squads (id) on delete cascade,
    measured_on date not null default current_date,
    metric text not null,
    value numeric(7, 2) not null,
    sample_size integer not null,
    created_at timestamptz not null default now(),
    primary key (squad_id, metric, measured_on),
    constraint data_quality_metrics_metric_known check (
        metric in ('completeness', 'duplicate_rate', 'reachable_rate', 'stale_rate', 'bounce_rate')),
    constraint data_quality_metrics_range check (value between 0 and 100),
    check (sample_size >= 0)
);

-- A pair is kept once, with the smaller id first.
create table potential_duplicates (
    id uuid primary key default uuid_generate_v4(),
    squad_id uuid not null,
    lead_id uuid not null,
    duplicate_id uuid not null,
    score numeric(3, 2) not null,
    reasons text[] not null,
    status text not null default 'open',
    resolved_by uuid references users (id) on delete set null,
    resolved_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint potential_duplicates_pair_key unique (lead_id, duplicate_id),
    constraint potential_duplicates_lead_fkey foreign key (lead_id, squad_id) references leads (id, squad_id) on delete cascade,
    constraint potential_duplicates_duplicate_fkey foreign key (duplicate_id, squad_id) references leads (id, squad_id) on delete cascade,
    constraint potential_duplicates_ordered check (lead_id < duplicate_id),
    constraint potential_duplicates_status_known check (status in ('open', 'merged', 'dismissed')),
    constraint potential_duplicates_resolved check ((status = 'open') = (resolved_at is null)),
    constraint potential_duplicates_has_reasons check (reasons <> '{}'),
    check (score > 0 and score <= 1)
);

-- Indexes

create index potential_duplicates_lead_idx on potential_duplicates (lead_id, squad_id);
create index potential_duplicates_duplicate_idx on potential_duplicates (duplicate_id, squad_id);
create index potential_duplicates_open_idx on potential_duplicates (squad_id, score desc) where status = 'open';
create index potential_duplicates_resolved_by_idx on potential_duplicates (resolved_by);

-- How much of what a seller needs is known of a lead: 0 to 100. Where it says the same as another field, a field counts less.

create function calculate_lead_completeness_score(p_lead_id uuid) returns smallint
language sql
stable
as $$
    select (
        case when l.first_name <> '' then 10 else 0 end
        + case when l.last_name <> '' then 10 else 0 end
        + case when l.email is not null then 25 else 0 end
        + case when length(regexp_replace(l.phone, '\D', '', 'g')) >= 6 then 20 else 0 end
        + case when l.company <> '' then 10 else 0 end
        + case when l.source <> 'manual' then 5 else 0 end
        + case when l.estimated_value is not null then 10 else 0 end
        + case when l.owner_id is not null then 5 else 0 end
        + case when l.tags <> '{}' or l.custom_fields <> '{}' then 5 else 0 end
    )::smallint
    from leads l
    where l.id = p_lead_id
$$;

comment on function calculate_lead_completeness_score(uuid) is
    'How much is known of a lead, 0 to 100; null for a lead that does not exist or is not seen.';

-- Pairs of leads that are probably the same. Leads are compared only where something is equal (address, number, name), by joins that
-- hash: comparing each with each would be the square of a squad's leads. Two hints together are worth more than the better one, as
-- independent chances are: 1 - (1 - a)(1 - b). What a person has dismissed stays dismissed.

create function detect_duplicate_leads(p_squad_id uuid, p_min_score numeric default 0.5) returns setof potential_duplicates
language plpgsql
as $$
begin
    return query
    with folded as (
        select l.id,
            -- anna+news@example.com is anna@example.com
            regexp_replace(lower(l.email), '\+[^@]*@', '@') as email,
            -- The last nine digits: the same number with and without the country's prefix.
            case
                when length(regexp_replace(l.phone, '\D', '', 'g')) >= 7 then right(regexp_replace(l.phone, '\D', '', 'g'), 9)
            end as phone,
            nullif(lower(regexp_replace(l.full_name, '\s+', ' ', 'g')), '') as name,
            -- Some forms have the last name first.
            nullif(lower(btrim(coalesce(l.last_name, '') || ' ' || coalesce(l.first_name, ''))), '') as turned_name,
            lower(btrim(l.company)) as company
        from leads l
        where l.squad_id = p_squad_id and l.archived_at is null
    ),
    hints as (
        select a.id as one, b.id as other, 'email' as reason, 0.95 as weight
        from folded a
        join folded b on b.email = a.email and a.id < b.id
        union all
        select a.id, b.id, 'phone', 0.85
        from folded a
        join folded b on b.phone = a.phone and a.id < b.id
        union all
        select a.id, b.id, 'name', 0.5
        from folded a
        join folded b on b.name = a.name and a.id < b.id
        where a.name like '% %'
        union all
        select least(a.id, b.id), greatest(a.id, b.id), 'name', 0.5
        from folded a
        join folded b on b.turned_name = a.name and a.id <> b.id and b.name <> a.name
        where a.name like '% %'
        union all
        select a.id, b.id, 'name and company', 0.6
        from folded a
        join folded b on b.name = a.name and b.company = a.company and a.id < b.id
    ),
    pairs as (
        select h.one, h.other, least(1, round(1 - exp(sum(ln(1 - h.weight))), 2)) as score,
            array_agg(h.reason order by h.weight desc, h.reason) as reasons
        from (select distinct * from hints) as h
        group by h.one, h.other
    )
    insert into potential_duplicates as d (squad_id, lead_id, duplicate_id, score, reasons)
    select p_squad_id, p.one, p.other, p.score, p.reasons
    from pairs p
    where p.score >= p_min_score
    on conflict (lead_id, duplicate_id) do update set score = excluded.score, reasons = excluded.reasons
        where d.status = 'open'
    returning d.*;
end
$$;

comment on function detect_duplicate_leads(uuid, numeric) is
    'Finds pairs of leads of a squad that are probably the same, writes them to potential_duplicates and returns those still open.';

-- The kept lead gets what it lacks and all that was done with the other one, in whatever table points at a lead: the catalog knows
-- them, a list here would forget the next feature's. A row that the kept lead has already (both have a BANT assessment) stays with the
-- other one, which is archived and not deleted, so that nothing is lost. Under row-level security, so do rows that the caller may not
-- change, as those of logs.

create function merge_leads(p_keep_id uuid, p_duplicate_id uuid, p_user_id uuid default null) returns jsonb
language plpgsql
as $$
declare
    v_keep leads%rowtype;
    v_duplicate leads%rowtype;
    v_dependent record;
    v_row tid;
    v_count bigint;
    v_moved bigint;
    v_done jsonb := '{}';
begin
    if p_keep_id = p_duplicate_id then
        raise exception 'a lead cannot be merged into itself' using errcode = 'invalid_parameter_value';
    end if;

    -- In the order of their ids, so that two merges of the same pair wait for each other and do not deadlock.
    perform 1 from leads l where l.id in (p_keep_id, p_duplicate_id) order by l.id for update;
    select * into v_keep from leads l where l.id = p_keep_id and l.archived_at is null;
    select * into v_duplicate from leads l where l.id = p_duplicate_id and l.archived_at is null;
    if v_keep.id is null or v_duplicate.id is null then
        raise exception 'both leads must be there, and not archived' using errcode = 'no_data_found';
    end if;
    if v_keep.squad_id <> v_duplicate.squad_id then
        raise exception 'leads of two squads cannot be merged' using errcode = 'invalid_parameter_value';
    end if;

    -- First, because two leads of a squad that are in use cannot have one address.
    update leads l set archived_at = now(), next_follow_up_at = null where l.id = p_duplicate_id;

    update leads l
    set first_name = coalesce(l.first_name, v_duplicate.first_name),
        last_name = coalesce(l.last_name, v_duplicate.last_name),
        email = coalesce(l.email, v_duplicate.email),
        phone = coalesce(l.phone, v_duplicate.phone),
        company = coalesce(l.company, v_duplicate.company),
        owner_id = coalesce(l.owner_id, v_duplicate.owner_id),
        -- "lost" is the last in the order of the type, and the least of what is known.
        status = coalesce(greatest(nullif(l.status, 'lost'), nullif(v_duplicate.status, 'lost')), 'lost'),
        score = greatest(l.score, v_duplicate.score),
        estimated_value = greatest(l.estimated_value, v_duplicate.estimated_value),
        tags = (select coalesce(array_agg(distinct t order by t), '{}') from unnest(l.tags || v_duplicate.tags) as t),
        custom_fields = v_duplicate.custom_fields || l.custom_fields,
        last_contacted_at = greatest(l.last_contacted_at, v_duplicate.last_contacted_at),
        next_follow_up_at = least(l.next_follow_up_at, v_duplicate.next_follow_up_at),
        created_at = least(l.created_at, v_duplicate.created_at)
    where l.id = p_keep_id;

    for v_dependent in
        select c.conrelid::regclass as "table", t.relname as name, a.attname as "column"
        from pg_constraint c
        join pg_class t on t.oid = c.conrelid
        join pg_attribute l on l.attrelid = c.confrelid and l.attname = 'id'
        join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[array_position(c.confkey, l.attnum)]
        where c.contype = 'f' and c.confrelid = 'leads'::regclass and not t.relispartition and t.relname <> 'potential_duplicates'
        order by t.relname, a.attname
    loop
        v_moved := 0;
        begin
            execute format('update %s set %I = $1 where %2$I = $2', v_dependent."table", v_dependent."column")
            using p_keep_id, p_duplicate_id;
            get diagnostics v_moved = row_count;
        exception when unique_violation or check_violation then
            -- One of them cannot move: each is tried by itself.
            for v_row in
                execute format('select ctid from %s where %I = $1', v_dependent."table", v_dependent."column") using p_duplicate_id
            loop
                begin
                    execute format('update %s set %I = $1 where ctid = $2', v_dependent."table", v_dependent."column")
                    using p_keep_id, v_row;
                    get diagnostics v_count = row_count;
                    v_moved := v_moved + v_count;
                exception when unique_violation or check_violation then
                    null;
                end;
            end loop;
        end;
        if v_moved > 0 then
            v_done := v_done || jsonb_build_object(
                v_dependent.name, v_moved + coalesce((v_done ->> v_dependent.name)::bigint, 0));
        end if;
    end loop;

    update potential_duplicates d
    set status = 'merged', resolved_by = p_user_id, resolved_at = now()
    where d.lead_id = least(p_keep_id, p_duplicate_id) and d.duplicate_id = greatest(p_keep_id, p_duplicate_id) and d.status = 'open';

    -- Other leads that looked like it are compared with the kept one the next time.
    delete from potential_duplicates d
    where p_duplicate_id in (d.lead_id, d.duplicate_id) and d.status = 'open';

    return v_done;
end
$$;

comment on function merge_leads(uuid, uuid, uuid) is
    'Merges the second lead into the first: fills what that lacks, moves what points at the second, archives it. Returns the rows moved.';

create trigger potential_duplicates_touch_updated_at before update on potential_duplicates
    for each row execute function touch_updated_at();

-- Row-level security

alter table data_quality_metrics enable row level security;
alter table potential_duplicates enable row level security;

create policy data_quality_metrics_squad on data_quality_metrics
    using (squad_id = (select current_squad_id()))
    with check (squad_id = (select current_squad_id()));

create policy potential_duplicates_squad on potential_duplicates
    using (squad_id = (select current_squad_id()))
    with check (squad_id = (select current_squad_id()));

-- Comments

comment on table data_quality_metrics is 'How good the data of a squad was on a day.';
comment on table potential_duplicates is 'Two leads that are probably one, and what a person decided.';
comment on column data_quality_metrics.value is 'In percent.';
