-- expect: Missing constraint/shop.customers.balance_is_sane
alter table shop.customers drop constraint balance_is_sane;
