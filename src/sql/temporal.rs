//! The temporal clauses, which the grammar does not know: taken out of the tokens into a side table.
//!
//! ```text
//! SELECT … FROM a FOR SYSTEM_TIME AS OF '2026-01-15' x JOIN b ON … WHERE … AS OF @seq:4
//!               ^ position 15: clause 0                                      the whole query: clause 1
//! ```
//!
//! A clause of one table stands behind its name or its alias and is kept under the position of the name, that of a subquery in
//! FROM under the position of its alias. A bare `AS OF` stands at the very end of the query and holds for all its tables that
//! have no clause of their own; anywhere else it is an error, so that nothing behind it is lost. `AS of` without a moment behind
//! it is an alias called `of`.
//!
//! `diff('t', a, b)` and `commits(a, b)` in a FROM have moments as well; they are kept under the function's name.
//!
//! A moment is `@seq:N`, `@tag:name`, a parameter, or an expression without columns.

use super::clause::{Clause, Moment, Temporal};
use super::parse::{new_parser, parse_error};
use super::token::syntax_error;
use crate::error::{Code, Error, Result};
use crate::expr::is_reserved;
use sqlparser::dialect::{Dialect, PostgreSqlDialect, Precedence};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

/// The functions in FROM that have moments for arguments.
const FUNCTIONS: [&str; 2] = ["diff", "commits"];

/// What else makes it worth looking for moments.
const WORDS: [&str; 5] = [FUNCTIONS[0], FUNCTIONS[1], "restore", "undo", "redo"];

/// A moment's expression may have this many tokens.
const MOMENT_TOKENS_MAX: usize = 200;

/// Takes the clauses out of the tokens. Parameters behind the user's `own` are lifted constants.
pub(super) fn lift(
    script: &str,
    tokens: Vec<TokenWithSpan>,
    own: u32,
) -> Result<(Vec<TokenWithSpan>, Temporal)> {
    let has_clause = |token: &TokenWithSpan| {
        is_word(token, "of")
            || is_word(token, "system_time")
            || WORDS.iter().any(|name| is_word(token, name))
    };
    if !tokens.iter().any(has_clause) {
        return Ok((reject_leftovers(script, tokens)?, Temporal::default()));
    }
    let mut lifter = Lifter {
        script,
        own: own as usize,
        tokens: &tokens,
        at: 0,
        plain: Vec::new(),
        temporal: Temporal::default(),
    };
    lifter.run()?;
    Ok((reject_leftovers(script, lifter.plain)?, lifter.temporal))
}

/// `:` means something in moments and in slices of arrays only; the grammar would take it for a parameter.
fn reject_leftovers(script: &str, tokens: Vec<TokenWithSpan>) -> Result<Vec<TokenWithSpan>> {
    let mut brackets: u32 = 0;
    let is_left_over = |token: &&TokenWithSpan| {
        match token.token {
            Token::LBracket => brackets += 1,
            Token::RBracket => brackets = brackets.saturating_sub(1),
            _ => {}
        }
        token.token == Token::Colon && brackets == 0
    };
    match tokens.iter().find(is_left_over) {
        Some(token) => Err(syntax_error(script, token)),
        None => Ok(tokens),
    }
}

struct Lifter<'a> {
    script: &'a str,
    own: usize,
    tokens: &'a [TokenWithSpan],
    at: usize,
    /// The tokens read so far, without the clauses.
    plain: Vec<TokenWithSpan>,
    temporal: Temporal,
}

impl<'a> Lifter<'a> {
    fn run(&mut self) -> Result<()> {
        while let Some(token) = self.tokens.get(self.at) {
            if self.begins_target() {
                self.target()?;
            } else if self.begins_function() {
                self.function_of_moments()?;
            } else if is_word(token, "for") && self.is_next(1, "system_time") {
                self.clause_of_table()?;
            } else if is_word(token, "as") && self.is_next(1, "of") && self.begins_moment(2) {
                self.clause_of_query()?;
            } else {
                self.plain.push(token.clone());
                self.at += 1;
            }
        }
        Ok(())
    }

    fn peek(&self, ahead: usize) -> Option<&'a TokenWithSpan> {
        self.tokens.get(self.at + ahead)
    }

    fn is_next(&self, ahead: usize, word: &str) -> bool {
        self.peek(ahead).is_some_and(|token| is_word(token, word))
    }

    fn accept(&mut self, word: &str) -> bool {
        let found = self.is_next(0, word);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, wanted: bool) -> Result<()> {
        if wanted {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    fn expect_token(&mut self, wanted: Token) -> Result<()> {
        let found = self.peek(0).is_some_and(|token| token.token == wanted);
        self.expect(found)?;
        self.at += 1;
        Ok(())
    }

    fn unexpected(&self) -> Error {
        match self.peek(0) {
            Some(token) => syntax_error(self.script, token),
            None => Error::new(Code::Syntax, "syntax error at end of input").at(self
                .tokens
                .last()
                .map_or(1, |token| token.span.end.column as u32)),
        }
    }

    /// The TO of RESTORE, or the COMMIT of UNDO and REDO.
    fn begins_target(&self) -> bool {
        let begins = |word: &str| self.plain.first().is_some_and(|first| is_word(first, word));
        let is_first = self.temporal.clauses.is_empty();
        let is_all = || self.plain.len() == 2 && is_word(&self.plain[1], "database");
        is_first
            && (begins("restore") && (self.plain.len() > 2 || is_all()) && self.is_next(0, "to")
                || (begins("undo") || begins("redo"))
                    && self.plain.len() == 1
                    && self.is_next(0, "commit"))
    }

    fn target(&mut self) -> Result<()> {
        let token = &self.tokens[self.at];
        let start = position(token);
        self.at += 1;
        if is_word(token, "to") {
            let moment = self.moment()?;
            let clause = self.temporal.add(Clause::AsOf(moment), start);
            self.temporal.whole = Some(clause);
            return Ok(());
        }
        let number = match self.peek(0).map(|next| &next.token) {
            Some(Token::Number(digits, _)) => digits.parse::<u64>().ok(),
            _ => None,
        };
        let number = number.ok_or_else(|| self.unexpected())?;
        self.at += 1;
        // Its own number first: that is the one to name where it is not there. Before the first one there is nothing.
        for seq in [Some(number), number.checked_sub(1)].into_iter().flatten() {
            self.temporal.add(Clause::AsOf(Moment::Seq(seq)), start);
        }
        self.plain.push(token.clone());
        Ok(())
    }

    /// `diff(` or `commits(` where a FROM has a function.
    fn begins_function(&self) -> bool {
        let is_one = FUNCTIONS.iter().any(|name| self.is_next(0, name));
        let opens = self.peek(1).is_some_and(|next| next.token == Token::LParen);
        if !is_one || !opens {
            return false;
        }
        use Keyword::{FROM, JOIN, LATERAL};
        match self.plain.last().map(|before| &before.token) {
            Some(Token::Word(word)) => [FROM, JOIN, LATERAL].contains(&word.keyword),
            // A comma stands before a query of WITH, too, whose list holds names.
            Some(Token::Comma) => {
                !matches!(self.peek(2), Some(next) if matches!(next.token, Token::Word(_)))
            }
            _ => false,
        }
    }

    /// `diff('t', moment, moment)` or `commits(moment, moment)`, of which the moments are taken out.
    fn function_of_moments(&mut self) -> Result<()> {
        let is_diff = self.is_next(0, FUNCTIONS[0]);
        let name = position(&self.tokens[self.at]);
        self.plain
            .extend_from_slice(&self.tokens[self.at..self.at + 2]);
        self.at += 2;
        if is_diff {
            let rest = &self.tokens[self.at..];
            let Some([table, _]) = rest.get(..2) else {
                return Err(self.unexpected());
            };
            self.plain.push(table.clone());
            self.at += 1;
            self.expect_token(Token::Comma)?;
        } else if self.peek(0).is_some_and(|next| next.token == Token::RParen) {
            return Ok(());
        }
        let start = position(&self.tokens[self.at.min(self.tokens.len() - 1)]);
        let from = self.moment()?;
        self.expect_token(Token::Comma)?;
        let to = self.moment()?;
        let clauses = match is_diff {
            true => vec![Clause::AsOf(from), Clause::AsOf(to)],
            false => vec![Clause::ContainedIn(from, to)],
        };
        for clause in clauses {
            let clause = self.temporal.add(clause, start);
            self.temporal.tables.push((name, clause));
        }
        Ok(())
    }

    fn clause_of_table(&mut self) -> Result<()> {
        let position = position(&self.tokens[self.at]);
        let first = self.at;
        self.at += 2;
        let clause = self.clause()?;
        let table = table_before(without_columns(&self.plain));
        let table = table.or_else(|| self.alias_of_subquery());
        let refused = |hint: &str| syntax_error(self.script, &self.tokens[first]).with_hint(hint);
        let table = table.ok_or_else(|| {
            refused("FOR SYSTEM_TIME follows the name of a table or its alias, or a subquery in FROM that has an alias.")
        })?;
        if self.temporal.of_table(table).is_some() {
            return Err(refused(
                "A table reference has at most one FOR SYSTEM_TIME.",
            ));
        }
        let clause = self.temporal.add(clause, position);
        self.temporal.tables.push((table, clause));
        Ok(())
    }

    /// The position of the alias that follows, where a subquery ends before the clause.
    fn alias_of_subquery(&self) -> Option<u32> {
        let follows = |token: &TokenWithSpan| token.token == Token::RParen;
        self.plain.last().filter(|last| follows(last))?;
        let alias = self.peek(usize::from(self.is_next(0, "as")))?;
        matches!(alias.token, Token::Word(_)).then(|| position(alias))
    }

    fn clause(&mut self) -> Result<Clause> {
        if self.accept("all") {
            return Ok(Clause::All);
        }
        if self.accept("as") {
            let of = self.accept("of");
            self.expect(of)?;
            return Ok(Clause::AsOf(self.moment()?));
        }
        if self.accept("from") {
            let from = self.moment()?;
            let to = self.accept("to");
            self.expect(to)?;
            return Ok(Clause::FromTo(from, self.moment()?));
        }
        if self.accept("between") {
            let from = self.moment()?;
            let and = self.accept("and");
            self.expect(and)?;
            return Ok(Clause::Between(from, self.moment()?));
        }
        let contained = self.accept("contained") && self.accept("in");
        self.expect(contained)?;
        self.expect_token(Token::LParen)?;
        let from = self.moment()?;
        self.expect_token(Token::Comma)?;
        let to = self.moment()?;
        self.expect_token(Token::RParen)?;
        Ok(Clause::ContainedIn(from, to))
    }

    /// Whether what follows `AS OF` can be a moment, so that `of` is not an alias.
    fn begins_moment(&self, ahead: usize) -> bool {
        let Some(token) = self.peek(ahead) else {
            return false;
        };
        match &token.token {
            Token::AtSign | Token::NationalStringLiteral(_) | Token::Number(..) => true,
            Token::Placeholder(_) | Token::Minus | Token::Plus => true,
            Token::LParen => !self.is_column_list(ahead),
            Token::Word(word) => word.quote_style.is_none() && !follows_alias(word.keyword),
            _ => false,
        }
    }

    /// `(a, b)`: the column names of an alias.
    fn is_column_list(&self, mut ahead: usize) -> bool {
        loop {
            let name = self.peek(ahead + 1).map(|token| &token.token);
            let after = self.peek(ahead + 2).map(|token| &token.token);
            match (name, after) {
                (Some(Token::Word(_)), Some(Token::RParen)) => return true,
                (Some(Token::Word(_)), Some(Token::Comma)) => ahead += 2,
                _ => return false,
            }
        }
    }

    fn clause_of_query(&mut self) -> Result<()> {
        let start = &self.tokens[self.at];
        self.at += 2;
        let moment = self.moment()?;
        if !self.ends_query() {
            return Err(syntax_error(self.script, start).with_hint(
                "A bare AS OF holds for the whole query and stands at its very end. For one table \
                 write FOR SYSTEM_TIME AS OF behind its name.",
            ));
        }
        let clause = self.temporal.add(Clause::AsOf(moment), position(start));
        self.temporal.whole = Some(clause);
        Ok(())
    }

    /// Whether nothing of the query follows: `WITH [NO] DATA` is of the statement around it, and so is what stands behind
    /// the parentheses of a COPY.
    fn ends_query(&self) -> bool {
        let rest = &self.tokens[self.at..];
        let are = |words: &[&str]| {
            let mut pairs = rest.iter().zip(words);
            rest.len() == words.len() && pairs.all(|(token, word)| is_word(token, word))
        };
        let opens = |token: &TokenWithSpan| match token.token {
            Token::LParen => 1,
            Token::RParen => -1,
            _ => 0,
        };
        let is_copied = || {
            let is_copy = |begin: &TokenWithSpan| is_word(begin, "copy");
            let depth: i32 = self.plain.iter().map(opens).sum();
            self.plain.first().is_some_and(is_copy) && depth == 1 && rest[0].token == Token::RParen
        };
        rest.is_empty() || are(&["with", "data"]) || are(&["with", "no", "data"]) || is_copied()
    }

    fn moment(&mut self) -> Result<Moment> {
        match (self.peek(0).map(|token| &token.token), self.peek(1)) {
            (Some(Token::AtSign), _) => self.named_moment(),
            (Some(Token::Placeholder(name)), next) if !next.is_some_and(continues) => {
                let number = parameter(name).ok_or_else(|| self.unexpected())?;
                self.at += 1;
                Ok(Moment::Parameter(number))
            }
            _ => self.expression(),
        }
    }

    /// `@seq:N` or `@tag:name`.
    fn named_moment(&mut self) -> Result<Moment> {
        self.at += 1;
        let is_seq = self.accept("seq");
        let known = is_seq || self.accept("tag");
        let hint = |error: Error| error.with_hint("A moment is @seq:N, @tag:name or a timestamp.");
        self.expect(known).map_err(hint)?;
        self.expect_token(Token::Colon).map_err(hint)?;
        let moment = match self.peek(0).map(|token| &token.token) {
            Some(Token::Number(digits, _)) if is_seq => digits.parse().ok().map(Moment::Seq),
            Some(Token::Placeholder(name)) if is_seq => parameter(name)
                .filter(|number| *number >= self.own)
                .map(Moment::Parameter),
            Some(Token::Word(word)) if !is_seq => Some(Moment::Tag(word.value.clone())),
            Some(Token::NationalStringLiteral(tag)) if !is_seq => Some(Moment::Tag(tag.clone())),
            _ => None,
        };
        let moment = moment.ok_or_else(|| hint(self.unexpected()))?;
        self.at += 1;
        Ok(moment)
    }

    /// An expression, as far as it goes; an AND at its top is not part of it.
    fn expression(&mut self) -> Result<Moment> {
        let rest = &self.tokens[self.at..];
        let some = &rest[..rest.len().min(MOMENT_TOKENS_MAX)];
        if some.is_empty() {
            return Err(self.unexpected());
        }
        let dialect = PostgreSqlDialect {};
        let mut parser = new_parser(&dialect, some.to_vec());
        let expr = parser
            .parse_subexpr(dialect.prec_value(Precedence::Between))
            .map_err(|error| parse_error(error, self.script, some))?;
        let next = parser.peek_token_ref();
        let used = match next.token {
            Token::EOF => some.len(),
            _ => some
                .iter()
                .position(|token| token.span == next.span)
                .unwrap_or(some.len()),
        };
        self.at += used;
        Ok(Moment::Expr(Box::new(expr)))
    }
}

/// The number of a parameter, from 0.
fn parameter(name: &str) -> Option<usize> {
    name[1..].parse::<usize>().ok()?.checked_sub(1)
}

fn position(token: &TokenWithSpan) -> u32 {
    token.span.start.column as u32
}

fn is_word(token: &TokenWithSpan, wanted: &str) -> bool {
    matches!(&token.token, Token::Word(word) if word.quote_style.is_none() && word.value == wanted)
}

/// Whether a token after a parameter makes an expression of it.
fn continues(token: &TokenWithSpan) -> bool {
    matches!(
        token.token,
        Token::DoubleColon
            | Token::Plus
            | Token::Minus
            | Token::Mul
            | Token::Div
            | Token::StringConcat
    )
}

/// What may follow a table or column called `of`.
fn follows_alias(keyword: Keyword) -> bool {
    use Keyword::*;
    matches!(
        keyword,
        FROM | WHERE
            | JOIN
            | INNER
            | LEFT
            | RIGHT
            | FULL
            | CROSS
            | NATURAL
            | ON
            | USING
            | GROUP
            | HAVING
            | ORDER
            | LIMIT
            | OFFSET
            | FETCH
            | UNION
            | INTERSECT
            | EXCEPT
            | RETURNING
            | WINDOW
            | SET
            | VALUES
            | DEFAULT
            | FOR
            | AS
            | SELECT
            | INTO
            | TABLESAMPLE
            | AND
            | OR
    )
}

/// The position of the name of the table that the tokens end with, its alias left out.
fn table_before(tokens: &[TokenWithSpan]) -> Option<u32> {
    let last = tokens.len().checked_sub(1)?;
    let start = path_start(tokens, last)?;
    let Some(before) = start.checked_sub(1) else {
        return Some(position(&tokens[start]));
    };
    let Token::Word(word) = &tokens[before].token else {
        return Some(position(&tokens[start]));
    };
    use Keyword::*;
    let name = match word.keyword {
        AS if tokens.get(before.checked_sub(1)?)?.token == Token::RParen => start,
        AS => path_start(tokens, before - 1)?,
        FROM | JOIN | ONLY | INTO | UPDATE | TABLE | USING | TRUNCATE | LATERAL => start,
        _ => path_start(tokens, before)?,
    };
    Some(position(&tokens[name]))
}

/// The tokens without the names of columns that an alias at their end has.
fn without_columns(tokens: &[TokenWithSpan]) -> &[TokenWithSpan] {
    let Some((close, list)) = tokens.split_last() else {
        return tokens;
    };
    let is_of_list = |token: &&TokenWithSpan| matches!(token.token, Token::Word(_) | Token::Comma);
    let names = list.iter().rev().take_while(is_of_list).count();
    match &list[..list.len() - names] {
        [before @ .., alias, open]
            if open.token == Token::LParen && close.token == Token::RParen =>
        {
            match &alias.token {
                Token::Word(word) if word.quote_style.is_some() || !is_reserved(&word.value) => {
                    &tokens[..before.len() + 1]
                }
                _ => tokens,
            }
        }
        _ => tokens,
    }
}

/// Where the name `a.b.c` that ends at `last` begins.
fn path_start(tokens: &[TokenWithSpan], last: usize) -> Option<usize> {
    let is_name = |at: usize| matches!(tokens[at].token, Token::Word(_));
    if !is_name(last) {
        return None;
    }
    let mut start = last;
    while start >= 2 && tokens[start - 1].token == Token::Period && is_name(start - 2) {
        start -= 2;
    }
    Some(start)
}
