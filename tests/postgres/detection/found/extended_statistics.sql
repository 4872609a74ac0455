-- expect: Missing statistics/shop.orders_city_zip
drop statistics shop.orders_city_zip;
