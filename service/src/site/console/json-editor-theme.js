/** The editor's look, in the colours of style.css: its shadow root sees their names, but no rule of that sheet. */
import { EditorView } from '@codemirror/view';

export const editorTheme = EditorView.theme({
  '&': { height: '100%', color: 'var(--text)', outline: 'none' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': {
    overflow: 'auto',
    fontFamily: 'var(--mono)',
    fontSize: '13px',
    fontVariantLigatures: 'none',
    lineHeight: '1.55',
  },
  '.cm-content': { padding: '12px 0', caretColor: 'var(--text)', tabSize: '2' },
  '.cm-line': { padding: '0 14px' },
  '.cm-cursor, .cm-dropCursor': { borderLeftColor: 'var(--text)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    background: 'var(--chosen)',
  },
  '.cm-specialChar': { color: 'var(--fault)' },
  '.cm-selectionMatch, .cm-searchMatch': { backgroundColor: 'var(--flash)' },
  '.cm-searchMatch-selected': { backgroundColor: 'var(--flash)', outline: '1px solid var(--warn)' },
  '.cm-panels': { backgroundColor: 'var(--sunken)', color: 'var(--text)' },
  '.cm-panels-top': { borderBottom: '1px solid var(--line)' },
  '.cm-panel.cm-search': { fontFamily: 'var(--sans)', padding: '6px 28px 6px 10px' },
  '.cm-panel.cm-search label': { fontSize: '12px' },
  '.cm-panel.cm-search [name=close]': { color: 'var(--text)', fontSize: '16px' },
  '.cm-textfield': {
    backgroundColor: 'var(--surface)',
    border: '1px solid var(--line-strong)',
    color: 'var(--text)',
    fontSize: '12px',
  },
  '.cm-button': {
    backgroundImage: 'none',
    backgroundColor: 'var(--surface)',
    border: '1px solid var(--line-strong)',
    borderRadius: '6px',
    color: 'var(--text)',
    fontSize: '12px',
  },
  '.name': { color: 'var(--name)' },
  '.string': { color: 'var(--string)' },
  '.number': { color: 'var(--number)' },
  '.word': { color: 'var(--word)' },
});
