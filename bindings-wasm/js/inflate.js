// RFC 1951, for runtimes without a `DecompressionStream`. What it reads was compressed by build.mjs.

const [LITERALS, DISTANCES, LONGEST_CODE] = [288, 30, 15];
/** The order in which the lengths of the codes for lengths come (3.2.7). */
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** The bytes that were compressed. */
export function inflate(input) {
  let output = new Uint8Array(input.length * 4);
  let [length, position, held, count] = [0, 0, 0, 0];

  const bits = (wanted) => {
    while (count < wanted) {
      if (position === input.length) throw new Error('the compressed bytes end too early');
      held |= input[position] << count;
      position += 1;
      count += 8;
    }
    const value = held & ((1 << wanted) - 1);
    held >>>= wanted;
    count -= wanted;
    return value;
  };
  const grow = (by) => {
    if (length + by <= output.length) return;
    const larger = new Uint8Array(2 * (length + by));
    larger.set(output);
    output = larger;
  };
  const symbol = ({ counts, symbols }) => {
    let [code, first, index] = [0, 0, 0];
    for (let bit = 1; bit <= LONGEST_CODE; bit += 1) {
      code |= bits(1);
      if (code - counts[bit] < first) return symbols[index + code - first];
      index += counts[bit];
      first = (first + counts[bit]) << 1;
      code <<= 1;
    }
    throw new Error('a code is none');
  };
  const stored = () => {
    held = count = 0;
    const size = input[position] | (input[position + 1] << 8);
    position += 4;
    grow(size);
    output.set(input.subarray(position, position + size), length);
    position += size;
    length += size;
  };
  const compressed = (literals, distances) => {
    for (let read = symbol(literals); read !== 256; read = symbol(literals)) {
      grow(258);
      if (read < 256) {
        output[length] = read;
        length += 1;
        continue;
      }
      const [size, extra] = LENGTHS[read - 257];
      const end = length + size + bits(extra);
      const [back, more] = BACKWARDS[symbol(distances)];
      const distance = back + bits(more);
      if (distance > length) throw new Error('a distance leads too far back');
      for (; length < end; length += 1) output[length] = output[length - distance];
    }
  };
  const dynamic = () => {
    const [literals, distances, lengths] = [bits(5) + 257, bits(5) + 1, bits(4) + 4];
    const own = new Uint8Array(ORDER.length);
    for (const place of ORDER.slice(0, lengths)) own[place] = bits(3);
    const code = codes(own);
    const sizes = new Uint8Array(literals + distances);
    for (let at = 0; at < sizes.length; ) {
      const read = symbol(code);
      const [size, times] =
        read < 16 ? [read, 1] : read === 16 ? [sizes[at - 1], 3 + bits(2)] : [0, read === 17 ? 3 + bits(3) : 11 + bits(7)];
      sizes.fill(size, at, at + times);
      at += times;
    }
    compressed(codes(sizes.subarray(0, literals)), codes(sizes.subarray(literals)));
  };

  const LENGTHS = bases(3, [8, 4, 4, 4, 4, 4]);
  LENGTHS[28] = [258, 0];
  const BACKWARDS = bases(1, [4, ...Array(13).fill(2)]);
  for (let last = 0; !last; ) {
    last = bits(1);
    const kind = bits(2);
    if (kind === 0) stored();
    else if (kind === 1) compressed(...fixed());
    else dynamic();
  }
  return output.subarray(0, length);
}

/** The first value of each symbol and how many bits follow it: `runs[n]` symbols with `n` bits. */
function bases(first, runs) {
  const table = [];
  let base = first;
  runs.forEach((run, extra) => {
    for (let at = 0; at < run; at += 1) {
      table.push([base, extra]);
      base += 1 << extra;
    }
  });
  return table;
}

/** A canonical code (3.2.2): how many symbols there are of each length, and the symbols in their order. */
function codes(lengths) {
  const counts = new Uint16Array(LONGEST_CODE + 1);
  for (const length of lengths) counts[length] += 1;
  counts[0] = 0;
  const offsets = new Uint16Array(LONGEST_CODE + 2);
  for (let bit = 1; bit <= LONGEST_CODE; bit += 1) offsets[bit + 1] = offsets[bit] + counts[bit];
  const symbols = new Uint16Array(lengths.length);
  lengths.forEach((length, symbol) => {
    if (length === 0) return;
    symbols[offsets[length]] = symbol;
    offsets[length] += 1;
  });
  return { counts, symbols };
}

/** The codes of 3.2.6. */
function fixed() {
  const literals = new Uint8Array(LITERALS).fill(8).fill(9, 144, 256).fill(7, 256, 280);
  return [codes(literals), codes(new Uint8Array(DISTANCES).fill(5))];
}
