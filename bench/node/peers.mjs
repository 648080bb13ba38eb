// The other clients, each as a function that posts a batch and gives how many were pushed.
import axios from 'axios';
import { Pool } from 'undici';

const PATH = '/api/v1/crm-syncs/hubspot/contacts/push';
const HEADERS = { authorization: 'Bearer bench', 'content-type': 'application/json' };

/** Posts a body that is ready; `connections` at most. */
export function undici(url, connections) {
  const pool = new Pool(url, { connections });
  return async (body) => {
    const response = await pool.request({ path: PATH, method: 'POST', headers: HEADERS, body });
    return pushedCount(await response.body.json());
  };
}

/** `connections` at most, where a client lets one say so. */
export function peers(url, connections) {
  const post = undici(url, connections);
  return new Map([
    [
      'fetch',
      async (records) => {
        const body = JSON.stringify({ records });
        const response = await fetch(url + PATH, { method: 'POST', headers: HEADERS, body });
        return pushedCount(await response.json());
      },
    ],
    ['undici', (records) => post(JSON.stringify({ records }))],
    [
      'axios',
      // It calls JSON.stringify itself; a string it would parse first.
      async (records) => {
        const response = await axios.post(url + PATH, { records }, { headers: HEADERS });
        return pushedCount(response.data);
      },
    ],
  ]);
}

function pushedCount(answer) {
  return answer.data.pushed_count;
}
