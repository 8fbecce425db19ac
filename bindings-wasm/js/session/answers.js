// Callbacks that this page has answered or is answering.

const answers = new Map();
const latest = new Map();

/** What a URL comes to: by `answer`, if it is a callback and new, else as before. Without one, what the last callback of the name came to. */
export function answeredOnce(name, url, answer) {
  const key = `${name} ${url}`;
  if (answer) {
    if (!answers.has(key)) answers.set(key, answer());
    latest.set(name, answers.get(key));
  }
  return latest.get(name) ?? Promise.resolve(undefined);
}
