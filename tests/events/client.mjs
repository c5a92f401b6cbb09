// Reads a stream of events with the npm package `eventsource` and prints each as a line of JSON,
// until it has seen the type that it is told to wait for.
//
// usage: node client.mjs URL KEY LAST_TYPE

import { EventSource } from 'eventsource';

const [url, key, lastType] = process.argv.slice(2);
const types = ['payment.created', 'payment.authorized', 'payment.captured', 'payment.succeeded',
  'payment.capture_started', 'payment.outcome_unknown', 'refund.created', 'refund.succeeded'];

const source = new EventSource(url, {
  fetch: (input, init) => fetch(input, {
    ...init, headers: { ...init.headers, Authorization: `Bearer ${key}` } }),
});
const print = (line) => console.log(JSON.stringify(line));

source.onopen = () => print({ open: true });
source.onerror = (error) => print({ error: error.message ?? '', status: error.code ?? 0 });
for (const type of types) {
  source.addEventListener(type, (event) => {
    print({ id: event.lastEventId, type: event.type, data: JSON.parse(event.data) });
    if (event.type === lastType) source.close();
  });
}
