-- expect: Different column/shop.customers.balance: default
alter table shop.customers alter column balance set default 1;
