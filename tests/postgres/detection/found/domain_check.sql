-- expect: Different type/shop.email: check
alter domain shop.email drop constraint email_check;
alter domain shop.email add constraint email_check check (value like '%_@_%');
