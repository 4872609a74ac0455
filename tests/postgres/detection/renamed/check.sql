-- expect: Missing constraint/shop.customers.balance_is_sane
alter table shop.customers rename constraint balance_is_sane to sane;
