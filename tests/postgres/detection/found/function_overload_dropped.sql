-- expect: Missing function/shop.total_of(bigint, date)
drop function shop.total_of(bigint, date);
