-- expect: Different function/shop.total_of(bigint): volatility
alter function shop.total_of(bigint) volatile;
