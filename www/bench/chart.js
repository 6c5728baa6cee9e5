// Charts of what `make bench` found: one for each figure of a workload, a bar for each engine.

const STORAGES = { all: 'all', memory: 'memory', opfs: 'OPFS', idb: 'IndexedDB' };
const byId = (id) => document.getElementById(id);

const response = await fetch('results.json');
if (response.ok) show(await response.json());
else byId('circumstances').textContent = 'No figures are published yet.';

function show(results) {
  const { workloads } = results;
  options(byId('workload'), workloads.map(({ id, title }) => [id, title]));
  options(byId('storage'), Object.entries(STORAGES));
  const draw = () => drawWorkload(results, byId('workload').value, byId('storage').value);
  byId('choice').addEventListener('change', draw);
  draw();
}

function options(select, entries) {
  select.replaceChildren(...entries.map(([value, text]) => new Option(text, value)));
}

function drawWorkload({ engines, workloads }, id, storage) {
  const workload = workloads.find((each) => each.id === id);
  const { date, cores, rounds } = workload;
  byId('circumstances').textContent = `Measured on ${date}: Chromium, ${cores} cores, the median of ${rounds} rounds.`;
  const measured = workload.engines.flatMap((each) => {
    const engine = engines.find((one) => one.id === each.id);
    return storage === 'all' || engine.storage === storage ? [{ ...each, engine }] : [];
  });
  const names = new Set(measured.flatMap(({ figures }) => Object.keys(figures)));
  const charts = [...names].map((name) => chart(name, workload.unit, measured.map(({ engine, figures }) => ({ engine, ...figures[name] })).filter(({ median, failed }) => median !== undefined || failed)));
  byId('charts').replaceChildren(...charts.filter(Boolean));
}

/** Bars from the shortest, by the logarithm: a tenth is as much shorter everywhere. */
function chart(name, unit, bars) {
  const figures = bars.flatMap(({ median }) => median ?? []);
  if (figures.length === 0) return undefined;
  const [least, most] = [Math.min(...figures) / 2, Math.max(...figures)];
  const share = (figure) => (100 * Math.log(figure / least)) / Math.log(most / least);
  const list = element('ol', { className: 'bars' });
  for (const { engine, median, failed } of bars.toSorted((a, b) => (a.median ?? Infinity) - (b.median ?? Infinity))) {
    const bar = element('span', { className: 'bar' });
    bar.style.inlineSize = `${failed ? 0 : share(median)}%`;
    const place = `${STORAGES[engine.storage]}${engine.durability === 'none' ? '' : `, ${engine.durability}`}`;
    const line = element('li', { className: engine.ours ? 'ours' : '' });
    line.append(
      element('span', { className: 'name', textContent: engine.name }),
      element('span', { className: 'place', textContent: place }),
      element('span', { className: 'track' }, bar),
      element('span', { className: 'figure', textContent: failed ? 'fails' : shown(median), title: failed ?? '' }),
    );
    list.append(line);
  }
  return element('section', {}, element('h2', { textContent: `${name}, ${unit}` }), list);
}

function shown(figure) {
  return figure >= 1000 ? Math.round(figure).toLocaleString('en') : String(Number(figure.toPrecision(3)));
}

function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}
