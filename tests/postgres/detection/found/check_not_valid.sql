-- expect: Different constraint/shop.customers.balance_is_sane: validated
alter table shop.customers drop constraint balance_is_sane;
alter table shop.customers add constraint balance_is_sane check (balance between -1000 and 1000) not valid;
