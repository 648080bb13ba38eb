// What the sandbox holds is shown as text only: nothing here makes markup of it.

const POLL_MS = 1000;
const RECORD_ROWS = 12;
const REQUEST_ROWS = 10;
const MOST_COLUMNS = 5;
/** A search among more records is not run again by itself when records come. */
const SEARCHED_AGAIN = 20_000;

const CRM_NAMES = {
  hubspot: 'HubSpot',
  salesforce: 'Salesforce',
  pipedrive: 'Pipedrive',
  zoho: 'Zoho',
  sugarcrm: 'SugarCRM',
};

const CONNECTIONS = {
  connected: ['good', 'connected'],
  expired: ['doubt', 'token expired'],
  absent: ['bad', 'not connected'],
};

const OPERATIONS = {
  push_contacts: 'Push contacts',
  push_companies: 'Push companies',
  push_lists: 'Push list changes',
  fields: 'Fields',
  status: 'Status',
  list_syncs: 'List syncs',
  find_contacts: 'Find contacts',
  contacts_by_email: 'Find a contact',
  find_lists: 'Find lists',
  get_or_create_list: 'Get or create a list',
  graph8_contacts: 'graph8’s own contacts',
  graph8_companies: 'graph8’s own companies',
};

const AFTER_WRITE = { name: 'after_write', label: 'After the CRM took it', check: false };

const FAULTS = {
  close_after_write: {
    label: 'Connection closes, no answer',
    help: 'The CRM takes the request, then the connection closes. A client can’t know: records end unknown.',
  },
  close_before_read: {
    label: 'Connection closes, not taken',
    help: 'The connection closes before the CRM takes anything.',
  },
  status: {
    label: 'Another answer',
    help: 'The answer has the status and the body that you give.',
    parameters: [
      { name: 'status', label: 'Status', value: 503, min: 200, max: 599 },
      { name: 'retry-after', label: 'Retry-After', text: '', header: true },
      { name: 'body', label: 'Body: JSON, or any text', area: '{"detail": "Service Unavailable"}' },
      AFTER_WRITE,
    ],
  },
  delay: {
    label: 'Answer comes late',
    help: 'The request waits before the CRM takes it.',
    parameters: [{ name: 'ms', label: 'Milliseconds', value: 5000, min: 1, max: 3600000 }],
  },
  hold: {
    label: 'Request is held',
    help: 'The request waits until you release it, or until its client hangs up.',
    parameters: [AFTER_WRITE],
  },
  truncate: {
    label: 'Answer breaks off',
    help: 'The CRM takes the request; its answer ends too early.',
    parameters: [
      { name: 'bytes', label: 'After so many bytes', value: 20, min: 0, max: 100000000 },
    ],
  },
  contradict: {
    label: 'Answer contradicts itself',
    help: 'The CRM takes the request; the counts of its answer are replaced.',
    parameters: [
      {
        name: 'pushed_count',
        label: 'Pushed (empty: as it is)',
        value: '',
        min: -1000,
        max: 1000000,
      },
      {
        name: 'failed_count',
        label: 'Failed (empty: as it is)',
        value: '',
        min: -1000,
        max: 1000000,
      },
      { name: 'drop_errors', label: 'Leave the errors out', check: true },
    ],
  },
  drip: {
    label: 'Answer comes in drops',
    help: 'The answer is whole, but slow.',
    parameters: [
      { name: 'bytes', label: 'Bytes at a time', value: 10, min: 1, max: 1000000 },
      { name: 'interval_ms', label: 'Every, in ms', value: 200, min: 1, max: 3600000 },
    ],
  },
  content_type: {
    label: 'Answer of another type',
    help: 'The answer says that it is something else, as a proxy’s page does.',
    parameters: [{ name: 'value', label: 'Content-Type', text: 'text/html' }],
  },
  oversized: {
    label: 'Answer is too large',
    help: 'The answer is 200 and has nothing but padding.',
    parameters: [
      { name: 'bytes', label: 'Bytes', value: 20000000, min: 1, max: 200000000 },
      { ...AFTER_WRITE, check: true },
    ],
  },
};

const $ = (id) => document.getElementById(id);
const count = (number) => number.toLocaleString('en');
const some = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;
const crmName = (provider) => CRM_NAMES[provider] ?? provider;

/** An element with properties and children; texts stay texts. */
function el(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key === 'class') made.className = value;
    else if (key.includes('-') || key === 'scope') made.setAttribute(key, value);
    else made[key] = value;
  }
  made.append(...children.filter((child) => child !== null && child !== ''));
  return made;
}

/** Puts the children in place where they are not yet, so that what has the focus keeps it. */
function place(parent, children) {
  children.forEach((child, index) => {
    if (parent.children[index] !== child)
      parent.insertBefore(child, parent.children[index] ?? null);
  });
  while (parent.children.length > children.length) parent.lastElementChild.remove();
}

/** Rows by key: a row that has not changed stays the element that it is. */
function keepRows(parent) {
  let kept = new Map();
  return (items, keyOf, make, isFresh = () => false) => {
    const rows = new Map();
    for (const item of items) {
      const key = keyOf(item);
      const text = JSON.stringify(item);
      const before = kept.get(key);
      if (before?.text === text) {
        rows.set(key, before);
        continue;
      }
      const row = make(item);
      if (!before && isFresh(item)) row.classList.add('fresh');
      const focused = before?.row.contains(document.activeElement);
      if (focused) {
        before.row.replaceWith(row);
        row.querySelector('button')?.focus();
      }
      rows.set(key, { row, text });
    }
    kept = rows;
    place(
      parent,
      [...rows.values()].map(({ row }) => row),
    );
  };
}

async function command(name, rest = {}) {
  const answer = await fetch('/_sandbox', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ do: name, ...rest }),
  });
  const value = await answer.json();
  if (!answer.ok) throw new Error(value.error ?? `status ${answer.status}`);
  return value;
}

let messageTimer;
function say(text, isBad = false) {
  $('message').textContent = text;
  $('message').classList.toggle('bad', isBad);
  clearTimeout(messageTimer);
  messageTimer = setTimeout(() => say(''), isBad ? 8000 : 3000);
}

/** Carries out what the user asked for, says so, and looks at once. */
async function act(work, done = '') {
  try {
    await work();
    if (done) say(done);
  } catch (error) {
    say(`That did not work: ${error.message}`, true);
  }
  await look();
}

// What is looked at now.

const shown = { provider: 'hubspot', entity: 'contacts', list: null, search: '' };
/** Where the pages begin that were gone through; the last is the one shown. */
let recordPages = [null];
let requestPages = [null];
let overview = null;
let lastRecords = '';
let lastRequests = '';
let recordsTurn = 0;
let clock = 0;

function goTo(change) {
  Object.assign(shown, change);
  recordPages = [null];
  lastRecords = '';
  knownRecords = null;
  const hash = `#${shown.provider}/${shown.entity}`;
  if (location.hash !== hash) history.replaceState(null, '', hash);
  if (overview) showOverview();
  return showRecords().catch((error) => say(error.message, true));
}

function readHash() {
  const [provider, entity] = location.hash.slice(1).split('/');
  if (provider in CRM_NAMES) shown.provider = provider;
  if (['contacts', 'companies', 'lists'].includes(entity)) shown.entity = entity;
}

// CRMs.

const cards = new Map();

function showCrms() {
  for (const crm of overview.crms) {
    if (!cards.has(crm.provider)) {
      const input = el('input', { type: 'radio', name: 'crm', value: crm.provider });
      input.addEventListener('change', () =>
        goTo({ provider: crm.provider, list: null, search: '' }),
      );
      const state = el('span', { class: 'state' });
      const counts = el('span', { class: 'counts' });
      const name = el('strong', {}, crmName(crm.provider));
      $('crms').append(el('label', { class: 'crm' }, input, name, counts, el('br'), state));
      cards.set(crm.provider, { input, state, counts, text: '' });
    }
    const card = cards.get(crm.provider);
    card.input.checked = crm.provider === shown.provider;
    const text = JSON.stringify(crm);
    if (card.text === text) continue;
    card.text = text;
    const [kind, name] = CONNECTIONS[crm.connection] ?? ['', crm.connection];
    card.state.className = `state ${kind}`;
    card.state.textContent = name;
    const records = crm.contacts + crm.companies;
    card.counts.replaceChildren(
      el('b', {}, count(records)),
      ` ${records === 1 ? 'record' : 'records'}`,
    );
  }
}

function showOverview() {
  showCrms();
  const crm = overview.crms.find((each) => each.provider === shown.provider);
  $('crm-title').textContent = crmName(shown.provider);
  for (const input of document.querySelectorAll('#connection input')) {
    input.checked = input.value === crm.connection;
  }
  for (const input of document.querySelectorAll('#entities input')) {
    input.checked = input.value === shown.entity;
    $(`count-${input.value}`).textContent = count(crm[input.value]);
  }
  const isList = shown.entity === 'lists';
  $('search').hidden = isList;
  $('add-list').hidden = !isList || shown.list !== null;
  $('members-of').hidden = shown.list === null;
  if (shown.list) $('members-of').lastElementChild.textContent = `Members of ${shown.list.name}`;
  if ($('term') !== document.activeElement) $('term').value = shown.search;
}

// Records, lists and members.

const keepRecords = keepRows($('records').tBodies[0]);
let recordHeads = '';
let knownRecords = null;

function textOf(value) {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

/** The fields that tell most about these records: e-mail and names first, then what many have. */
function columnsOf(rows) {
  const seen = new Map();
  for (const { fields } of rows) {
    for (const [name, value] of Object.entries(fields)) {
      if (value !== null && value !== '') seen.set(name, (seen.get(name) ?? 0) + 1);
    }
  }
  const weight = ([name, times]) =>
    times +
    (/e-?mail/i.test(name)
      ? 3
      : /name/i.test(name)
        ? 2
        : /phone|title|domain|website/i.test(name)
          ? 1
          : 0) *
      rows.length;
  const columns = [...seen].sort((one, other) => weight(other) - weight(one));
  return columns.slice(0, MOST_COLUMNS).map(([name]) => name);
}

function showHeads(heads) {
  const text = JSON.stringify(heads);
  if (text === recordHeads) return;
  recordHeads = text;
  const cells = heads.map(([name, kind = '']) => el('th', { scope: 'col', class: kind }, name));
  $('records').tHead.replaceChildren(el('tr', {}, ...cells));
}

function emptyRow(text, columns) {
  return el('tr', {}, el('td', { class: 'empty', colSpan: columns }, text));
}

function recordRow(columns) {
  return ({ id, fields }) => {
    const open = el('button', { type: 'button', class: 'link id', title: 'Show all fields' }, id);
    open.addEventListener('click', () => showDetails(`Record ${id}`, fieldTable(fields)));
    const cells = columns.map((name) => {
      const text = name in fields ? textOf(fields[name]).slice(0, 300) : '';
      return el('td', { title: text.length > 30 ? text : '' }, text);
    });
    return el('tr', {}, el('td', {}, open), ...cells);
  };
}

function fieldTable(fields) {
  const rows = Object.entries(fields).map(([name, value]) =>
    el('tr', {}, el('th', { scope: 'row' }, name), el('td', {}, textOf(value))),
  );
  return el('table', {}, el('tbody', {}, ...(rows.length ? rows : [emptyRow('No fields', 2)])));
}

/** A page of records; a search goes on until the page is full. */
async function findPage(turn) {
  const { provider, entity, search } = shown;
  const before = recordPages.at(-1);
  const found = { rows: [], next: before, total: 0 };
  do {
    const limit = RECORD_ROWS - found.rows.length;
    const part = await command('find_records', {
      provider,
      entity,
      search,
      before: found.next,
      limit,
    });
    if (turn !== recordsTurn) return null;
    found.rows.push(...part.rows);
    found.next = part.next;
    found.total = part.total;
    if (search && part.next !== null && found.rows.length < RECORD_ROWS) {
      pager(
        'records-pager',
        `Looked through ${count(part.total - part.next)} of ${count(part.total)} …`,
      );
    }
  } while (found.next !== null && found.rows.length < RECORD_ROWS);
  return found;
}

async function showRecords() {
  recordsTurn += 1;
  const turn = recordsTurn;
  if (shown.entity === 'lists' && !shown.list) return showLists(turn);
  const after = recordPages.at(-1);
  const found = shown.list
    ? await command('members', {
        provider: shown.provider,
        list_id: shown.list.id,
        after,
        limit: RECORD_ROWS,
      })
    : await findPage(turn);
  if (turn !== recordsTurn || !found) return;
  const text = JSON.stringify(found);
  if (text === lastRecords) return;
  lastRecords = text;
  const what = shown.list ? 'member' : shown.entity === 'contacts' ? 'contact' : 'company';
  const total = some(found.total, what, what === 'company' ? 'companies' : `${what}s`);
  const columns = columnsOf(found.rows);
  showHeads([['Id'], ...columns.map((name) => [name])]);
  const nothing = shown.search
    ? `No ${what} has “${shown.search}”`
    : shown.list
      ? 'This list has no members'
      : `No ${what === 'company' ? 'companies' : 'contacts'} yet: push some, and they appear here`;
  const items = found.rows.length ? found.rows : [null];
  const key = `${shown.provider}/${shown.entity}/${columns.join()}/`;
  const known = knownRecords;
  keepRecords(
    items,
    (item) => key + (item?.id ?? nothing),
    (item) => (item ? recordRow(columns)(item) : emptyRow(nothing, columns.length + 1)),
    (item) => item && known && !known.has(item.id),
  );
  knownRecords = recordPages.length === 1 ? new Set(found.rows.map(({ id }) => id)) : null;
  const order = shown.list ? 'by id' : 'newest first';
  const searched = shown.search ? `Those with “${shown.search}” among ${total}` : total;
  pager(
    'records-pager',
    found.rows.length ? `${searched}, ${order}` : '',
    found.next,
    recordPages,
    () => {
      lastRecords = '';
      return showRecords();
    },
  );
}

async function showLists(turn) {
  const lists = await command('list_sizes', { provider: shown.provider });
  if (turn !== recordsTurn) return;
  showHeads([['Name'], ['Id'], ['Members', 'number']]);
  keepRecords(
    lists,
    ({ id }) => `${shown.provider}/lists/${id}`,
    (list) => {
      const open = el('button', { type: 'button', class: 'link' }, list.name);
      open.addEventListener('click', async () => {
        await goTo({ list });
        $('back').focus();
      });
      return el(
        'tr',
        {},
        el('td', {}, open),
        el('td', { class: 'id' }, list.id),
        el('td', { class: 'number' }, count(list.members)),
      );
    },
  );
  pager('records-pager', some(lists.length, 'list'));
}

function pager(id, text, next = null, pages = [null], turn = null) {
  const hasPages = next !== null || pages.length > 1;
  const children = [el('span', {}, text)];
  if (hasPages) {
    const step = (name, isThere, change) => {
      const button = el('button', { type: 'button', disabled: !isThere }, name);
      button.addEventListener('click', async () => {
        change();
        await turn();
        const buttons = [...$(id).querySelectorAll('button')];
        const again = buttons.find((each) => each.textContent === name && !each.disabled);
        (again ?? buttons.find((each) => !each.disabled))?.focus();
      });
      return button;
    };
    const isById = id === 'records-pager' && shown.list;
    const names = isById ? ['Previous', 'Next'] : ['Newer', 'Older'];
    children.push(
      step(names[0], pages.length > 1, () => pages.pop()),
      step(names[1], next !== null, () => pages.push(next)),
    );
  }
  // Nothing of it is pressed while it is replaced: what has the focus stays.
  if ($(id).dataset.shown === `${text}${next}${pages.length}`) return;
  $(id).dataset.shown = `${text}${next}${pages.length}`;
  const focused = document.activeElement?.closest?.(`#${id}`) && document.activeElement.textContent;
  $(id).replaceChildren(...children);
  if (focused) children.find((child) => child.textContent === focused && !child.disabled)?.focus();
}

// Requests.

const keepRequests = keepRows($('requests').tBodies[0]);
let newestRequest = -1;

function requestName({ operation, provider, method, path }) {
  if (!operation) return `${method} ${path}`;
  const name = OPERATIONS[operation] ?? operation;
  return provider ? `${name}, ${crmName(provider)}` : name;
}

function faultName(kind) {
  return FAULTS[kind]?.label ?? kind;
}

function outcome(line) {
  const { status, took_ms: took, fault } = line;
  if (took === null) return ['doubt', fault === 'hold' ? 'held' : '…'];
  if (status === null) return ['bad', fault?.startsWith('close') ? 'no answer' : 'hung up'];
  return [status < 300 ? 'good' : status === 429 ? 'doubt' : 'bad', String(status)];
}

function requestRow(line) {
  const open = el(
    'button',
    { type: 'button', class: 'link', title: 'Show the request' },
    requestName(line),
  );
  open.addEventListener('click', () => openRequest(line.number));
  const [kind, status] = outcome(line);
  const records = line.records === null ? '' : count(line.records);
  const fault = line.fault ? el('span', { class: 'pill doubt' }, faultName(line.fault)) : null;
  const summary = line.summary ?? '';
  return el(
    'tr',
    {},
    el('td', { class: 'faint' }, timeOf(line.arrived_ms)),
    el('td', {}, open),
    el('td', { class: 'number' }, records),
    el(
      'td',
      { title: summary },
      el('span', { class: `pill ${kind}` }, status),
      fault,
      summary.slice(0, 300),
    ),
    el('td', { class: 'number' }, line.took_ms === null ? '' : took(line.took_ms)),
  );
}

function timeOf(sinceStart) {
  return new Date(clock + sinceStart).toLocaleTimeString('en-GB');
}

function took(ms) {
  return ms < 1 ? '< 1 ms' : ms < 10_000 ? `${count(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

async function showRequests() {
  const pages = requestPages.length;
  const found = await command('request_lines', {
    before: requestPages.at(-1),
    limit: REQUEST_ROWS,
  });
  if (pages !== requestPages.length) return found;
  const text = JSON.stringify(found);
  if (text === lastRequests) return found;
  lastRequests = text;
  const known = newestRequest;
  keepRequests(
    found.rows.length ? found.rows : [null],
    (line) => `${overview?.resets}/${line?.number}`,
    (line) =>
      line ? requestRow(line) : emptyRow('No requests yet: they appear here as they come', 5),
    (line) => line && known >= 0 && line.number > known,
  );
  newestRequest = Math.max(newestRequest, found.total - 1);
  const what = found.total ? `${some(found.total, 'request')}, newest first` : '';
  pager('requests-pager', what, found.next, requestPages, () => {
    lastRequests = '';
    return showRequests();
  });
  return found;
}

async function openRequest(number) {
  try {
    const { line, request } = await command('request', { number });
    const [, status] = outcome(line);
    const facts = {
      Request: `${request.method} ${request.path}`,
      Answer: [status, line.summary].filter(Boolean).join(': '),
      ...(request.fault && { Fault: JSON.stringify(request.fault) }),
      ...(line.took_ms !== null && { Took: took(line.took_ms) }),
      'Request id': request.request_id,
      ...Object.fromEntries(
        Object.entries(request.query).map(([name, value]) => [`?${name}`, value]),
      ),
      ...request.headers,
    };
    const body = textOf(request.body) && JSON.stringify(request.body, null, 2);
    const whole =
      body.length > 200_000
        ? `${body.slice(0, 200_000)}\n… ${count(body.length)} characters`
        : body;
    showDetails(
      requestName(line),
      fieldTable(facts),
      request.body === null ? '' : el('pre', { tabIndex: 0 }, whole),
    );
  } catch (error) {
    say(error.message, true);
  }
}

function showDetails(title, ...content) {
  $('details-title').textContent = title;
  $('details-body').replaceChildren(...content.filter(Boolean));
  $('details').showModal();
  $('details').scrollTop = 0;
}

// Faults.

const keepArmed = keepRows($('armed'));
const arm = $('arm').elements;

function showFaults() {
  keepArmed(
    overview.faults,
    ({ number }) => `${overview.resets}/${number}`,
    (planned) => {
      const disarm = el('button', { type: 'button', class: 'quiet' }, 'Disarm');
      const kind = faultName(planned.fault.kind);
      disarm.setAttribute('aria-label', `Disarm ${kind}`);
      disarm.addEventListener('click', () =>
        act(() => command('disarm', { number: planned.number }), 'Disarmed'),
      );
      const where = [
        planned.operation ? (OPERATIONS[planned.operation] ?? planned.operation) : 'Any request',
        planned.provider && crmName(planned.provider),
        planned.skip ? `after ${some(planned.skip, 'other')}` : '',
        planned.count === 1 ? 'once' : `${count(planned.count)} times`,
        planned.probability < 1 ? `${Math.round(planned.probability * 100)} %` : '',
        parametersOf(planned.fault),
      ];
      const text = el('span', {}, kind, el('small', {}, where.filter(Boolean).join(' · ')));
      return el('li', {}, text, disarm);
    },
  );
  $('disarm-all').hidden = overview.faults.length < 2;
  $('held').hidden = overview.held === 0;
  $('held').firstElementChild.textContent =
    `${some(overview.held, 'request')} ${overview.held === 1 ? 'is' : 'are'} held`;
}

function parametersOf({ kind: _, status, after_write: afterWrite, ms, bytes, value }) {
  const words = [
    status,
    value,
    ms && `${count(ms)} ms`,
    bytes !== undefined && `${count(bytes)} bytes`,
  ];
  if (afterWrite) words.push('after the CRM took it');
  return words.filter(Boolean).join(', ');
}

function showKind() {
  const { help, parameters = [] } = FAULTS[arm.kind.value];
  $('kind-help').textContent = help;
  const inputs = parameters.map(({ name, label, value, text, area, check, min, max }) => {
    if (check !== undefined) {
      const input = el('input', { type: 'checkbox', name, checked: check });
      return el('label', { class: 'check whole' }, input, label);
    }
    if (area !== undefined)
      return el('label', { class: 'whole' }, label, el('textarea', { name, value: area }));
    if (text !== undefined) return el('label', {}, label, el('input', { name, value: text }));
    const input = el('input', { type: 'number', name, value, min, max, required: value !== '' });
    return el('label', {}, label, input);
  });
  $('parameters').replaceChildren(...inputs);
}

function faultAsked() {
  const kind = arm.kind.value;
  const fault = { kind };
  for (const { name, check, text, area, header } of FAULTS[kind].parameters ?? []) {
    const input = $('parameters').querySelector(`[name="${name}"]`);
    if (check !== undefined) fault[name] = input.checked;
    else if (header) fault.headers = input.value ? { ...fault.headers, [name]: input.value } : {};
    else if (area !== undefined) fault[name] = jsonOrText(input.value);
    else if (text !== undefined) fault[name] = input.value;
    else if (input.value !== '') fault[name] = Number(input.value);
  }
  return fault;
}

function jsonOrText(text) {
  try {
    return text.trim() ? JSON.parse(text) : null;
  } catch {
    return text;
  }
}

// Limits.

let lastLimit = '';

function windowBar(name, used, most, note) {
  const bar = el('progress', {
    max: most,
    value: Math.min(used, most),
    class: used >= most ? 'full' : '',
  });
  bar.setAttribute('aria-label', name);
  const numbers = el('span', {}, `${count(used)} of ${count(most)}`);
  return el(
    'div',
    { class: 'window' },
    el('div', {}, el('span', {}, name), numbers),
    bar,
    note && el('small', { class: 'faint' }, note),
  );
}

function showLimit() {
  const limit = overview.limit;
  $('unlimit').hidden = !limit;
  const text = JSON.stringify(
    limit && { ...limit, minute_ends_ms: Math.ceil(limit.minute_ends_ms / 1000) },
  );
  if (text === lastLimit) return;
  lastLimit = text;
  if (!limit) {
    $('windows').replaceChildren(
      el('p', {}, 'No limit. graph8’s own is 10 per second and 200 per minute.'),
    );
    return;
  }
  const isFixed = limit.window === 'fixed';
  const seconds = Math.ceil(limit.minute_ends_ms / 1000);
  const opens = isFixed ? `starts anew in ${seconds} s` : `next place in ${seconds} s`;
  const refused = `${some(limit.refused, 'request')} refused with 429`;
  $('windows').replaceChildren(
    windowBar(isFixed ? 'This second' : 'Last second', limit.in_second, limit.per_second, ''),
    windowBar(
      isFixed ? 'This minute' : 'Last minute',
      limit.in_minute,
      limit.per_minute,
      seconds ? opens : '',
    ),
    el('p', {}, refused),
  );
}

// Looking again and again.

let timer;
let looking = null;
let seen = '';
let lastTotal = -1;

/** Looks once; who asks while it looks gets a look of their own after it. */
function look() {
  looking = (looking ?? Promise.resolve()).then(lookOnce);
  return looking;
}

async function lookOnce() {
  clearTimeout(timer);
  try {
    const before = overview?.resets;
    overview = await command('overview');
    clock = Date.now() - overview.now_ms;
    if (before !== undefined && before !== overview.resets) forget();
    $('live').className = 'state good';
    $('live').textContent = 'Live';
    showOverview();
    showFaults();
    showLimit();
    const crm = overview.crms.find((each) => each.provider === shown.provider);
    const total = `${shown.provider}/${shown.entity}/${crm[shown.entity]}/${overview.requests}`;
    const isLive =
      recordPages.length === 1 && (!shown.search || crm[shown.entity] <= SEARCHED_AGAIN);
    if (total !== lastTotal && isLive) {
      lastTotal = total;
      await showRecords();
    }
    const now = `${overview.resets}/${overview.requests}`;
    if (now !== seen) {
      const found = await showRequests();
      const isUnderWay = found.rows.some((line) => line.took_ms === null);
      seen = isUnderWay ? '' : now;
    }
  } catch (error) {
    $('live').className = 'state bad';
    $('live').textContent =
      error instanceof TypeError ? 'Not reachable: has the sandbox stopped?' : error.message;
  }
  if (!document.hidden) timer = setTimeout(look, POLL_MS);
}

function forget() {
  recordPages = [null];
  requestPages = [null];
  lastRecords = '';
  lastRequests = '';
  lastTotal = '';
  knownRecords = null;
  newestRequest = -1;
  shown.list = null;
}

// What the user does.

function option([value, text]) {
  return el('option', { value }, text);
}

function prepare() {
  $('url').textContent = location.origin;
  arm.kind.append(...Object.entries(FAULTS).map(([kind, { label }]) => option([kind, label])));
  arm.operation.append(...[['', 'any request'], ...Object.entries(OPERATIONS)].map(option));
  arm.provider.append(...[['', 'any CRM'], ...Object.entries(CRM_NAMES)].map(option));
  arm.operation.value = 'push_contacts';
  showKind();
  arm.kind.addEventListener('change', showKind);
  $('arm').addEventListener('submit', (event) => {
    event.preventDefault();
    const planned = {
      operation: arm.operation.value || null,
      provider: arm.provider.value || null,
      count: Number(arm.count.value),
      skip: Number(arm.skip.value),
      probability: Number(arm.chance.value) / 100,
      fault: faultAsked(),
    };
    act(() => command('fail_next', planned), 'Fault armed');
  });
  $('disarm-all').addEventListener('click', () =>
    act(() => command('clear_faults'), 'All faults disarmed'),
  );
  $('release').addEventListener('click', () => act(() => command('release'), 'Released'));

  const limit = $('limit').elements;
  $('limit').addEventListener('submit', (event) => {
    event.preventDefault();
    const asked = {
      window: limit.window.value,
      per_second: Number(limit.per_second.value),
      per_minute: Number(limit.per_minute.value),
    };
    act(() => command('set_rate_limit', { rate_limit: asked }), 'Limit set');
  });
  $('unlimit').addEventListener('click', () =>
    act(() => command('set_rate_limit', { rate_limit: null }), 'Limit removed'),
  );

  $('connection').addEventListener('change', ({ target }) => {
    const { provider } = shown;
    const done = `${crmName(provider)}: ${CONNECTIONS[target.value][1]}`;
    act(() => command('set_connection', { provider, state: target.value }), done);
  });
  $('entities').addEventListener('change', ({ target }) =>
    goTo({ entity: target.value, list: null, search: '' }),
  );
  $('search').addEventListener('submit', (event) => {
    event.preventDefault();
    goTo({ search: $('term').value.trim() });
  });
  $('term').addEventListener('input', () => {
    if ($('term').value === '' && shown.search) goTo({ search: '' });
  });
  $('back').addEventListener('click', () => goTo({ list: null }));
  $('add-list').addEventListener('submit', (event) => {
    event.preventDefault();
    const name = $('list-name').value.trim();
    if (!name) return;
    $('list-name').value = '';
    lastTotal = '';
    act(() => command('add_list', { provider: shown.provider, name }), `List ${name} added`);
  });

  $('reset').addEventListener('click', () => {
    $('confirm').returnValue = 'no';
    $('confirm').showModal();
  });
  $('confirm').addEventListener('close', () => {
    if ($('confirm').returnValue === 'yes') act(() => command('reset'), 'As at the start');
  });

  for (const button of document.querySelectorAll('[data-copy]')) {
    button.addEventListener('click', async () => {
      try {
        await navigator.clipboard.writeText($(button.dataset.copy).textContent);
        say('Copied');
      } catch {
        getSelection().selectAllChildren($(button.dataset.copy));
        say('Selected: copy it with your keyboard');
      }
    });
  }
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) look();
  });
  addEventListener('hashchange', () => {
    readHash();
    goTo({ list: null, search: '' });
  });
}

readHash();
prepare();
look();
