#!/usr/bin/env node
// The linker of the package's engine. It takes out what the grammar's library brings and never runs: a twelfth of the download.
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
//
// Copying and locating end in a trap; printing prints nothing. So that no code of the engine comes to depend on
// them, linking fails if a function of its own refers to one other than through the parser.

import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { WasmObject } from "./object.mjs";

const EMPTIED = [
    "<sqlparser::ast::Expr as core::clone::Clone>::clone",
    "<sqlparser::ast::Expr as sqlparser::ast::spans::Spanned>::span",
    "<sqlparser::ast::Expr as core::fmt::Display>::fmt",
    "<sqlparser::ast::data_type::DataType as core::fmt::Display>::fmt",
    "<sqlparser::ast::operator::BinaryOperator as core::fmt::Display>::fmt",
    "<sqlparser::keywords::Keyword as core::fmt::Display>::fmt",
    "<sqlparser::tokenizer::Token as core::fmt::Debug>::fmt",
];

const ESCAPES = { LT: "<", GT: ">", RF: "&", BP: "*", LP: "(", RP: ")", C: ",", u20: " ", u5b: "[", u5d: "]", u7b: "{", u7d: "}" };

/** The name of a function as it is written in Rust, without the compiler's hash. */
function plainName(mangled) {
    const parts = [];
    for (let rest = mangled.slice(3); mangled.startsWith("_ZN") && rest !== "" && rest !== "E"; ) {
        const length = parseInt(rest, 10);
        rest = rest.slice(String(length).length);
        parts.push(rest.slice(0, length));
        rest = rest.slice(length);
    }
    const name = parts.slice(0, -1).join("::").replace(/(^|::)_\$/g, "$1$").replaceAll("..", "::");
    return name.replace(/\$(\w+)\$/g, (all, escape) => ESCAPES[escape] ?? all);
}

/** An error if code of the engine refers to the function, directly or through the standard library. */
function checkReferrers(object, symbol, isEmptied) {
    const seen = new Set([symbol]);
    for (const referred of seen) {
        for (const referrer of object.referrers.get(referred) ?? []) {
            const name = plainName(referrer.name);
            if (/\bdriftdb/.test(name)) throw new Error(`${name} refers to ${plainName(symbol.name)}, which is cut out`);
            if (!name.startsWith("sqlparser::parser::") && !isEmptied(referrer)) seen.add(referrer);
        }
    }
}

function cut(bytes) {
    const object = new WasmObject(bytes);
    const emptied = EMPTIED.map((name) => {
        const found = object.symbols.filter((symbol) => plainName(symbol.name) === name);
        if (found.length !== 1) throw new Error(`${found.length} functions are called ${name}`);
        return found[0];
    });
    for (const symbol of emptied) checkReferrers(object, symbol, (other) => emptied.includes(other));
    return object.withEmptied(emptied, ({ name }) => plainName(name).endsWith("::fmt"));
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
