//! Enumerated types.
//!
//! A value is held as an integer, its **place**: values compare, sort, hash and are indexed as their places do, in
//! the order of declaration, and a label that comes to stand between two others gets a place between theirs. So
//! nothing that is stored ever changes, whatever is added or renamed.
//!
//! Beside the id the type carries its labels at the moment whose catalog it comes from, so that values are read
//! and printed wherever there is a type, and the past says what it said. Types are copied through all of the
//! engine; the labels, once in a catalog, stay there for ever as all of the past does, and are never given back.

use super::{TableId, TableSchema};
use std::fmt;
use std::hash::{Hash, Hasher};

/// How far apart labels are that were declared beside each other: between two there is room for twenty, each in
/// the middle of what is left. PostgreSQL's `enumsortorder` is the place in these units.
const DISTANCE: i64 = 1 << 20;

/// A label of an enumerated type.
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    pub name: String,
    pub place: i64,
}

/// Where a new label goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Neighbour {
    Last,
    Before(usize),
    After(usize),
}

/// The labels of a type that is declared with these names.
pub fn declared(names: &[String]) -> Vec<Label> {
    let places = (1..).map(|number| number * DISTANCE);
    let labels = names.iter().zip(places);
    labels
        .map(|(name, place)| Label {
            name: name.clone(),
            place,
        })
        .collect()
}

/// Puts a label among the others, which are in the order of their places; `None` if there is no room.
pub fn insert(labels: &mut Vec<Label>, name: &str, neighbour: Neighbour) -> Option<()> {
    let at = match neighbour {
        Neighbour::Last => labels.len(),
        Neighbour::Before(at) => at,
        Neighbour::After(at) => at + 1,
    };
    let before = at.checked_sub(1).map(|before| labels[before].place);
    let after = labels.get(at).map(|label| label.place);
    let place = match (before, after) {
        (None, None) => DISTANCE,
        (Some(before), None) => before.checked_add(DISTANCE)?,
        (None, Some(after)) => after.checked_sub(DISTANCE)?,
        (Some(before), Some(after)) => before + (after - before) / 2,
    };
    if Some(place) == before {
        return None;
    }
    let name = name.to_string();
    labels.insert(at, Label { name, place });
    Some(())
}

/// PostgreSQL's number for a place.
pub fn sort_order(place: i64) -> f64 {
    place as f64 / DISTANCE as f64
}

/// An enumerated type as it was at a moment. It is the same type at all of them.
#[derive(Clone, Copy)]
pub struct Enumeration {
    pub id: TableId,
    known: &'static Known,
}

struct Known {
    /// As `format_type` writes it.
    shown: String,
    name: String,
    schema: String,
    /// By place.
    labels: Vec<Label>,
}

static UNKNOWN: Known = Known {
    shown: String::new(),
    name: String::new(),
    schema: String::new(),
    labels: Vec::new(),
};

impl Enumeration {
    /// The type with this id, until a catalog says what it is.
    pub fn unknown(id: TableId) -> Enumeration {
        Enumeration {
            id,
            known: &UNKNOWN,
        }
    }

    /// What a catalog says that it is.
    pub fn new(schema: &TableSchema, labels: &[Label]) -> Enumeration {
        let known = Known {
            shown: schema.shown(),
            name: schema.name.clone(),
            schema: schema.schema_name().to_string(),
            labels: labels.to_vec(),
        };
        Enumeration {
            id: schema.id,
            known: Box::leak(Box::new(known)),
        }
    }

    pub fn name(self) -> &'static str {
        &self.known.name
    }

    pub fn schema(self) -> &'static str {
        &self.known.schema
    }

    /// In their order.
    pub fn labels(self) -> &'static [Label] {
        &self.known.labels
    }

    pub fn place_of(self, name: &str) -> Option<i64> {
        let mut labels = self.labels().iter();
        labels.find(|label| label.name == name).map(|l| l.place)
    }

    pub fn name_of(self, place: i64) -> Option<&'static str> {
        let labels = self.labels();
        let at = labels.binary_search_by_key(&place, |label| label.place);
        at.ok().map(|at| labels[at].name.as_str())
    }
}

impl PartialEq for Enumeration {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Enumeration {}

impl Hash for Enumeration {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

impl fmt::Debug for Enumeration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Enumeration({})", self.id)
    }
}

impl fmt::Display for Enumeration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.known.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(labels: &[Label]) -> String {
        labels.iter().map(|label| label.name.as_str()).collect()
    }

    #[test]
    fn a_label_gets_a_place_between_its_neighbours_while_there_is_one() {
        let mut labels = declared(&["b".to_string(), "d".to_string()]);
        for (name, neighbour) in [
            ("e", Neighbour::Last),
            ("a", Neighbour::Before(0)),
            ("c", Neighbour::After(1)),
        ] {
            insert(&mut labels, name, neighbour).expect("there is room");
        }
        assert_eq!(names(&labels), "abcde");
        let orders = labels.iter().map(|label| sort_order(label.place));
        assert_eq!(orders.collect::<Vec<_>>(), [0.0, 1.0, 1.5, 2.0, 3.0]);
        let mut room = 0;
        while insert(&mut labels, "x", Neighbour::Before(4)).is_some() {
            room += 1;
        }
        assert_eq!(room, 20);
        assert!(labels.is_sorted_by(|a, b| a.place < b.place));
        let schema = TableSchema {
            id: TableId(7),
            ..TableSchema::default()
        };
        let made = Enumeration::new(&schema, &labels);
        assert_eq!(
            made.place_of("c").and_then(|at| made.name_of(at)),
            Some("c")
        );
        assert_eq!(made.name_of(17), None);
        assert_eq!(made, Enumeration::unknown(TableId(7)));
    }
}
