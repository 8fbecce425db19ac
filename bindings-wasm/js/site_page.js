// The one page of a site: it posts a logout to the provider where a URL with all of it would be too long. Adapters send it
// as it is.

const SCRIPT = 'document.forms[0].submit()';
/** What the page may do: run this script. Where the form leads is the provider's, and the provider may lead on. */
const POLICY =
  "default-src 'none'; script-src 'sha256-ePniVEkSivX/c7XWBGafqh8tSpiRrKiqYeqbG7N1TOE='; base-uri 'none'; frame-ancestors 'none'";

/** The headers that go with the page. */
export const PAGE_HEADERS = [
  ['Content-Type', 'text/html; charset=utf-8'],
  ['Content-Security-Policy', POLICY],
  ['Referrer-Policy', 'no-referrer'],
];

/** The page that posts `fields`, pairs, to `url`: at once, or by its button where no script runs. */
export function formPage({ url, fields }) {
  const inputs = fields.map(([name, value]) => `<input type="hidden" name="${escaped(name)}" value="${escaped(value)}">`);
  return (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Log out</title>' +
    `<main><h1>Log out</h1><form method="post" action="${escaped(url)}">${inputs.join('')}` +
    '<button>Continue</button></form></main>' +
    `<script>${SCRIPT}</script>`
  );
}

const ENTITIES = { __proto__: null, '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escaped = (text) => text.replace(/[&<>"']/g, (character) => ENTITIES[character]);
