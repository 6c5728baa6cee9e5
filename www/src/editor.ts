/**
 * The SQL editor: highlighting, completion of the tables and columns at the moment shown, Ctrl/Cmd+Enter, and an error
 * underlined where it is.
 *
 * It lives in a shadow root, where CodeMirror adopts constructed style sheets; in the document it would make a style element,
 * which the page's Content-Security-Policy forbids.
 */

import { autocompletion, closeBrackets, closeBracketsKeymap, closeCompletion, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { sql } from '@codemirror/lang-sql';
import { bracketMatching, HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { Compartment, EditorState, StateEffect, StateField } from '@codemirror/state';
import type { Extension, Transaction } from '@codemirror/state';
import { Decoration, drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view';
import type { DecorationSet } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import type { TableInfo } from 'driftdb-wasm';
import { dialect } from './dialect';

export interface Editor {
  readonly text: string;
  /** What to run: the selection, or else everything, and where it begins. */
  readonly chosen: { text: string; from: number };
  replace(text: string): void;
  /** Underlines a range, until the text changes. */
  underline(from: number, to: number): void;
  clearUnderline(): void;
  /** Takes away the list of completions, open or about to open. */
  stopCompleting(): void;
  /** Completes these tables and their columns. */
  complete(tables: readonly TableInfo[]): void;
  focus(): void;
}

const setError = StateEffect.define<{ from: number; to: number } | null>();
const errorMark = Decoration.mark({ class: 'sql-error', attributes: { 'aria-invalid': 'true' } });
const errorField = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, transaction) {
    let next = transaction.docChanged ? Decoration.none : marks;
    for (const effect of transaction.effects) {
      if (effect.is(setError)) {
        next = effect.value ? Decoration.set([errorMark.range(effect.value.from, effect.value.to)]) : Decoration.none;
      }
    }
    return next;
  },
  provide: (field) => EditorView.decorations.from(field),
});

// Colours are the page's custom properties, which shadow roots inherit.
const look = EditorView.theme({
  '&': { minHeight: '132px', maxHeight: 'inherit', fontSize: '13.5px', color: 'var(--ink)', backgroundColor: 'transparent' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.65', overflow: 'auto' },
  '.cm-content': { padding: '12px 0', caretColor: 'var(--ink)' },
  '.cm-line': { padding: '0 16px 0 6px' },
  '.cm-gutters': { backgroundColor: 'transparent', border: 'none', color: 'var(--faint)', paddingLeft: '8px' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'transparent' },
  '&.cm-focused .cm-activeLineGutter': { color: 'var(--ink)' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)', borderLeftWidth: '2px' },
  '.cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground': {
    backgroundColor: 'var(--selection)',
  },
  '.cm-matchingBracket, &.cm-focused .cm-matchingBracket': {
    backgroundColor: 'transparent',
    outline: '1px solid var(--line-strong)',
  },
  '.sql-error': {
    textDecoration: 'underline wavy var(--error)',
    textDecorationSkipInk: 'none',
    textUnderlineOffset: '4px',
  },
  '.cm-tooltip': {
    backgroundColor: 'var(--panel)',
    color: 'var(--ink)',
    border: '1px solid var(--line-strong)',
    borderRadius: '8px',
    boxShadow: 'var(--shadow)',
    overflow: 'hidden',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--mono)', fontSize: '12.5px', maxHeight: '14em' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '3px 10px' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { backgroundColor: 'var(--selection)', color: 'var(--ink)' },
  '.cm-completionDetail': { color: 'var(--muted)', fontStyle: 'normal' },
  '.cm-completionIcon': { display: 'none' },
  '.cm-completionMatchedText': { textDecoration: 'none', color: 'var(--accent)' },
});

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword], color: 'var(--code-keyword)', fontWeight: '600' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--code-string)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--code-number)' },
  { tag: tags.typeName, color: 'var(--code-type)' },
  { tag: [tags.standard(tags.name), tags.special(tags.name)], color: 'var(--accent)', fontWeight: '600' },
  { tag: [tags.lineComment, tags.blockComment], color: 'var(--muted)', fontStyle: 'italic' },
]);

/** Tables with their columns, as CodeMirror's SQL support takes them. Names are data: `__proto__` is one like any other. */
function namesOf(tables: readonly TableInfo[]): Record<string, { label: string; detail: string; type: string }[]> {
  return Object.fromEntries(
    tables.map(({ name, columns }) => [
      name.replaceAll('.', '\\.'),
      columns.map((column) => ({ label: column.name, detail: column.type, type: 'property' })),
    ]),
  );
}

/** A table that is the only one: its columns are then offered without naming it. */
function language(tables: readonly TableInfo[]): Extension {
  const [only, ...others] = tables;
  return sql({
    dialect,
    upperCaseKeywords: true,
    schema: namesOf(tables),
    ...(only && others.length === 0 ? { defaultTable: only.name.replaceAll('.', '\\.') } : {}),
  });
}

/**
 * Types over a selection. Left to itself, Chromium keeps the look of what it removes by a style attribute, which the
 * page's Content-Security-Policy refuses and reports.
 */
const typeOverSelection = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const { from, to, empty } = view.state.selection.main;
    if (event.inputType !== 'insertText' || event.data === null || empty || view.composing) return false;
    const text = event.data;
    const insert = (): Transaction =>
      view.state.update(view.state.replaceSelection(text), { userEvent: 'input.type', scrollIntoView: true });
    const handled = view.state.facet(EditorView.inputHandler).some((handle) => handle(view, from, to, text, insert));
    if (!handled) view.dispatch(insert());
    return true;
  },
});

export interface EditorOptions {
  host: HTMLElement;
  text: string;
  onRun: () => void;
  onChange: (text: string) => void;
}

export function createEditor({ host, text, onRun, onChange }: EditorOptions): Editor {
  const root = host.attachShadow({ mode: 'open' });
  const schema = new Compartment();
  const run = (): boolean => {
    onRun();
    return true;
  };
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: text,
      extensions: [
        keymap.of([{ key: 'Mod-Enter', run, preventDefault: true }]),
        lineNumbers(),
        history(),
        drawSelection(),
        EditorState.allowMultipleSelections.of(true),
        highlightActiveLine(),
        bracketMatching(),
        closeBrackets(),
        autocompletion({ icons: false }),
        keymap.of([...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, ...defaultKeymap]),
        schema.of(language([])),
        syntaxHighlighting(colours),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ 'aria-label': 'SQL', spellcheck: 'false', autocapitalize: 'off' }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) onChange(update.state.doc.toString());
        }),
        typeOverSelection,
        errorField,
        look,
      ],
    }),
  });
  return {
    get text() {
      return view.state.doc.toString();
    },
    get chosen() {
      const { from, to, empty } = view.state.selection.main;
      return empty ? { text: view.state.doc.toString(), from: 0 } : { text: view.state.sliceDoc(from, to), from };
    },
    replace: (next) =>
      view.dispatch({
        changes: { from: 0, to: view.state.doc.length, insert: next },
        selection: { anchor: 0 },
        scrollIntoView: true,
      }),
    underline(from, to) {
      const end = view.state.doc.length;
      const start = Math.min(from, Math.max(0, end - 1));
      if (end === 0) return;
      view.dispatch({
        effects: [
          setError.of({ from: start, to: Math.max(start + 1, Math.min(to, end)) }),
          EditorView.scrollIntoView(start, { y: 'nearest' }),
        ],
      });
    },
    clearUnderline() {
      if (view.state.field(errorField).size > 0) view.dispatch({ effects: setError.of(null) });
    },
    stopCompleting: () => void closeCompletion(view),
    complete: (tables) => view.dispatch({ effects: schema.reconfigure(language(tables)) }),
    focus: () => view.focus(),
  };
}
