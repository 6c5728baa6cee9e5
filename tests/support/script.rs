//! Runs the scripts under `tests/scripts/log`.
//!
//! ```text
//!   new                            forgets everything
//!   open [mode=write|read|salvage]   opens the log and says what it found
//!   create · insert ID TEXT… · update ID TEXT · delete ID · truncate
//!                                    append a commit; `flush` makes the group durable
//!   write · flush · maintain · close · drop
//!   crash [keep=N]                   loses all unflushed writes but the first N; torn=BYTES of the next
//!   trace                            the storage's calls since the last time
//!   dump FILE [from=OFFSET]          a file, byte by byte
//!   flip FILE OFFSET BIT · zero FILE OFFSET LENGTH · swap FILE FILE · remove FILE
//! ```

use super::commits::*;
use super::{Faulty, Tracing, dump};
use driftdb::commit::Commit;
use driftdb::log::{Log, Mode, Options, Sizes};
use driftdb::storage::{Memory, Storage};
use std::cell::RefCell;
use std::error::Error;
use std::rc::Rc;

#[derive(Default)]
pub struct Script {
    files: Faulty,
    log: Option<Log>,
    opened: u64,
    trace: Rc<RefCell<Vec<String>>>,
}

type Answer = Result<String, Box<dyn Error>>;

impl goldenscript::Runner for Script {
    type Command = goldenscript::Command;

    fn run(&mut self, command: &Self::Command, _: &goldenscript::Context) -> Answer {
        let mut arguments = command.consume_args();
        let mut words = Vec::new();
        while let Some(word) = arguments.next_pos() {
            words.push(word.to_string());
        }
        let mut key = |name: &str| arguments.take_key(name).map(str::to_string);
        let numbers: Vec<u64> = words.iter().filter_map(|word| word.parse().ok()).collect();
        match command.name.as_str() {
            "open" => {
                let small = key("segments").is_some();
                self.open(key("mode"), small)
            }
            "create" => self.append(create_table),
            "insert" => {
                let texts: Vec<&str> = words[1..].iter().map(String::as_str).collect();
                self.append(|seq| insert(seq, numbers[0], texts))
            }
            "update" => self.append(|seq| update(seq, numbers[0], &words[1])),
            "delete" => self.append(|seq| delete(seq, numbers[0])),
            "truncate" => self.append(truncate),
            "write" => self.with_log(|log| log.write()),
            "flush" => self.with_log(flush),
            "maintain" => self.with_log(|log| {
                while log.maintain(0)? {}
                Ok(())
            }),
            "close" => self.with_log(close),
            "drop" => {
                self.log = None;
                Ok(String::new())
            }
            "new" => {
                *self = Script::default();
                Ok(String::new())
            }
            "crash" => {
                let keep = key("keep").map_or(Ok(0), |text| text.parse())?;
                let torn = key("torn").map(|text| text.parse()).transpose()?;
                self.crash(keep, torn)
            }
            "trace" => Ok(self.trace.take().join("\n")),
            "dump" => {
                let from = key("from").map_or(Ok(0), |text| text.parse())?;
                Ok(self.dump(numbers[0] as usize, from))
            }
            "flip" => self
                .edit(|files| files[numbers[0] as usize][numbers[1] as usize] ^= 1 << numbers[2]),
            "zero" => self.edit(|files| {
                let start = numbers[1] as usize;
                files[numbers[0] as usize][start..start + numbers[2] as usize].fill(0);
            }),
            "swap" => self.edit(|files| files.swap(numbers[0] as usize, numbers[1] as usize)),
            "remove" => self.edit(|files| files[numbers[0] as usize].clear()),
            other => Err(format!("there is no command {other}").into()),
        }
    }
}

impl Script {
    fn open(&mut self, mode: Option<String>, small: bool) -> Answer {
        self.opened += 1;
        let mode = match mode.as_deref() {
            None | Some("write") => Mode::Write,
            Some("read") => Mode::Read,
            Some("salvage") => Mode::Salvage,
            Some(other) => return Err(format!("there is no mode {other}").into()),
        };
        let sizes = if small {
            options(0).sizes
        } else {
            Sizes {
                zero_ahead: 512,
                ..Sizes::default()
            }
        };
        let options = Options {
            mode,
            sizes,
            ..options(self.opened)
        };
        let storage = Tracing::new(self.files.clone(), self.trace.clone());
        let (commits, log, report) = open(Box::new(storage), options)?;
        self.log = Some(log);
        let mut lines: Vec<String> = commits
            .iter()
            .map(|one| format!("{} {}", one.seq, one.statement))
            .collect();
        lines.push(format!(
            "epoch {}, segments {}",
            report.epoch, report.segments
        ));
        let facts = [
            (report.created, "created"),
            (report.provisional, "provisional"),
        ];
        lines.extend(
            facts
                .iter()
                .filter(|(holds, _)| *holds)
                .map(|(_, name)| name.to_string()),
        );
        lines.extend(report.torn.map(|torn| format!("torn: {torn}")));
        lines.extend(report.damage.map(|damage| format!("damage: {damage}")));
        lines.extend(report.read_only.map(|why| format!("read only: {why}")));
        if !report.half_damaged_files.is_empty() {
            lines.push(format!("half damaged: {:?}", report.half_damaged_files));
        }
        if !report.foreign_files.is_empty() {
            lines.push(format!("foreign: {:?}", report.foreign_files));
        }
        Ok(lines.join("\n"))
    }

    fn with_log(&mut self, act: impl FnOnce(&mut Log) -> driftdb::error::Result<()>) -> Answer {
        act(self.log.as_mut().ok_or("no log is open")?)?;
        Ok(String::new())
    }

    fn append(&mut self, make: impl FnOnce(u64) -> Commit) -> Answer {
        self.with_log(|log| {
            let commit = make(log.next_seq().0);
            log.append(&commit)
        })
    }

    fn crash(&mut self, keep: usize, torn: Option<usize>) -> Answer {
        self.log = None;
        let image = match torn {
            None => self.files.crashed(0..keep),
            Some(length) => self.files.torn(keep, length),
        };
        self.files = Faulty::new(image);
        Ok(String::new())
    }

    fn edit(&mut self, edit: impl FnOnce(&mut Vec<Vec<u8>>)) -> Answer {
        let mut image = self.files.seen();
        edit(&mut image.files);
        self.files = Faulty::new(image);
        Ok(String::new())
    }

    fn dump(&self, file: usize, from: usize) -> String {
        let Memory { files } = self.files.seen();
        let bytes = &files[file];
        let mut out = String::new();
        if file == 0 {
            for start in (0..bytes.len()).step_by(4096) {
                dump::page(
                    &mut out,
                    &bytes[start..start + 2048],
                    start,
                    dump::SUPERBLOCK_FIELDS,
                );
            }
            return out;
        }
        if from == 0 {
            for start in [0, 2048] {
                dump::page(
                    &mut out,
                    &bytes[start..start + 2048],
                    start,
                    dump::SEGMENT_FIELDS,
                );
            }
        }
        dump::frames(&mut out, bytes, from.max(4096));
        out
    }
}

/// Runs one script.
pub fn run(name: &str) {
    let path = format!("tests/scripts/log/{name}");
    goldenscript::run(&mut Script::default(), path).expect("the script can be read");
}
