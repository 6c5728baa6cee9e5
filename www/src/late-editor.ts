/**
 * The editor before it is there. It is most of the page's script and none of the first answer, so it is loaded after that;
 * until then its text stands in its place, and what is asked of it is done when it comes.
 */

import type { TableInfo } from 'driftdb-wasm';
import { element, fill } from './dom';
import type { Editor, EditorOptions } from './editor';

export class LateEditor implements Editor {
  readonly #options: EditorOptions;
  readonly #standIn = element('pre', { class: 'editor-text' });
  #text: string;
  #tables: readonly TableInfo[] = [];
  #underlined: { from: number; to: number } | undefined;
  #wantsFocus = false;
  #editor: Editor | undefined;
  #loading: Promise<void> | undefined;

  constructor(options: EditorOptions) {
    this.#options = options;
    this.#text = options.text;
    options.host.append(this.#standIn);
    this.#show();
  }

  /** Resolves when the editor is there. */
  load(): Promise<void> {
    this.#loading ??= import('./editor').then(({ createEditor }) => {
      const editor = createEditor({ ...this.#options, text: this.#text });
      this.#standIn.remove();
      this.#editor = editor;
      editor.complete(this.#tables);
      if (this.#underlined) editor.underline(this.#underlined.from, this.#underlined.to);
      if (this.#wantsFocus) editor.focus();
    });
    return this.#loading;
  }

  get text(): string {
    return this.#editor?.text ?? this.#text;
  }

  get chosen(): { text: string; from: number } {
    return this.#editor?.chosen ?? { text: this.#text, from: 0 };
  }

  replace(text: string): void {
    if (this.#editor) return this.#editor.replace(text);
    this.#text = text;
    this.#underlined = undefined;
    this.#show();
    this.#options.onChange(text);
  }

  underline(from: number, to: number): void {
    if (this.#editor) this.#editor.underline(from, to);
    else this.#underlined = { from, to };
  }

  clearUnderline(): void {
    if (this.#editor) this.#editor.clearUnderline();
    else this.#underlined = undefined;
  }

  stopCompleting(): void {
    this.#editor?.stopCompleting();
  }

  complete(tables: readonly TableInfo[]): void {
    if (this.#editor) this.#editor.complete(tables);
    else this.#tables = tables;
  }

  focus(): void {
    if (this.#editor) this.#editor.focus();
    else this.#wantsFocus = true;
  }

  #show(): void {
    fill(this.#standIn, this.#text);
  }
}
