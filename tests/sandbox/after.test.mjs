// What comes after an authorization, by Stripe's official client: many captures, increments,
// refunds, disputes.

import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import test, { after, before } from 'node:test';

import Stripe from 'stripe';

import { SECRET, advance, charges, listen, payment, start } from './kit.mjs';

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

const card = (...features) => ({
  capture_method: 'manual',
  payment_method_options: {
    card: Object.fromEntries(features.map((name) => [`request_${name}`, 'if_available'])),
  },
});

test('captures many times, then releases the rest', async () => {
  const held = await stripe.paymentIntents.create(
    payment({ ...card('multicapture'), expand: ['latest_charge'] }),
  );
  const details = held.latest_charge.payment_method_details.card;
  assert.equal(details.multicapture.status, 'available');
  const part = await stripe.paymentIntents.capture(held.id, {
    amount_to_capture: 700,
    final_capture: false,
  });
  assert.equal(part.status, 'requires_capture');
  assert.equal(part.amount_capturable, 399);
  assert.equal(part.amount_received, 700);
  await stripe.refunds.create({ payment_intent: held.id, amount: 200 });
  const last = await stripe.paymentIntents.capture(held.id, { amount_to_capture: 99 });
  assert.equal(last.status, 'succeeded');
  assert.equal(last.amount_received, 799);
  const truth = (await charges(sandbox.url)).find((one) => one.payment_intent === held.id);
  assert.deepEqual([truth.amount_captured, truth.amount_refunded], [799, 200]);

  const other = await stripe.paymentIntents.create(payment(card('multicapture')));
  await stripe.paymentIntents.capture(other.id, { amount_to_capture: 1, final_capture: false });
  const kept = await stripe.paymentIntents.cancel(other.id);
  assert.equal(kept.status, 'succeeded');
  assert.equal(kept.amount_received, 1);
});

test('raises an authorization to a new total', async () => {
  const held = await stripe.paymentIntents.create(payment(card('incremental_authorization')));
  const more = await stripe.paymentIntents.incrementAuthorization(held.id, { amount: 1500 });
  assert.equal(more.amount_capturable, 1500);
  const increment = (amount) =>
    stripe.paymentIntents.incrementAuthorization(held.id, { amount }).catch((e) => e);
  const lower = await increment(1500);
  assert.ok(lower instanceof Stripe.errors.StripeInvalidRequestError);
  assert.equal(lower.param, 'amount');
  const declined = await increment(20000);
  assert.ok(declined instanceof Stripe.errors.StripeCardError);
  assert.equal(declined.payment_intent.amount_capturable, 1500);
  assert.equal((await stripe.paymentIntents.capture(held.id)).amount_received, 1500);
});

test('refunds part by part, lists them, refuses too much', async () => {
  const paid = await stripe.paymentIntents.create(payment());
  const key = { idempotencyKey: randomUUID() };
  const wanted = { payment_intent: paid.id, amount: 500, metadata: { operation: '7' } };
  const first = await stripe.refunds.create(wanted, key);
  const again = await stripe.refunds.create(wanted, key);
  assert.equal(again.id, first.id);
  assert.equal(again.lastResponse.headers['idempotent-replayed'], 'true');
  const over = await stripe.refunds.create({ ...wanted, amount: 600 }).catch((e) => e);
  assert.ok(over instanceof Stripe.errors.StripeInvalidRequestError);
  assert.equal(over.statusCode, 400);
  assert.equal(over.param, 'amount');
  const rest = await stripe.refunds.create({ charge: paid.latest_charge, reason: 'duplicate' });
  assert.equal(rest.amount, 599);
  const done = await stripe.refunds.create(wanted).catch((e) => e);
  assert.equal(done.code, 'charge_already_refunded');
  const listed = await stripe.refunds.list({ payment_intent: paid.id });
  assert.deepEqual(listed.data.map((one) => one.id), [rest.id, first.id]);
  const truth = (await charges(sandbox.url)).find((one) => one.payment_intent === paid.id);
  assert.equal(truth.amount_refunded, 1099);
  assert.equal(truth.refunds[0].metadata.operation, '7');
  assert.equal(truth.refunds[0].idempotency_key, key.idempotencyKey);
});

test('a refund succeeds or fails later, when told to', async () => {
  const refund = async (payment_method) => {
    const paid = await stripe.paymentIntents.create(payment({ payment_method }));
    return stripe.refunds.create({ payment_intent: paid.id });
  };
  const told = (type, id) =>
    hook.until((all) => all.some((one) => one.type === type && one.data.object.id === id));
  const pending = await refund('pm_card_pendingRefund');
  assert.equal(pending.status, 'pending');
  assert.deepEqual(await advance(sandbox.url, pending.id), [pending.id]);
  await told('refund.updated', pending.id);
  assert.equal((await stripe.refunds.retrieve(pending.id)).status, 'succeeded');

  const hopeful = await refund('pm_card_refundFail');
  assert.equal(hopeful.status, 'succeeded');
  assert.deepEqual(await advance(sandbox.url, hopeful.id), [hopeful.id]);
  await told('refund.failed', hopeful.id);
  const failed = await stripe.refunds.retrieve(hopeful.id, { expand: ['charge'] });
  assert.equal(failed.status, 'failed');
  assert.equal(failed.charge.amount_refunded, 0);
});

test('a dispute is opened, answered, and decided when told to', async () => {
  const open = async (payment_method) => {
    const paid = await stripe.paymentIntents.create(payment({ payment_method }));
    const [dispute] = (await stripe.disputes.list({ payment_intent: paid.id })).data;
    return dispute;
  };
  const told = (type, id) =>
    hook.until((all) => all.some((one) => one.type === type && one.data.object.id === id));
  const dispute = await open('pm_card_createDispute');
  assert.equal(dispute.status, 'needs_response');
  assert.equal(dispute.balance_transactions[0].amount, -1099);
  await told('charge.dispute.created', dispute.id);
  await told('charge.dispute.funds_withdrawn', dispute.id);
  const refused = await stripe.refunds.create({ charge: dispute.charge }).catch((e) => e);
  assert.equal(refused.code, 'charge_disputed');
  const sent = await stripe.disputes.update(dispute.id, {
    evidence: { uncategorized_text: 'winning_evidence' },
    submit: true,
  });
  assert.equal(sent.status, 'under_review');
  assert.deepEqual(await advance(sandbox.url, dispute.id), [dispute.id]);
  await told('charge.dispute.funds_reinstated', dispute.id);
  await told('charge.dispute.closed', dispute.id);
  assert.equal((await stripe.disputes.retrieve(dispute.id)).status, 'won');

  const lost = await stripe.disputes.close((await open('pm_card_createDispute')).id);
  assert.equal(lost.status, 'lost');
  const inquiry = await open('pm_card_createDisputeInquiry');
  assert.equal(inquiry.status, 'warning_needs_response');
  assert.equal(inquiry.balance_transactions.length, 0);
});

const upload = (data, more = {}, options = {}) =>
  stripe.files.create(
    {
      purpose: 'dispute_evidence',
      file: { data, name: 'receipt "1".pdf', type: 'application/pdf' },
      ...more,
    },
    options,
  );

test('takes a file and shows it as evidence', async () => {
  const bytes = Buffer.concat([Buffer.from('%PDF-1.7\r\n--'), Buffer.alloc(400_000, '\r\n--')]);
  const key = { idempotencyKey: randomUUID() };
  const file = await upload(bytes, {}, key);
  assert.match(file.id, /^file_/);
  assert.equal(file.object, 'file');
  assert.equal(file.purpose, 'dispute_evidence');
  assert.equal(file.size, bytes.length);
  assert.equal(file.type, 'pdf');
  assert.equal(file.title, null);
  assert.deepEqual(file.links.data, []);
  await hook.until((all) => all.some((one) => one.data.object.id === file.id));
  const again = await upload(bytes, {}, key);
  assert.equal(again.id, file.id);
  assert.equal(again.lastResponse.headers['idempotent-replayed'], 'true');
  const other = await upload(Buffer.from('%PDF-2'), {}, key).catch((e) => e);
  assert.ok(other instanceof Stripe.errors.StripeIdempotencyError);
  assert.deepEqual({ ...(await stripe.files.retrieve(file.id)) }, { ...file });
  const listed = await stripe.files.list({ purpose: 'dispute_evidence', limit: 1 });
  assert.equal(listed.data[0].id, file.id);
  const lines = await (await fetch(`${sandbox.url}/_sandbox/files`)).text();
  const truth = lines.split('\n').filter(Boolean).map((line) => JSON.parse(line));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  assert.deepEqual(truth.filter((one) => one.sha256 === sha256).map((one) => one.id), [file.id]);

  const payment_method = 'pm_card_createDispute';
  const paid = await stripe.paymentIntents.create(payment({ payment_method }));
  const [dispute] = (await stripe.disputes.list({ payment_intent: paid.id })).data;
  const staged = await stripe.disputes.update(dispute.id, {
    evidence: { receipt: file.id },
    submit: false,
  });
  assert.equal(staged.evidence.receipt, file.id);
  assert.equal(staged.status, 'needs_response');
  const evidence = { customer_signature: 'file_none' };
  const refused = await stripe.disputes.update(dispute.id, { evidence }).catch((e) => e);
  assert.ok(refused instanceof Stripe.errors.StripeInvalidRequestError);
  assert.equal(refused.param, 'evidence[customer_signature]');
});

test('refuses files that cannot be evidence', async () => {
  const limit = 5 * 1024 * 1024;
  const pdf = (size) => Buffer.alloc(size, '%PDF-');
  assert.equal((await upload(pdf(limit))).size, limit);
  const refused = async (sent, param) => {
    const error = await sent.catch((e) => e);
    assert.ok(error instanceof Stripe.errors.StripeInvalidRequestError, error);
    assert.equal(error.statusCode, 400);
    assert.equal(error.param, param);
  };
  await refused(upload(pdf(limit + 1)), 'file');
  await refused(upload(Buffer.from('GIF89a')), 'file');
  await refused(upload(pdf(9), { purpose: 'identity_document' }), 'purpose');
});

test('only files may be large, and only files are multipart', async () => {
  const post = (path, body, type = 'application/x-www-form-urlencoded') =>
    fetch(sandbox.url + path, {
      method: 'POST',
      body,
      headers: { Authorization: 'Bearer sk_test_1', 'Content-Type': type },
    });
  const large = `description=${'x'.repeat(256 * 1024)}`;
  assert.equal((await post('/v1/payment_intents', large)).status, 413);
  assert.equal((await post('/v1/files', large)).status, 400);
  const form = '--b\r\nContent-Disposition: form-data; name="amount"\r\n\r\n1\r\n--b--\r\n';
  const type = 'multipart/form-data; boundary=b';
  assert.equal((await post('/v1/payment_intents', form, type)).status, 400);
  for (const path of ['/v1/files', '/v1/files?purpose=dispute_evidence']) {
    const error = (await (await post(path, form, type)).json()).error;
    assert.equal(error.param, 'amount');
  }
});
