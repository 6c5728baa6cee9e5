//! A table's definition of before, over rows that have been others since.

use super::{ColumnId, ColumnSchema, DroppedColumn, Label, TableSchema, TypeSchema};
use crate::types::SortedSet;

impl TableSchema {
    /// This definition again, where the last one was another. Columns that came since are dropped, and those that were dropped are
    /// there again, with what the rows still hold in them; one of another type since takes the place of the one that had taken its own.
    pub fn again(&self, last: &TableSchema) -> TableSchema {
        let mut again = self.clone();
        if let (Some(TypeSchema::Enum(names)), Some(TypeSchema::Enum(labels))) =
            (&self.type_schema, &last.type_schema)
        {
            again.type_schema = Some(TypeSchema::Enum(named(labels, names)));
        }
        if !self.kind().has_rows() {
            return again;
        }
        again.next_column = self.next_column.max(last.next_column);
        let gone = |id: ColumnId| self.position(id).is_none();
        let columns = last.columns.iter().map(|column| DroppedColumn {
            id: column.id,
            data_type: column.data_type,
            replaced_by: None,
        });
        let dropped = last.dropped.iter().cloned().chain(columns);
        again.dropped = dropped.filter(|column| gone(column.id)).collect();
        // What was last in its place is now behind the one that is back there.
        for column in &mut again.dropped {
            let own = || self.successor(column.id).map(|own| own.id);
            let mut before = last.replaced(column.id).into_iter();
            let back = || before.find(|old| !gone(old.id)).map(|old| old.id);
            column.replaced_by = column.replaced_by.or_else(own).or_else(back);
        }
        for at in 0..again.columns.len() {
            let id = again.columns[at].id;
            let known = last.columns.iter().find(|known| known.id == id);
            let is_retyped = !again.replaced(id).is_empty();
            let column = &mut again.columns[at];
            column.was_nullable |= known.map_or(!column.nullable, |known| {
                known.was_nullable || known.nullable && !column.nullable
            });
            column.was_retyped |= is_retyped || known.is_some_and(|known| known.was_retyped);
        }
        again
    }

    /// The column that has taken the place of one, of whatever types there were between.
    pub fn successor(&self, id: ColumnId) -> Option<&ColumnSchema> {
        let mut columns = self.columns.iter();
        columns.find(|own| self.replaced(own.id).iter().any(|old| old.id == id))
    }

    /// Whether two definitions are the same to who reads the present.
    pub fn means(&self, other: &TableSchema) -> bool {
        let plain = |table: &TableSchema| {
            let mut plain = table.clone();
            plain.dropped.clear();
            plain.next_column = ColumnId(0);
            for column in &mut plain.columns {
                (column.was_nullable, column.was_retyped) = (false, false);
            }
            plain
        };
        plain(self) == plain(other)
    }
}

/// All labels, as the past has values of each, under the names that some had, unless others have these.
fn named(labels: &[Label], names: &[Label]) -> Vec<Label> {
    let mut named = labels.to_vec();
    for label in &mut named {
        let mut names = names.iter();
        if let Some(before) = names.find(|other| other.place == label.place) {
            label.name.clone_from(&before.name);
        }
    }
    let distinct: SortedSet<&str> = named.iter().map(|label| label.name.as_str()).collect();
    match distinct.len() == named.len() {
        true => named,
        false => labels.to_vec(),
    }
}
