-- expect: Different comment/table/shop.customers
comment on table shop.customers is 'People who bought';
