// Connected accounts, by Stripe's official client: transfers, payouts to banks, reversals.

import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';

import { SECRET, advance, listen, start } from './kit.mjs';

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

const send = (destination, more = {}) =>
  stripe.transfers.create({ amount: 1000, currency: 'eur', destination, ...more });
const payOut = (stripeAccount, more = {}) =>
  stripe.payouts.create({ amount: 1000, currency: 'eur', ...more }, { stripeAccount });

test('a transfer is paid out to the bank, and its events name the account', async () => {
  const account = await stripe.accounts.retrieve('acct_ok1');
  assert.equal(account.payouts_enabled, true);
  const transfer = await send('acct_ok1', { transfer_group: 'g1', metadata: { order: '7' } });
  const group = await stripe.transfers.list({ transfer_group: 'g1' });
  assert.deepEqual(group.data, [transfer]);
  const payout = await payOut('acct_ok1');
  assert.equal(payout.status, 'pending');
  assert.deepEqual(await advance(sandbox.url, payout.id), [payout.id]);
  await advance(sandbox.url, payout.id);
  const options = { stripeAccount: 'acct_ok1' };
  assert.equal((await stripe.payouts.retrieve(payout.id, {}, options)).status, 'paid');
  const event = await hook.until((all) => all.find((one) => one.type === 'payout.paid'));
  assert.deepEqual([event.account, event.data.object.id], ['acct_ok1', payout.id]);
  await assert.rejects(payOut('acct_ok1'), { code: 'balance_insufficient' });
});

test('what fails comes back by a reversal, once', async () => {
  const transfer = await send('acct_fails1');
  const payout = await payOut('acct_fails1');
  await advance(sandbox.url, payout.id);
  await assert.rejects(stripe.transfers.createReversal(transfer.id, { amount: 1000 }), {
    code: 'balance_insufficient',
  });
  await advance(sandbox.url, payout.id);
  const reversal = await stripe.transfers.createReversal(transfer.id, { amount: 1000 });
  assert.equal(reversal.transfer, transfer.id);
  assert.equal((await stripe.transfers.retrieve(transfer.id)).reversed, true);
  await assert.rejects(stripe.transfers.createReversal(transfer.id), { param: 'amount' });
  await assert.rejects(payOut('acct_nobody'), { code: 'account_invalid', statusCode: 403 });
});

test('a key belongs to the account that it was used for', async () => {
  await send('acct_instant1');
  await send('acct_instant2');
  const pay = (stripeAccount) =>
    stripe.payouts.create(
      { amount: 400, currency: 'eur' },
      { stripeAccount, idempotencyKey: 'same' },
    );
  const first = await pay('acct_instant1');
  assert.equal((await pay('acct_instant1')).id, first.id);
  assert.notEqual((await pay('acct_instant2')).id, first.id);
});
