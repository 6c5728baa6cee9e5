/** Puts the parts together. */

import { Comparison } from './comparison';
import { DATA_SETS } from './datasets';
import { Deeds } from './deeds';
import { Drawer } from './drawer';
import { byId } from './dom';
import type { Example } from './datasets/script';
import type { First } from './first';
import { HistoryPanel } from './history-panel';
import { LateEditor } from './late-editor';
import { startLibrary } from './library-panel';
import { Playground } from './playground';
import { Question } from './question';
import { ResultsView } from './results';
import { Runner } from './runner';
import { startSchemaPanel } from './schema-panel';
import { split } from './sql';
import { startStoragePicker } from './storage-picker';
import { startTagMarks } from './tag-marks';
import { startTheme } from './theme';
import { Timeline } from './timeline';
import { TransactionBar } from './transaction-bar';
import { Workspace } from './workspace';

/** `first` is what was begun before the page was there. */
export async function startApp(first: First): Promise<void> {
  startTheme();
  const playground = new Playground();
  const editor = new LateEditor({
    host: byId('editor'),
    text: '',
    onRun: () => void runner.run(),
    onChange: (text) => workspace.keepDraft(text),
  });
  const results = new ResultsView({
    host: byId('results'),
    onRow: (table, key) => void historyPanel.open(table, key),
  });
  const question = new Question(
    playground,
    (answer) => {
      runner.clearProblem();
      results.follow(answer);
    },
    (error, statement) => {
      results.clear();
      runner.showError(error, statement.text, placeInEditor(statement.text));
      if (playground.moment.value === null) workspace.welcome();
    },
  );
  /** Asks anew what stands there: it was asked before the database was changed from outside the editor. */
  async function askAgain(): Promise<void> {
    if (question.statement) await question.ask([question.statement]);
    await historyPanel.refresh();
  }
  const transaction = new TransactionBar(playground, {
    onEnded: async () => {
      runner.clearProblem();
      await askAgain();
    },
    onError: (error, statement) => runner.showError(error, statement),
  });
  const workspace = new Workspace(playground, editor, question, results, first, () => transaction.mayLeave());
  const runner = new Runner(playground, editor, question, results, () => historyPanel.refresh());
  const drawer = new Drawer();
  const historyPanel = new HistoryPanel(playground, {
    onRestore: (sql) => {
      playground.moment.set(null);
      editor.replace(sql);
      editor.focus();
    },
  });

  /** Where a statement stands in the editor, if it is still there. */
  function placeInEditor(statement: string): number | undefined {
    return split(editor.text).find(({ text }) => text === statement)?.from;
  }

  /** Puts an example into the editor and runs it, in the present. */
  async function show({ sql, history }: Example): Promise<void> {
    drawer.close();
    playground.moment.set(null);
    historyPanel.close();
    editor.replace(sql);
    await runner.run();
    if (history) await historyPanel.open(history.table, history.key);
  }

  new Timeline(playground);
  new Comparison(playground);
  startTagMarks(playground);
  new Deeds(playground, async (seq) => {
    if (seq !== null) {
      playground.comparedWith.set(null);
      playground.moment.set(null);
    }
    await playground.refresh();
    if (seq !== null) await askAgain();
    else await historyPanel.refresh();
    if (seq !== null) byId('announce').textContent = `Done by commit ${seq}`;
  });
  startLibrary(workspace, { onExample: (example) => void show(example), onOpen: () => drawer.close() });
  startStoragePicker(playground, workspace);
  startSchemaPanel(playground, {
    onTable: (sql) => {
      editor.replace(sql);
      void runner.run();
    },
  });
  playground.tables.follow((tables) => editor.complete(tables));
  // The shortcut works wherever the focus is; the editor has its own.
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && !event.defaultPrevented) void runner.run();
  });

  await workspace.reopen();
  // Once it has loaded, the page needs no network.
  for (const { fetchAhead } of DATA_SETS) void fetchAhead?.().catch(() => undefined);
}
