/** Small helpers for the page's elements. */

/**
 * The element with an id, which index.html has.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
export function byId(id, type) {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`The page has no ${type.name} #${id}`);
  return element;
}

/**
 * Calls back once nothing was asked for during so many milliseconds.
 * @param {() => void} callback
 * @param {number} milliseconds
 */
export function debounced(callback, milliseconds) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = window.setTimeout(callback, milliseconds);
  };
}

/** Shows that something has changed by itself. @param {Element} element */
export function flash(element) {
  if (window.matchMedia('(prefers-reduced-motion: reduce)').matches) return;
  element.animate([{ backgroundColor: 'var(--flash)' }, {}], { duration: 1200, easing: 'ease-out' });
}

/** @param {unknown} error what a person may read */
export function messageOf(error) {
  if (error instanceof TypeError) return 'The service cannot be reached.';
  // Some errors have no words: a toast without any says nothing.
  return (error instanceof Error ? error.message || error.name : String(error)) || 'Something went wrong.';
}
