// The module as text: a JavaScript file like any other, so that no bundler, server or policy has to know of
// WebAssembly files. The text is the module compressed (RFC 1951), in base64.

/** The module's bytes, from their text. */
export async function unpack(packed) {
  const deflated = bytesOf(packed);
  const stream = inflater();
  if (!stream) return (await import('./inflate.js')).inflate(deflated);
  const writer = stream.writable.getWriter();
  // What fails here fails there.
  for (const work of [writer.write(deflated), writer.close()]) work.catch(() => {});
  return new Uint8Array(await new Response(stream.readable).arrayBuffer());
}

function bytesOf(base64) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
  return bytes;
}

/** The runtime's own, if it has one: browsers do since 2023. */
function inflater() {
  try {
    return new DecompressionStream('deflate-raw');
  } catch {
    return undefined;
  }
}
