// Makes a Timetrial report answer: sorts and filters its tables and plots, shows values, and keeps the
// view in the address. It draws nothing: all plots are SVG in the page. No library, no network.
(() => {
  'use strict';
  const report = JSON.parse(document.getElementById('report-data').textContent);
  const submissions = report.leaderboard.map((row) => row.submission);
  const workloads = report.workloads.map((row) => row.name);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const byId = (id) => document.getElementById(id);
  const filters = {submission: byId('filter-submission'), workload: byId('filter-workload')};
  const axes = all('input[name=axis]');
  const hidden = new Set();  // names of submissions
  const sorts = new Map();   // table's id -> [column, direction]

  // --- what is shown -------------------------------------------------------------------------------

  const matches = (name, filter) => name.toLowerCase().includes(filter.value.trim().toLowerCase());
  const showsSubmission = (i) => !hidden.has(submissions[i]) && matches(submissions[i], filters.submission);
  const showsWorkload = (i) => matches(workloads[i], filters.workload);

  // Whatever is about something hidden carries its index: rows, columns, lines, figures.
  function hide() {
    const rules = [];
    submissions.forEach((_, i) => { if (!showsSubmission(i)) rules.push(`[data-s="${i}"]`); });
    workloads.forEach((_, i) => { if (!showsWorkload(i)) rules.push(`[data-w="${i}"]`); });
    byId('hidden-style').textContent = rules.length ? `${rules.join()} { display: none !important; }` : '';
    all('[data-chip]').forEach((chip) => chip.setAttribute('aria-pressed', String(showsSubmission(Number(chip.dataset.chip)))));
    all('svg[data-rows]').forEach(closeGaps);
    const count = (list, shows) => list.filter((_, i) => shows(i)).length;
    byId('shown').textContent = `${count(submissions, showsSubmission)} of ${submissions.length} submissions, ` +
      `${count(workloads, showsWorkload)} of ${workloads.length} workloads shown`;
  }

  function closeGaps(plot) {
    const [top, height] = plot.dataset.rows.split(' ').map(Number);
    const rows = all('.row', plot), width = plot.viewBox.baseVal.width;
    plot.dataset.height ||= plot.viewBox.baseVal.height;
    let next = 0;
    for (const row of rows) {
      if (showsSubmission(Number(row.dataset.s))) row.setAttribute('transform', `translate(0 ${top + height * (next++ + 0.5)})`);
    }
    const left = Number(plot.dataset.height) - height * (rows.length - next);
    plot.setAttribute('viewBox', `0 0 ${width} ${left}`);
    plot.setAttribute('height', left);
  }

  function toggle(name) {
    if (!hidden.delete(name)) hidden.add(name);
    changed();
  }

  function emphasise(index) {
    byId('focus-style').textContent = index === null ? '' : `.series:not([data-s="${index}"]) { opacity: .12; }`;
  }

  // --- sorting ---------------------------------------------------------------------------------------

  function sort(table) {
    const [column, direction] = sorts.get(table.id) || [-1, ''];
    const value = (row) => {
      const cell = row.cells[column];
      return cell.dataset.value === undefined ? cell.textContent : Number(cell.dataset.value);
    };
    const order = (a, b) => (a < b ? -1 : a > b ? 1 : 0) * (direction === 'descending' ? -1 : 1);
    const rows = [...table.firstOrder];
    if (column >= 0) rows.sort((a, b) => order(value(a), value(b)));
    table.tBodies[0].append(...rows);
    [...table.tHead.rows[0].cells].forEach((head, i) => {
      if (i === column) head.setAttribute('aria-sort', direction);
      else head.removeAttribute('aria-sort');
    });
  }

  function makeSortable(table) {
    table.firstOrder = [...table.tBodies[0].rows];
    [...table.tHead.rows[0].cells].forEach((head, i) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.append(...head.childNodes);
      head.replaceChildren(button);
      button.addEventListener('click', () => {
        sorts.set(table.id, [i, head.getAttribute('aria-sort') === 'ascending' ? 'descending' : 'ascending']);
        sort(table);
        writeAddress();
      });
    });
  }

  // --- the address: #section?submission=…&workload=…&hide=…&axis=…&sort=table:column:direction -----------

  const section = () => location.hash.slice(1).split('?')[0];

  function view() {
    const parts = new URLSearchParams();
    for (const [name, filter] of Object.entries(filters)) if (filter.value.trim()) parts.set(name, filter.value.trim());
    for (const name of hidden) parts.append('hide', name);
    if (axes[1].checked) parts.set('axis', 'step');
    for (const [table, [column, direction]] of sorts) parts.append('sort', `${table}:${column}:${direction}`);
    return parts.toString();
  }

  function writeAddress() {
    const parts = view();
    history.replaceState(null, '', '#' + section() + (parts ? '?' + parts : ''));
  }

  function restore() {
    const parts = new URLSearchParams(location.hash.split('?')[1] || '');
    for (const [name, filter] of Object.entries(filters)) filter.value = parts.get(name) || '';
    hidden.clear();
    parts.getAll('hide').filter((name) => submissions.includes(name)).forEach((name) => hidden.add(name));
    axes[parts.get('axis') === 'step' ? 1 : 0].checked = true;
    sorts.clear();
    for (const text of parts.getAll('sort')) {
      const [id, column, direction] = text.split(':'), table = byId(id);
      const known = table && table.firstOrder && table.tHead.rows[0].cells[Number(column)];
      if (known && /^(a|de)scending$/.test(direction)) sorts.set(id, [Number(column), direction]);
    }
    all('table').forEach(sort);
    hide();
  }

  const goTo = (id) => byId(id)?.scrollIntoView({behavior: 'instant'});

  // A link to a section keeps the view; an address that brings a view of its own sets it.
  function onAddress() {
    if (location.hash.includes('?')) {
      restore();
      goTo(section());
    } else {
      writeAddress();
    }
  }

  function changed() {
    hide();
    writeAddress();
  }

  // --- values: under the pointer, and by arrow keys in a focused plot --------------------------------------

  const tip = byId('tip');
  function say(text, x, y) {
    tip.hidden = false;
    tip.textContent = text;
    const width = tip.offsetWidth, height = tip.offsetHeight;
    tip.style.left = `${Math.max(8, Math.min(x + 14, innerWidth - width - 8))}px`;
    tip.style.top = `${y - height - 12 > 8 ? y - height - 12 : y + 16}px`;
  }
  function silent() {
    tip.hidden = true;
    all('.pointer').forEach((mark) => mark.remove());
    all('.current').forEach((mark) => mark.classList.remove('current'));
  }

  // Titles would be shown late and only to a mouse: their text moves to where this script finds it.
  function takeTitles(plot) {
    const own = all(':scope > title', plot)[0];
    plot.setAttribute('aria-label', own.textContent);
    plot.removeAttribute('aria-labelledby');
    plot.tabIndex = 0;
    for (const title of all('title', plot)) {
      if (title !== own) title.parentNode.dataset.tip = title.textContent;
      title.remove();
    }
  }

  function step(plot, by) {
    const marks = all('[data-tip]', plot).filter((mark) => mark.getClientRects().length);
    if (!marks.length) return;
    const at = marks.findIndex((mark) => mark.classList.contains('current'));
    silent();
    const mark = marks[at < 0 ? 0 : (at + by + marks.length) % marks.length];
    mark.classList.add('current');
    const box = mark.getBoundingClientRect();
    say(mark.dataset.tip, box.right, box.top);
  }

  // The evaluation nearest to a place in the plot's own coordinates, within 24 of it.
  function nearest(plot, x, y) {
    const [x0, x1, left, right, y0, y1, bottom, top] = plot.dataset.scale.split(' ').map(Number);
    let found = null, closest = 24 ** 2;
    for (const line of all('path[data-curve]', plot)) {
      if (!showsSubmission(Number(line.parentNode.dataset.s))) continue;
      const curve = report.learning_curves[Number(line.dataset.curve)];
      curve[plot.dataset.axis].forEach((at, i) => {
        if (curve.value[i] === null) return;
        const px = left + (at - x0) / (x1 - x0) * (right - left), py = bottom + (curve.value[i] - y0) / (y1 - y0) * (top - bottom);
        const distance = (px - x) ** 2 + (py - y) ** 2;
        if (distance < closest) { closest = distance; found = {curve, i, px, py, line}; }
      });
    }
    return found;
  }

  function pointAt(plot, event) {
    const box = plot.getBoundingClientRect(), scale = plot.viewBox.baseVal.width / box.width;
    const found = nearest(plot, (event.clientX - box.left) * scale, (event.clientY - box.top) * scale);
    silent();
    if (!found) return;
    const {curve, i, px, py, line} = found;
    const mark = document.createElementNS(plot.namespaceURI, 'circle');
    for (const [name, value] of Object.entries({class: 'pointer', cx: px, cy: py, r: 5})) mark.setAttribute(name, value);
    line.parentNode.append(mark);
    const digits = (value) => String(Number(value.toPrecision(5)));
    say(`${curve.submission}, study ${curve.study}: ${report.workloads[Number(plot.dataset.w)].metric} ${digits(curve.value[i])} ` +
        `after ${digits(curve.time_s[i])} s, step ${curve.step[i]}`, event.clientX, event.clientY);
  }

  function listen(plot) {
    plot.addEventListener('pointermove', (event) => {
      const mark = event.target.closest('[data-tip]');
      if (mark) { silent(); say(mark.dataset.tip, event.clientX, event.clientY); }
      else if (plot.dataset.scale) pointAt(plot, event);
      else silent();
    });
    plot.addEventListener('pointerleave', silent);
    plot.addEventListener('blur', silent);
    plot.addEventListener('keydown', (event) => {
      const by = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[event.key];
      if (by) { event.preventDefault(); step(plot, by); }
      if (event.key === 'Escape') silent();
    });
  }

  // --- putting it together -----------------------------------------------------------------------------

  all('table').forEach(makeSortable);
  all('svg.plot').forEach((plot) => { takeTitles(plot); listen(plot); });
  for (const filter of Object.values(filters)) filter.addEventListener('input', changed);
  axes.forEach((input) => input.addEventListener('change', writeAddress));
  byId('show-all').addEventListener('click', () => {
    hidden.clear();
    filters.submission.value = filters.workload.value = '';
    changed();
  });
  for (const chip of all('[data-chip]')) {
    const index = Number(chip.dataset.chip);
    chip.addEventListener('click', () => toggle(submissions[index]));
    for (const on of ['pointerenter', 'focus']) chip.addEventListener(on, () => emphasise(index));
    for (const off of ['pointerleave', 'blur']) chip.addEventListener(off, () => emphasise(null));
  }
  addEventListener('hashchange', onAddress);
  document.documentElement.dataset.ready = 'yes';
  restore();
  if (location.hash.includes('?')) goTo(section());
})();
