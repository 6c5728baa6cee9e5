// An object file of wasm, as far as taking out code and data asks: its functions, its data, and what refers to what
// (https://github.com/WebAssembly/tool-conventions/blob/main/Linking.md).

export const [CUSTOM, CODE, DATA_SECTION] = [0, 10, 11];
const SYMBOL_TABLE = 8;
const [FUNCTION, DATA, SECTION] = [0, 1, 3]; // kinds of symbols
const [UNDEFINED, NAMED] = [0x10, 0x40]; // flags of symbols
const TYPE_INDEX = 6; // the reference that names no symbol
const WITH_ADDEND = new Set([3, 4, 5, 8, 9, 11, 14, 15, 16, 17, 21, 22, 23, 25]); // kinds of references
const [NOP, END] = [0x01, 0x0b];
const LOCATION_BYTES = 16;

export class Reader {
    constructor(bytes, at) {
        this.bytes = bytes;
        this.at = at;
    }

    byte() {
        return this.bytes[this.at++];
    }

    /** LEB128. */
    number() {
        let [value, scale, byte] = [0, 1];
        do {
            byte = this.byte();
            value += (byte & 127) * scale;
            scale *= 128;
        } while (byte > 127);
        return value;
    }

    /** The span of as many bytes, which are passed over. */
    span(length) {
        const start = this.at;
        this.at += length;
        return { start, end: this.at };
    }

    name() {
        const { start, end } = this.span(this.number());
        return this.bytes.toString("utf8", start, end);
    }

    list(element) {
        return Array.from({ length: this.number() }, () => element(this));
    }
}

export function leb(value) {
    return value > 127 ? [(value & 127) | 128, ...leb(value >>> 7)] : [value];
}

/** Sections by their number, custom ones by their name: where each begins, its content, and its end. */
export function readSections(bytes) {
    const reader = new Reader(bytes, 8);
    const sections = new Map();
    while (reader.at < bytes.length) {
        const start = reader.at;
        const id = reader.byte();
        const content = reader.span(reader.number());
        const inside = new Reader(bytes, content.start);
        sections.set(id === CUSTOM ? inside.name() : id, { start, content: content.start, body: inside.at, end: content.end });
    }
    return sections;
}

function readSymbols(bytes, { body, end }) {
    const reader = new Reader(bytes, body);
    reader.number(); // the version
    while (reader.at < end) {
        const kind = reader.byte();
        const inside = reader.span(reader.number());
        if (kind === SYMBOL_TABLE) return new Reader(bytes, inside.start).list(readSymbol);
    }
    throw new Error("the object has no symbols");
}

function readSymbol(reader) {
    const kind = reader.byte();
    const flags = reader.number();
    const isDefined = (flags & UNDEFINED) === 0;
    if (kind === DATA) {
        const name = reader.name();
        return isDefined ? { kind, name, segment: reader.number(), offset: reader.number(), size: reader.number() } : { name };
    }
    const index = reader.number();
    const name = kind !== SECTION && (isDefined || flags & NAMED) ? reader.name() : "";
    return isDefined ? { kind, name, index } : { name };
}

function readSegment(reader) {
    reader.number(); // flags of a passive segment, which an object has not
    reader.span(1); // i32.const
    reader.number();
    reader.span(1); // end
    return reader.span(reader.number());
}

/** What refers to something: where in the file it does, and to which symbol. */
function readReferences(bytes, { body }, section) {
    const reader = new Reader(bytes, body);
    reader.number(); // the section
    return reader.list(() => {
        const start = reader.at;
        const type = reader.byte();
        const at = section.content + reader.number();
        const head = bytes.subarray(start, reader.at);
        const symbol = reader.number();
        const tail = reader.at;
        if (WITH_ADDEND.has(type)) reader.number();
        return { at, symbol: type === TYPE_INDEX ? undefined : symbol, head, number: symbol, tail: bytes.subarray(tail, reader.at) };
    });
}

/** Of spans in order, the one that holds a place. */
function spanAt(spans, at) {
    let [low, high] = [0, spans.length];
    while (low < high) {
        const middle = (low + high) >> 1;
        if (spans[middle].end <= at) low = middle + 1;
        else high = middle;
    }
    return spans[low]?.start <= at ? spans[low] : undefined;
}

export class WasmObject {
    constructor(bytes) {
        this.bytes = bytes;
        this.sections = readSections(bytes);
        const list = (section, element) => new Reader(bytes, this.sections.get(section).body).list(element);
        const segments = list(DATA_SECTION, readSegment);
        const bodies = list(CODE, (reader) => reader.span(reader.number()));
        /** Each with a name, and where it lies if it is a function or data of this object. */
        this.symbols = readSymbols(bytes, this.sections.get("linking"));
        const functions = this.symbols.filter(({ kind }) => kind === FUNCTION);
        const imported = functions.reduce((least, { index }) => Math.min(least, index), Infinity);
        for (const symbol of functions) Object.assign(symbol, bodies[symbol.index - imported]);
        for (const symbol of this.symbols.filter(({ kind }) => kind === DATA)) {
            symbol.start = segments[symbol.segment].start + symbol.offset;
            symbol.end = symbol.start + symbol.size;
        }
        const spans = this.symbols.filter(({ end, start }) => end > start).sort((a, b) => a.start - b.start);
        this.referrers = new Map(this.symbols.map((symbol) => [symbol, new Set()]));
        for (const { at, symbol } of [...this.#references("reloc.CODE", CODE), ...this.#references("reloc.DATA", DATA_SECTION)]) {
            if (symbol !== undefined) this.referrers.get(this.symbols[symbol]).add(spanAt(spans, at));
        }
    }

    #references(name, section) {
        return readReferences(this.bytes, this.sections.get(name), this.sections.get(section));
    }

    /**
     * The data that is of the standard library's `Location`: where a text that is the name of a source file lies, how long it is, a
     * line and a column, each of four bytes.
     */
    locations() {
        const datas = this.symbols.filter(({ kind, size }) => kind === DATA && size > 0).sort((a, b) => a.start - b.start);
        const found = [];
        for (const { at, symbol } of this.#references("reloc.DATA", DATA_SECTION)) {
            const data = spanAt(datas, at);
            const text = this.symbols[symbol];
            if (data?.size !== LOCATION_BYTES || data.start !== at || text.kind !== DATA) continue;
            const length = this.bytes.readUInt32LE(at + 4);
            const isWhole = length === text.size || length + 1 === text.size; // the compiler may end it with a zero
            if (isWhole && this.bytes.toString("utf8", text.start, text.start + length).endsWith(".rs")) found.push(data);
        }
        return found;
    }

    /**
     * The object with other code in these functions, which refers to nothing; and, wherever code refers to a symbol, to the one that
     * `others` has for it. Nothing moves.
     */
    with(codes, others) {
        const bytes = Buffer.from(this.bytes);
        for (const [{ start, end }, code] of codes) {
            bytes.fill(NOP, start, end);
            bytes[start] = 0; // no variables
            bytes.set([...code, END], end - code.length - 1);
        }
        const spans = [...codes.keys()].sort((a, b) => a.start - b.start);
        const kept = this.#references("reloc.CODE", CODE).filter(({ at }) => spanAt(spans, at) === undefined);
        const numbers = new Map(this.symbols.map((symbol, number) => [symbol, number]));
        const entry = ({ symbol, head, number, tail }) => [head, Buffer.from(leb(numbers.get(others.get(this.symbols[symbol])) ?? number)), tail];
        const { start, content, body, end } = this.sections.get("reloc.CODE");
        const head = [...bytes.subarray(content, body), ...leb(this.#sectionOf("reloc.CODE")), ...leb(kept.length)];
        const relocations = Buffer.concat([Buffer.from(head), ...kept.flatMap(entry)]);
        return Buffer.concat([bytes.subarray(0, start), Buffer.from([CUSTOM, ...leb(relocations.length)]), relocations, bytes.subarray(end)]);
    }

    #sectionOf(name) {
        return new Reader(this.bytes, this.sections.get(name).body).number();
    }
}
