#!/usr/bin/env node
// The linker of the package's engine. It takes out what the grammar's library brings and never runs, a tenth of the download,
// and the places in the source that panics name, a fiftieth.
//
//   cargo rustc … -- -Clinker=scripts/link.mjs
//
// The library copies, locates and prints syntax trees on a few paths that this engine never takes or of which it shows
// nothing, and the compiler cannot know that. The functions below, through which these reach everything in a tree, are
// emptied in the object that the compiler made of the whole program. What nothing refers to any more, functions and
// texts, is not linked.
//
//   clone     an identifier in the name of a type, if it were a function call, which the dialect has not
//   span      for the message of an error about a chain of names, after it was found to be one
//   Display   for messages of errors, behind "found:", of which sql::parse shows what was expected, and about types and
//             keywords, which it shows without them
//   Debug     of a token, for an operator without a rule, which sql::parse quotes itself
//   parse_…   what follows a word that sql::token takes for a name, what only other dialects have, and what begins with a brace,
//             which is no token
//
// Printing prints nothing; the others end in a trap. So that no code of the engine comes to depend on
// them, linking fails if a function of its own refers to one other than through the parser.
//
// What drops a syntax tree and what copies and compares tokens is there twice, once for the library and once for the engine: one does. They hand on where the
// tree and the token lie, which the compiler therefore has not turned into something else.
//
// Of a panic, the message is told, and of the trap that follows it the numbers of the functions that were running and where in the
// binary each was: all that the place would say and more. So all places are one that says nothing.

import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { WasmObject } from "./object.mjs";

const TRAP = [0x00]; // unreachable
const RETURN_ZERO = [0x41, 0]; // i32.const 0

const CUT = {
    "<sqlparser::ast::Expr as core::clone::Clone>::clone": TRAP,
    "<sqlparser::ast::Expr as sqlparser::ast::spans::Spanned>::span": TRAP,
    "<sqlparser::ast::Expr as core::fmt::Display>::fmt": RETURN_ZERO,
    "<sqlparser::ast::data_type::DataType as core::fmt::Display>::fmt": RETURN_ZERO,
    "<sqlparser::ast::operator::BinaryOperator as core::fmt::Display>::fmt": RETURN_ZERO,
    "<sqlparser::ast::value::Value as core::fmt::Display>::fmt": RETURN_ZERO,
    "<sqlparser::keywords::Keyword as core::fmt::Display>::fmt": RETURN_ZERO,
    "<sqlparser::tokenizer::Token as core::fmt::Debug>::fmt": RETURN_ZERO,
    "sqlparser::parser::Parser::parse_convert_expr": TRAP,
    "sqlparser::parser::Parser::parse_for_xml": TRAP,
    "sqlparser::parser::Parser::parse_interpolations": TRAP,
    "sqlparser::parser::Parser::parse_json_table_column_def": TRAP,
    "sqlparser::parser::Parser::parse_lbrace_expr": TRAP,
    "sqlparser::parser::Parser::parse_match_against": TRAP,
    "sqlparser::parser::Parser::parse_match_recognize": TRAP,
    "sqlparser::parser::Parser::parse_open_json_table_factor": TRAP,
    "sqlparser::parser::Parser::parse_option_clustered": TRAP,
    "sqlparser::parser::Parser::parse_option_partition": TRAP,
    "sqlparser::parser::Parser::parse_pipe_operators": TRAP,
    "sqlparser::parser::Parser::parse_pivot_table_factor": TRAP,
    "sqlparser::parser::Parser::parse_repetition_pattern": TRAP,
    "sqlparser::parser::Parser::parse_semantic_view_table_factor": TRAP,
    "sqlparser::parser::Parser::parse_table_index_hints": TRAP,
    "sqlparser::parser::Parser::parse_top": TRAP,
    "sqlparser::parser::Parser::parse_unpivot_table_factor": TRAP,
    "sqlparser::parser::Parser::parse_unquoted_hyphenated_identifier": TRAP,
    "sqlparser::parser::Parser::parse_xml_table_factor": TRAP,
};

const TWINS = [
    ...["Statement", "Expr", "query::TableFactor", "ddl::CreateTable"].map((name) => `core::ptr::drop_in_place<sqlparser::ast::${name}>`),
    "<sqlparser::tokenizer::Token as core::clone::Clone>::clone",
    "<sqlparser::tokenizer::Token as core::cmp::PartialEq>::eq",
];

/** Fewer would mean that the standard library has another form of them. */
const PLACES_MIN = 500;

const ESCAPES = { LT: "<", GT: ">", RF: "&", BP: "*", LP: "(", RP: ")", C: ",", u20: " ", u5b: "[", u5d: "]", u7b: "{", u7d: "}" };

/** The name of a function as it is written in Rust, without the compiler's hash; names of another form as they are. */
function plainName(mangled) {
    if (!mangled.startsWith("_ZN")) return mangled;
    const parts = [];
    for (let rest = mangled.slice(3); /^\d/.test(rest); ) {
        const length = parseInt(rest, 10);
        rest = rest.slice(String(length).length);
        parts.push(rest.slice(0, length));
        rest = rest.slice(length);
    }
    const name = parts.slice(0, -1).join("::").replace(/(^|::)_\$/g, "$1$").replaceAll("..", "::");
    return name.replace(/\$(\w+)\$/g, (all, escape) => ESCAPES[escape] ?? all);
}

/** An error if code of the engine refers to the function, directly or through the standard library. */
function checkReferrers(object, symbol, isCut) {
    const seen = new Set([symbol]);
    for (const referred of seen) {
        for (const referrer of object.referrers.get(referred) ?? []) {
            const name = plainName(referrer.name);
            if (/\bdriftdb/.test(name)) throw new Error(`${name} refers to ${plainName(symbol.name)}, which is cut out`);
            if (!name.startsWith("sqlparser::parser::") && !isCut(referrer)) seen.add(referrer);
        }
    }
}

/** Of all places in the source that panics name, one, which then says nothing. */
function onePlace(object) {
    const places = object.locations();
    if (places.length < PLACES_MIN) throw new Error(`only ${places.length} places of panics were found`);
    object.bytes.fill(0, places[0].start + 4, places[0].end);
    return new Map(places.map((place) => [place, places[0]]));
}

/** Of functions that are there twice, the shorter one for both. */
function oneOfTwins(object) {
    return TWINS.flatMap((name) => {
        const found = object.symbols.filter((symbol) => symbol.end && plainName(symbol.name) === name);
        if (found.length > 2) throw new Error(`${found.length} functions are called ${name}`);
        const [shorter, longer] = found.sort((a, b) => a.end - a.start - (b.end - b.start));
        return longer ? [[longer, shorter]] : [];
    });
}

function cut(bytes) {
    const object = new WasmObject(bytes);
    const found = object.symbols.filter(({ name }) => Object.hasOwn(CUT, plainName(name)));
    const codes = new Map(found.map((symbol) => [symbol, CUT[plainName(symbol.name)]]));
    for (const name of Object.keys(CUT)) {
        const count = found.filter((symbol) => plainName(symbol.name) === name).length;
        if (count !== 1) throw new Error(`${count} functions are called ${name}`);
    }
    for (const symbol of found) checkReferrers(object, symbol, (other) => codes.has(other));
    return object.with(codes, new Map([...onePlace(object), ...oneOfTwins(object)]));
}

const options = process.argv.slice(2).map((option) => {
    if (!option.endsWith(".rcgu.o")) return option;
    const path = option.replace(/\.o$/, ".cut.o");
    writeFileSync(path, cut(readFileSync(option)));
    return path;
});
const { status, error } = spawnSync("rust-lld", options, { stdio: "inherit" });
if (error) throw error;
process.exit(status);
