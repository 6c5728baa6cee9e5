//! Tables and their rows at random.

use super::kind::{KINDS, Kind};
use super::random::Random;

#[derive(Debug, Clone)]
pub struct Table {
    pub name: String,
    /// The first one is the key `id`.
    pub columns: Vec<TableColumn>,
    /// The key of the next new row.
    pub next_id: usize,
}

#[derive(Debug, Clone)]
pub struct TableColumn {
    pub name: String,
    pub kind: Kind,
    declaration: String,
    pub is_nullable: bool,
    /// Unique, or computed from others: what an UPDATE leaves alone. (PostgreSQL checks uniqueness row by row, in an order
    /// of its own.)
    pub is_fixed: bool,
    is_generated: bool,
}

impl Table {
    /// A table with a key and up to seven columns. Columns of different tables share names where they share kinds.
    pub fn new(name: &str, random: &mut Random) -> Table {
        let mut table = Table {
            name: name.to_string(),
            columns: vec![TableColumn {
                name: "id".to_string(),
                kind: Kind::Int,
                declaration: "integer primary key".to_string(),
                is_nullable: false,
                is_fixed: true,
                is_generated: false,
            }],
            next_id: 0,
        };
        for _ in 0..3 + random.below(5) {
            table.add_column(random);
        }
        table
    }

    /// Gives it one more column; how that is declared.
    pub fn add_column(&mut self, random: &mut Random) -> String {
        loop {
            let column = TableColumn::new(random);
            if self.columns.iter().all(|other| other.name != column.name) {
                let declared = format!("{} {}", column.name, column.declaration);
                self.columns.push(column);
                return declared;
            }
        }
    }

    pub fn create(&self) -> String {
        let columns: Vec<String> = self
            .columns
            .iter()
            .map(|column| format!("{} {}", column.name, column.declaration))
            .collect();
        format!("create table {} ({})", self.name, columns.join(", "))
    }

    /// A tuple of a new row, for all columns.
    pub fn tuple(&mut self, random: &mut Random) -> String {
        let id = self.new_id(random);
        let mut values = vec![id.to_string()];
        for column in &self.columns[1..] {
            values.push(match random.below(20) {
                _ if column.is_generated => "default".to_string(),
                0 | 1 if column.is_nullable => "null".to_string(),
                2 => "default".to_string(),
                _ if column.is_fixed => id.to_string(),
                _ => column.value(random),
            });
        }
        format!("({})", values.join(", "))
    }

    /// A key that is new, but for some that are not.
    fn new_id(&mut self, random: &mut Random) -> usize {
        self.next_id += 1;
        match random.chance(8) {
            true => random.below(self.next_id),
            false => self.next_id,
        }
    }
}

impl TableColumn {
    fn new(random: &mut Random) -> TableColumn {
        let common = [Kind::Int, Kind::Text, Kind::Numeric];
        let kind = loop {
            let kind = match random.chance(45) {
                true => common[random.below(common.len())],
                false => KINDS[random.below(KINDS.len())],
            };
            if !kind.declarations().is_empty() {
                break kind;
            }
        };
        let declarations = kind.declarations();
        let mut declaration = declarations[random.below(declarations.len())].to_string();
        let is_unique = kind == Kind::Int && random.chance(15);
        let is_generated = kind == Kind::Int && !is_unique && random.chance(15);
        let is_nullable = is_unique || is_generated || random.chance(85);
        if is_unique {
            declaration.push_str(" unique");
        } else if is_generated {
            declaration.push_str(" generated always as (id % 7 * 10 - 3) stored");
        } else if !is_nullable {
            declaration.push_str(" not null");
        }
        if kind == Kind::Int && random.chance(20) {
            declaration.push_str(" check (id <> 13)");
        }
        if !is_generated && random.chance(15) {
            declaration.push_str(&format!(" default {}", kind.literal(random)));
        }
        TableColumn {
            name: format!("{}{}", kind.name(), random.below(2)),
            kind,
            declaration,
            is_nullable,
            is_fixed: is_unique || is_generated,
            is_generated,
        }
    }

    /// A constant to write into it: with its type, without, or as a string.
    fn value(&self, random: &mut Random) -> String {
        match random.chance(50) {
            true => self.kind.literal(random),
            false => format!("'{}'", self.kind.constant(random)),
        }
    }
}
