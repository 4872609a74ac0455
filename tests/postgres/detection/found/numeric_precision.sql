-- expect: Different column/shop.customers.balance: type
alter table shop.customers alter column balance type numeric(14, 2);
