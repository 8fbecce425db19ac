// Callbacks that this page has answered or is answering.

const names = new Map();

/** What a URL comes to: by `answer`, if it is a callback and new, else as before. Without one, what the last callback of the name came to. */
export function answeredOnce(name, url, answer) {
  if (!names.has(name)) names.set(name, { answers: new Map(), latest: undefined });
  const known = names.get(name);
  if (answer) {
    if (!known.answers.has(url)) known.answers.set(url, answer());
    known.latest = known.answers.get(url);
  }
  return known.latest ?? Promise.resolve(undefined);
}

/** Forgets what callbacks of the name came to: sessions that are over. Their URLs stay answered. */
export function forgetAnswers(name) {
  const known = names.get(name);
  if (!known) return;
  known.latest = undefined;
  for (const url of known.answers.keys()) known.answers.set(url, Promise.resolve(undefined));
}
