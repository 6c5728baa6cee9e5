//! Where in a statement a constant stands, and whether it may be lifted from there.
//!
//! A stack of clauses, one for each open parenthesis, is moved along by keywords. It never guesses: what
//! it does not know is [`Clause::Fixed`].

use super::lexer::{Token, TokenKind};

/// Deeper parentheses are not looked into.
const DEPTH_MAX: usize = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Clause {
    /// Constants stay.
    #[default]
    Fixed,
    /// Behind VALUES of an INSERT, outside the tuples.
    Values,
    Tuple,
    Set,
    Where,
    /// Inside `IN (…)` of a WHERE.
    InList,
    Limit,
    /// Arguments of a function or a type: constants stay, also behind a WHERE (`FILTER (WHERE …)`).
    Arguments,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Verb {
    Select,
    Insert,
    Update,
    Delete,
    #[default]
    Other,
}

/// The words that lead from clause to clause, or before or behind which an operand may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Where,
    Select,
    Set,
    Values,
    Limit,
    /// A keyword that opens a clause in which constants stay.
    Fixed,
    In,
    And,
    Or,
    Between,
    Like,
    Null,
    True,
    False,
    /// Before a parenthesis that is not an argument list.
    Operator,
    /// Any other word.
    Name,
}

impl Mark {
    /// Of a token that is a word; anything else is a `Name`.
    pub fn of(sql: &str, token: Token) -> Mark {
        if token.kind != TokenKind::Word {
            return Mark::Name;
        }
        let text = token.text(sql).as_bytes();
        let mut word = [0; LONGEST];
        let Some(word) = word.get_mut(..text.len()) else {
            return Mark::Name;
        };
        word.copy_from_slice(text);
        word.make_ascii_lowercase();
        match &*word {
            b"where" => Mark::Where,
            b"select" => Mark::Select,
            b"set" => Mark::Set,
            b"values" => Mark::Values,
            b"limit" | b"offset" => Mark::Limit,
            b"as" | b"on" | b"for" | b"from" | b"join" | b"into" | b"with" | b"order"
            | b"group" | b"union" | b"using" | b"fetch" | b"having" | b"except" | b"window"
            | b"returning" | b"intersect" => Mark::Fixed,
            b"in" => Mark::In,
            b"and" => Mark::And,
            b"or" => Mark::Or,
            b"between" => Mark::Between,
            b"like" | b"ilike" => Mark::Like,
            b"null" => Mark::Null,
            b"true" => Mark::True,
            b"false" => Mark::False,
            b"not" | b"all" | b"when" | b"then" | b"else" | b"case" | b"distinct" => Mark::Operator,
            _ => Mark::Name,
        }
    }
}

/// The bytes of the longest word that is a mark.
const LONGEST: usize = 9;

/// The clauses of the statement and of each open parenthesis.
#[derive(Debug, Default)]
pub(super) struct Places {
    verb: Verb,
    clauses: [Clause; DEPTH_MAX],
    depth: usize,
    /// How deep the tuple is that is open, if one is.
    tuple: Option<usize>,
}

impl Places {
    /// Starts a statement with its first token.
    pub fn begin(&mut self, sql: &str, first: Token) {
        const VERBS: [(&str, Verb); 5] = [
            ("select", Verb::Select),
            ("with", Verb::Select),
            ("insert", Verb::Insert),
            ("update", Verb::Update),
            ("delete", Verb::Delete),
        ];
        let verb = VERBS
            .iter()
            .find(|(keyword, _)| first.is_keyword(sql, keyword));
        self.verb = verb.map_or(Verb::Other, |(_, verb)| *verb);
    }

    fn clause(&self) -> Clause {
        self.clauses[self.depth.min(DEPTH_MAX - 1)]
    }

    pub fn in_tuple(&self) -> bool {
        self.tuple.is_some()
    }

    /// Whether the last parenthesis opened is that of a tuple.
    pub fn opened_tuple(&self) -> bool {
        self.tuple == Some(self.depth)
    }

    pub fn opened_arguments(&self) -> bool {
        self.clause() == Clause::Arguments
    }

    pub fn between_tuples(&self) -> bool {
        self.clause() == Clause::Values
    }

    /// An opening parenthesis behind `previous`.
    pub fn open(&mut self, sql: &str, previous: Option<Token>) {
        let inner = self.inner(sql, previous);
        self.depth += 1;
        if self.depth < DEPTH_MAX {
            self.clauses[self.depth] = inner;
        }
        if inner == Clause::Tuple {
            self.tuple = Some(self.depth);
        }
    }

    fn inner(&self, sql: &str, previous: Option<Token>) -> Clause {
        if self.depth + 2 >= DEPTH_MAX {
            return Clause::Fixed;
        }
        let outer = self.clause();
        let mark = previous.map(|previous| (previous.kind, Mark::of(sql, previous)));
        match mark {
            _ if outer == Clause::Values => Clause::Tuple,
            Some((TokenKind::QuotedName, _) | (TokenKind::Word, Mark::Name)) => Clause::Arguments,
            Some((_, Mark::In)) if outer == Clause::Where => Clause::InList,
            _ if matches!(outer, Clause::Where | Clause::Arguments) => outer,
            _ => Clause::Fixed,
        }
    }

    /// A closing parenthesis; whether it ends a tuple.
    pub fn close(&mut self) -> bool {
        let ends_tuple = self.opened_tuple();
        if ends_tuple {
            self.tuple = None;
        }
        self.depth = self.depth.saturating_sub(1);
        ends_tuple
    }

    /// A keyword. Behind the tuples of an INSERT everything stays.
    pub fn enter(&mut self, mark: Mark, behind_tuples: bool) {
        if self.verb == Verb::Other || self.depth + 1 >= DEPTH_MAX || self.in_tuple() {
            return;
        }
        let top = self.depth == 0;
        let inside_arguments = self.clause() == Clause::Arguments;
        self.clauses[self.depth] = match mark {
            Mark::Select => Clause::Fixed,
            _ if inside_arguments => return,
            Mark::Where if !behind_tuples => Clause::Where,
            Mark::Limit if !behind_tuples => Clause::Limit,
            Mark::Set if top && self.verb == Verb::Update => Clause::Set,
            Mark::Values if top && self.verb == Verb::Insert => Clause::Values,
            Mark::Where | Mark::Limit | Mark::Fixed | Mark::Set | Mark::Values => Clause::Fixed,
            _ => return,
        };
    }

    /// Whether what stands between these two tokens is a whole item of a tuple.
    pub fn is_item(&self, sql: &str, previous: Option<Token>, next: Option<Token>) -> bool {
        self.opened_tuple() && is_between(sql, previous, next)
    }

    /// Whether the constant `token` may be lifted. `before` are the two tokens before it.
    pub fn allow(
        &self,
        sql: &str,
        before: [Option<Token>; 2],
        token: Token,
        next: Option<Token>,
    ) -> bool {
        let is_number = token.kind == TokenKind::Number;
        let [_, Some(previous)] = before else {
            return false;
        };
        if !is_number && !is_string(token) {
            return false;
        }
        match self.clause() {
            Clause::Tuple => {
                let is_sign = previous.is_symbol(sql, "-") || previous.is_symbol(sql, "+");
                self.is_item(sql, before[usize::from(!is_sign)], next)
            }
            Clause::Set | Clause::Where => {
                self.is_operand(sql, previous, is_number) && ends_operand(sql, next, is_number)
            }
            Clause::InList => is_between(sql, Some(previous), next),
            Clause::Limit => {
                is_number && Mark::of(sql, previous) == Mark::Limit && ends_limit(sql, next)
            }
            Clause::Fixed | Clause::Values | Clause::Arguments => false,
        }
    }

    /// Whether the constant `token` is the moment of a temporal clause: N of `@seq:N` anywhere, and all of the
    /// moment of an `AS OF`. `before` are the two tokens before it.
    pub fn is_moment(
        &self,
        sql: &str,
        before: [Option<Token>; 2],
        token: Token,
        next: Option<Token>,
    ) -> bool {
        let [Some(before), Some(previous)] = before else {
            return false;
        };
        if self.verb == Verb::Other || self.in_tuple() {
            return false;
        }
        let is_sequence = is_sequence(sql, token);
        if previous.is_symbol(sql, ":") {
            return is_sequence && before.is_keyword(sql, "seq");
        }
        let is_whole = before.is_keyword(sql, "as")
            && previous.is_keyword(sql, "of")
            && ends_moment(sql, next);
        is_whole && (is_sequence || is_string(token))
    }

    fn is_operand(&self, sql: &str, previous: Token, is_number: bool) -> bool {
        if previous.kind == TokenKind::Symbol {
            let symbol = previous.text(sql);
            return is_comparison(symbol) || (is_number && is_arithmetic(symbol));
        }
        self.clause() == Clause::Where
            && matches!(
                Mark::of(sql, previous),
                Mark::And | Mark::Between | Mark::Like
            )
    }
}

fn is_string(token: Token) -> bool {
    matches!(
        token.kind,
        TokenKind::String | TokenKind::EscapeString | TokenKind::DollarString
    )
}

/// Digits alone, few enough for a 64-bit integer.
fn is_sequence(sql: &str, token: Token) -> bool {
    let text = token.text(sql);
    token.kind == TokenKind::Number && text.len() <= 18 && text.bytes().all(|b| b.is_ascii_digit())
}

/// Whether nothing follows that could belong to the moment.
fn ends_moment(sql: &str, next: Option<Token>) -> bool {
    next.is_none_or(|next| {
        let mark = Mark::of(sql, next);
        matches!(mark, Mark::Where | Mark::Limit | Mark::Fixed) || next.is_symbol(sql, ")")
    })
}

/// Between `(` or `,` and `,` or `)`.
fn is_between(sql: &str, previous: Option<Token>, next: Option<Token>) -> bool {
    let is = |token: Option<Token>, symbols: [&str; 2]| {
        token.is_some_and(|token| {
            token.kind == TokenKind::Symbol && symbols.contains(&token.text(sql))
        })
    };
    is(previous, ["(", ","]) && is(next, [",", ")"])
}

/// Whether nothing follows that would bind to the constant from behind, as a cast does.
fn ends_operand(sql: &str, next: Option<Token>, is_number: bool) -> bool {
    let Some(next) = next else {
        return true;
    };
    match next.kind {
        TokenKind::Symbol => {
            let symbol = next.text(sql);
            matches!(symbol, ")" | ",") || (is_number && is_arithmetic(symbol))
        }
        TokenKind::Word => matches!(
            Mark::of(sql, next),
            Mark::And | Mark::Or | Mark::Fixed | Mark::Where | Mark::Limit
        ),
        _ => false,
    }
}

fn ends_limit(sql: &str, next: Option<Token>) -> bool {
    next.is_none_or(|next| Mark::of(sql, next) == Mark::Limit || next.is_symbol(sql, ")"))
}

fn is_comparison(symbol: &str) -> bool {
    matches!(symbol, "=" | "<>" | "!=" | "<" | ">" | "<=" | ">=")
}

fn is_arithmetic(symbol: &str) -> bool {
    matches!(symbol, "+" | "-" | "*" | "/" | "%")
}
