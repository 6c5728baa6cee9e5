// The memories of the WebAssembly that this worker runs. They never shrink, so what they are at the end is the peak; what an
// engine keeps in workers of its own is not seen.

const memories = new Set();

function note({ exports }, imports = {}) {
  for (const part of [exports, ...Object.values(imports)])
    for (const value of Object.values(part)) if (value instanceof WebAssembly.Memory) memories.add(value);
}

const { instantiate, instantiateStreaming, Instance } = WebAssembly;
WebAssembly.instantiate = async (source, imports) => {
  const made = await instantiate(source, imports);
  note(made.instance ?? made, imports);
  return made;
};
WebAssembly.instantiateStreaming = async (source, imports) => {
  const made = await instantiateStreaming(source, imports);
  note(made.instance, imports);
  return made;
};
WebAssembly.Instance = class extends Instance {
  constructor(module, imports) {
    super(module, imports);
    note(this, imports);
  }
};

/** Bytes of all of them; null where none was seen. */
export function wasmBytes() {
  let bytes = 0;
  for (const { buffer } of memories) bytes += buffer.byteLength;
  return memories.size > 0 ? bytes : null;
}
