//! The layers hold: imports point down, siblings do not see each other, and what ties the engine to one
//! grammar, one platform or one host stays where it belongs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The modules from the bottom up. A module may import those on the lines above its own.
const LAYERS: &[&[&str]] = &[
    &["checksum", "error"],
    &["types"],
    &["column", "storage"],
    &["commit"],
    &["encoding"],
    &["expr", "table", "log"],
    &["sql", "txn"],
    &["plan"],
    &["exec"],
    &["db"],
    &["wasm"],
];

/// Names that may appear in some files only: paths below `src` that start with one of these.
const CONFINED: &[(&str, &[&str])] = &[
    ("sqlparser", &["sql/", "plan/"]),
    ("std::fs", &["storage/directory.rs", "bin/"]),
    ("js_sys", &["wasm/"]),
    ("web_sys", &["wasm/"]),
    ("wasm_bindgen", &["wasm/"]),
    ("unsafe", &["wasm/"]),
    ("std::time", &["bin/"]),
    ("std::thread", &["bin/"]),
    ("std::net", &["bin/"]),
    ("std::process", &["bin/"]),
    ("std::env", &["bin/"]),
];

struct Source {
    /// Below `src` or `values/src`, with slashes.
    path: String,
    /// Without comments.
    code: String,
}

fn sources() -> Vec<Source> {
    let roots = ["src", "values/src"].map(|root| Path::new(env!("CARGO_MANIFEST_DIR")).join(root));
    let sources: Vec<Source> = roots.iter().flat_map(|root| sources_below(root)).collect();
    assert!(sources.len() > 50);
    sources
}

fn sources_below(root: &Path) -> Vec<Source> {
    let mut found = Vec::new();
    collect(root, &mut found);
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).expect("a source is text");
        let below = path.strip_prefix(root).expect("it lies below");
        Source {
            path: below.to_string_lossy().replace('\\', "/"),
            code: text
                .lines()
                .map(without_comment)
                .collect::<Vec<_>>()
                .join("\n"),
        }
    };
    found.into_iter().map(read).collect()
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn without_comment(line: &str) -> &str {
    line.split("//").next().unwrap_or_default()
}

/// The modules of the crate that a source names.
fn imports(code: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(group) => names.extend(top_names(group)),
            None => names.extend(first_name(rest)),
        }
    }
    names
}

fn first_name(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
    let name = &text[..end.unwrap_or(text.len())];
    (!name.is_empty()).then_some(name)
}

/// The names that stand directly in a braced list, up to its end.
fn top_names(group: &str) -> Vec<&str> {
    let (mut depth, mut names, mut start) = (0, Vec::new(), 0);
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => {
                names.extend(first_name(group[start..at].trim_start()));
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                names.extend(first_name(group[start..at].trim_start()));
                start = at + 1;
            }
            _ => {}
        }
    }
    names
}

#[test]
fn the_reader_of_imports_sees_lists() {
    let code = "use crate::{column::{Data, Vector}, error, types};\nuse crate::expr::Expr; fn f(x: crate::plan::Node)";
    assert_eq!(imports(code), ["column", "error", "types", "expr", "plan"]);
}

#[test]
fn imports_point_down() {
    let ranks: BTreeMap<&str, usize> = (LAYERS.iter().enumerate())
        .flat_map(|(rank, names)| names.iter().map(move |name| (*name, rank)))
        .collect();
    let mut broken = Vec::new();
    for source in sources() {
        let module = source.path.split(['/', '.']).next().unwrap_or_default();
        if module == "lib" || module == "bin" {
            continue;
        }
        let own = ranks.get(module);
        let own = own.unwrap_or_else(|| panic!("{module} has no layer"));
        for import in imports(&source.code) {
            let rank = ranks
                .get(import)
                .unwrap_or_else(|| panic!("{import} has no layer"));
            if import != module && rank >= own {
                broken.push(format!("{} imports {import}", source.path));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn what_is_confined_stays_in_its_place() {
    let mut broken = Vec::new();
    for source in sources() {
        for (name, places) in CONFINED {
            let allowed = places.iter().any(|place| source.path.starts_with(place));
            if !allowed && has_word(&source.code, name) {
                broken.push(format!("{} names {name}", source.path));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// Whether the name stands there by itself, not as a part of a longer one.
fn has_word(code: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(name).any(|(at, _)| {
        !code[..at].ends_with(is_part) && !code[at + name.len()..].starts_with(is_part)
    })
}

#[test]
fn no_file_repeats_the_name_of_its_folder() {
    for source in sources() {
        let parts: Vec<&str> = source.path.trim_end_matches(".rs").split('/').collect();
        if let [.., folder, file] = parts.as_slice() {
            let repeats = file.split('_').any(|word| word == *folder);
            assert!(!repeats, "{} repeats {folder}", source.path);
        }
    }
}
