//! Requests about the database itself: its history, its schema, its state, and what takes care of it.

use super::engine::{Engine, input, opened};
use super::request::{Asked, Kind};
use crate::db::{AsOf, Wanted, report};
use crate::error::{Code, Error, Result};
use crate::expr::Json;
use crate::types::Seq;

/// Read by a step of a check.
const CHECKED_BYTES: u64 = 1 << 20;

/// That a step of a compaction takes, about.
const COMPACTED_MILLISECONDS: u32 = 10;

/// What is to become of work in steps: by itself it goes on.
const BEGIN: u64 = 0;
const END: u64 = 2;

impl Engine {
    pub(super) fn try_ask(&mut self, length: u32) -> Result<()> {
        self.check_room(length)?;
        let asked = Asked::read(input(&self.input, length))?;
        let database = opened(&mut self.state)?;
        let as_of: Option<&AsOf> = asked.as_of.as_ref();
        let result = match asked.kind {
            Kind::History => {
                let names: Option<Vec<String>> = match asked.meta {
                    "" => None,
                    names => Some(Json::parse(names)?.into_strings().ok_or_else(malformed)?),
                };
                let history =
                    database.history(asked.sql, &asked.row()?, names.as_deref(), as_of)?;
                report::history(&history, database.applied_seq())
            }
            Kind::Commits => report::commits(database, asked.from, asked.to, asked.limit)?,
            Kind::Tables => report::tables(&*database.catalog(as_of)?, database.applied_seq()),
            Kind::Status => report::status(database)?,
            Kind::Touched => {
                // Zero stands for before the first commit.
                let from = asked.from.checked_sub(1).map(Seq);
                let (touched, seq) = database.touched(asked.sql, &asked.row()?, from, as_of);
                report::touched(touched, seq)
            }
            Kind::Check => {
                if asked.from == BEGIN {
                    database.begin_check()?;
                }
                let checked = match asked.from {
                    END => database.end_check(),
                    _ => database.check(CHECKED_BYTES)?,
                };
                report::check(&checked, database)
            }
            Kind::Compact => {
                if asked.from == BEGIN {
                    database.begin_compaction()?;
                }
                let compacted = match asked.from {
                    END => database.end_compaction(),
                    _ => database.compact(COMPACTED_MILLISECONDS)?,
                };
                report::compaction(&compacted, database)
            }
            Kind::Stats => {
                let stats = report::stats(database);
                database.check_usable()?;
                stats
            }
            Kind::Salvage => {
                let salvage = self.salvage.as_mut();
                let salvage = salvage.ok_or_else(|| Error::not_under_way("salvage"))?;
                let salvaged = salvage.step(database, COMPACTED_MILLISECONDS)?;
                report::compaction(&salvaged, database)
            }
            Kind::Exec | Kind::Run => return Err(malformed()),
        };
        let wanted = Wanted {
            texts: &asked.texts,
            terse: false,
        };
        self.encoder.encode(&result, wanted, &mut self.output)
    }
}

fn malformed() -> Error {
    Error::new(Code::Internal, "the request is malformed")
}
