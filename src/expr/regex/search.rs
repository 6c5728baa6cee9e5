//! Where an expression matches a text, by characters.

use super::class::is_word;
use super::{Item, Node, Place, Regex};
use crate::error::{Code, Error, Result};
use crate::expr::letter_case::{lower_char, upper_char};
use crate::types::sort_by;
use std::cell::Cell;

/// The whole match and then the groups: from and to, for those that took part.
pub type Match = Vec<Option<(usize, usize)>>;

/// Places that nodes are asked for in one text.
const WORK_MAX: usize = 50_000_000;

/// An expression beside a text.
pub struct Search<'a> {
    regex: &'a Regex,
    pub text: Vec<char>,
    work: Cell<usize>,
}

impl Regex {
    pub fn search(&self, text: &str) -> Search<'_> {
        Search {
            regex: self,
            text: text.chars().collect(),
            work: Cell::new(0),
        }
    }

    pub fn matches(&self, text: &str) -> Result<bool> {
        let search = self.search(text);
        Ok(search.end_of_first(0)?.is_some())
    }
}

impl Search<'_> {
    /// The first match from a place on.
    pub fn find(&self, from: usize) -> Result<Option<Match>> {
        let Some((start, end)) = self.end_of_first(from)? else {
            return Ok(None);
        };
        let mut found = vec![None; self.regex.groups + 1];
        found[0] = Some((start, end));
        self.dissect(&self.regex.node, start, end, &mut found)?;
        Ok(Some(found))
    }

    /// Of the first match from a place on, where it begins and ends.
    ///
    /// Whether one begins within a span is asked for all its places at once; the first is found by halving.
    fn end_of_first(&self, from: usize) -> Result<Option<(usize, usize)>> {
        let node = &self.regex.node;
        let head = head(node);
        let begins_within = |low: usize, high: usize| {
            let may_begin = |at: &usize| head.is_none_or(|head| self.matches_one(head, *at));
            let starts: Vec<usize> = (low..high).filter(may_begin).collect();
            Ok::<bool, Error>(!self.ends(node, &starts)?.is_empty())
        };
        let (mut low, mut width) = (from, 1);
        loop {
            let mut high = (low + width).min(self.text.len() + 1);
            if low >= high {
                return Ok(None);
            }
            if begins_within(low, high)? {
                while high - low > 1 {
                    let middle = low + (high - low) / 2;
                    match begins_within(low, middle)? {
                        true => high = middle,
                        false => low = middle,
                    }
                }
                break;
            }
            (low, width) = (high, width * 2);
        }
        let ends = self.ends(node, &[low])?;
        let end = match node.is_lazy() {
            Some(true) => ends.first(),
            _ => ends.last(),
        };
        Ok(end.map(|end| (low, *end)))
    }

    /// All places where matches of the node that begin at one of `starts` may end; both are ascending.
    fn ends(&self, node: &Node, starts: &[usize]) -> Result<Vec<usize>> {
        if starts.is_empty() {
            return Ok(Vec::new());
        }
        self.work(starts.len())?;
        let those = |holds: &dyn Fn(usize) -> bool| {
            (starts.iter().copied().filter(|at| holds(*at))).collect::<Vec<usize>>()
        };
        Ok(match node {
            Node::Char(_) | Node::Any | Node::Set { .. } => {
                let mut ends = those(&|at| self.matches_one(node, at));
                ends.iter_mut().for_each(|end| *end += 1);
                ends
            }
            Node::At(place) => those(&|at| self.is_at(*place, at)),
            Node::Look {
                ahead,
                negated,
                node,
            } => {
                let mut found = Vec::new();
                if *ahead {
                    for at in starts {
                        if !self.ends(node, &[*at])?.is_empty() {
                            found.push(*at);
                        }
                    }
                } else {
                    let first = starts[0].saturating_sub(longest(node));
                    let last = starts.last().map_or(0, |last| last + 1);
                    found = self.ends(node, &(first..last).collect::<Vec<_>>())?;
                }
                those(&|at| found.binary_search(&at).is_ok() != *negated)
            }
            Node::Group(_, node) => self.ends(node, starts)?,
            Node::Sequence(parts) => self.after(parts, starts)?,
            Node::Alternatives(all) => {
                let mut ends = Vec::new();
                for node in all {
                    ends.extend(self.ends(node, starts)?);
                }
                sorted(ends)
            }
            Node::Repeat { node, min, max, .. } => self.repeated(node, *min, *max, starts)?,
        })
    }

    fn work(&self, amount: usize) -> Result<()> {
        self.work.set(self.work.get() + amount + 8);
        match self.work.get() > WORK_MAX {
            true => Err(too_complex()),
            false => Ok(()),
        }
    }

    /// The same for parts one after the other.
    fn after(&self, parts: &[Node], starts: &[usize]) -> Result<Vec<usize>> {
        let mut ends = starts.to_vec();
        for part in parts {
            ends = self.ends(part, &ends)?;
        }
        Ok(ends)
    }

    fn repeated(
        &self,
        node: &Node,
        min: usize,
        max: usize,
        starts: &[usize],
    ) -> Result<Vec<usize>> {
        if is_one(node) {
            return self.run(node, min, max, starts);
        }
        let mut frontier = starts.to_vec();
        for _ in 0..min {
            frontier = self.ends(node, &frontier)?;
        }
        let mut all = frontier.clone();
        let first = all.first().copied().unwrap_or(0);
        let mut is_reached = vec![true; 1];
        let mut is_new = |at: &usize| {
            let place = at - first;
            if place >= is_reached.len() {
                is_reached.resize(place + 1, false);
            }
            !std::mem::replace(&mut is_reached[place], true)
        };
        all.iter().for_each(|at| {
            is_new(at);
        });
        let mut count = min;
        while !frontier.is_empty() && count < max {
            frontier = self.ends(node, &frontier)?;
            frontier.retain(&mut is_new);
            all.extend(&frontier);
            count += 1;
        }
        Ok(sorted(all))
    }

    /// The same for a node that matches one character.
    fn run(&self, node: &Node, min: usize, max: usize, starts: &[usize]) -> Result<Vec<usize>> {
        let mut all: Vec<usize> = Vec::new();
        let mut run_end = 0;
        for &start in starts {
            let limit = start.saturating_add(max);
            run_end = run_end.max(start);
            while run_end < limit && self.matches_one(node, run_end) {
                run_end += 1;
            }
            let first = (start + min).max(all.last().map_or(0, |last| last + 1));
            all.extend(first..=run_end.min(limit));
            self.work(0)?;
        }
        self.work(all.len())?;
        Ok(all)
    }

    fn matches_one(&self, node: &Node, at: usize) -> bool {
        let Some(&character) = self.text.get(at) else {
            return false;
        };
        let newline_is_out = self.regex.stops_at_newline && character == '\n';
        match node {
            Node::Char(own) => self.is_same(*own, character),
            Node::Any => !newline_is_out,
            Node::Set { negated, items } => {
                let is_in = |c: char| {
                    items.iter().any(|item| match item {
                        Item::Range(first, last) => (*first..=*last).contains(&c),
                        Item::Class(class, negated) => class(c) != *negated,
                    })
                };
                let found = is_in(character)
                    || (self.regex.ignores_case
                        && (is_in(lower_char(character)) || is_in(upper_char(character))));
                found != *negated && !(*negated && newline_is_out)
            }
            _ => false,
        }
    }

    fn is_same(&self, own: char, other: char) -> bool {
        own == other || (self.regex.ignores_case && lower_char(own) == lower_char(other))
    }

    fn is_at(&self, place: Place, at: usize) -> bool {
        let word = |at: Option<usize>| {
            let character = at.and_then(|at| self.text.get(at));
            character.is_some_and(|c| is_word(*c))
        };
        let newline = |at: Option<usize>| {
            let character = at.and_then(|at| self.text.get(at));
            self.regex.has_lines && character == Some(&'\n')
        };
        let (before, after) = (word(at.checked_sub(1)), word(Some(at)));
        match place {
            Place::TextStart => at == 0,
            Place::TextEnd => at == self.text.len(),
            Place::Start => at == 0 || newline(at.checked_sub(1)),
            Place::End => at == self.text.len() || newline(Some(at)),
            Place::WordStart => !before && after,
            Place::WordEnd => before && !after,
            Place::WordEdge(is_edge) => (before != after) == is_edge,
        }
    }

    /// Finds the groups of a node that matches exactly from `start` to `end`.
    fn dissect(&self, node: &Node, start: usize, end: usize, found: &mut Match) -> Result<()> {
        if !node.has_groups() {
            return Ok(());
        }
        match node {
            Node::Group(number, node) => {
                found[*number] = Some((start, end));
                self.dissect(node, start, end, found)
            }
            Node::Sequence(parts) => {
                let mut at = start;
                for (place, part) in parts.iter().enumerate() {
                    let fits = |middle: usize| {
                        let ends = self.after(&parts[place + 1..], &[middle])?;
                        Ok(ends.binary_search(&end).is_ok())
                    };
                    let middle = self.preferred(part, part.is_lazy(), at, end, fits)?;
                    self.dissect(part, at, middle, found)?;
                    at = middle;
                }
                Ok(())
            }
            Node::Alternatives(all) => {
                for node in all {
                    if self.can_be(node, start, end)? {
                        return self.dissect(node, start, end, found);
                    }
                }
                Ok(())
            }
            Node::Repeat {
                node,
                min,
                max,
                lazy,
            } => {
                if *min > 0 {
                    // Only what is captured last counts: all before it is one part.
                    let mut ends = self.repeated(node, min - 1, max - 1, &[start])?;
                    if lazy.or_else(|| node.is_lazy()) != Some(true) {
                        ends.reverse();
                    }
                    for middle in ends {
                        if self.can_be(node, middle, end)? {
                            return self.dissect(node, middle, end, found);
                        }
                    }
                    return Ok(());
                }
                // Nothing is one repetition of nothing rather than none, if it is to be much.
                let is_greedy = node.is_lazy() != Some(true);
                if start == end && *max > 0 && is_greedy && self.can_be(node, start, end)? {
                    return self.dissect(node, start, end, found);
                }
                let leading = match *max {
                    usize::MAX => self.leading_to(node, start, end)?,
                    _ => Vec::new(),
                };
                let (mut at, mut count) = (start, 0);
                while at < end {
                    let left = max - count - 1;
                    let fits = |middle: usize| {
                        Ok(middle > at
                            && match *max {
                                usize::MAX => leading.binary_search(&middle).is_ok(),
                                _ => (self.repeated(node, 0, left, &[middle])?)
                                    .binary_search(&end)
                                    .is_ok(),
                            })
                    };
                    let middle = self.preferred(node, node.is_lazy(), at, end, fits)?;
                    forget_groups(node, found);
                    self.dissect(node, at, middle, found)?;
                    (at, count) = (middle, count + 1);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The places between from which the node, repeated, gets to `end`.
    fn leading_to(&self, node: &Node, start: usize, end: usize) -> Result<Vec<usize>> {
        let mut descending = vec![end];
        let between = self.repeated(node, 0, usize::MAX, &[start])?;
        for at in between.into_iter().rev().filter(|at| *at < end) {
            let ends = self.ends(node, &[at])?;
            let leads = |next: &usize| {
                let known = descending.binary_search_by(|place| next.cmp(place));
                *next > at && known.is_ok()
            };
            if ends.iter().any(leads) {
                descending.push(at);
            }
        }
        descending.reverse();
        Ok(descending)
    }

    /// Whether the node matches exactly from `start` to `end`.
    fn can_be(&self, node: &Node, start: usize, end: usize) -> Result<bool> {
        Ok(self.ends(node, &[start])?.binary_search(&end).is_ok())
    }

    /// The end of a part that fits with what follows: the longest, or the shortest.
    fn preferred(
        &self,
        part: &Node,
        lazy: Option<bool>,
        start: usize,
        end: usize,
        fits: impl Fn(usize) -> Result<bool>,
    ) -> Result<usize> {
        let mut ends = self.ends(part, &[start])?;
        if lazy != Some(true) {
            ends.reverse();
        }
        for middle in ends {
            if middle <= end && fits(middle)? {
                return Ok(middle);
            }
        }
        Err(Error::new(Code::Internal, "a match without its parts"))
    }
}

fn forget_groups(node: &Node, found: &mut Match) {
    match node {
        Node::Group(number, node) => {
            found[*number] = None;
            forget_groups(node, found);
        }
        Node::Repeat { node, .. } => forget_groups(node, found),
        Node::Sequence(parts) | Node::Alternatives(parts) => {
            parts.iter().for_each(|part| forget_groups(part, found));
        }
        _ => {}
    }
}

fn too_complex() -> Error {
    Error::new(
        Code::LimitComplexity,
        "the regular expression is too complex",
    )
}

fn sorted(mut ends: Vec<usize>) -> Vec<usize> {
    sort_by(&mut ends, Ord::cmp);
    ends.dedup();
    ends
}

/// Whether it matches one character, whatever it is.
fn is_one(node: &Node) -> bool {
    matches!(node, Node::Char(_) | Node::Any | Node::Set { .. })
}

/// How many characters it matches at most.
fn longest(node: &Node) -> usize {
    match node {
        Node::Char(_) | Node::Any | Node::Set { .. } => 1,
        Node::At(_) | Node::Look { .. } => 0,
        Node::Group(_, node) => longest(node),
        Node::Sequence(parts) => parts.iter().map(longest).fold(0, usize::saturating_add),
        Node::Alternatives(all) => all.iter().map(longest).max().unwrap_or(0),
        Node::Repeat { node, max, .. } => longest(node).saturating_mul(*max),
    }
}

/// What the first character must match.
fn head(node: &Node) -> Option<&Node> {
    match node {
        Node::Sequence(parts) => parts.first().and_then(head),
        Node::Group(_, node) => head(node),
        node => is_one(node).then_some(node),
    }
}
