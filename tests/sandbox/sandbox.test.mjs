// The official Stripe client against florin-sandbox, as processes over real sockets. If an
// outsider's client is content, so is whatever is tested against the sandbox.
//
// FLORIN_SANDBOX=<path of the program> npm test

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { after, before } from 'node:test';

import Stripe from 'stripe';

import { SECRET, advance, charges, client, listen, payment, setFaults, start } from './kit.mjs';

let hook;
let sandbox;
let stripe;

before(async () => {
  hook = await listen();
  sandbox = await start('--webhook-url', hook.url, '--webhook-secret', SECRET, '--seed', '1');
  stripe = sandbox.stripe;
});

after(async () => {
  hook.close();
  assert.equal(await sandbox?.stop(), 0);
});

test('pays, and reads the payment back', async () => {
  const paid = await stripe.paymentIntents.create(
    payment({ metadata: { order: 'a & b = ü' }, expand: ['latest_charge'] }),
  );
  assert.equal(paid.status, 'succeeded');
  assert.equal(paid.amount_received, 1099);
  assert.equal(paid.latest_charge.amount_captured, 1099);
  assert.equal(paid.livemode, false);
  assert.match(paid.lastResponse.requestId, /^req_/);
  const read = await stripe.paymentIntents.retrieve(paid.id);
  assert.equal(read.metadata.order, 'a & b = ü');
  assert.equal(read.latest_charge, paid.latest_charge.id);
  const listed = await stripe.charges.list({ payment_intent: paid.id });
  assert.equal(listed.data[0].id, read.latest_charge);
});

test('declines with a card error that carries the payment', async () => {
  const error = await stripe.paymentIntents
    .create(payment({ payment_method: 'pm_card_visa_chargeDeclinedInsufficientFunds' }))
    .catch((e) => e);
  assert.ok(error instanceof Stripe.errors.StripeCardError);
  assert.equal(error.statusCode, 402);
  assert.equal(error.code, 'card_declined');
  assert.equal(error.decline_code, 'insufficient_funds');
  assert.equal(error.payment_intent.status, 'requires_payment_method');
  const paid = await stripe.paymentIntents.confirm(error.payment_intent.id, {
    payment_method: 'pm_card_mastercard',
  });
  assert.equal(paid.status, 'succeeded');
});

test('refuses a parameter that Stripe does not know', async () => {
  const error = await stripe.paymentIntents.create(payment({ amonut: 5 })).catch((e) => e);
  assert.ok(error instanceof Stripe.errors.StripeInvalidRequestError);
  assert.equal(error.code, 'parameter_unknown');
  assert.equal(error.param, 'amonut');
});

test('holds, captures a part, refunds it', async () => {
  const held = await stripe.paymentIntents.create(payment({ capture_method: 'manual' }));
  assert.equal(held.status, 'requires_capture');
  assert.equal(held.amount_capturable, 1099);
  const taken = await stripe.paymentIntents.capture(held.id, { amount_to_capture: 1000 });
  assert.equal(taken.status, 'succeeded');
  assert.equal(taken.amount_received, 1000);
  const again = await stripe.paymentIntents.capture(held.id).catch((e) => e);
  assert.equal(again.code, 'payment_intent_unexpected_state');
  const refund = await stripe.refunds.create({ payment_intent: held.id, amount: 300 });
  assert.equal(refund.status, 'succeeded');
  assert.equal((await stripe.refunds.retrieve(refund.id)).amount, 300);
});

test('cancels, and says so in the truth log', async () => {
  const held = await stripe.paymentIntents.create(payment({ capture_method: 'manual' }));
  const gone = await stripe.paymentIntents.cancel(held.id, { cancellation_reason: 'abandoned' });
  assert.equal(gone.status, 'canceled');
  const charge = (await charges(sandbox.url)).find((one) => one.payment_intent === held.id);
  assert.equal(charge.status, 'canceled');
  assert.equal(charge.amount_captured, 0);
});

test('asks the buyer on the 3-D Secure page', async () => {
  const asked = await stripe.paymentIntents.create(
    payment({
      payment_method: 'pm_card_threeDSecure2Required',
      return_url: 'https://shop.example/back?order=1',
    }),
  );
  assert.equal(asked.status, 'requires_action');
  const page = asked.next_action.redirect_to_url.url;
  assert.match(await (await fetch(page)).text(), /approve/);
  const done = await fetch(page, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ outcome: 'approve' }),
  });
  assert.equal(done.status, 303);
  const back = new URL(done.headers.get('location'));
  assert.equal(back.searchParams.get('redirect_status'), 'succeeded');
  assert.equal(back.searchParams.get('payment_intent'), asked.id);
  assert.equal((await stripe.paymentIntents.retrieve(asked.id)).status, 'succeeded');
});

test('takes a test card by number', async () => {
  const card = { number: '4000000000000069', exp_month: 4, exp_year: 2040, cvc: '123' };
  const method = await stripe.paymentMethods.create({ type: 'card', card });
  assert.equal(method.card.last4, '0069');
  const error = await stripe.paymentIntents
    .create(payment({ payment_method: method.id }))
    .catch((e) => e);
  assert.equal(error.code, 'expired_card');
});

test('finds a payment by its metadata, pages through lists', async () => {
  const order = randomUUID();
  const paid = await stripe.paymentIntents.create(payment({ metadata: { order } }));
  const found = await stripe.paymentIntents.search({
    query: `metadata['order']:'${order}' AND status:'succeeded'`,
  });
  assert.equal(found.object, 'search_result');
  assert.deepEqual(found.data.map((one) => one.id), [paid.id]);
  const ids = new Set();
  for await (const one of stripe.paymentIntents.list({ limit: 2 })) ids.add(one.id);
  assert.ok(ids.has(paid.id) && ids.size > 4);
});

test('an idempotency key gives the first answer again', async () => {
  const key = { idempotencyKey: randomUUID() };
  const first = await stripe.paymentIntents.create(payment(), key);
  const again = await stripe.paymentIntents.create(payment(), key);
  assert.equal(again.id, first.id);
  assert.equal(first.lastResponse.headers['idempotent-replayed'], undefined);
  assert.equal(again.lastResponse.headers['idempotent-replayed'], 'true');
  const other = await stripe.paymentIntents.create(payment({ amount: 1 }), key).catch((e) => e);
  assert.ok(other instanceof Stripe.errors.StripeIdempotencyError);
  assert.equal(other.statusCode, 400);
});

test('a decline is replayed too, a bad parameter is not', async () => {
  const key = { idempotencyKey: randomUUID() };
  const bad = await stripe.paymentIntents.create(payment({ amount: 0 }), key).catch((e) => e);
  assert.equal(bad.statusCode, 400);
  const declined = payment({ payment_method: 'pm_card_chargeDeclined' });
  const first = await stripe.paymentIntents.create(declined, key).catch((e) => e);
  const again = await stripe.paymentIntents.create(declined, key).catch((e) => e);
  assert.equal(again.statusCode, 402);
  assert.equal(again.payment_intent.id, first.payment_intent.id);
});

test('a dropped reply has charged, and its key finds the charge', async () => {
  const order = randomUUID();
  const key = { idempotencyKey: randomUUID() };
  // Twice: the client itself asks once more, with the same key, when a kept connection closes.
  const drop = { fault: 'drop_reply', path: '/v1/payment_intents' };
  await setFaults(sandbox.url, { next: [drop, drop] });
  const wanted = payment({ metadata: { order } });
  const lost = await stripe.paymentIntents.create(wanted, key).catch((e) => e);
  assert.ok(lost instanceof Stripe.errors.StripeConnectionError);
  const made = (await charges(sandbox.url)).filter((one) => one.metadata.order === order);
  assert.equal(made.length, 1);
  const paid = await stripe.paymentIntents.create(wanted, key);
  assert.equal(paid.latest_charge, made[0].charge);
  const after = (await charges(sandbox.url)).filter((one) => one.metadata.order === order);
  assert.equal(after.length, 1);
});

test('faults before execution leave no trace, a 500 after it is kept under the key', async () => {
  const order = randomUUID();
  const key = { idempotencyKey: randomUUID() };
  const wanted = payment({ metadata: { order } });
  const faults = ['drop_request', 'error_500', 'rate_limit_429', 'error_500_after'];
  await setFaults(sandbox.url, {
    next: ['drop_request', ...faults].map((fault) => ({
      fault,
      path: '/v1/payment_intents',
      method: 'POST',
    })),
  });
  const made = async () =>
    (await charges(sandbox.url)).filter((one) => one.metadata.order === order).length;
  const statuses = [];
  for (const _ of [...faults, 'replay']) {
    const error = await stripe.paymentIntents.create(wanted, key).catch((e) => e);
    statuses.push([error.statusCode, await made()]);
  }
  assert.deepEqual(statuses, [[undefined, 0], [500, 0], [429, 0], [500, 1], [500, 1]]);
  const { counts } = await (await fetch(`${sandbox.url}/_sandbox/faults`)).json();
  for (const fault of faults) assert.ok(counts[fault] >= 1, fault);
});

test('a key is in use while its first request runs', async () => {
  const key = { idempotencyKey: randomUUID() };
  await setFaults(sandbox.url, {
    delay_ms: [500, 500],
    next: [{ fault: 'delay', path: '/v1/payment_intents' }],
  });
  const running = stripe.paymentIntents.create(payment(), key);
  for (let taken = false; !taken; ) {
    const { next } = await (await fetch(`${sandbox.url}/_sandbox/faults`)).json();
    taken = next.length === 0;
  }
  const second = await stripe.paymentIntents.create(payment(), key).catch((e) => e);
  assert.equal(second.statusCode, 409);
  assert.equal(second.code, 'idempotency_key_in_use');
  assert.equal((await running).status, 'succeeded');
});

test('the search lags when told to', async () => {
  await setFaults(sandbox.url, { search_lag_ms: 600000 });
  const order = randomUUID();
  await stripe.paymentIntents.create(payment({ metadata: { order } }));
  const query = `metadata['order']:'${order}'`;
  assert.equal((await stripe.paymentIntents.search({ query })).data.length, 0);
  await setFaults(sandbox.url, {});
  assert.equal((await stripe.paymentIntents.search({ query })).data.length, 1);
});

test('sends signed events, again after a failure, twice when told to', async () => {
  const own = (id, type) => (events) => {
    const found = events.filter((one) => one.data.object.id === id && one.type === type);
    return found.length > 0 && found;
  };
  const held = await stripe.paymentIntents.create(payment({ capture_method: 'manual' }));
  await hook.until(own(held.id, 'payment_intent.created'));
  const [event] = await hook.until(own(held.id, 'payment_intent.amount_capturable_updated'));
  assert.equal(event.object, 'event');
  assert.equal(event.data.object.amount_capturable, 1099);
  assert.equal(event.request.id, held.lastResponse.requestId);
  assert.equal((await stripe.events.retrieve(event.id)).type, event.type);

  hook.refuseNext(1);
  await stripe.paymentIntents.capture(held.id);
  await hook.until(own(held.id, 'payment_intent.succeeded'));
  await hook.until((events) => own(held.latest_charge, 'charge.captured')(events));

  await setFaults(sandbox.url, { rates: { duplicate_webhook: 1, reorder_webhook: 1 } });
  const paid = await stripe.paymentIntents.create(payment());
  await hook.until((events) => {
    const twice = own(paid.id, 'payment_intent.succeeded')(events);
    return twice && twice.length === 2 && twice[0].id === twice[1].id;
  });
  await setFaults(sandbox.url, {});
});

test('wants a test key', async () => {
  for (const key of ['sk_live_1', 'pk_test_1']) {
    const error = await client(sandbox.url, key).paymentIntents.list().catch((e) => e);
    assert.ok(error instanceof Stripe.errors.StripeAuthenticationError);
    assert.equal(error.statusCode, 401);
  }
});

test('forgets nothing when it is killed', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'florin-sandbox-'));
  const key = { idempotencyKey: randomUUID() };
  const first = await start('--data', folder);
  const paid = await first.stripe.paymentIntents.create(payment(), key);
  const held = await first.stripe.paymentIntents.create(payment({ capture_method: 'manual' }));
  const pending = await first.stripe.paymentIntents.create(
    payment({ payment_method: 'pm_card_pendingRefund' }),
  );
  const refund = await first.stripe.refunds.create({ payment_intent: pending.id });
  const file = await first.stripe.files.create({
    purpose: 'dispute_evidence',
    file: { data: Buffer.from('%PDF-1.7'), name: 'receipt.pdf', type: 'application/pdf' },
  });
  await first.stop('SIGKILL');

  const second = await start('--data', folder);
  assert.equal((await second.stripe.refunds.retrieve(refund.id)).status, 'pending');
  assert.deepEqual(await advance(second.url), [refund.id]);
  assert.equal((await second.stripe.files.retrieve(file.id)).filename, 'receipt.pdf');
  assert.equal((await second.stripe.refunds.retrieve(refund.id)).status, 'succeeded');
  assert.equal((await second.stripe.paymentIntents.retrieve(paid.id)).status, 'succeeded');
  const again = await second.stripe.paymentIntents.create(payment(), key);
  assert.equal(again.id, paid.id);
  assert.equal(again.lastResponse.headers['idempotent-replayed'], 'true');
  assert.equal((await second.stripe.paymentIntents.capture(held.id)).status, 'succeeded');
  assert.equal((await charges(second.url)).length, 3);
  assert.equal(await second.stop(), 0);
  await rm(folder, { recursive: true });
});
