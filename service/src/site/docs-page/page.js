/**
 * The calls of the API, from the description that the same service serves. Swagger UI, which is 1.5 MB of script, is
 * loaded only by those who want to try a call, and for its own links.
 */

/**
 * An element with texts and elements in it.
 * @param {string} name
 * @param {...(string | Node)} content
 */
function element(name, ...content) {
  const made = document.createElement(name);
  made.append(...content);
  return made;
}

/** What stands in backquotes is code. @param {string} text */
function prose(text) {
  return text.split('`').map((part, i) => (i % 2 === 0 ? part : element('code', part)));
}

/**
 * The part that a reference names.
 * @param {any} whole
 * @param {any} part
 */
function resolve(whole, part) {
  if (part.$ref === undefined) return part;
  return part.$ref
    .slice(2)
    .split('/')
    .reduce((/** @type {any} */ at, /** @type {string} */ name) => at[name], whole);
}

/**
 * @param {any} whole
 * @param {string} method
 * @param {string} path
 * @param {any} operation
 */
function call(whole, method, path, operation) {
  const made = element(
    'details',
    element('summary', element('code', `${method.toUpperCase()} ${path}`), operation.summary),
  );
  if (operation.description !== undefined) made.append(element('p', ...prose(operation.description)));
  const parameters = (operation.parameters ?? []).map((/** @type {any} */ each) => resolve(whole, each));
  if (parameters.length > 0) {
    const list = element('dl');
    for (const { name, in: where, description } of parameters) {
      list.append(element('dt', element('code', name), ` (${where})`), element('dd', ...prose(description)));
    }
    made.append(element('h3', 'Parameters'), list);
  }
  const answers = element('dl');
  for (const [status, answer] of Object.entries(operation.responses)) {
    answers.append(
      element('dt', element('code', status)),
      element('dd', ...prose(/** @type {any} */ (answer).description)),
    );
  }
  made.append(element('h3', 'Answers'), answers);
  return made;
}

async function show() {
  const whole = await (await fetch('openapi.json')).json();
  const about = document.querySelector('#about');
  about?.replaceChildren(...prose(whole.info.description));
  const calls = document.querySelector('#calls');
  for (const { name } of whole.tags) {
    const section = element('section', element('h2', name));
    for (const [path, methods] of Object.entries(whole.paths)) {
      for (const [method, operation] of Object.entries(/** @type {any} */ (methods))) {
        if (operation.tags.includes(name)) section.append(call(whole, method, path, operation));
      }
    }
    calls?.append(section);
  }
}

function tryIt() {
  const style = Object.assign(document.createElement('link'), { rel: 'stylesheet', href: 'docs/swagger-ui.css' });
  const script = Object.assign(document.createElement('script'), { src: 'docs/swagger-ui-bundle.js' });
  script.addEventListener('load', () => {
    document.documentElement.classList.add('tried');
    document.querySelector('#overview')?.remove();
    document.querySelector('#api')?.removeAttribute('hidden');
    /** @type {any} */ (window).SwaggerUIBundle({
      dom_id: '#api',
      url: new URL('openapi.json', document.baseURI).href,
      deepLinking: true,
      defaultModelsExpandDepth: 0,
      displayRequestDuration: true,
      // No service elsewhere is asked whether the description is valid.
      validatorUrl: null,
      queryConfigEnabled: false,
    });
  });
  document.head.append(style, script);
}

document.querySelector('#try')?.addEventListener('click', tryIt);
// Swagger UI's links to single calls.
if (location.hash.startsWith('#/')) tryIt();
else void show();
