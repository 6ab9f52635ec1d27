/**
 * The element `<json-editor>`: an editor of JSON whose cost for each key does not grow with the text, since only the lines
 * in view are elements (CodeMirror 6). It is in a shadow root, where its style sheets are objects: a style element is what
 * the page's policy refuses.
 */
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search';
import { Compartment, EditorState } from '@codemirror/state';
import { drawSelection, EditorView, highlightSpecialChars, keymap } from '@codemirror/view';
import { colours } from './json-colours.js';
import { editorTheme } from './json-editor-theme.js';

/**
 * Attributes: `label` (its name for a screen reader), `describedby` (the id of what describes it), `readonly`. Fires `edited`
 * after each change by a person, and `scrolled` when other lines have come into view.
 */
export class JsonEditor extends HTMLElement {
  static observedAttributes = ['readonly'];
  #access = new Compartment();
  #view;

  constructor() {
    super();
    const root = this.attachShadow({ mode: 'open', delegatesFocus: true });
    this.#view = new EditorView({ root, parent: root, state: this.#stateOf('') });
    const description = document.getElementById(this.getAttribute('describedby') ?? '');
    // An id would be looked for in the shadow root.
    if (description !== null) this.#view.contentDOM.ariaDescribedByElements = [description];
  }

  attributeChangedCallback() {
    this.#view.dispatch({ effects: this.#access.reconfigure(this.#accessOf()) });
  }

  /** The whole text. To set it begins anew: nothing can be undone, and the view is at the start. */
  get value() {
    return this.#view.state.doc.toString();
  }

  set value(text) {
    this.#view.setState(this.#stateOf(text));
    this.#view.scrollDOM.scrollTo(0, 0);
  }

  /** Characters; unlike `value.length` it costs nothing. */
  get length() {
    return this.#view.state.doc.length;
  }

  /** Whether what is in view has colours: a line may be too long for them. */
  get coloured() {
    return this.#view.plugin(colours)?.complete ?? true;
  }

  /** Replaces the text by one that a person can undo. @param {string} text */
  replace(text) {
    this.#view.dispatch({ changes: { from: 0, to: this.length, insert: text } });
  }

  /** Says of the text that it is no JSON. @param {boolean} fault */
  set invalid(fault) {
    this.#view.contentDOM.setAttribute('aria-invalid', String(fault));
  }

  /** @override */
  focus() {
    this.#view.focus();
  }

  /** @param {string} doc */
  #stateOf(doc) {
    return EditorState.create({
      doc,
      extensions: [
        history(),
        search({ top: true }),
        highlightSelectionMatches(),
        drawSelection(),
        // Characters that are not seen, or turn text around.
        highlightSpecialChars(),
        // Tab is the browser's: it leads out of the editor (WCAG 2.1.2).
        keymap.of([...searchKeymap, ...historyKeymap, ...defaultKeymap]),
        editorTheme,
        colours,
        this.#access.of(this.#accessOf()),
        EditorView.contentAttributes.of({ 'aria-label': this.getAttribute('label') ?? '', tabindex: '0' }),
        EditorView.updateListener.of(({ docChanged, viewportChanged }) => {
          if (docChanged) this.dispatchEvent(new Event('edited'));
          if (viewportChanged) this.dispatchEvent(new Event('scrolled'));
        }),
      ],
    });
  }

  #accessOf() {
    const readOnly = this.hasAttribute('readonly');
    return [EditorState.readOnly.of(readOnly), EditorView.editable.of(!readOnly)];
  }
}

customElements.define('json-editor', JsonEditor);
