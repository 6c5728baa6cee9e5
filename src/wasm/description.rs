//! Errors, and what an opening found, as JSON for JavaScript.

use crate::db::Failure;
use crate::error::Error;
use crate::expr::Json;
use crate::log::{Position, Report};

pub fn describe(failure: &Failure) -> String {
    let error = &failure.error;
    Json::object([
        ("code", error.code().name().into()),
        ("message", error.message().into()),
        ("sqlstate", error.sqlstate().into()),
        ("detail", error.detail().into()),
        ("hint", error.hint().into()),
        ("position", error.position().into()),
        ("table", error.table().into()),
        ("constraint", error.constraint().into()),
        ("statementIndex", (failure.statement as u64).into()),
    ])
    .printed()
}

pub fn describe_report(report: &Report, lost: &[String]) -> String {
    let error = |error: &Error| {
        Json::object([
            ("code", error.code().name().into()),
            ("message", error.message().into()),
        ])
    };
    let place = |at: Position| {
        Json::object([
            ("segment", at.segment.into()),
            ("file", at.file.into()),
            ("offset", at.offset.into()),
            ("seq", at.seq.into()),
        ])
    };
    Json::object([
        ("readOnly", report.read_only.as_ref().map(error).into()),
        ("damage", report.damage.as_ref().map(error).into()),
        (
            "checkpointDamage",
            report.checkpoint_damage.as_ref().map(error).into(),
        ),
        (
            "lostTables",
            Json::from_iter(lost.iter().map(String::as_str)),
        ),
        ("torn", report.torn.map(place).into()),
        ("damagedAt", report.damaged_at.map(place).into()),
        ("known", report.known.into()),
        ("provisional", report.provisional.into()),
        ("commits", report.commits.into()),
        ("segments", report.segments.into()),
        (
            "halfDamagedFiles",
            Json::from_iter(report.half_damaged_files.iter().copied()),
        ),
        (
            "foreignFiles",
            Json::from_iter(report.foreign_files.iter().copied()),
        ),
    ])
    .printed()
}
