-- expect: Different grant/function/shop.secret() to public
grant execute on function shop.secret() to public;
