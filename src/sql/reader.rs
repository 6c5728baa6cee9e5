//! The pass over the tokens of one statement that lifts its constants and writes its key.

use super::lexer::{Lexer, Token, TokenKind, position};
use super::lift::{Effort, Lifted, Piece, Reading};
use super::literal::{self, Literal, LiteralClass};
use super::place::{Mark, Places};
use super::tuple::TupleReader;
use crate::error::Result;
use std::ops::Range;

/// Behind the text in a key: no token outside quotes can hold it, and what follows holds no quote.
const KEY_SEPARATOR: char = '\u{1}';
/// A statement with more slots than this outside collapsed tuples is kept as it is: its key would hardly
/// come again.
const SLOTS_MAX: usize = 256;
/// Room for the text of most statements.
const TEXT_BYTES: usize = 128;

pub(super) enum Outcome<'a> {
    Read(Option<Box<Reading<'a>>>),
    /// The tuples are of different shapes, or there are too many slots.
    TryLess,
}

pub(super) struct Reader<'a> {
    sql: &'a str,
    effort: Effort,
    places: Places,
    text: String,
    classes: Vec<LiteralClass>,
    literals: Vec<Literal<'a>>,
    parameters: u32,
    tuples: u32,
    /// Where the first tuple lies in `text`, and where the one being read starts.
    first_tuple: Range<usize>,
    tuple_start: usize,
    /// Whether it is nothing but slots.
    is_plain_tuple: bool,
    /// The column of constants that comes next in the tuple being read.
    column: usize,
    pieces: Option<Vec<Piece>>,
    /// The last two tokens.
    before: Option<Token>,
    previous: Option<Token>,
    bytes_in_tuples: usize,
    tuple_opened: usize,
    tokens: usize,
}

impl<'a> Reader<'a> {
    pub fn new(sql: &'a str, effort: Effort, trace: bool) -> Self {
        Reader {
            sql,
            effort,
            places: Places::default(),
            text: String::new(),
            classes: Vec::new(),
            literals: Vec::new(),
            parameters: 0,
            tuples: 0,
            first_tuple: 0..0,
            tuple_start: 0,
            is_plain_tuple: false,
            column: 0,
            pieces: trace.then(Vec::new),
            before: None,
            previous: None,
            bytes_in_tuples: 0,
            tuple_opened: 0,
            tokens: 0,
        }
    }

    /// Reads up to the semicolon or the end.
    pub fn read(mut self, lexer: &mut Lexer<'a>) -> Result<Outcome<'a>> {
        let Some(first) = self.first(lexer)? else {
            return Ok(Outcome::Read(None));
        };
        self.text.reserve(TEXT_BYTES);
        let (mut last, mut current) = (first, Some(first));
        while let Some(token) = current {
            let next = self.following(lexer)?;
            if !self.token(token, next)? {
                return Ok(Outcome::TryLess);
            }
            (self.before, self.previous) = (self.previous, Some(token));
            last = token;
            current = next;
            if self.is_plain_tuple
                && self.places.between_tuples()
                && let Some(end) = self.read_plain_tuples(last.end)
            {
                last.end = end;
                *lexer = Lexer::new(self.sql, end);
                current = self.following(lexer)?;
            }
        }
        // A tuple that is left open has not been compared with the first.
        if self.collapses() && self.places.in_tuple() {
            return Ok(Outcome::TryLess);
        }
        Ok(Outcome::Read(Some(Box::new(self.finish(first, last)))))
    }

    /// The first token that is not a lone semicolon.
    fn first(&mut self, lexer: &mut Lexer<'a>) -> Result<Option<Token>> {
        while let Some(token) = lexer.next_token()? {
            if !token.is_symbol(self.sql, ";") {
                self.places.begin(self.sql, token);
                return Ok(Some(token));
            }
        }
        Ok(None)
    }

    /// The next token of this statement.
    fn following(&self, lexer: &mut Lexer<'a>) -> Result<Option<Token>> {
        let next = lexer.next_token()?;
        Ok(next.filter(|token| !token.is_symbol(self.sql, ";")))
    }

    fn finish(mut self, first: Token, last: Token) -> Reading<'a> {
        let collapsed = self.collapses() && !self.classes.is_empty();
        let text_bytes = self.text.len();
        for class in &mut self.classes {
            *class = class.resolved();
        }
        if !self.classes.is_empty() {
            self.text.push(KEY_SEPARATOR);
            self.text.push_str(if collapsed { "*" } else { "" });
            let letters = self.classes.iter().map(|class| class.letter());
            self.text.extend(letters);
        }
        Reading {
            lifted: Lifted {
                key: self.text,
                text_bytes,
                classes: self.classes,
                literals: self.literals,
                tuples: if collapsed { self.tuples } else { 0 },
                parameters: self.parameters,
            },
            first,
            last,
            pieces: self.pieces.unwrap_or_default(),
            bytes: last.end - first.start - self.bytes_in_tuples,
            tokens: self.tokens,
        }
    }

    fn collapses(&self) -> bool {
        self.effort == Effort::Collapse && self.tuples > 0
    }

    /// Takes one token; false if this much cannot be lifted from the statement.
    fn token(&mut self, token: Token, next: Option<Token>) -> Result<bool> {
        self.tokens += usize::from(!self.places.in_tuple());
        let text = token.text(self.sql);
        match (token.kind, text) {
            (TokenKind::Parameter, _) => {
                // A number too large for a parameter is refused by the parser.
                let number = text[1..].parse().unwrap_or(u32::MAX);
                self.parameters = self.parameters.max(number);
                self.keep(token);
            }
            (TokenKind::Symbol, "(") => self.open(token),
            (TokenKind::Symbol, ")") => return Ok(self.close(token)),
            (TokenKind::Symbol, ",") if self.separates_collapsed(next) => self.write(","),
            (TokenKind::Symbol, "-" | "+") if self.is_sign_of_item(next) => {}
            (TokenKind::Word, _) => return Ok(self.word(token, next)),
            _ if self.is_liftable(token, next) => return self.lift(token),
            _ => self.keep(token),
        }
        Ok(true)
    }

    fn open(&mut self, token: Token) {
        self.places.open(self.sql, self.previous);
        if self.places.opened_tuple() {
            self.tuples += 1;
            self.column = 0;
            self.tuple_opened = token.start;
            self.keep(token);
            self.tuple_start = self.text.len() - 1;
            if self.tuples == 1 {
                self.first_tuple.start = self.tuple_start;
            }
        } else {
            self.keep(token);
        }
    }

    fn close(&mut self, token: Token) -> bool {
        self.keep(token);
        if !self.places.close() {
            return true;
        }
        self.bytes_in_tuples += token.end - self.tuple_opened;
        match (self.collapses(), self.tuples) {
            (false, _) => true,
            (true, 1) => {
                self.first_tuple.end = self.text.len();
                self.is_plain_tuple = self.has_only_slots();
                true
            }
            (true, _) => self.collapse(),
        }
    }

    /// Whether the first tuple is a list of slots.
    fn has_only_slots(&self) -> bool {
        let slots = self.classes.len();
        let tuple = &self.first_tuple;
        // `(?, ?)`: two bytes for the parentheses, one for each slot, two between each. Whatever else
        // might stand in it would make it longer.
        slots > 0 && tuple.len() == 3 * slots
    }

    /// Reads as many tuples of nothing but constants as follow; gives where the last of them ends.
    fn read_plain_tuples(&mut self, from: usize) -> Option<usize> {
        let mut reader = TupleReader::new(self.sql, from);
        let mut last = None;
        while let Some((open, end)) = reader.read(&mut self.classes, &mut self.literals) {
            self.tuples += 1;
            self.bytes_in_tuples += end - open;
            last = Some(end);
        }
        last
    }

    /// At the end of a further tuple: whether it has the shape of the first. Its text goes.
    fn collapse(&mut self) -> bool {
        let same = !self.classes.is_empty()
            && self.column == self.classes.len()
            && self.text[self.first_tuple.clone()] == self.text[self.tuple_start..];
        self.text.truncate(self.first_tuple.end);
        same
    }

    /// A comma between two tuples that are about to collapse.
    fn separates_collapsed(&self, next: Option<Token>) -> bool {
        self.collapses()
            && self.places.between_tuples()
            && next.is_some_and(|next| next.is_symbol(self.sql, "("))
    }

    fn word(&mut self, token: Token, next: Option<Token>) -> bool {
        let mark = Mark::of(self.sql, token);
        let constant = match mark {
            Mark::Null => Some((Literal::Null, LiteralClass::Null)),
            Mark::True | Mark::False => {
                Some((Literal::Boolean(mark == Mark::True), LiteralClass::Boolean))
            }
            _ => None,
        };
        if let Some((literal, class)) = constant
            && self.effort != Effort::Nothing
            && self.places.is_item(self.sql, self.previous, next)
        {
            return self.slot(token, literal, class);
        }
        // A subquery in a tuple runs once for each tuple: that would not survive collapsing.
        if mark == Mark::Select && self.places.in_tuple() && self.effort == Effort::Collapse {
            return false;
        }
        self.keep(token);
        self.places.enter(mark, self.tuples > 0);
        true
    }

    fn is_liftable(&self, token: Token, next: Option<Token>) -> bool {
        let before = [self.before, self.previous];
        // Behind collapsed tuples there are no slots: constants are columns of the rows there.
        let may_be_moment = self.tuples == 0;
        self.effort != Effort::Nothing
            && (self.places.allow(self.sql, before, token, next)
                || may_be_moment && self.places.is_moment(self.sql, before, token, next))
    }

    /// The sign of a number that is an item of a tuple is lifted with it.
    fn is_sign_of_item(&self, next: Option<Token>) -> bool {
        let Some(number) = next.filter(|next| next.kind == TokenKind::Number) else {
            return false;
        };
        let after = Lexer::new(self.sql, number.end).next_token();
        self.effort != Effort::Nothing
            && self
                .places
                .is_item(self.sql, self.previous, after.unwrap_or_default())
    }

    fn lift(&mut self, token: Token) -> Result<bool> {
        let read = match token.kind {
            TokenKind::Number => literal::number(token.text(self.sql), self.is_negative()),
            _ => literal::string(token, self.sql)
                .map(|text| (Literal::String(text), LiteralClass::Unknown)),
        };
        let (literal, class) = read.map_err(|error| error.at(position(self.sql, token.start)))?;
        Ok(self.slot(token, literal, class))
    }

    /// Whether a sign was left out before this number.
    fn is_negative(&self) -> bool {
        self.places.in_tuple()
            && self
                .previous
                .is_some_and(|sign| sign.is_symbol(self.sql, "-"))
    }

    /// Puts a constant into the next slot; false if there is no such slot.
    fn slot(&mut self, token: Token, literal: Literal<'a>, class: LiteralClass) -> bool {
        let slot = if self.collapses() && self.tuples > 1 {
            let Some(old) = self.classes.get_mut(self.column) else {
                return false;
            };
            let Some(wide) = old.widened(class) else {
                return false;
            };
            *old = wide;
            self.column
        } else if self.classes.len() == SLOTS_MAX && !self.collapses() {
            return false;
        } else {
            self.classes.push(class);
            self.classes.len() - 1
        };
        self.column += 1;
        self.literals.push(literal);
        self.write("?");
        self.trace(token, Some(slot as u32));
        true
    }

    fn keep(&mut self, token: Token) {
        let text = token.text(self.sql);
        self.write(text);
        if token.kind == TokenKind::Word {
            let start = self.text.len() - text.len();
            self.text[start..].make_ascii_lowercase();
        }
        self.trace(token, None);
    }

    /// Appends a token, with a blank before it where one is usual.
    fn write(&mut self, text: &str) {
        let tight = match text {
            ")" | "," | "." | "::" => true,
            "(" => self.places.opened_arguments(),
            _ => false,
        };
        let opens = matches!(self.text.as_bytes().last(), None | Some(b'(' | b'.'));
        if !tight && !opens && !self.text.ends_with("::") {
            self.text.push(' ');
        }
        self.text.push_str(text);
    }

    fn trace(&mut self, token: Token, slot: Option<u32>) {
        let repeated = self.collapses() && self.tuples > 1 && self.places.in_tuple();
        if let Some(pieces) = self.pieces.as_mut().filter(|_| !repeated) {
            pieces.push(Piece { token, slot });
        }
    }
}
