-- expect: Different type/shop.mood: labels
alter type shop.mood add value 'ecstatic';
