//! Which of the matches are meant, and putting something in their place.

use super::Regex;
use super::search::Match;
use crate::error::Result;
use std::ops::Range;

/// Which matches are meant: from a character on (from 0), the n-th (from 1) or, with 0, all.
#[derive(Debug, Clone, Copy)]
pub struct Occurrence {
    pub start: usize,
    pub number: usize,
}

impl Regex {
    /// The matches in a text, one behind the other.
    pub fn occurrences(&self, text: &str, which: Occurrence) -> Result<(Vec<char>, Vec<Match>)> {
        let search = self.search(text);
        let mut all = Vec::new();
        let mut at = which.start;
        let mut count = 0;
        while at <= search.text.len()
            && let Some(found) = search.find(at)?
        {
            let (start, end) = found[0].unwrap_or((at, at));
            // Behind an empty match the next one begins a character later.
            at = if start == end { end + 1 } else { end };
            count += 1;
            if which.number == 0 || count == which.number {
                all.push(found);
            }
            if which.number > 0 && count == which.number {
                break;
            }
        }
        Ok((search.text, all))
    }
}

impl Regex {
    /// What lies between the matches; an empty match at an end or behind another one parts nothing.
    pub fn split(&self, text: &str) -> Result<Vec<String>> {
        let all = Occurrence {
            start: 0,
            number: 0,
        };
        let (text, all) = self.occurrences(text, all)?;
        let mut parts = Vec::new();
        let mut from = 0;
        for (start, end) in all.iter().filter_map(|found| found[0]) {
            if start == end && (start == from || start >= text.len()) {
                continue;
            }
            parts.push(text[from..start].iter().collect());
            from = end;
        }
        parts.push(text[from..].iter().collect());
        Ok(parts)
    }
}

/// The text with each match replaced: `\1` to `\9` stand for groups, `\&` for the match.
pub fn replace(regex: &Regex, text: &str, by: &str, which: Occurrence) -> Result<String> {
    let (text, all) = regex.occurrences(text, which)?;
    let mut out = String::new();
    let mut copied = 0;
    for found in all {
        let (start, end) = found[0].unwrap_or((copied, copied));
        out.extend(&text[copied..start]);
        push_replacement(by, &found, &text, &mut out);
        copied = end;
    }
    out.extend(&text[copied..]);
    Ok(out)
}

fn push_replacement(by: &str, found: &Match, text: &[char], out: &mut String) {
    let mut rest = by.chars();
    while let Some(character) = rest.next() {
        if character != '\\' {
            out.push(character);
            continue;
        }
        let group = match rest.next() {
            Some('&') => 0,
            Some(digit @ '1'..='9') => digit as usize - '0' as usize,
            Some('\\') | None => {
                out.push('\\');
                continue;
            }
            Some(other) => {
                out.extend(['\\', other]);
                continue;
            }
        };
        if let Some(Some((start, end))) = found.get(group) {
            let part: Range<usize> = *start..*end;
            out.extend(&text[part]);
        }
    }
}
