/** The console: a list of keys, one key's value, and what connects them. The address holds what is shown. */
import { Problem, readRights, token } from './api.js';
import { deleteDialog, newKeyDialog, tokenDialog } from './dialogs.js';
import { byId, debounced, messageOf } from './dom.js';
import { Entry, loadEditor } from './entry.js';
import { KeyList } from './key-list.js';
import { shownKey } from './shown-key.js';
import { startTheme } from './theme.js';
import { watch } from './watch.js';

/** Milliseconds without a keystroke before a search is sent. */
const searchPause = 150;

const prefix = byId('prefix', HTMLInputElement);
const suffix = byId('suffix', HTMLInputElement);
const live = byId('live', HTMLParagraphElement);
const said = byId('said', HTMLParagraphElement);
const forget = byId('forget', HTMLButtonElement);

const states = { connecting: 'Connecting', live: 'Live', away: 'Connection lost, trying again', refused: 'Not live' };

/** @param {string} text */
function say(text) {
  said.textContent = text;
  said.classList.add('shown');
  clearTimeout(saying);
  // The words stay until the next ones: without them it would be empty while it fades.
  saying = window.setTimeout(() => said.classList.remove('shown'), 4000);
}
let saying = 0;

/** @param {unknown} error */
function failed(error) {
  if (error instanceof Problem && error.status === 401) {
    const refused = token.get() !== null;
    token.forget();
    askForToken(refused);
    return;
  }
  say(messageOf(error));
}

const entry = new Entry({
  say,
  failed,
  shown(key) {
    list.mark(key);
    remember();
    watchEntry();
  },
});

const list = new KeyList({
  failed,
  choose: (key) => choose(key),
  change: (change) => entry.note(change),
  gap: () => void entry.refresh(),
  state(state) {
    live.dataset.state = state;
    live.textContent = states[state];
  },
});

const openNew = newKeyDialog({
  created(key) {
    say('Created.');
    choose(key);
  },
});
const openDelete = deleteDialog({
  confirmed: async () => {
    await entry.delete();
    list.focus();
  },
});
const askForToken = tokenDialog({
  given: start,
  refused() {
    list.clear();
    noToken.hidden = false;
    byId('nothing-text', HTMLParagraphElement).hidden = true;
  },
});
const noToken = byId('no-token', HTMLParagraphElement);
byId('give-token', HTMLButtonElement).addEventListener('click', () => askForToken(false));

/** Of the open key, while the search's watch does not have it. */
let ownWatch = new AbortController();

/** The open key is live also when the search is for others. */
function watchEntry() {
  ownWatch.abort();
  ownWatch = new AbortController();
  const { signal } = ownWatch;
  const { key } = entry;
  if (key === undefined || (key.startsWith(list.filter.prefix) && key.endsWith(list.filter.suffix))) return;
  const gap = () => {
    if (signal.aborted) return;
    void entry.refresh();
    watchEntry();
  };
  const listener = {
    /** @param {import('./watch.js').Change} change */
    change: (change) => entry.note(change),
    gap,
    state() {},
    failed() {},
  };
  // What changed before it began is read once it has.
  void watch({ prefix: key, suffix: key }, listener, signal).then(() => {
    if (!signal.aborted) void entry.refresh();
  });
}

/** @param {string} key */
function choose(key) {
  if (key === entry.key) return;
  if (entry.dirty && !window.confirm(`Leave ${entry.key}? What you changed is not saved.`)) return;
  list.mark(key);
  void entry.open(key);
}

function search() {
  remember();
  void list.search({ prefix: prefix.value, suffix: suffix.value });
  watchEntry();
}

/** The address as a link to what is shown. */
function remember() {
  const shown = new URLSearchParams();
  for (const [name, value] of Object.entries({ prefix: prefix.value, suffix: suffix.value, key: entry.key ?? '' })) {
    if (value !== '') shown.set(name, value);
  }
  history.replaceState(null, '', shown.size === 0 ? location.pathname : `#${shown}`);
}

/** Shows what the address says. */
function start() {
  forget.hidden = token.get() === null;
  noToken.hidden = true;
  byId('nothing-text', HTMLParagraphElement).hidden = false;
  void readRights().then(({ may, prefixes }) => {
    const isReader = may === 'read';
    byId('read-only', HTMLParagraphElement).hidden = !isReader;
    byId('new', HTMLButtonElement).hidden = isReader;
    entry.readOnly = isReader;
    showScope(prefixes);
  });
  const asked = new URLSearchParams(location.hash.slice(1));
  prefix.value = asked.get('prefix') ?? '';
  suffix.value = asked.get('suffix') ?? '';
  void list.search({ prefix: prefix.value, suffix: suffix.value });
  const key = asked.get('key');
  if (key !== null && !entry.dirty) void entry.open(key);
}

/** Prefixes that are named; with more, the others are in the title. */
const shownPrefixes = 3;

/** What begins a new key when the search does not: the token's one prefix. */
let ownPrefix = '';

/** Says which keys the token reaches, so that an empty list is not taken for an empty store. @param {string[] | null} prefixes */
function showScope(prefixes) {
  const scope = byId('scope', HTMLParagraphElement);
  scope.hidden = prefixes === null;
  const shown = (prefixes ?? []).map(shownKey);
  ownPrefix = prefixes?.length === 1 ? (prefixes[0] ?? '') : '';
  const more = shown.length > shownPrefixes ? ` and ${shown.length - shownPrefixes} more` : '';
  scope.textContent = `Only keys that begin with ${shown.slice(0, shownPrefixes).join(', ')}${more}`;
  scope.title = shown.join('\n');
}

const searchSoon = debounced(search, searchPause);
for (const input of [prefix, suffix]) input.addEventListener('input', searchSoon);
byId('search', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  search();
});
byId('new', HTMLButtonElement).addEventListener('click', () => openNew(prefix.value || ownPrefix));
byId('delete', HTMLButtonElement).addEventListener('click', () => entry.key !== undefined && openDelete(entry.key));
byId('list', HTMLDivElement).addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && entry.key !== undefined) {
    event.preventDefault();
    entry.focus();
  }
  if (event.key === 'Delete' && entry.key !== undefined && !entry.readOnly) openDelete(entry.key);
});
forget.addEventListener('click', () => {
  token.forget();
  location.reload();
});
document.addEventListener('keydown', (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === 's') {
    event.preventDefault();
    void entry.save();
  }
  const inEditor = event.target instanceof Element && event.target.localName === 'json-editor';
  const typing = inEditor || event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement;
  // The editor takes it itself while it shows its search.
  if (event.key === 'Escape' && inEditor && !event.defaultPrevented) list.focus();
  if (typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]') !== null)
    return;
  if (event.key === '/' || event.key === 'n') event.preventDefault();
  if (event.key === '/') prefix.select();
  if (event.key === 'n' && !entry.readOnly) openNew(prefix.value || ownPrefix);
});
for (const input of [prefix, suffix]) {
  input.addEventListener('keydown', (event) => {
    if (event.key !== 'ArrowDown') return;
    event.preventDefault();
    list.focus();
  });
}
window.addEventListener('beforeunload', (event) => {
  if (entry.dirty) event.preventDefault();
});
// The page may be switched off while the console is not.
void fetch('docs', { method: 'HEAD' }).then(({ ok }) => {
  byId('docs', HTMLAnchorElement).hidden = !ok;
});
// The editor is most of the console: it is loaded once somebody is there, and so by the time that a key is chosen.
for (const sign of ['pointermove', 'pointerdown', 'keydown']) {
  document.addEventListener(sign, () => void loadEditor().catch(() => {}), { once: true, passive: true });
}
startTheme(byId('theme', HTMLButtonElement));
start();
