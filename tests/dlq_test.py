"""What waits for a person: seen, tried again and discarded, by command and over HTTP."""

import json
import subprocess
import unittest
import uuid

from disputes_test import DisputeTest
from shop import eventually
from webhooks_test import signed

LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"


def uuid_of(public_id):
    """The UUID that a public id stands for."""
    number = 0
    for letter in public_id.partition("_")[2]:
        number = number * 32 + LETTERS.index(letter)
    return uuid.UUID(int=number)


class DeadLetters(DisputeTest):
    def florin(self, *arguments):
        """The command's exit code and what it says."""
        done = subprocess.run([self.stack.binary("florin"), *arguments], capture_output=True,
                              text=True, check=False,
                              env={**self.stack.environment(), "PATH": "/usr/bin"})
        return done.returncode, done.stdout, done.stderr

    def listed(self, shop):
        return shop.get("/v1/dlq").json["data"]

    def tell(self, kind, thing, payment=""):
        """An event that the provider signs, about a thing that it may not have."""
        event = "evt_" + uuid.uuid4().hex[:16]
        told = {"id": event, "object": "event", "type": kind,
                "data": {"object": {"id": thing, "metadata": {"florin_payment": payment}}}}
        self.assertEqual(self.stack.deliver(*signed(json.dumps(told).encode())), 200)
        return event

    def dead(self, event):
        def look():
            code, out, _ = self.florin("dlq", "list", "--limit", "1000", "--json")
            self.assertEqual(code, 0)
            found = [json.loads(line) for line in out.splitlines()]
            return [one for one in found if one["id"] == f"stripe:{event}"]
        found = eventually(look)
        self.assertTrue(found)
        return found[0]

    def test_an_event_that_nobody_can_use_waits_with_its_words(self):
        shop = self.shop()
        payment = self.pay(shop)["id"]
        event = self.tell("refund.failed", "re_of_nobody", payment)
        letter = self.dead(event)
        self.assertEqual((letter["kind"], letter["payment"], letter["state"]),
                         ("provider_event", payment, "dead"))
        self.assertIn("nobody here asked for", letter["why"])
        code, out, _ = self.florin("dlq", "show", letter["id"])
        self.assertEqual(code, 0)
        self.assertEqual(json.loads(json.loads(out)["body"])["id"], event)
        self.assertEqual([one["id"] for one in self.listed(shop)], [letter["id"]])
        self.assertEqual(self.listed(self.shop()), [], "others see nothing of it")
        self.assertEqual(self.florin("dlq", "retry", letter["id"])[0], 0)
        again = self.dead(event)
        self.assertEqual(again["id"], letter["id"])
        code, _, err = self.florin("dlq", "discard", letter["id"])
        self.assertEqual(code, 2, err)
        code, _, err = self.florin("dlq", "discard", letter["id"], "--reason", "refunded by hand")
        self.assertEqual(code, 0, err)
        self.assertEqual(self.listed(shop), [])
        self.assertEqual(self.florin("dlq", "show", letter["id"])[0], 4)

    def test_a_refund_that_came_back_is_dealt_with_over_http(self):
        shop = self.shop()
        payment = self.pay(shop, payment_method={"type": "card", "token": "pm_card_refundFail"})
        refund = self.act(shop, payment["id"], "refunds", status=201)
        self.stack.advance_sandbox()
        (letter,) = eventually(lambda: self.listed(shop))
        self.assertEqual((letter["id"], letter["type"], letter["state"]),
                         (refund["operation"]["id"], "refund", "succeeded"))
        shown = shop.get("/v1/dlq/" + letter["id"]).json
        self.assertEqual([event["type"] for event in shown["history"]],
                         ["refund.created", "refund.succeeded", "refund.returned"])
        answer = shop.post(f"/v1/dlq/{letter['id']}/retry")
        self.assert_problem(answer, 409, "operation_ended")
        answer = shop.post(f"/v1/dlq/{letter['id']}/discard", {})
        self.assertEqual(answer.status, 422, answer.text)
        answer = shop.post(f"/v1/dlq/{letter['id']}/discard", {"reason": "paid by bank transfer"})
        self.assertEqual(answer.status, 204, answer.text)
        self.assertEqual(self.listed(shop), [])
        answer = shop.post(f"/v1/dlq/{letter['id']}/discard", {"reason": "twice"})
        self.assert_problem(answer, 404, "dead_letter_not_found")

    def test_what_is_open_cannot_be_discarded_but_looked_at(self):
        shop = self.shop()
        self.stack.set_faults({"rates": {"drop_reply": 1.0}})
        payment = self.pay(shop, 202)
        operation = payment["operation"]["id"]
        self.stack.sql("update florin.operation set tries = 12, due_at = now() + interval '1 h' "
                         f"where payment_id = '{uuid_of(payment['id'])}'")
        (letter,) = eventually(lambda: self.listed(shop))
        self.assertEqual(letter["id"], operation)
        answer = shop.post(f"/v1/dlq/{operation}/discard", {"reason": "no idea"})
        self.assert_problem(answer, 409, "operation_open")
        self.stack.set_faults({"rates": {}})
        self.assertEqual(shop.post(f"/v1/dlq/{operation}/retry").status, 202)
        self.settled(shop, payment["id"], "succeeded")
        self.assertEqual(self.listed(shop), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
