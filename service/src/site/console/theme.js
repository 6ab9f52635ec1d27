/** Light, dark, or as the system has it; the choice is kept in this browser. */
const name = 'kvstore-theme';
const themes = /** @type {const} */ (['system', 'light', 'dark']);
const labels = { system: 'Theme: system', light: 'Theme: light', dark: 'Theme: dark' };

/** @param {HTMLButtonElement} button goes from one to the next */
export function startTheme(button) {
  const stored = localStorage.getItem(name);
  let theme = themes.find((each) => each === stored) ?? 'system';
  const show = () => {
    document.documentElement.dataset.theme = theme;
    button.textContent = labels[theme];
  };
  button.addEventListener('click', () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'system';
    localStorage.setItem(name, theme);
    show();
  });
  show();
}
