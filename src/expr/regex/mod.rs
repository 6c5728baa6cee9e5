//! POSIX regular expressions as PostgreSQL's "advanced" ones are written and match.
//!
//! Of the matches that begin first it is the longest, or the shortest if the first quantified part that has a
//! preference is not greedy; inside it each part, from the left, takes as much (or as little) as it can. That is not
//! what a backtracking matcher does, to which the first alternative that fits is the match. So a [`Node`] is asked
//! for all places where a match may end ([`search`]), and the parts are found afterwards within the whole.
//!
//! A node is asked with all the places where it may begin at once, so that the work grows with the product of the lengths of
//! the text and of the expression, save where groups have to be found. It is bounded, and what goes beyond is an error.
//! References to groups (`\1`), the older syntaxes (the flags `b` and `e`) and names of collating elements are left out.

mod class;
mod parse;
mod replace;
mod search;
mod similar;

pub(super) use parse::Regex;
pub(super) use replace::{Occurrence, replace};
pub(super) use search::Match;
pub(super) use similar::similar;

/// A parsed expression.
#[derive(Debug)]
enum Node {
    Char(char),
    Any,
    Set {
        negated: bool,
        items: Vec<Item>,
    },
    At(Place),
    Look {
        ahead: bool,
        negated: bool,
        node: Box<Node>,
    },
    /// A group that is captured, by its number from 1.
    Group(usize, Box<Node>),
    Sequence(Vec<Node>),
    Alternatives(Vec<Node>),
    Repeat {
        node: Box<Node>,
        min: usize,
        max: usize,
        /// Whether it takes as little as it can; `None`: what it repeats decides.
        lazy: Option<bool>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Place {
    Start,
    End,
    TextStart,
    TextEnd,
    WordStart,
    WordEnd,
    /// A start or end of a word, or neither.
    WordEdge(bool),
}

/// Whether a character belongs to it.
type Class = fn(char) -> bool;

/// What a set holds.
#[derive(Debug)]
enum Item {
    Range(char, char),
    Class(Class, bool),
}

impl Node {
    /// Whether it takes as little as it can.
    fn is_lazy(&self) -> Option<bool> {
        match self {
            Node::Repeat {
                lazy: Some(lazy), ..
            } => Some(*lazy),
            Node::Repeat { node, .. } | Node::Group(_, node) => node.is_lazy(),
            Node::Sequence(parts) => parts.iter().find_map(Node::is_lazy),
            Node::Alternatives(_) => Some(false),
            _ => None,
        }
    }

    fn has_groups(&self) -> bool {
        match self {
            Node::Group(..) => true,
            Node::Repeat { node, .. } => node.has_groups(),
            Node::Sequence(parts) | Node::Alternatives(parts) => parts.iter().any(Node::has_groups),
            _ => false,
        }
    }
}
