"""Chaos: payments while the provider misbehaves and florin is killed with -9, then a comparison.

The proof asked for: every charge at the sandbox belongs to exactly one payment and the other way
round, with the same money; each idempotency key has one payment and one answer; the books balance.
Used by `./dev bench --chaos` (long) and tests/chaos_test.py (short).
"""

import collections
import concurrent.futures
import dataclasses
import http.client
import json
import os
import random
import secrets
import threading
import time
import urllib.parse

from compare import (CURRENCIES, check_books, check_declines, compare_charges, compare_keys,
                     is_running, major, minor)

FAULTS = {"drop_reply": 0.05, "error_500": 0.03, "error_500_after": 0.01, "rate_limit_429": 0.01,
          "delay": 0.10}
DELAY_MS = [20, 200]
GOOD_CARDS = ["pm_card_visa", "pm_card_mastercard"]
DECLINED_CARD = "pm_card_visa_chargeDeclined"
# What buyers and shops do, and how often.
STORIES = {"capture at once": 30, "capture later": 8, "capture a part": 8, "refund": 8,
           "refund a part": 8, "cancel": 8, "decline": 4, "hold": 4, "raise": 5, "lower": 5,
           "undo a hold": 4, "undo a sale": 4, "try again": 4}
MANUAL = {"capture later", "capture a part", "cancel", "hold", "raise", "lower", "undo a hold"}
DECLINED = {"decline", "try again"}
# What follows once the payment is there: the path, and which part of the amount; nothing = all.
FOLLOWS = {"capture later": ("capture", None), "capture a part": ("capture", 1 / 3),
           "refund": ("refunds", None), "refund a part": ("refunds", 1 / 4),
           "cancel": ("cancel", None), "raise": ("adjust", 1.5), "lower": ("adjust", 1 / 2),
           "undo a hold": ("undo", None), "undo a sale": ("undo", None),
           "try again": ("attempts", None)}


def seed_from_environment():
    return int(os.environ.get("FLORIN_CHAOS_SEED") or secrets.randbelow(1_000_000))


@dataclasses.dataclass
class Post:
    """One POST under one key: what was sent, and the first final answer that came back."""

    path: str
    body: bytes
    key: str
    answer: tuple | None = None  # (status, body), once final.
    pending: bool = False        # A 202 came: the outcome is read from the payment.

    def done(self):
        return self.answer is not None or self.pending


@dataclasses.dataclass
class Story:
    kind: str
    create: Post
    twice: bool             # The buyer's finger trembled: the same POST twice at once.
    follow: Post | None = None
    payments: set = dataclasses.field(default_factory=set)
    finished: bool = False


def make_story(number, seed, dice):
    kind = dice.choices(list(STORIES), STORIES.values())[0]
    currency = dice.choice(list(CURRENCIES))
    orders = [{"payment_order_id": f"ord_{seed}_{number}_{part}",
               "seller_account": f"seller_{dice.randrange(20)}",
               "amount": major(dice.randrange(100, 50_000), currency)}
              for part in range(dice.randint(1, 4))]
    body = {"checkout_id": f"chk_{seed}_{number}", "buyer": {"id": f"buyer_{number}"},
            "payment_method": {"type": "card", "token": DECLINED_CARD if kind in DECLINED
                               else dice.choice(GOOD_CARDS)},
            "capture": "manual" if kind in MANUAL else "automatic",
            "currency": currency, "payment_orders": orders}
    post = Post("/v1/payments", json.dumps(body).encode(), f"chaos-{seed}-{number}")
    return Story(kind, post, dice.random() < 0.10)


def follow_of(story, payment):
    """What is done with a payment that is ready for it, or None."""
    verb, part = FOLLOWS.get(story.kind, (None, None))
    ready = "authorized" if story.kind in MANUAL else \
        "failed" if story.kind in DECLINED else "succeeded"
    if verb is None or payment["status"] != ready:
        return None
    body = {}
    if part:
        units = int(minor(payment["amount"], payment["currency"]) * part)
        body["amount"] = major(units, payment["currency"])
    if verb == "attempts":
        body["payment_method"] = {"type": "card", "token": GOOD_CARDS[0]}
    return Post(f"/v1/payments/{payment['id']}/{verb}", json.dumps(body).encode(),
                f"{story.create.key}-{verb}")


class Client:
    """HTTP to whichever florin is up. One per thread."""

    def __init__(self, stack, dice):
        self.stack, self.dice = stack, dice
        self.connections = {}

    def call(self, method, path, body=None, key=None):
        """(status, headers, body), or None when no answer came."""
        url = self.dice.choice(self.stack.florins).url
        headers = {"Authorization": f"Bearer {self.stack.key}"}
        if key:
            headers |= {"Content-Type": "application/json", "Idempotency-Key": key}
        connection = self.connections.get(url)
        if connection is None:
            address = urllib.parse.urlsplit(url)
            connection = http.client.HTTPConnection(address.hostname, address.port, timeout=15)
            self.connections[url] = connection
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        except (OSError, http.client.HTTPException):
            self.connections.pop(url).close()
            return None

    def close(self):
        for connection in self.connections.values():
            connection.close()


class Chaos:
    def __init__(self, stack, seed, payments, threads=12, kill_every=(2.0, 4.0),
                 patience=180, say=print):
        self.stack, self.seed, self.say = stack, seed, say
        self.threads, self.kill_every, self.patience = threads, kill_every, patience
        dice = random.Random(seed)
        self.stories = [make_story(number, seed, dice) for number in range(payments)]
        self.problems, self.counts = [], collections.Counter()
        self.lock, self.local, self.clients = threading.Lock(), threading.local(), []
        self.played, self.all_played = 0, threading.Event()
        self.broken = threading.Event()  # A program does not start again: waiting is in vain.

    # --- clients ---------------------------------------------------------------------------------

    def client(self):
        if not hasattr(self.local, "client"):
            self.local.client = Client(self.stack, random.Random())
            with self.lock:
                self.clients.append(self.local.client)
        return self.local.client

    def problem(self, text):
        with self.lock:
            self.problems.append(text)

    def count(self, what, number=1):
        with self.lock:
            self.counts[what] += number

    def ask(self, method, path, body=None, key=None, *, until):
        """One answer that is not "try again", or None when time is up."""
        while time.monotonic() < until and not self.broken.is_set():
            answer = self.client().call(method, path, body, key)
            if answer is None:
                self.count("no answer")
                if not any(florin.is_running() for florin in self.stack.florins):
                    self.give_up()
            elif answer[0] >= 500 or answer[0] == 429:
                self.count(f"answer {answer[0]}")
            elif answer[0] == 409 and answer[1].get("Retry-After"):
                self.count("answer 409, still running")
            else:
                return answer
            time.sleep(random.uniform(0.02, 0.15))
        return None

    def give_up(self):
        """Trouble ends one florin at a time: if none is left, they died by themselves."""
        if not self.broken.is_set():
            self.broken.set()
            for florin in self.stack.florins:
                self.expect_running(florin)

    def send(self, story, post, until):
        """Sends with the same key until the answer is final, or says to look at the payment."""
        answer = self.ask("POST", post.path, post.body, post.key, until=until)
        if answer is None:
            return
        status, _, body = answer
        try:
            content = json.loads(body)
        except ValueError:
            return self.problem(f"{post.key}: {status} without JSON: {body[:200]!r}")
        payment = content.get("payment") or content.get("id")  # Of a refund, or of itself.
        if status not in (200, 201, 202, 402) or not payment:
            return self.problem(f"{post.key}: unexpected answer {status} {body[:400]!r}")
        with self.lock:
            story.payments.add(payment)
            if status == 202:
                post.pending = True
            elif post.answer is None:
                post.answer = (status, body)
            elif post.answer != (status, body):
                self.problems.append(f"{post.key}: two final answers:\n  {post.answer}\n  "
                                     f"{(status, body)}")
        self.count(f"answer {status}")
        return None

    def payment(self, story, until):
        """The payment when nothing of it runs any more, or None when time is up."""
        pause = 0.02
        while time.monotonic() < until:
            answer = self.ask("GET", f"/v1/payments/{next(iter(story.payments))}", until=until)
            if answer is None:
                return None
            if answer[0] != 200:
                self.problem(f"{story.create.key}: GET answers {answer[0]} {answer[2][:200]!r}")
                return None
            payment = json.loads(answer[2])
            if not is_running(payment):
                return payment
            time.sleep(pause)
            pause = min(2 * pause, 1)
        return None

    def play(self, story, patience):
        """Plays a story as far as it comes; playing it again goes on where it stopped."""
        until = time.monotonic() + patience
        twin = None
        if story.twice and not story.create.done():
            twin = threading.Thread(target=self.send, args=(story, story.create, until))
            twin.start()
        if not story.create.done():
            self.send(story, story.create, until)
        if twin:
            twin.join()
        if not story.create.done():
            return
        payment = self.payment(story, until)
        if payment is None:
            return
        if story.follow is None:
            story.follow = follow_of(story, payment)
        if story.follow and not story.follow.done():
            self.send(story, story.follow, until)
            if not story.follow.done() or self.payment(story, until) is None:
                return
        story.finished = True

    # --- phases ----------------------------------------------------------------------------------

    def perform(self, title, what, things):
        """Runs what(thing) for all things in threads, telling how far it is."""
        last = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(self.threads) as pool:
            running = [pool.submit(what, thing) for thing in things]
            for number, ended in enumerate(concurrent.futures.as_completed(running), 1):
                ended.result()
                self.played = number
                if time.monotonic() - last > 5:
                    last = time.monotonic()
                    self.say(f"{title}: {number} of {len(things)}, {self.counts['kill -9']} kills, "
                             f"{self.counts['no answer']} times no answer")

    def trouble(self):
        try:
            self.kill_and_restart()
        except BaseException:
            self.broken.set()
            raise

    def kill_and_restart(self):
        """Kills florins by turns, and restarts the sandbox once, until all stories were played."""
        dice = random.Random(self.seed + 1)
        turn, sandbox_restarted = 0, False
        while not self.all_played.wait(dice.uniform(*self.kill_every)):
            florin = self.stack.florins[turn % len(self.stack.florins)]
            self.expect_running(florin)
            florin.kill()
            self.count("kill -9")
            if not sandbox_restarted and 3 * self.played >= len(self.stories):
                self.expect_running(self.stack.sandbox)
                self.stack.sandbox.stop()
                self.stack.sandbox.start()
                self.unleash()  # It keeps charges, not faults.
                sandbox_restarted = True
                self.count("sandbox restarts")
            florin.start()
            turn += 1

    def expect_running(self, program):
        """Only we may end a program: one that died by itself has a fault of its own."""
        if not program.is_running():
            self.problem(f"{program.name} died by itself; its last words:\n{program.tail()}")

    def end_programs(self):
        for program in [*self.stack.florins, self.stack.sandbox]:
            self.expect_running(program)
            code = program.stop()
            if code != 0:
                self.problem(f"{program.name} ends with code {code}; its last words:\n"
                             f"{program.tail()}")

    def unleash(self):
        self.stack.set_faults({"seed": self.seed, "rates": FAULTS, "delay_ms": DELAY_MS})

    def storm(self):
        self.unleash()
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            trouble = pool.submit(self.trouble)
            try:
                self.perform("storm", lambda story: self.play(story, 20), self.stories)
            finally:
                self.all_played.set()
            trouble.result()
        for what in ("kill -9", "sandbox restarts"):
            if not self.counts[what]:
                self.problem(f"the storm ended before the first of: {what}; play more payments")

    def calm(self):
        """Without faults everything must come to an end: stories, then the resolver's work."""
        self.stack.set_faults({"rates": {}})
        open_stories = [story for story in self.stories if not story.finished]
        self.count("unfinished after the storm", len(open_stories))
        self.perform("calm", lambda story: self.play(story, self.patience),
                     open_stories)
        for story in self.stories:
            if not story.finished and not self.broken.is_set():
                self.problem(f"{story.create.key} ({story.kind}) never ended, "
                             f"{self.patience} s after the faults")

    def replay(self, story):
        """The same POST again: the same answer, byte by byte, marked as a replay."""
        for post in (story.create, story.follow):
            if post is None:
                continue
            for _ in range(1 if post.answer else 2):
                answer = self.ask("POST", post.path, post.body, post.key,
                                  until=time.monotonic() + 30)
                if answer is None or answer[0] not in (200, 201, 202, 402):
                    self.problem(f"{post.key}: a repeat is answered with {answer}")
                    break
                status, headers, body = answer
                if headers.get("Idempotent-Replayed") != "true":
                    self.problem(f"{post.key}: a repeat is not marked Idempotent-Replayed")
                post.answer = post.answer or (status, body)
                if post.answer != (status, body):
                    self.problem(f"{post.key}: a repeat has another answer:\n  {post.answer}\n  "
                                 f"{(status, body)}")

    def all_payments(self):
        payments, path = [], "/v1/payments?limit=100"
        while path:
            answer = self.ask("GET", path, until=time.monotonic() + 60)
            if answer is None or answer[0] != 200:
                raise RuntimeError(f"GET {path} answers {answer}")
            page = json.loads(answer[2])
            payments += page["data"]
            after = page["data"][-1]["id"] if page["has_more"] else None
            path = after and f"/v1/payments?limit=100&starting_after={after}"
        return payments

    def escrow(self):
        """Currency -> what its escrow account holds, for the accounts that were used."""
        balances = {}
        for currency in CURRENCIES:
            answer = self.ask("GET", f"/v1/ledger/accounts/escrow:{currency}",
                              until=time.monotonic() + 30)
            if answer and answer[0] == 200:
                balances[currency] = json.loads(answer[2])["balance"]
            elif not answer or answer[0] != 404:
                self.problem(f"the escrow account of {currency} is answered with {answer}")
        return balances

    def agreeing_charges(self, payments):
        """The provider's charges as soon as they agree: releases run on behind the payments."""
        until = time.monotonic() + self.patience
        while True:
            charges = self.stack.sandbox_charges()
            problems = compare_charges(payments, charges)
            if not problems or time.monotonic() > until:
                self.problems += problems
                return charges
            time.sleep(0.5)

    def run(self):
        """Returns a summary; raises AssertionError with the seed and what is wrong."""
        try:
            return self.storm_and_compare()
        finally:
            for client in self.clients:
                client.close()

    def conclude(self):
        if self.problems:
            shown = "\n".join(self.problems[:20])
            raise AssertionError(f"chaos with seed {self.seed} (set FLORIN_CHAOS_SEED) found "
                                 f"{len(self.problems)} problems:\n{shown}")

    def storm_and_compare(self):
        begin = time.monotonic()
        self.say(f"chaos: {len(self.stories)} payments, seed {self.seed} "
                 f"(FLORIN_CHAOS_SEED={self.seed} replays it)")
        self.storm()
        self.calm()
        if self.broken.is_set():
            self.conclude()
        self.say("comparing every payment with every charge")
        payments = self.all_payments()
        self.problems += compare_keys(self.stories, payments)
        charges = self.agreeing_charges(payments)
        self.problems += check_declines(self.stories, payments)
        self.perform("repeating every POST", self.replay, self.stories)
        if len(self.stack.sandbox_charges()) != len(charges):
            self.problem("repeating POSTs made charges")
        balance = self.stack.florin_json("ledger", "trial-balance")
        self.problems += check_books(balance, self.escrow(), payments)
        self.end_programs()
        self.conclude()
        statuses = collections.Counter(payment["status"] for payment in payments)
        return (f"{len(payments)} payments agree with {len(charges)} charges after "
                f"{time.monotonic() - begin:.0f} s, seed {self.seed}; "
                f"payments: {dict(statuses)}; on the way: {dict(self.counts)}")
