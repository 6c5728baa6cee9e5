//! Expressions at random, by the templates of the grammar.

use super::grammar::{COMPARABLE, CORRELATED, EXTREME, GENERIC, constants, templates};
use super::kind::{KINDS, Kind};
use super::random::Random;
use super::tables::Table;

/// A column that an expression may name.
#[derive(Debug, Clone)]
pub struct Column {
    pub name: String,
    pub kind: Kind,
}

/// What expressions are made of at one place of a statement.
pub struct Expressions<'a> {
    pub random: &'a mut Random,
    /// What queries may ask; with none there are no queries in the expressions.
    pub tables: &'a [Table],
    /// The columns in scope.
    pub columns: Vec<Column>,
    /// Whether each part of an expression is looked at, so that which errors come up is certain.
    pub is_strict: bool,
    /// Parts of an expression in each other.
    pub depth: usize,
    /// Whether there are untyped NULLs.
    pub has_nulls: bool,
    /// After how many expressions one comes whose type does not fit.
    pub misfit: Option<usize>,
    /// Names given so far.
    pub names: usize,
}

impl<'a> Expressions<'a> {
    pub fn new(random: &'a mut Random, tables: &'a [Table]) -> Self {
        Expressions {
            random,
            tables,
            columns: Vec::new(),
            is_strict: false,
            depth: 3,
            has_nulls: true,
            misfit: None,
            names: 0,
        }
    }

    pub fn pick<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.random.below(values.len())]
    }

    pub fn any_kind(&mut self) -> Kind {
        // Half of them are the kinds that most tables are made of.
        match self.random.chance(50) {
            true => self.pick(&[Kind::Int, Kind::Text, Kind::Numeric, Kind::Bool]),
            false => self.pick(&KINDS),
        }
    }

    pub fn kind_that(&mut self, is_right: fn(Kind) -> bool) -> Kind {
        loop {
            let kind = self.any_kind();
            if is_right(kind) {
                return kind;
            }
        }
    }

    /// A name that nothing else in the statement has.
    pub fn name(&mut self) -> String {
        self.names += 1;
        format!("n{}", self.names)
    }

    /// An expression of a kind.
    pub fn expression(&mut self, kind: Kind) -> String {
        let kind = match &mut self.misfit {
            Some(0) => {
                self.misfit = None;
                self.any_kind()
            }
            Some(left) => {
                *left -= 1;
                kind
            }
            None => kind,
        };
        if self.depth == 0 || self.random.chance(35) {
            return self.leaf(kind);
        }
        let template = loop {
            let template = self.template(kind);
            let asks = template.contains("{from}") || template.contains("{query ");
            if !(self.is_strict && template.starts_with('?') || self.tables.is_empty() && asks) {
                break template.trim_start_matches('?');
            }
        };
        self.depth -= 1;
        let text = self.fill(template, kind);
        self.depth += 1;
        format!("({text})")
    }

    fn template(&mut self, kind: Kind) -> &'static str {
        let own = templates(kind);
        let others: &[&str] = match self.random.below(10) {
            0 | 1 => GENERIC,
            2 if kind.is_comparable() => COMPARABLE,
            3 if kind.has_extremes() => EXTREME,
            _ => own,
        };
        // A kind without a template that may stand where errors are compared would not end this otherwise.
        match self.is_strict && others != own {
            true => self.pick(own),
            false => self.pick(others),
        }
    }

    /// A column, or else a constant.
    pub fn leaf(&mut self, kind: Kind) -> String {
        if self.random.chance(75)
            && let Some(column) = self.column(kind)
        {
            return column;
        }
        if self.has_nulls && !self.is_strict && self.random.chance(6) {
            return "null".to_string();
        }
        kind.literal(self.random)
    }

    fn column(&mut self, kind: Kind) -> Option<String> {
        let mut fitting = self.columns.clone();
        fitting.retain(|column| kind.accepts(column.kind));
        (!fitting.is_empty()).then(|| fitting.swap_remove(self.random.below(fitting.len())).name)
    }

    /// Fills the holes of a template.
    pub fn fill(&mut self, template: &str, own: Kind) -> String {
        let key = self.kind_that(Kind::is_comparable);
        let scope = self.columns.clone();
        let outer = if CORRELATED { scope.len() } else { 0 };
        // An item of FROM comes first, since what stands before it names its columns.
        let mut from = String::new();
        if template.contains("{from}") {
            self.columns.retain(|_| CORRELATED);
            from = self.item_of_from();
        }
        let mut text = String::new();
        let mut rest = template;
        while let Some((before, (hole, after))) = rest
            .split_once('{')
            .and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
        {
            text.push_str(before);
            let filled = match hole {
                "from" => from.clone(),
                hole => match hole.strip_prefix("inner ") {
                    Some(hole) => {
                        let all = self.columns.clone();
                        self.columns.drain(..outer);
                        let filled = self.hole(hole, own, key);
                        self.columns = all;
                        filled
                    }
                    None => self.hole(hole, own, key),
                },
            };
            text.push_str(&filled);
            rest = after;
        }
        text.push_str(rest);
        self.columns = scope;
        text
    }

    fn hole(&mut self, hole: &str, own: Kind, key: Kind) -> String {
        if hole == "own type" {
            return own.cast().to_string();
        }
        if let Some(values) = constants(hole) {
            return self.pick(values).to_string();
        }
        let (how, kind) = hole.split_once(' ').unwrap_or(("", hole));
        let kind = match kind {
            "self" => own,
            "key" => key,
            "any" => self.any_kind(),
            "extreme" => self.kind_that(Kind::has_extremes),
            "number" => self.pick(&[
                Kind::Small,
                Kind::Int,
                Kind::Big,
                Kind::Numeric,
                Kind::Numeric,
            ]),
            name => KINDS
                .into_iter()
                .find(|kind| kind.name() == name)
                .unwrap_or_else(|| panic!("{{{hole}}}")),
        };
        match how {
            "" => self.expression(kind),
            "leaf" => self.leaf(kind),
            "literal" => kind.literal(self.random),
            "column" => self
                .column(kind)
                .unwrap_or_else(|| format!("null::{}", kind.cast())),
            "query" => self.query_of(kind),
            _ => panic!("{{{hole}}}"),
        }
    }

    /// A table under a name of its own, whose columns come into scope.
    pub fn item_of_from(&mut self) -> String {
        let at = self.random.below(self.tables.len());
        let table = &self.tables[at];
        let alias = self.name();
        self.columns
            .extend(table.columns.iter().map(|column| Column {
                name: format!("{alias}.{}", column.name),
                kind: column.kind,
            }));
        format!("{} {alias}", self.tables[at].name)
    }

    fn query_of(&mut self, kind: Kind) -> String {
        self.fill("select {self} from {from} where {bool}", kind)
    }
}
