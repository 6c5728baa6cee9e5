//! Dates, timestamps and intervals: reading, printing, calculating.
//!
//! A date is days and a timestamp microseconds since 1970-01-01, both in the proleptic Gregorian
//! calendar; the ends of `i64` are the infinities. The session's time zone is UTC, so that a timestamp
//! with time zone prints and truncates as one without. Time zones by name are left out: they need a
//! table of rules that the engine does not carry.

mod adjust;
mod calculate;
mod calendar;
mod clock;
mod extract;
mod fields;
mod from_template;
mod interval;
mod name;
mod print;
mod read;
mod template;

pub(super) use adjust::{bin, justify, make_interval, shift, zone_of_interval, zone_offset};
pub(super) use calculate::{
    add_interval, age, date_add_days, date_to_timestamp, divide_interval, interval_out_of_range,
    make_date, make_timestamp, multiply_interval, subtract_timestamps, timestamp_to_date,
    to_timestamp,
};
pub(super) use extract::{extract, truncate, truncate_interval};
pub(super) use from_template::from_template;
pub(super) use interval::{format_interval, parse_interval};
pub(super) use print::{format_date, format_timestamp, push_time};
pub(super) use read::{is_moving, parse_date, parse_day_time, parse_timestamp};
pub(super) use template::{interval_to_char, timestamp_to_char};
