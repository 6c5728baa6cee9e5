// Takes out of the compiled engine what the grammar's library links and never runs: a twentieth of the download.
//
//   node scripts/cut.mjs MODULE.wasm
//
// The library copies, locates and prints whole syntax trees on a few paths that this engine never takes, and the
// compiler cannot know that. Each of the three below reaches everything in a tree through `Expr`, whose function is
// emptied here, as is that which prints a keyword; wasm-opt then drops what nothing calls any more.
//
//   clone   an identifier in the name of a type, if it were a function call, which the dialect has not
//   span    for the message of an error about a chain of names, after it was found to be one
//   fmt     for the message of an error about a type, of which sql::parse shows no more than what was expected;
//           of a keyword, for errors that the library calls internal
//
// Copying and locating end in a trap; printing prints nothing. So that no code of the engine comes to depend on
// them, the build fails if a function of its own reaches one other than through the parser.

import { readFileSync, writeFileSync } from "node:fs";
import binaryen from "binaryen";

const EMPTIED = [
    "<sqlparser::ast::Expr as core::clone::Clone>::clone",
    "<sqlparser::ast::Expr as sqlparser::ast::spans::Spanned>::span",
    "<sqlparser::ast::Expr as core::fmt::Display>::fmt",
    "<sqlparser::keywords::Keyword as core::fmt::Display>::fmt",
];

/** Without the hash of the compiler. */
const plainName = (name) => name.replace(/::h[0-9a-f]{16}$/, "");

/** For each function the functions that call it. */
function callersOf(module) {
    const callers = new Map();
    for (let index = 0; index < module.getNumFunctions(); index++) {
        const { name, body } = binaryen.getFunctionInfo(module.getFunctionByIndex(index));
        if (!body) continue;
        for (const [, called] of binaryen.emitText(body).matchAll(/\(call \$("[^"]*"|[^\s)]+)/g)) {
            const key = called.replace(/^"|"$/g, "");
            if (!callers.has(key)) callers.set(key, new Set());
            callers.get(key).add(name);
        }
    }
    return callers;
}

/** An error if the engine's code calls the function, directly or through code of the standard library. */
function checkCallers(callers, name) {
    const seen = new Set([name]);
    for (const called of seen) {
        for (const caller of callers.get(called) ?? []) {
            if (/\bdriftdb::/.test(caller)) throw new Error(`${caller} calls ${plainName(name)}, which is cut out`);
            if (!caller.startsWith("sqlparser::parser::")) seen.add(caller);
        }
    }
}

const [path] = process.argv.slice(2);
binaryen.setDebugInfo(true); // keeps the names
const module = binaryen.readBinary(readFileSync(path));
const callers = callersOf(module);
const names = [...Array(module.getNumFunctions()).keys()]
    .map((index) => binaryen.getFunctionInfo(module.getFunctionByIndex(index)).name);
for (const wanted of EMPTIED) {
    const found = names.filter((name) => plainName(name) === wanted);
    if (found.length !== 1) throw new Error(`${found.length} functions are called ${wanted}`);
    const name = found[0];
    checkCallers(callers, name);
    const { params, results } = binaryen.getFunctionInfo(module.getFunction(name));
    module.removeFunction(name);
    const body = results === binaryen.i32 ? module.i32.const(0) : module.unreachable();
    module.addFunction(name, params, results, [], body);
}
writeFileSync(path, module.emitBinary());
