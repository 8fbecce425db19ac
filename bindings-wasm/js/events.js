/** Who is told of events of a kind, if anybody is. What a listener throws is nobody's failure. */
export function listener(channel, listens, hook) {
  if (!hook) return listens;
  return (event) => {
    listens?.(event);
    try {
      hook(channel, event);
    } catch {
      // It has told us nothing that we could tell the caller of a verb.
    }
  };
}
