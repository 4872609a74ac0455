-- expect: Different owner/table/shop.customers
alter table shop.customers owner to current_user;
