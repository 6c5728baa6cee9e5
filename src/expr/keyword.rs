//! The words that are no names everywhere unless they are quoted, as PostgreSQL 15 has them (`pg_get_keywords()`).

/// Never a name.
const RESERVED: &str = "all analyse analyze and any array as asc asymmetric both case cast check collate column \
constraint create current_catalog current_date current_role current_time current_timestamp current_user default \
deferrable desc distinct do else end except false fetch for foreign from grant group having in initially intersect into \
lateral leading limit localtime localtimestamp not null offset on only or order placing primary references returning \
select session_user some symmetric table then to trailing true union unique user using variadic when where window with";

/// The names of functions and types alone.
const OF_FUNCTIONS: &str = "authorization binary collation concurrently cross current_schema freeze full ilike inner is \
isnull join left like natural notnull outer overlaps right similar tablesample verbose";

/// All names but those of functions and types.
const OF_COLUMNS: &str = "between bigint bit boolean char character coalesce dec decimal exists extract float greatest \
grouping inout int integer interval least national nchar none normalize nullif numeric out overlay position precision \
real row setof smallint substring time timestamp treat trim values varchar xmlattributes xmlconcat xmlelement xmlexists \
xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable";

fn is_one_of(groups: &[&str], name: &str) -> bool {
    let mut words = groups.iter().flat_map(|group| group.split(' '));
    words.any(|word| word == name)
}

/// Whether there is a place for names where the word is none.
pub fn is_keyword(word: &str) -> bool {
    is_one_of(&[RESERVED, OF_FUNCTIONS, OF_COLUMNS], word)
}

/// Whether the word is none of a table, a column or anything else but a function or type.
pub fn is_reserved(word: &str) -> bool {
    is_one_of(&[RESERVED, OF_FUNCTIONS], word)
}

/// Whether the word is none of a function either.
pub fn is_fully_reserved(word: &str) -> bool {
    is_one_of(&[RESERVED], word)
}
