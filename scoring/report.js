// Draws the plots of a Timetrial report from the JSON inside the page, and makes its tables sortable.
// Every number drawn is in a table too. No library, no network.
(() => {
  'use strict';
  const report = JSON.parse(document.getElementById('report-data').textContent);
  const names = report.leaderboard.map((row) => row.submission);
  const key = (trial) => JSON.stringify([trial.submission, trial.workload, trial.study, trial.trial]);
  const trialOf = new Map(report.trials.map((trial) => [key(trial), trial]));
  for (const curve of report.learning_curves) {
    curve.points = curve.time_s.map((time_s, i) => ({time_s, step: curve.step[i], value: curve.value[i]}));
  }
  const hidden = new Set();
  let axis = 'time_s';

  // --- small tools -------------------------------------------------------------------------------

  const NS = 'http://www.w3.org/2000/svg';
  function svg(tag, attributes, ...children) {
    const node = document.createElementNS(NS, tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  }
  function html(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  }
  // A submission is told by colour and by dashes: eight colours, then the same with other dashes.
  const colour = (name) => `--c: var(--s${names.indexOf(name) % 8})`;
  const DASHES = ['none', '7 3', '2 3', '9 3 2 3'];
  const dashes = (name) => DASHES[Math.floor(names.indexOf(name) / 8) % 4];
  const short = (value) => String(Number(value.toPrecision(3)));
  const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

  function ticks(low, high, count) {
    const raw = (high - low) / count, power = 10 ** Math.floor(Math.log10(raw));
    const step = power * ([1, 2, 2.5, 5].find((nice) => nice * power >= raw) || 10);
    const list = [];
    for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; ++i) list.push(i * step);
    return list;
  }

  // --- a frame with axes: x and y are {from, to, label, format, ticks} ---------------------------------

  function frame(width, height, x, y, rightMargin, title) {
    const box = {left: 46, right: width - rightMargin, top: 12, bottom: height - 42};
    const px = (v) => box.left + (v - x.from) / (x.to - x.from) * (box.right - box.left);
    const py = (v) => box.bottom - (v - y.from) / (y.to - y.from) * (box.bottom - box.top);
    const root = svg('svg', {viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': title});
    for (const v of y.ticks || ticks(y.from, y.to, 5)) {
      root.append(svg('line', {class: 'grid', x1: box.left, x2: box.right, y1: py(v), y2: py(v)}),
                  svg('text', {x: box.left - 8, y: py(v) + 4, 'text-anchor': 'end'}, y.format(v)));
    }
    for (const v of x.ticks || ticks(x.from, x.to, width < 460 ? 4 : 6)) {
      root.append(svg('line', {class: 'axis', x1: px(v), x2: px(v), y1: box.bottom, y2: box.bottom + 4}),
                  svg('text', {x: px(v), y: box.bottom + 18, 'text-anchor': 'middle'}, x.format(v)));
    }
    root.append(svg('line', {class: 'axis', x1: box.left, x2: box.right, y1: box.bottom, y2: box.bottom}),
                svg('text', {x: (box.left + box.right) / 2, y: height - 6, 'text-anchor': 'middle'}, x.label));
    return {root, box, px, py};
  }

  function dot(kind, x, y, radius, name, text) {
    return svg('circle', {class: kind, cx: x, cy: y, r: radius, style: colour(name)}, svg('title', {}, text));
  }

  // --- performance profile -----------------------------------------------------------------------

  function drawProfile(parent) {
    const width = Math.max(300, parent.clientWidth), wide = width > 620;
    const labels = wide ? 24 + 7 * Math.max(...names.map((name) => name.length)) : 14;
    const plot = frame(width, wide ? 380 : 300, {from: 1, to: report.tau_max, label: 'τ: times slower than the fastest', format: short},
                       {from: 0, to: 1, format: (v) => `${Math.round(v * 100)} %`, ticks: [0, 0.25, 0.5, 0.75, 1]}, labels,
                       'Performance profiles; the numbers are in the leaderboard and in the table of times');
    const ends = [];
    report.profiles.forEach((profile, i) => {
      if (hidden.has(profile.submission)) return;
      const lift = (i - (report.profiles.length - 1) / 2) * -Math.min(3, 18 / report.profiles.length);
      const height = (share) => plot.py(share) + lift;
      let path = '', marks = [];
      profile.steps.forEach((step, k) => {
        path += k === 0 ? `M${plot.px(step.tau)},${height(step.share)}` : `H${plot.px(step.tau)}V${height(step.share)}`;
        if (step.share > 0) {
          marks.push(dot('dot', plot.px(step.tau), height(step.share), 4.5, profile.submission,
                         `${profile.submission}: ${(step.share * 100).toFixed(0)} % within ${step.tau.toFixed(2)}×`));
        }
      });
      path += `H${plot.box.right}`;
      plot.root.append(svg('path', {class: 'line', d: path, style: colour(profile.submission), 'stroke-dasharray': dashes(profile.submission)}), ...marks);
      ends.push({name: profile.submission, y: height(profile.steps[profile.steps.length - 1].share)});
    });
    if (wide) labelEnds(plot, ends);
    parent.replaceChildren(plot.root);
    if (!wide) parent.append(legend(false));
  }

  // Names beside the ends of their lines, pushed apart where they would overlap.
  function labelEnds(plot, ends) {
    ends.sort((a, b) => a.y - b.y);
    for (let i = 1; i < ends.length; ++i) ends[i].y = Math.max(ends[i].y, ends[i - 1].y + 15);
    const over = ends.length ? Math.max(0, ends[ends.length - 1].y - plot.box.bottom) : 0;
    for (const end of ends) {
      plot.root.append(svg('text', {class: 'label', x: plot.box.right + 10, y: end.y - over + 4, style: colour(end.name)}, end.name));
    }
  }

  // --- learning curves ---------------------------------------------------------------------------

  // From the best value seen to the worst worth showing: early outliers and divergence are cut off.
  function range(workload, curves) {
    const values = curves.flatMap((curve) => curve.points).map((p) => p.value).filter((v) => v !== null);
    values.push(workload.validation_target);
    values.sort((a, b) => a - b);
    const at = (q) => values[Math.round(q * (values.length - 1))];
    let low = values[0], high = values[values.length - 1];
    if (workload.higher_is_better) low = Math.max(low, Math.min(at(0.1), workload.validation_target) - 2 * (high - at(0.1)));
    else high = Math.min(high, Math.max(at(0.85), workload.validation_target) + 0.5 * (at(0.85) - low));
    const pad = (high - low || Math.abs(high) || 1) * 0.06;
    return {from: low - pad, to: high + pad};
  }

  function drawCurve(parent, workload) {
    const width = Math.max(300, parent.clientWidth);
    const all = report.learning_curves.filter((curve) => curve.workload === workload.name && curve.points.length);
    const curves = all.filter((curve) => !hidden.has(curve.submission)).sort((a, b) => a.best - b.best);
    const last = Math.max(1e-9, ...all.flatMap((curve) => curve.points.map((p) => p[axis])));
    const plot = frame(width, 290, {from: 0, to: last * 1.02, label: axis === 'step' ? 'steps' : 'submission time, seconds', format: short},
                       {...range(workload, all), format: (v) => String(Number(v.toPrecision(4)))}, 12, `Learning curves of ${workload.name}: ${workload.metric}; end points are in the table of trials`);
    const id = `clip-${report.workloads.indexOf(workload)}`;
    const inside = svg('g', {'clip-path': `url(#${id})`});
    plot.root.append(svg('clipPath', {id}, svg('rect', {x: plot.box.left, y: plot.box.top - 6, width: plot.box.right - plot.box.left + 6, height: plot.box.bottom - plot.box.top + 6})), inside);
    const marks = [];
    for (const curve of curves) drawTrial(plot, inside, marks, curve, workload);
    const y = plot.py(workload.validation_target);
    inside.append(svg('line', {class: 'target', x1: plot.box.left, x2: plot.box.right, y1: y, y2: y}));
    const below = y < plot.box.top + 24;  // at the left, where curves are still far from the target
    plot.root.append(svg('text', {class: 'target-label', x: plot.box.left + 6, y: below ? y + 16 : y - 7}, `target ${workload.validation_target}`), ...marks);
    parent.replaceChildren(plot.root);
  }

  function drawTrial(plot, inside, marks, curve, workload) {
    const style = colour(curve.submission), seen = curve.points.filter((p) => p.value !== null);
    if (!seen.length) return;
    const place = (p) => [plot.px(p[axis]), plot.py(p.value)];
    inside.append(svg('path', {class: curve.best ? 'line' : 'line thin', d: 'M' + seen.map(place).join('L'), style, 'stroke-dasharray': dashes(curve.submission)}));
    const text = (p) => `${curve.submission}, study ${curve.study}, trial ${curve.trial}: ${workload.metric} ${short(p.value)} after ${short(p.time_s)} s, step ${p.step}`;
    for (const p of seen) inside.append(dot('hover', ...place(p), 5, curve.submission, text(p)));
    const hit = seen.find((p) => p.time_s === curve.time_to_target_s);
    if (hit && curve.best) marks.push(dot('ring', ...place(hit), 4.5, curve.submission, text(hit)));
    const trial = trialOf.get(key(curve));
    if (trial && (trial.failed || trial.outcome === 'diverged')) {
      const [x, at] = place(seen[seen.length - 1]), y = clamp(at, plot.box.top, plot.box.bottom);
      marks.push(svg('path', {class: 'cross', d: `M${x - 4},${y - 4}l8,8m0,-8l-8,8`, style}, svg('title', {}, `${trial.outcome}: ${trial.reason}`)));
    }
  }

  // --- legend, tables, and putting it together -----------------------------------------------------

  function legend(buttons) {
    const list = html('div', {class: 'legend'});
    for (const name of names) {
      const line = svg('svg', {viewBox: '0 0 26 10', 'aria-hidden': 'true'},
                       svg('line', {class: 'line', x1: 2, x2: 24, y1: 5, y2: 5, style: colour(name), 'stroke-dasharray': dashes(name)}));
      const item = html(buttons ? 'button' : 'span', buttons ? {type: 'button', 'aria-pressed': String(!hidden.has(name))} : {}, line, name);
      if (buttons) item.addEventListener('click', () => {
        if (!hidden.delete(name)) hidden.add(name);
        item.setAttribute('aria-pressed', String(!hidden.has(name)));
        draw();
      });
      list.append(item);
    }
    return list;
  }

  function sortable(table) {
    const heads = [...table.tHead.rows[0].cells], body = table.tBodies[0];
    const value = (row, i) => row.cells[i].dataset.value !== undefined ? Number(row.cells[i].dataset.value) : row.cells[i].textContent;
    heads.forEach((head, i) => {
      const button = html('button', {type: 'button'}, ...head.childNodes);
      head.replaceChildren(button);
      button.addEventListener('click', () => {
        const up = head.getAttribute('aria-sort') !== 'ascending';
        heads.forEach((other) => other.removeAttribute('aria-sort'));
        head.setAttribute('aria-sort', up ? 'ascending' : 'descending');
        const order = (a, b) => a < b ? -1 : a > b ? 1 : 0;
        body.append(...[...body.rows].sort((a, b) => (up ? 1 : -1) * order(value(a, i), value(b, i))));
      });
    });
  }

  function decorate() {
    for (const cell of document.querySelectorAll('[data-submission]')) {
      cell.prepend(html('span', {class: 'swatch', style: colour(cell.textContent), 'aria-hidden': 'true'}));
    }
    report.times_to_target.forEach((time, i) => {
      const columns = report.workloads.length, row = document.getElementById('times-table').tBodies[0].rows[Math.floor(i / columns)];
      row.cells[1 + i % columns].classList.toggle('best', time.ratio === 1);
      row.cells[1 + i % columns].classList.toggle('none', time.time_s === null);
    });
  }

  const profilePlot = document.getElementById('profile-plot'), curvePlots = document.getElementById('curve-plots');
  const curveParents = report.workloads.map((workload) => {
    const plot = html('div', {class: 'plot'});
    curvePlots.append(html('figure', {}, html('h3', {}, workload.name),
                           html('figcaption', {}, `${workload.metric}, ${workload.higher_is_better ? 'higher' : 'lower'} is better`), plot));
    return plot;
  });
  function draw() {
    drawProfile(profilePlot);
    report.workloads.forEach((workload, i) => drawCurve(curveParents[i], workload));
  }

  decorate();
  document.querySelectorAll('table').forEach(sortable);
  document.querySelector('.controls .legend').replaceWith(legend(true));
  document.querySelectorAll('input[name=axis]').forEach((input) => {
    input.addEventListener('change', () => { axis = input.value; draw(); });
  });
  document.documentElement.dataset.ready = 'yes';
  draw();
  let drawnAt = document.body.clientWidth;
  addEventListener('resize', () => {
    if (document.body.clientWidth !== drawnAt) { drawnAt = document.body.clientWidth; draw(); }
  });
})();
