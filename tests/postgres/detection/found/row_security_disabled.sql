-- expect: Different table/shop.customers: row security
alter table shop.customers disable row level security;
