-- expect: Missing policy/shop.customers.own_rows
drop policy own_rows on shop.customers;
