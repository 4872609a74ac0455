-- expect: Different index/shop.orders_open_idx: predicate
drop index shop.orders_open_idx;
create index orders_open_idx on shop.orders (placed_at) where not open;
