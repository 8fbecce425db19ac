// What one sees. Text is set as text: nothing that a provider says becomes markup.

const page = document.querySelector('#page');

export function busy() {
  page.setAttribute('aria-busy', 'true');
}

export function signedOut(signIn) {
  render('signed-out', [
    element('h2', {}, 'You are signed out'),
    element('p', {}, 'This tab has no session. Signing in takes you to the provider and back.'),
    button('sign-in', 'Sign in', signIn, 'primary'),
  ]);
}

export function signedIn(session, { refresh, userinfo, signOut }) {
  const about = element('div', { id: 'userinfo' });
  const ask = async () => {
    const { claims } = await userinfo().catch((error) => ({ claims: { [error.code]: error.message } }));
    about.replaceChildren(element('h3', {}, 'UserInfo'), table(claims));
  };
  render('signed-in', [
    element('h2', {}, 'Hello, ', element('strong', { id: 'sub' }, session.claims.sub)),
    element('p', {}, 'Your ID token passed every check.'),
    element(
      'nav',
      {},
      button('refresh', 'Refresh', refresh),
      button('ask', 'UserInfo', ask),
      button('sign-out', 'Sign out', signOut),
    ),
    element('section', {}, element('h3', {}, 'Verified claims'), table(session.claims), about),
    element('section', {}, element('h3', {}, 'How they were verified'), trace(session.decisions)),
  ]);
}

export function failed(error, retry, home) {
  const said =
    error.error &&
    element(
      'p',
      { id: 'provider-says' },
      `The provider says: ${error.error}. ${error.error_description ?? ''}`,
    );
  render('failed', [
    element('h2', {}, error.error === 'access_denied' ? 'You said no' : 'That did not work'),
    element('p', {}, error.message),
    ...(said ? [said] : []),
    element('p', { class: 'code', id: 'code' }, error.code ?? error.name),
    element('nav', {}, button('sign-in', 'Try again', retry, 'primary'), button('home', 'Back', home)),
    ...(error.decisions?.length
      ? [element('section', {}, element('h3', {}, 'What was checked'), trace(error.decisions))]
      : []),
  ]);
}

function render(state, children) {
  page.removeAttribute('aria-busy');
  page.dataset.state = state;
  page.replaceChildren(...children);
}

function table(claims) {
  const rows = Object.entries(claims).map(([name, value]) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, name),
      element('td', {}, typeof value === 'string' ? value : JSON.stringify(value)),
    ),
  );
  return element('table', { class: 'claims' }, element('tbody', {}, ...rows));
}

function trace(decisions) {
  const steps = decisions.map(({ check, rule, expected, found, passed }) =>
    element(
      'li',
      { class: passed ? 'passed' : 'failed' },
      element('b', {}, check),
      ' ',
      element('span', { class: 'found' }, found),
      element('small', {}, `asked for: ${expected} (${rule})`),
    ),
  );
  return element('ol', { class: 'trace' }, ...steps);
}

function button(id, label, onclick, className = '') {
  const made = element('button', { id, type: 'button', class: className }, label);
  made.addEventListener('click', onclick);
  return made;
}

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  made.append(...children);
  return made;
}
