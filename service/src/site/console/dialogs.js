/** The questions that stand in front of everything else: a new key, a deletion, a token. */
import { Problem, setValue, token } from './api.js';
import { byId, messageOf } from './dom.js';
import { faultOf } from './json-text.js';
import { showKey } from './shown-key.js';

/** Closes by its own Cancel button (Esc is the browser's). @param {string} id */
function dialog(id) {
  const element = byId(id, HTMLDialogElement);
  for (const button of element.querySelectorAll('.cancel')) button.addEventListener('click', () => element.close());
  return element;
}

/**
 * Creates a key that must not be there yet.
 * @param {{ created: (key: string) => void }} around
 * @returns {(prefix: string) => void} opens the dialog
 */
export function newKeyDialog({ created }) {
  const element = dialog('new-dialog');
  const form = byId('new-form', HTMLFormElement);
  const key = byId('new-key', HTMLInputElement);
  const text = byId('new-text', HTMLTextAreaElement);
  const ttl = byId('new-ttl', HTMLInputElement);
  const fault = byId('new-fault', HTMLParagraphElement);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const problem = faultOf(text.value);
    fault.textContent = problem ?? '';
    if (problem !== undefined) text.focus();
    else void create();
  });
  const create = async () => {
    try {
      await setValue(key.value, text.value, undefined, ttl.value === '' ? undefined : Number(ttl.value));
      element.close();
      created(key.value);
    } catch (error) {
      const exists = error instanceof Problem && error.code === 'precondition-failed';
      fault.textContent = exists ? 'There is such a key already. Nothing was changed.' : messageOf(error);
      key.focus();
    }
  };
  return (prefix) => {
    form.reset();
    fault.textContent = '';
    key.value = prefix;
    element.showModal();
    key.focus();
  };
}

/**
 * Asks before a key is deleted.
 * @param {{ confirmed: () => Promise<void> }} around
 * @returns {(key: string) => void} opens the dialog
 */
export function deleteDialog({ confirmed }) {
  const element = dialog('delete-dialog');
  const fault = byId('delete-fault', HTMLParagraphElement);
  byId('delete-form', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    confirmed().then(
      () => element.close(),
      (error) => {
        const changed = error instanceof Problem && error.code === 'precondition-failed';
        fault.textContent = changed ? 'Not deleted: the value has changed. Look at it first.' : messageOf(error);
      },
    );
  });
  return (key) => {
    showKey(byId('delete-key', HTMLElement), key);
    fault.textContent = '';
    element.showModal();
  };
}

/**
 * Asks for a token until one is taken.
 * @param {{ given: () => void, refused: () => void }} around refused: it was closed without one
 * @returns {(refused: boolean) => void} opens the dialog
 */
export function tokenDialog({ given, refused: withoutToken }) {
  const element = dialog('token-dialog');
  const input = byId('token', HTMLInputElement);
  byId('token-form', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    token.set(input.value.trim());
    input.value = '';
    element.close();
    given();
  });
  // Esc closes it as well.
  element.addEventListener('close', () => token.get() === null && withoutToken());
  return (refused) => {
    // Several answers can be refused at once: the first one has asked already.
    if (element.open) return;
    byId('token-fault', HTMLParagraphElement).textContent = refused ? 'That token is not in force.' : '';
    element.showModal();
    input.focus();
  };
}
