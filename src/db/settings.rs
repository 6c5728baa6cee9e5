//! The settings of a session: which there are, what they may be, and what they are.
//!
//! A setting that means something here can be set. One that in PostgreSQL changes what is answered, and here
//! has only one meaning, takes that one value and refuses the others (`UNSUPPORTED`). One with a dot in its name is
//! the application's own. What a transaction sets is forgotten with it when it is rolled back, and what it sets with
//! LOCAL in any case.

use crate::db::AsOf;
use crate::error::{Code, Error, Result};
use crate::plan::SERVER_VERSION_NUM;
use crate::sql::Modes;
use crate::types::SortedMap;
use crate::types::sort_by;
use std::rc::Rc;

/// What has been set, by name.
#[derive(Debug, Clone, Default)]
pub(super) struct Settings {
    session: SortedMap<String, String>,
    /// Until the transaction ends.
    local: SortedMap<String, String>,
    /// What the session reads unless a request says otherwise.
    pub as_of: Option<AsOf>,
}

enum Kind {
    Text,
    Boolean,
    /// In milliseconds; 0 is none.
    Duration,
    Isolation,
    /// How much is said besides answers.
    Level,
    /// One of these, without blanks and in small letters; all mean the same.
    Only(&'static [&'static str]),
    /// It says what is the case.
    Fixed,
}

/// Name, default and kind, by name.
const SETTINGS: [(&str, &str, Kind); 32] = [
    ("application_name", "", Kind::Text),
    ("bytea_output", "hex", Kind::Only(&["hex"])),
    ("check_function_bodies", "on", Kind::Boolean),
    (
        "client_encoding",
        "UTF8",
        Kind::Only(&["utf8", "utf-8", "unicode"]),
    ),
    ("client_min_messages", "notice", Kind::Level),
    (
        "DateStyle",
        "ISO, MDY",
        Kind::Only(&["iso,mdy", "iso", "mdy"]),
    ),
    ("default_table_access_method", "heap", Kind::Only(&["heap"])),
    ("default_tablespace", "", Kind::Only(&[""])),
    ("default_transaction_deferrable", "off", Kind::Only(OFF)),
    (
        "default_transaction_isolation",
        "serializable",
        Kind::Isolation,
    ),
    ("default_transaction_read_only", "off", Kind::Boolean),
    ("escape_string_warning", "on", Kind::Boolean),
    ("extra_float_digits", "1", Kind::Only(&["1", "2", "3"])),
    (
        "idle_in_transaction_session_timeout",
        "0",
        Kind::Only(&["0"]),
    ),
    ("integer_datetimes", "on", Kind::Fixed),
    ("IntervalStyle", "postgres", Kind::Only(&["postgres"])),
    ("is_superuser", "on", Kind::Fixed),
    ("lc_collate", "C", Kind::Fixed),
    ("lock_timeout", "0", Kind::Duration),
    ("row_security", "on", Kind::Boolean),
    ("search_path", "\"$user\", public", Kind::Text),
    ("server_encoding", "UTF8", Kind::Fixed),
    ("server_version", "15.0", Kind::Fixed),
    ("server_version_num", SERVER_VERSION_NUM, Kind::Fixed),
    (
        "session_replication_role",
        "origin",
        Kind::Only(&["origin"]),
    ),
    ("standard_conforming_strings", "on", Kind::Only(ON)),
    ("statement_timeout", "0", Kind::Duration),
    ("synchronous_commit", "on", Kind::Only(ON)),
    (
        "TimeZone",
        "UTC",
        Kind::Only(&[
            "utc", "etc/utc", "gmt", "etc/gmt", "z", "zulu", "0", "+00", "+00:00",
        ]),
    ),
    ("transaction_isolation", "serializable", Kind::Isolation),
    ("transaction_read_only", "off", Kind::Boolean),
    ("xmloption", "content", Kind::Only(&["content"])),
];

/// What tells PostgreSQL how to plan and what to spend, and says nothing here.
const PLANNING: &str = "enable_async_append=on enable_bitmapscan=on enable_gathermerge=on enable_hashagg=on \
    enable_hashjoin=on enable_incremental_sort=on enable_indexonlyscan=on enable_indexscan=on enable_material=on \
    enable_memoize=on enable_mergejoin=on enable_nestloop=on enable_parallel_append=on enable_parallel_hash=on \
    enable_partition_pruning=on enable_partitionwise_aggregate=off enable_partitionwise_join=off enable_seqscan=on \
    enable_sort=on enable_tidscan=on geqo=on jit=on jit_above_cost=100000 work_mem=4MB maintenance_work_mem=64MB \
    temp_buffers=8MB effective_cache_size=4GB seq_page_cost=1 random_page_cost=4 cpu_tuple_cost=0.01 \
    cursor_tuple_fraction=0.1 hash_mem_multiplier=2 parallel_setup_cost=1000 parallel_tuple_cost=0.1 \
    parallel_leader_participation=on force_parallel_mode=off min_parallel_table_scan_size=8MB \
    min_parallel_index_scan_size=512kB max_parallel_workers=8 max_parallel_workers_per_gather=2 \
    max_parallel_maintenance_workers=2 max_stack_depth=2MB constraint_exclusion=partition plan_cache_mode=auto \
    from_collapse_limit=8 join_collapse_limit=8 default_statistics_target=100 vacuum_cost_delay=0";

const ON: &[&str] = &["on", "true", "yes", "1"];
const OFF: &[&str] = &["off", "false", "no", "0"];
const LEVELS: [&str; 10] = [
    "debug5", "debug4", "debug3", "debug2", "debug1", "debug", "log", "notice", "warning", "error",
];
const ISOLATIONS: [&str; 4] = [
    "read uncommitted",
    "read committed",
    "repeatable read",
    "serializable",
];
/// Units of time in milliseconds, the largest first.
const UNITS: [(&str, u64); 5] = [
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("min", 60_000),
    ("s", 1000),
    ("ms", 1),
];

impl Settings {
    /// A setting's name as it is shown, and its value.
    pub fn show(&self, name: &str) -> Result<(String, String)> {
        let value = |default: &str| {
            let set = self.local.get(name).or_else(|| self.session.get(name));
            set.map_or_else(|| default.to_string(), String::clone)
        };
        match find(name) {
            // That of transactions to come is that of this one unless it said otherwise.
            Some((shown, ..)) if name.starts_with("transaction_") => {
                let (_, inherited) = self.show(&format!("default_{name}"))?;
                Ok((shown.to_string(), value(&inherited)))
            }
            Some((shown, default, _)) => Ok((shown.to_string(), value(default))),
            None if self.local.contains_key(name) || self.session.contains_key(name) => {
                Ok((name.to_string(), value("")))
            }
            None => Err(unknown(name)),
        }
    }

    pub fn show_all(&self) -> Vec<(String, String)> {
        let own = self.session.keys().chain(self.local.keys());
        let own = own.filter(|name| name.contains('.')).map(String::as_str);
        let planning = PLANNING
            .split(' ')
            .filter_map(|said| Some(said.split_once('=')?.0));
        let known = SETTINGS.iter().map(|(name, ..)| *name).chain(planning);
        let mut all: Vec<_> = (known.chain(own))
            .filter_map(|name| self.show(&name.to_ascii_lowercase()).ok())
            .collect();
        sort_by(&mut all, Ord::cmp);
        all.dedup();
        all
    }

    /// Sets, or without a value resets.
    pub fn set(&mut self, name: &str, value: Option<&str>, local: bool) -> Result<()> {
        let kind = match find(name) {
            Some((shown, _, Kind::Fixed)) => {
                let message = format!("parameter \"{shown}\" cannot be changed");
                return Err(Error::new(Code::FixedParameter, message));
            }
            Some((_, _, kind)) => kind,
            None if name.contains('.') => &Kind::Text,
            None => return Err(unknown(name)),
        };
        let value = match value {
            Some(value) => Some(checked(name, kind, value)?),
            None => None,
        };
        if !local {
            self.local.remove(name);
        }
        let values = match local {
            true => &mut self.local,
            false => &mut self.session,
        };
        match (value, find(name)) {
            (Some(value), _) => values.insert(name.to_string(), value),
            // LOCAL to the default hides what the session set.
            (None, Some((_, default, _))) if local => {
                values.insert(name.to_string(), default.to_string())
            }
            (None, _) => values.remove(name),
        };
        Ok(())
    }

    pub fn reset_all(&mut self) {
        *self = Settings::default();
    }

    pub fn is_on(&self, name: &str) -> bool {
        self.show(name).is_ok_and(|(_, value)| value == "on")
    }

    /// The same for one that is off by default, which every statement may ask.
    pub fn was_turned_on(&self, name: &str) -> bool {
        let set = self.local.get(name).or_else(|| self.session.get(name));
        set.is_some_and(|value| value == "on")
    }

    /// The schemas that `search_path` names, if they are not `public` alone. There is none of the user, and those of the
    /// system are searched in any case.
    pub fn path(&self) -> Option<Rc<[String]>> {
        let name = "search_path";
        let given = self.local.get(name).or_else(|| self.session.get(name))?;
        let mut schemas = Vec::new();
        let (mut schema, mut is_quoted, mut was_quoted) = (String::new(), false, false);
        for symbol in given.chars().chain([',']) {
            match symbol {
                '"' => (is_quoted, was_quoted) = (!is_quoted, true),
                ',' if !is_quoted => {
                    let found = std::mem::take(&mut schema);
                    let found = match std::mem::take(&mut was_quoted) {
                        true => found.trim().to_string(),
                        false => found.trim().to_ascii_lowercase(),
                    };
                    let is_other =
                        !["", "$user", "pg_catalog", "pg_temp"].contains(&found.as_str());
                    schemas.extend(is_other.then_some(found));
                }
                other => schema.push(other),
            }
        }
        (schemas != ["public"]).then(|| schemas.into())
    }

    /// A duration in microseconds; `None` if it is 0.
    pub fn duration(&self, name: &str) -> Option<i64> {
        let value = self.local.get(name).or_else(|| self.session.get(name))?;
        let milliseconds = milliseconds(value).filter(|value| *value > 0)?;
        Some(milliseconds as i64 * 1000)
    }

    /// What this transaction is like, or those to come.
    pub fn set_modes(&mut self, modes: Modes, to_come: bool) -> Result<()> {
        let prefix = if to_come { "default_" } else { "" };
        let read_only = (modes.read_only).map(|read_only| if read_only { "on" } else { "off" });
        let said = [
            ("transaction_read_only", read_only),
            ("transaction_isolation", modes.isolation),
        ];
        for (name, value) in said {
            if value.is_some() {
                self.set(&format!("{prefix}{name}"), value, !to_come)?;
            }
        }
        Ok(())
    }

    /// The transaction has ended.
    pub fn end_local(&mut self) {
        self.local.clear();
    }
}

/// The name as it is shown.
pub(super) fn shown_name(name: &str) -> Option<&'static str> {
    find(name).map(|(shown, ..)| shown)
}

fn find(name: &str) -> Option<(&'static str, &'static str, &'static Kind)> {
    let all = SETTINGS
        .iter()
        .map(|(known, default, kind)| (*known, *default, kind));
    let planning = PLANNING.split(' ').filter_map(|said| {
        let (known, default) = said.split_once('=')?;
        Some(match default {
            "on" | "off" => (known, default, &Kind::Boolean),
            _ => (known, default, &Kind::Text),
        })
    });
    all.chain(planning)
        .find(|(known, ..)| known.eq_ignore_ascii_case(name))
}

fn unknown(name: &str) -> Error {
    let message = format!("unrecognized configuration parameter \"{name}\"");
    Error::new(Code::UndefinedObject, message)
}

/// A value as it is shown.
fn checked(name: &str, kind: &Kind, value: &str) -> Result<String> {
    let plain: String = value.to_ascii_lowercase();
    let plain = plain.trim();
    let refuse = |message: String| Err(Error::new(Code::InvalidParameterValue, message));
    let one_of = |known: &[&str]| match known.contains(&plain) {
        true => Ok(plain.to_string()),
        false => refuse(format!(
            "invalid value for parameter \"{name}\": \"{value}\""
        )),
    };
    match kind {
        Kind::Text => Ok(value.to_string()),
        Kind::Isolation => one_of(&ISOLATIONS),
        Kind::Level => one_of(&LEVELS),
        Kind::Boolean => match boolean(plain) {
            Some(true) => Ok("on".to_string()),
            Some(false) => Ok("off".to_string()),
            None => refuse(format!("parameter \"{name}\" requires a Boolean value")),
        },
        Kind::Duration => match milliseconds(plain) {
            Some(value) => Ok(shown_duration(value)),
            None => one_of(&[]),
        },
        Kind::Only(known) => {
            let plain = plain.replace(' ', "");
            match (known.contains(&plain.as_str()), find(name)) {
                // They mean the same, and are shown as they are called.
                (true, Some((_, "UTC", _))) if plain.ends_with("gmt") => {
                    Ok(plain.replace("etc", "Etc").replace("gmt", "GMT"))
                }
                (true, Some((_, default, _))) => Ok(default.to_string()),
                _ => Err(Error::unsupported(format!("{name} = {value}"))),
            }
        }
        Kind::Fixed => one_of(&[]),
    }
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        "on" | "true" | "tru" | "tr" | "t" | "yes" | "ye" | "y" | "1" => Some(true),
        "off" | "of" | "false" | "fals" | "fal" | "fa" | "f" | "no" | "n" | "0" => Some(false),
        _ => None,
    }
}

fn milliseconds(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: u64 = digits.trim_end().parse().ok()?;
    let scale = match &text[digits.len()..] {
        "" => 1,
        unit => UNITS.iter().find(|(known, _)| *known == unit)?.1,
    };
    (number.checked_mul(scale)).filter(|value| *value <= i32::MAX as u64)
}

fn shown_duration(value: u64) -> String {
    let fits = UNITS
        .iter()
        .find(|(_, scale)| value > 0 && value.is_multiple_of(*scale));
    fits.map_or_else(
        || "0".to_string(),
        |(unit, scale)| format!("{}{unit}", value / scale),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_set_for_a_transaction_hides_what_the_session_set() {
        let mut settings = Settings::default();
        let shown = |settings: &Settings, name: &str| settings.show(name).unwrap().1;
        settings
            .set("statement_timeout", Some("90 s"), false)
            .unwrap();
        assert_eq!(shown(&settings, "statement_timeout"), "90s");
        settings
            .set("statement_timeout", Some("120000"), true)
            .unwrap();
        assert_eq!(shown(&settings, "statement_timeout"), "2min");
        assert_eq!(settings.duration("statement_timeout"), Some(120_000_000));
        settings.set("statement_timeout", None, true).unwrap();
        assert_eq!(settings.duration("statement_timeout"), None);
        settings.end_local();
        assert_eq!(shown(&settings, "statement_timeout"), "90s");
    }

    #[test]
    fn a_value_is_taken_if_it_means_something_here() {
        let mut settings = Settings::default();
        let mut set = |name: &str, value| settings.set(name, Some(value), false);
        assert_eq!(
            set("datestyle", "ISO, DMY").unwrap_err().sqlstate(),
            "0A000"
        );
        assert_eq!(set("datestyle", "iso"), Ok(()));
        assert_eq!(
            set("timezone", "Europe/Paris").unwrap_err().sqlstate(),
            "0A000"
        );
        assert_eq!(
            set("row_security", "maybe").unwrap_err().sqlstate(),
            "22023"
        );
        assert_eq!(set("server_version", "16").unwrap_err().sqlstate(), "55P02");
        assert_eq!(set("nonsense", "1").unwrap_err().sqlstate(), "42704");
        assert_eq!(set("app.user", "eve"), Ok(()));
        assert_eq!(settings.show("app.user").unwrap().1, "eve");
    }
}
