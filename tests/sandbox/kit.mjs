// The sandbox as a process, Stripe's official client for it, and a webhook endpoint.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { createInterface } from 'node:readline';

import Stripe from 'stripe';

const program = process.env.FLORIN_SANDBOX;
if (!program) throw new Error('set FLORIN_SANDBOX to the path of the florin-sandbox program');

export const SECRET = 'whsec_test_of_the_sandbox';

// Starts a sandbox on a free port and waits for its one line.
export async function start(...options) {
  const child = spawn(program, ['--listen', '127.0.0.1:0', ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  child.stderr.on('data', (text) => (log += text));
  const ended = once(child, 'exit');
  const line = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line').then(([text]) => text),
    ended.then(([code]) => Promise.reject(new Error(`the sandbox ended with ${code}: ${log}`))),
  ]);
  const [, url] = line.match(/^florin-sandbox listens on (http:\/\/127\.0\.0\.1:\d+)$/) ?? [];
  assert.ok(url, `unexpected first line: ${line}`);
  const stop = async (signal = 'SIGTERM') => {
    child.kill(signal);
    return (await ended)[0];
  };
  return { url, stop, stripe: client(url) };
}

export function client(url, key = 'sk_test_1') {
  const { hostname: host, port } = new URL(url);
  return new Stripe(key, { host, port, protocol: 'http', maxNetworkRetries: 0, telemetry: false });
}

// What a bank does later, now: for one object, or for all.
export async function advance(url, id) {
  const body = new URLSearchParams(id ? { id } : {});
  const response = await fetch(`${url}/_sandbox/advance`, { method: 'POST', body });
  assert.equal(response.status, 200, await response.clone().text());
  return (await response.json()).changed;
}

// A webhook endpoint that verifies what it gets and lets a test wait for an event.
export async function listen() {
  const events = [];
  const waiting = new Set();
  let refuse = 0; // This many more deliveries get 500.
  const server = http.createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    response.statusCode = refuse > 0 ? 500 : 200;
    if (refuse-- <= 0) {
      const signature = request.headers['stripe-signature'];
      events.push(Stripe.webhooks.constructEvent(Buffer.concat(chunks), signature, SECRET));
    }
    response.end();
    for (const look of waiting) look();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}/hook`,
    events,
    refuseNext: (count) => (refuse = count),
    until: (wanted) =>
      new Promise((resolve) => {
        const look = () => {
          const found = wanted(events);
          if (found) waiting.delete(look), resolve(found);
        };
        waiting.add(look);
        look();
      }),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

export async function setFaults(url, faults) {
  const response = await fetch(`${url}/_sandbox/faults`, {
    method: 'POST',
    body: JSON.stringify(faults),
  });
  assert.equal(response.status, 200, await response.clone().text());
}

export async function charges(url) {
  const text = await (await fetch(`${url}/_sandbox/charges`)).text();
  return text.split('\n').filter(Boolean).map((line) => JSON.parse(line));
}

export const payment = (more = {}) => ({
  amount: 1099,
  currency: 'eur',
  payment_method: 'pm_card_visa',
  confirm: true,
  ...more,
});
