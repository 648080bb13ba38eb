// Contacts made from their number, as in bench/engine/src/contacts.rs.

const FIRST_NAMES = ['Ada', 'Grace', 'Alan', 'Edsger', 'Barbara', 'Donald', 'Frances', 'Niklaus'];
const LAST_NAMES = ['Lovelace', 'Hopper', 'Turing', 'Dijkstra', 'Liskov', 'Knuth', 'Allen'];
const TITLES = ['Head of Operations', 'Account Executive', 'Data Engineer'];

/** Ten fields, about 300 bytes of JSON; the sink counts records by their "email". */
export function contact(number) {
  const first = FIRST_NAMES[number % FIRST_NAMES.length];
  const last = LAST_NAMES[number % LAST_NAMES.length];
  const company = Math.floor(number / 25);
  return {
    email: `${first}.${last}.${number}@company-${company}.example`,
    firstname: first,
    lastname: last,
    phone: `+1 555 ${String(number).padStart(8, '0')}`,
    company: `Company ${company} Holdings`,
    jobtitle: TITLES[number % TITLES.length],
    website: `https://www.company-${company}.example/about`,
    city: 'San Francisco',
    country: 'United States',
    lifecyclestage: 'marketingqualifiedlead',
  };
}

export function make(count) {
  const records = Array.from({ length: count }, (_, number) => contact(number));
  // Joins the parts of the strings now, so that nobody's first round pays for it.
  for (const record of records) JSON.stringify(record);
  return records;
}
