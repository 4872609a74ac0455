-- A small shop with one object for each line of the detection list. Roles auditor_app and auditor_owner exist.
create schema shop;
set search_path = shop;

create type mood as enum ('sad', 'fine', 'glad');
create type address as (street text, zip text);
create domain email as text check (value like '%@%');

create table customers (
    id bigint generated always as identity primary key,
    name text not null,
    email email,
    home address,
    mood mood not null default 'fine',
    balance numeric(10, 2) not null default 0,
    note text,
    constraint balance_is_sane check (balance between -1000 and 1000)
);
comment on table customers is 'People who buy';
alter table customers owner to auditor_owner;
alter table customers enable row level security;
create policy own_rows on customers for select using (name = current_user);

create table orders (
    id bigint generated always as identity primary key,
    customer_id bigint not null references customers (id),
    placed_at timestamptz not null default now(),
    city text,
    zip text,
    total numeric(12, 2) not null,
    open boolean not null default true
);
create index orders_open_idx on orders (placed_at) where open;
create statistics orders_city_zip (dependencies) on city, zip from orders;

create function touch() returns trigger language plpgsql as $$
begin
    new.placed_at := now();
    return new;
end
$$;
create trigger orders_touch before update on orders for each row execute function touch();

create function total_of(customer bigint) returns numeric language sql stable as
    'select sum(total) from shop.orders where customer_id = customer';
create function total_of(customer bigint, since date) returns numeric language sql stable as
    'select sum(total) from shop.orders where customer_id = customer and placed_at >= since';
create function secret() returns int language sql security definer as 'select 42';
revoke execute on function secret() from public;
grant execute on function secret() to auditor_app;

create view open_orders as select id, customer_id, total from orders where open;
create materialized view totals as select customer_id, sum(total) as total from orders group by customer_id;
create unique index totals_customer_id_key on totals (customer_id);

grant select, insert on orders to auditor_app;
alter default privileges for role auditor_owner in schema shop grant select on tables to auditor_app;
