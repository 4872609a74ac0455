-- expect: Missing index/shop.orders_open_idx
alter index shop.orders_open_idx rename to orders_placed_idx;
