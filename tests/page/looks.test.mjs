// How the page looks: it can be read in light and dark, wide and narrow. With PICTURES set, the docs' pictures are made.
import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { browserOfFile, post, ROOT } from './support.mjs';

const MOST_BYTES = 150_000;
const { open } = browserOfFile();
const picture = (scheme) => join(ROOT, `docs/pictures/sandbox-${scheme}.png`);

const FIRST = [
  'Ada',
  'Grace',
  'Alan',
  'Edsger',
  'Barbara',
  'Donald',
  'Frances',
  'Radia',
  'Margaret',
];
const LAST = [
  'Lovelace',
  'Hopper',
  'Turing',
  'Dijkstra',
  'Liskov',
  'Knuth',
  'Allen',
  'Perlman',
  'Hamilton',
];
const TITLES = ['Engineer', 'Head of Sales', 'CTO', 'Analyst'];

function people(count, start) {
  return Array.from({ length: count }, (_, index) => {
    const number = start + index;
    const [first, last] = [FIRST[number % 9], LAST[(number * 7 + Math.floor(number / 9)) % 9]];
    return {
      email: `${first}.${last}${number}@example.com`.toLowerCase(),
      firstname: first,
      lastname: last,
      jobtitle: TITLES[number % 4],
      phone: `+1 555 01${String(number % 100).padStart(2, '0')}`,
    };
  });
}

async function busy(sandbox) {
  await sandbox.setRateLimit({ perSecond: 10, perMinute: 200 });
  await post(sandbox, 'hubspot', 'contacts', people(900, 0));
  await post(sandbox, 'hubspot', 'companies', [{ name: 'Initech', domain: 'initech.example' }]);
  const leads = [{ LastName: 'Turing', FirstName: 'Alan', Email: 'alan@example.com' }];
  await post(sandbox, 'salesforce', 'contacts', leads);
  await sandbox.setConnection('zoho', 'expired');
  await post(sandbox, 'zoho', 'contacts', [{ Last_Name: 'Hopper' }]);
  await post(sandbox, 'hubspot', 'contacts', [
    ...people(98, 900),
    { email: 'n/a' },
    { email: 'ada@' },
  ]);
  await sandbox.failNext('close_after_write');
  await post(sandbox, 'hubspot', 'contacts', people(100, 1000)).catch(() => {});
  await sandbox.failNext('status', { status: 503, afterWrite: true });
  await post(sandbox, 'hubspot', 'contacts', people(100, 1100)).catch(() => {});
  await post(sandbox, 'hubspot', 'contacts', people(100, 1200));
  await sandbox.failNext('delay', {
    ms: 5000,
    operation: 'push_contacts',
    provider: 'pipedrive',
    count: 3,
  });
  await sandbox.failNext('close_before_read', { operation: 'fields', probability: 0.2 });
}

/** The contrast of each pair of colours that stand on each other, by the formula of WCAG. */
function contrasts() {
  const pairs = [
    ['text', 'card'],
    ['text', 'page'],
    ['text', 'sunken'],
    ['text', 'raised'],
    ['text', 'doubt-soft'],
    ['text', 'accent-soft'],
    ['faint', 'card'],
    ['faint', 'page'],
    ['faint', 'sunken'],
    ['faint', 'doubt-soft'],
    ['accent', 'card'],
    ['accent', 'doubt-soft'],
    ['on-accent', 'accent'],
    ['good', 'card'],
    ['good', 'good-soft'],
    ['bad', 'card'],
    ['bad', 'bad-soft'],
    ['doubt', 'card'],
    ['doubt', 'doubt-soft'],
  ];
  const probe = document.createElement('i');
  document.body.append(probe);
  const light = (name) => {
    probe.style.color = `var(--${name})`;
    const parts = getComputedStyle(probe)
      .color.match(/[\d.]+/g)
      .slice(0, 3);
    const [red, green, blue] = parts.map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  return pairs.map(([on, under]) => {
    const [one, other] = [light(on), light(under)];
    return [`${on} on ${under}`, (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05)];
  });
}

for (const colorScheme of ['light', 'dark']) {
  test(`it can be read in ${colorScheme}`, async () => {
    const { sandbox, page } = await open({ colorScheme, viewport: { width: 1280, height: 1130 } });
    await busy(sandbox);
    await page.getByText('1,298 contacts').waitFor();
    await page.locator('#requests').getByText('503').waitFor();
    await page.locator('#armed li').nth(1).waitFor();
    for (const [pair, contrast] of await page.evaluate(contrasts)) {
      assert.ok(contrast >= 4.5, `${pair}: ${contrast.toFixed(2)}`);
    }
    // What is new fades: not in the picture.
    await page.reload();
    await page.getByText('1,298 contacts').waitFor();
    await page.locator('#requests').getByText('503').waitFor();
    await page.locator('#armed li').nth(1).waitFor();
    if (process.env.PICTURES) await page.screenshot({ path: picture(colorScheme) });
    const { size } = await stat(picture(colorScheme));
    assert.ok(
      process.env.PICTURES || size < MOST_BYTES,
      `${size} bytes: make pictures makes it small`,
    );
  });
}

test('nothing is cut off in a narrow window, nor in large letters', async () => {
  const { sandbox, page } = await open({ viewport: { width: 340, height: 800 } });
  await busy(sandbox);
  await page.getByText('1,298 contacts').waitFor();
  const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok((await overflow()) <= 0, `${await overflow()} pixels`);
  await page.setViewportSize({ width: 700, height: 800 });
  await page.evaluate(() => {
    document.documentElement.style.fontSize = '32px';
  });
  assert.ok((await overflow()) <= 0, `${await overflow()} pixels`);
});

test('every control has a name', async () => {
  const { sandbox, page } = await open();
  await busy(sandbox);
  await page.locator('#armed li').nth(1).waitFor();
  const nameless = await page.evaluate(() =>
    [...document.querySelectorAll('button, input, select, textarea, progress')]
      .filter((each) => {
        const label =
          each.labels?.[0]?.textContent || each.textContent || each.getAttribute('aria-label');
        return !label?.trim();
      })
      .map((each) => each.outerHTML),
  );
  assert.deepEqual(nameless, []);
});
