//! Where an expression matches a text, by characters.

use super::class::is_word;
use super::{Item, Node, Place, Regex};
use crate::error::{Code, Error, Result};
use crate::expr::text::lower_char;
use std::cell::Cell;

/// The whole match and then the groups: from and to, for those that took part.
pub type Match = Vec<Option<(usize, usize)>>;

/// Nodes that are asked for one text.
const WORK_MAX: usize = 5_000_000;

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

    fn end_of_first(&self, from: usize) -> Result<Option<(usize, usize)>> {
        let node = &self.regex.node;
        let head = head(node);
        for start in from..=self.text.len() {
            if head.is_some_and(|head| !self.matches_one(head, start)) {
                continue;
            }
            let ends = self.ends(node, start)?;
            let end = match node.is_lazy() {
                Some(true) => ends.first(),
                _ => ends.last(),
            };
            if let Some(end) = end {
                return Ok(Some((start, *end)));
            }
        }
        Ok(None)
    }

    /// All places where a match of the node from `start` on may end, ascending.
    fn ends(&self, node: &Node, start: usize) -> Result<Vec<usize>> {
        self.work.set(self.work.get() + 1);
        if self.work.get() > WORK_MAX {
            return Err(too_complex());
        }
        let only_if = |holds: bool| if holds { vec![start] } else { Vec::new() };
        Ok(match node {
            Node::Char(_) | Node::Any | Node::Set { .. } => match self.matches_one(node, start) {
                true => vec![start + 1],
                false => Vec::new(),
            },
            Node::At(place) => only_if(self.is_at(*place, start)),
            Node::Look {
                ahead,
                negated,
                node,
            } => {
                let found = match ahead {
                    true => !self.ends(node, start)?.is_empty(),
                    false => {
                        let mut found = false;
                        for from in 0..=start {
                            found = found || self.ends(node, from)?.contains(&start);
                        }
                        found
                    }
                };
                only_if(found != *negated)
            }
            Node::Group(_, node) => self.ends(node, start)?,
            Node::Sequence(parts) => self.after(parts, start)?,
            Node::Alternatives(all) => {
                let mut ends = Vec::new();
                for node in all {
                    ends.extend(self.ends(node, start)?);
                }
                sorted(ends)
            }
            Node::Repeat { node, min, max, .. } => self.repeated(node, *min, *max, start)?,
        })
    }

    /// The same for parts one after the other.
    fn after(&self, parts: &[Node], start: usize) -> Result<Vec<usize>> {
        let mut ends = vec![start];
        for part in parts {
            if ends.is_empty() {
                break;
            }
            ends = self.step(part, &ends)?;
        }
        Ok(ends)
    }

    fn step(&self, node: &Node, starts: &[usize]) -> Result<Vec<usize>> {
        if let [start] = starts {
            return self.ends(node, *start);
        }
        let mut ends = Vec::with_capacity(starts.len());
        for start in starts {
            match is_one(node) {
                true if self.matches_one(node, *start) => ends.push(start + 1),
                true => {}
                false => ends.extend(self.ends(node, *start)?),
            }
        }
        Ok(sorted(ends))
    }

    fn repeated(&self, node: &Node, min: usize, max: usize, start: usize) -> Result<Vec<usize>> {
        if is_one(node) {
            let run = (start..self.text.len()).take(max);
            let count = run.take_while(|at| self.matches_one(node, *at)).count();
            self.work.set(self.work.get() + count / 16);
            return Ok((start + min..=start + count).collect());
        }
        let mut frontier = vec![start];
        for _ in 0..min {
            frontier = self.step(node, &frontier)?;
        }
        let mut reached = frontier.clone();
        let mut count = min;
        while !frontier.is_empty() && count < max {
            let next = self.step(node, &frontier)?;
            let is_new = |end: &usize| reached.binary_search(end).is_err();
            frontier = next.into_iter().filter(is_new).collect();
            reached.extend(&frontier);
            reached = sorted(reached);
            self.work.set(self.work.get() + reached.len() / 16);
            count += 1;
        }
        Ok(reached)
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
                        && (is_in(lower_char(character)) || character.to_uppercase().any(is_in)));
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
                        let ends = self.after(&parts[place + 1..], middle)?;
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
                    if self.ends(node, start)?.binary_search(&end).is_ok() {
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
                let lazy = lazy.or_else(|| node.is_lazy());
                if *min > 0 {
                    // Only what is captured last counts: all before it is one part.
                    let mut ends = self.repeated(node, min - 1, max - 1, start)?;
                    if lazy != Some(true) {
                        ends.reverse();
                    }
                    for middle in ends {
                        if self.ends(node, middle)?.binary_search(&end).is_ok() {
                            return self.dissect(node, middle, end, found);
                        }
                    }
                    return Ok(());
                }
                let (mut at, mut count) = (start, 0);
                while at < end {
                    let max = max - count - 1;
                    let fits = |middle: usize| {
                        let ends = self.repeated(node, 0, max, middle)?;
                        Ok(middle > at && ends.binary_search(&end).is_ok())
                    };
                    let middle = self.preferred(node, lazy, at, end, fits)?;
                    forget_groups(node, found);
                    self.dissect(node, at, middle, found)?;
                    (at, count) = (middle, count + 1);
                }
                Ok(())
            }
            _ => Ok(()),
        }
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
        let mut ends = self.ends(part, start)?;
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
    ends.sort_unstable();
    ends.dedup();
    ends
}

/// Whether it matches one character, whatever it is.
fn is_one(node: &Node) -> bool {
    matches!(node, Node::Char(_) | Node::Any | Node::Set { .. })
}

/// What the first character must match.
fn head(node: &Node) -> Option<&Node> {
    match node {
        Node::Sequence(parts) => parts.first().and_then(head),
        Node::Group(_, node) => head(node),
        node => is_one(node).then_some(node),
    }
}
