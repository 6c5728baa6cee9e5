//! The payload of the DDL frame: a change of the catalog.
//!
//! ```text
//!   a struct                         { "name": value, … }      the names of its fields, in their order
//!   an alternative                   "Name"  |  { "Name": what it carries }
//!   an Option, a Vec, a pair         nil or the value, an array, an array of two
//! ```
//!
//! What a version of the format adds to a struct comes behind a `;` below: it is left out where it says
//! nothing, so that what could be written before is written as before. A reader passes over the fields
//! that it does not know.

use super::part::Part;
use super::wire::{Decoded, Reader, Write, invalid};
use crate::commit::CatalogChange;
use crate::types::{
    Action, CheckSchema, ColumnId, ColumnSchema, ComputedKey, DataType, DefaultValue,
    DroppedColumn, Element, Enumeration, ForeignKey, IdentitySchema, IndexId, IndexSchema, Label,
    Seq, SequenceSchema, TableId, TableSchema, TypeSchema, ViewSchema, ViewUse,
};

pub fn write_change(out: &mut Vec<u8>, change: &CatalogChange) {
    change.write(out);
}

#[inline(never)] // see `Recovery::step_rarely`
pub fn read_change(payload: &[u8]) -> Decoded<CatalogChange> {
    let mut reader = Reader::new(payload);
    let change = CatalogChange::read(&mut reader)?;
    reader.end()?;
    Ok(change)
}

/// A map that is being written: at most 15 fields, whose number is in its first byte.
struct Fields<'a> {
    out: &'a mut Vec<u8>,
    start: usize,
}

impl<'a> Fields<'a> {
    fn new(out: &'a mut Vec<u8>) -> Self {
        let start = out.len();
        out.push(0x80);
        Fields { out, start }
    }

    /// The fields of an alternative.
    fn within(out: &'a mut Vec<u8>, alternative: &str) -> Self {
        Fields::new(out).name(alternative);
        Fields::new(out)
    }

    fn name(&mut self, name: &str) {
        self.out[self.start] += 1;
        self.out.str(name);
    }

    fn put(&mut self, name: &str, value: &impl Part) {
        self.name(name);
        value.write(self.out);
    }

    fn put_later(&mut self, name: &str, value: &impl Part) {
        if !value.says_nothing() {
            self.put(name, value);
        }
    }
}

/// A map that was read: the names, and where the values are.
struct Map<'a>(Vec<(&'a str, Reader<'a>)>);

impl<'a> Map<'a> {
    fn read(reader: &mut Reader<'a>) -> Decoded<Self> {
        let mut fields = Vec::new();
        for _ in 0..reader.map_length()? {
            fields.push((reader.str()?, reader.value()?));
        }
        Ok(Map(fields))
    }

    fn find(&self, name: &str) -> Option<Reader<'a>> {
        let mut fields = self.0.iter();
        let found = fields.find(|(other, _)| *other == name);
        found.map(|(_, value)| value.clone())
    }

    fn get<T: Part>(&self, name: &str) -> Decoded<T> {
        match self.find(name) {
            Some(mut value) => T::read(&mut value),
            None => invalid("a field of a schema is missing"),
        }
    }

    fn get_later<T: Part + Default>(&self, name: &str) -> Decoded<T> {
        self.find(name)
            .map_or_else(|| Ok(T::default()), |mut value| T::read(&mut value))
    }
}

/// The name of an alternative, and what it carries.
fn read_alternative<'a>(reader: &mut Reader<'a>) -> Decoded<(&'a str, Option<Reader<'a>>)> {
    if !reader.at_map()? {
        return Ok((reader.str()?, None));
    }
    match Map::read(reader)?.0.as_slice() {
        [(name, value)] => Ok((name, Some(value.clone()))),
        _ => invalid("an alternative of a schema has not one name"),
    }
}

macro_rules! structs {
    ($($name:ident { $($field:ident),+ $(; $($later:ident),+)? })+) => {$(
        impl Part for $name {
            fn write(&self, out: &mut Vec<u8>) {
                const { assert!([$(stringify!($field)),+ $(, $(stringify!($later)),+)?].len() <= 15) };
                let mut fields = Fields::new(out);
                $(fields.put(stringify!($field), &self.$field);)+
                $($(fields.put_later(stringify!($later), &self.$later);)+)?
            }

            fn read(reader: &mut Reader) -> Decoded<Self> {
                let map = Map::read(reader)?;
                Ok($name {
                    $($field: map.get(stringify!($field))?,)+
                    $($($later: map.get_later(stringify!($later))?,)+)?
                })
            }
        }
    )+};
}

macro_rules! alternatives {
    ($($name:ident {
        $($plain:ident),*;
        $($carrying:ident),*;
        $($named:ident { $($field:ident),+ }),*
    })+) => {$(
        impl Part for $name {
            fn write(&self, out: &mut Vec<u8>) {
                match self {
                    $($name::$plain => out.str(stringify!($plain)),)*
                    $($name::$carrying(value) => {
                        Fields::new(out).put(stringify!($carrying), value);
                    })*
                    $($name::$named { $($field),+ } => {
                        let mut fields = Fields::within(out, stringify!($named));
                        $(fields.put(stringify!($field), $field);)+
                    })*
                }
            }

            fn read(reader: &mut Reader) -> Decoded<Self> {
                match read_alternative(reader)? {
                    $((stringify!($plain), None) => Ok($name::$plain),)*
                    $((stringify!($carrying), Some(mut value)) => {
                        Part::read(&mut value).map($name::$carrying)
                    })*
                    $((stringify!($named), Some(mut value)) => {
                        let map = Map::read(&mut value)?;
                        Ok($name::$named { $($field: map.get(stringify!($field))?),+ })
                    })*
                    _ => invalid("an alternative of a schema is unknown"),
                }
            }
        }
    )+};
}

structs! {
    TableSchema {
        id, name, columns, next_column, primary_key, indexes;
        dropped, checks, foreign_keys, sequence, view, comment, schema, is_schema, type_schema
    }
    ColumnSchema {
        id, name, data_type, nullable, default;
        generated, identity, was_nullable, was_retyped, comment, domain, numbered, precision
    }
    DroppedColumn { id, data_type; replaced_by }
    DefaultValue { sql }
    IdentitySchema { always, sequence }
    IndexSchema { id, name, columns, unique, constraint; nulls_not_distinct, descending, nulls_first, computed, included, deferred, deferrable }
    ComputedKey { parts, predicate }
    CheckSchema { name, sql; not_valid }
    ForeignKey { name, columns, table, referenced, on_delete, on_update, match_full, deferred; deferrable, not_valid }
    ViewSchema { sql, uses; is_materialized, is_populated, is_checked, checks_local }
    ViewUse { name, table, columns }
    Label { name, place }
    SequenceSchema { data_type, start, increment, min, max, cycle, owner }
}

alternatives! {
    DataType {
        Unknown, Boolean, SmallInt, Integer, BigInt, Real, Double, Text, Bytea, Date, Time, Timestamp,
        TimestampTz, Json, Jsonb, Uuid, Interval;
        Numeric, Varchar, Char, Enum, Array;
    }
    TypeSchema { Domain; Enum; }
    Action { NoAction, Restrict, Cascade, SetNull, SetDefault;; }
    CatalogChange {
        ;
        CreateTable, AlterTable, DropTable;
        CreateIndex { table, index }, DropIndex { table, index }, Tag { name, seq }
    }
}

impl Part for Element {
    fn write(&self, out: &mut Vec<u8>) {
        self.data_type().write(out);
    }

    fn read(reader: &mut Reader) -> Decoded<Self> {
        // Arrays in each other are refused before they are read.
        let (name, _) = read_alternative(&mut reader.clone())?;
        let data_type = match name {
            "Array" => None,
            _ => Some(DataType::read(reader)?),
        };
        match data_type.and_then(Element::of) {
            Some(element) => Ok(element),
            None => invalid("an array has elements of an impossible type"),
        }
    }
}

/// The id alone: the catalog knows the rest.
impl Part for Enumeration {
    fn write(&self, out: &mut Vec<u8>) {
        self.id.write(out);
    }

    fn read(reader: &mut Reader) -> Decoded<Self> {
        TableId::read(reader).map(Enumeration::unknown)
    }
}

macro_rules! identifiers {
    ($($name:ident)+) => {$(
        impl Part for $name {
            fn write(&self, out: &mut Vec<u8>) {
                self.0.write(out);
            }

            fn read(reader: &mut Reader) -> Decoded<Self> {
                reader.u32().map($name)
            }
        }
    )+};
}

identifiers! { TableId ColumnId IndexId }

impl Part for Seq {
    fn write(&self, out: &mut Vec<u8>) {
        out.uint(self.0);
    }

    fn read(reader: &mut Reader) -> Decoded<Self> {
        reader.uint().map(Seq)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(id: u32, data_type: DataType) -> ColumnSchema {
        ColumnSchema {
            id: ColumnId(id),
            name: format!("column_{id}"),
            data_type,
            nullable: id.is_multiple_of(2),
            ..ColumnSchema::default()
        }
    }

    fn table() -> TableSchema {
        TableSchema {
            id: TableId(300),
            name: "größe".repeat(9),
            columns: vec![
                column(0, DataType::BigInt),
                column(1, DataType::Numeric(Some((12, -2)))),
                column(2, DataType::Numeric(None)),
                column(3, DataType::Varchar(Some(70_000))),
                column(4, DataType::Char(7)),
            ],
            next_column: ColumnId(5),
            primary_key: Some(IndexId(9)),
            indexes: vec![IndexSchema {
                id: IndexId(9),
                columns: vec![ColumnId(0)],
                unique: true,
                constraint: true,
                ..IndexSchema::default()
            }],
            ..TableSchema::default()
        }
    }

    /// As `table`, and with all that may be left out, and all types.
    fn full_table() -> TableSchema {
        let mut table = table();
        use DataType::*;
        let types = [
            Unknown,
            Boolean,
            SmallInt,
            Integer,
            Real,
            Double,
            Text,
            Bytea,
            Date,
            Timestamp,
            Json,
            Jsonb,
            Uuid,
            Interval,
            Varchar(None),
        ];
        let typed = (10..)
            .zip(types)
            .map(|(id, data_type)| column(id, data_type));
        table.columns.extend(typed);
        table.columns.push(ColumnSchema {
            default: Some(DefaultValue {
                sql: "now()".to_string(),
            }),
            generated: Some("column_1 + 1".to_string()),
            identity: Some(IdentitySchema {
                always: true,
                sequence: TableId(8),
            }),
            was_nullable: true,
            was_retyped: true,
            ..column(6, DataType::TimestampTz)
        });
        table.indexes[0].nulls_not_distinct = true;
        table.dropped = vec![DroppedColumn {
            id: ColumnId(5),
            data_type: DataType::Interval,
            replaced_by: None,
        }];
        table.checks = vec![CheckSchema {
            name: "positive".to_string(),
            sql: "column_1 > 0".to_string(),
            not_valid: false,
        }];
        table.foreign_keys = vec![ForeignKey {
            name: "up".to_string(),
            columns: vec![ColumnId(0)],
            table: TableId(70_000),
            referenced: vec![ColumnId(1)],
            on_delete: Action::SetNull,
            on_update: Action::NoAction,
            match_full: true,
            deferred: false,
            deferrable: false,
            not_valid: false,
        }];
        table.sequence = Some(SequenceSchema {
            data_type: DataType::SmallInt,
            start: 1,
            increment: -1,
            min: i64::MIN,
            max: 40_000,
            cycle: false,
            owner: Some((TableId(3), ColumnId(1))),
        });
        table.view = Some(ViewSchema {
            sql: "TABLE t".to_string(),
            uses: vec![ViewUse {
                name: "t".to_string(),
                table: TableId(5),
                columns: vec![(ColumnId(2), "b".to_string())],
            }],
            ..ViewSchema::default()
        });
        table
    }

    /// As `full_table`, and with what came later.
    fn later_table() -> TableSchema {
        let mut table = full_table();
        table.comment = Some("What it is".to_string());
        table.schema = Some("other".to_string());
        table.is_schema = true;
        if let Some(view) = &mut table.view {
            (view.is_materialized, view.is_populated) = (true, true);
            (view.is_checked, view.checks_local) = (true, true);
        }
        for column in &mut table.columns {
            column.comment = Some(String::new());
            column.domain = Some(TableId(9));
            (column.numbered, column.precision) = (true, Some(3));
        }
        (table.indexes[0].deferred, table.indexes[0].deferrable) = (true, true);
        table.checks[0].not_valid = true;
        table.foreign_keys[0].not_valid = true;
        table.dropped[0].replaced_by = Some(ColumnId(6));
        table.columns.push(column(39, DataType::Time));
        let mood = Enumeration::unknown(TableId(7));
        table.columns.push(column(40, DataType::Enum(mood)));
        let moods = DataType::Array(Element::Enum(mood));
        table.columns.push(column(41, moods));
        let label = Label {
            name: "sad".to_string(),
            place: -5,
        };
        table.type_schema = Some(TypeSchema::Enum(vec![label]));
        table
    }

    fn changes() -> [CatalogChange; 7] {
        [
            CatalogChange::CreateTable(table()),
            CatalogChange::AlterTable(full_table()),
            CatalogChange::DropTable(TableId(77)),
            CatalogChange::CreateIndex {
                table: TableId(1),
                index: table().indexes.remove(0),
            },
            CatalogChange::DropIndex {
                table: TableId(1),
                index: IndexId(u32::MAX),
            },
            CatalogChange::Tag {
                name: "v1".to_string(),
                seq: Some(Seq(1 << 40)),
            },
            CatalogChange::Tag {
                name: "v1".to_string(),
                seq: None,
            },
        ]
    }

    fn bytes(change: &CatalogChange) -> Vec<u8> {
        let mut out = Vec::new();
        write_change(&mut out, change);
        out
    }

    #[test]
    fn every_change_reads_back() {
        for change in changes()
            .into_iter()
            .chain([CatalogChange::CreateTable(later_table())])
            .chain([CatalogChange::CreateTable(TableSchema {
                type_schema: Some(TypeSchema::Domain),
                ..table()
            })])
        {
            assert_eq!(read_change(&bytes(&change)), Ok(change));
        }
    }

    #[test]
    fn what_was_written_once_is_written_for_ever() {
        let sums = changes().map(|change| {
            let bytes = bytes(&change);
            (bytes.len(), crc32fast::hash(&bytes))
        });
        let recorded = [
            (465, 0xf29d_8074),
            (1799, 0xa4d1_65ad),
            (12, 0x5568_f487),
            (68, 0x20dc_1aa9),
            (30, 0xc3bd_a770),
            (27, 0x8d02_3d43),
            (19, 0x2f9a_b5f3),
        ];
        assert_eq!(sums, recorded);
    }

    #[test]
    fn the_type_of_an_array_holds_that_of_its_elements() {
        let types: [(DataType, &[u8]); 2] = [
            (DataType::TEXTS, b"\x81\xa5Array\xa4Text"),
            (
                DataType::Array(Element::Varchar(Some(3))),
                b"\x81\xa5Array\x81\xa7Varchar\x03",
            ),
        ];
        for (data_type, expected) in types {
            let mut out = Vec::new();
            data_type.write(&mut out);
            assert_eq!(out, expected);
            assert_eq!(DataType::read(&mut Reader::new(&out)), Ok(data_type));
        }
        let of_arrays = b"\x81\xa5Array\x81\xa5Array\xa4Text";
        for refused in [of_arrays.as_slice(), b"\x81\xa5Array\xa7Unknown"] {
            assert!(DataType::read(&mut Reader::new(refused)).is_err());
        }
    }

    #[test]
    fn what_says_nothing_is_left_out() {
        let expected =
            b"\x81\xabCreateIndex\x82\xa5table\x01\xa5index\x85\xa2id\x09\xa4name\xa0\xa7columns\
            \x91\x00\xa6unique\xc3\xaaconstraint\xc3";
        assert_eq!(bytes(&changes()[3]), expected);
    }

    #[test]
    fn fields_of_later_versions_are_passed_over() {
        let payload =
            b"\x81\xa9DropIndex\x83\xa3new\x92\x81\xc0\xa1x\xd6\x01four\xa5table\x07\xa5index\x02";
        let expected = CatalogChange::DropIndex {
            table: TableId(7),
            index: IndexId(2),
        };
        assert_eq!(read_change(payload), Ok(expected));
        assert!(read_change(b"\x81\xa9DropIndex\x81\xa5table\x07").is_err());
    }

    #[test]
    fn no_byte_that_is_changed_makes_reading_panic() {
        for payload in changes().each_ref().map(bytes) {
            for place in 0..payload.len() {
                let _ = read_change(&payload[..place]);
                for value in [
                    0, 0x7f, 0x80, 0x8f, 0x91, 0xc0, 0xc1, 0xd9, 0xdd, 0xdf, 0xff,
                ] {
                    let mut changed = payload.clone();
                    changed[place] = value;
                    if let Ok(change) = read_change(&changed) {
                        assert_eq!(read_change(&bytes(&change)), Ok(change));
                    }
                }
            }
        }
        // Arrays in arrays, beyond what may be nested.
        let deep = [b"\x81\xa9DropTable".as_slice(), &[0x91; 100_000], &[0xc0]].concat();
        assert!(read_change(&deep).is_err());
    }
}
