// What is measured. A workload is a file of `workloads/`, whose `visits` are run one after another, each in a page of its own; the browser
// and what it stores are the same for them and new for the next engine.
//
// `unit` is that of its figures; less is better. `rounds` bounds how often it is run. `skip` says why an engine is left out of it.

export const WORKLOADS = [
  { id: 'suite', title: 'The 16 tests of the SQLite suite, one exec each', unit: 'ms', module: 'suite.js' },
  { id: 'suite-awaited', title: 'The same, one await per statement', unit: 'ms', module: 'suite.js', options: { each: true }, rounds: 1 },
  { id: 'trips', title: 'Round trips, each awaited', unit: 'ms', module: 'trips.js' },
  { id: 'points', title: 'Single rows of 100,000', unit: 'µs each', module: 'points.js' },
  { id: 'analytics', title: 'Questions to 1,000,000 orders', unit: 'ms', module: 'analytics.js', skip: outsideOfMemory },
  { id: 'tpch', title: 'TPC-H at scale factor 0.1', unit: 'ms', module: 'tpch.js', skip: outsideOfMemory },
  {
    id: 'history',
    title: '10,000 rows with 200,000 updates, all history kept',
    unit: 'ms',
    module: 'history.js',
    skip: ({ adapter, id }) => (adapter === 'duckdb' ? 'it has no triggers' : id === 'pglite-idb' ? 'it writes whole files after each statement, which would take hours' : undefined),
  },
  { id: 'start', title: 'From navigation to the first answer', unit: 'ms', module: 'start.js', visits: 5 },
  {
    id: 'growth',
    title: 'How reading grows with rows and with history',
    unit: 'µs each',
    module: 'growth.js',
    skip: ({ id }) => (id === 'driftdb' ? undefined : 'it is asked of this database alone'),
  },
];

function outsideOfMemory({ storage }) {
  return storage === 'memory' ? undefined : 'queries take what they take in memory';
}
