"""What tests of payouts begin with: sellers who are owed money, and a bank's word on what left."""

import os

from shipping_test import HOLDS_NOTHING, ShippingCase
from shop import FastStack, eventually

IBAN, OURS = "DE89370400440532013000", "GB82WEST12345698765432"
BANK = {"rail": "bank_file", "destination": {"name": "Ann & Söhne <Buch>", "iban": IBAN}}
LIMIT = '[[payout_limit]]\ncurrency = "EUR"\namount = "900.00"\n'


class PayingStack(FastStack):
    """Releases at once, looks often, and more than 900 euros take two persons."""

    def environment(self):
        path = os.path.join(self.folder, "payouts.toml")
        with open(path, "w", encoding="ascii") as file:
            file.write(LIMIT)
        return {**super().environment(), **HOLDS_NOTHING, "FLORIN_CONFIG": path,
                "FLORIN_PAYOUT_BANK_NAME": "Florin's Market", "FLORIN_PAYOUT_BANK_IBAN": OURS,
                "FLORIN_PAYOUT_PERIOD_MS": "50"}


class PayoutCase(ShippingCase):
    """Of an order of 70.00, 59.50 are seller_a's."""

    stack_type = PayingStack

    def sold(self, shop, amount="70.00"):
        """An order of seller_a's that is delivered: the payment and the order."""
        payment, (order,) = self.paid(shop, payment_orders=[
            {"payment_order_id": "ord_1", "seller_account": "seller_a", "amount": amount}])
        self.tell(shop, order)
        self.released(shop, order)
        return payment, order

    def seller(self, shop):
        return shop.get("/v1/sellers?reference=seller_a").json["data"][0]["id"]

    def put(self, shop, seller, status=200, **settings):
        answer = shop.request("PUT", f"/v1/sellers/{seller}/payout_settings/EUR",
                              {**BANK, **settings})
        self.assertEqual(answer.status, status, answer.text)
        return answer.json

    def ask(self, shop, seller, status=201, key=None):
        answer = shop.post("/v1/payouts", {"seller": seller, "currency": "EUR"}, key)
        self.assertEqual(answer.status, status, answer.text)
        return answer.json

    def do(self, shop, payout, action, **body):
        answer = shop.post(f"/v1/payouts/{payout}/{action}", body)
        self.assertEqual(answer.status, 200, answer.text)
        return answer.json

    def get(self, shop, path):
        answer = shop.get(path)
        self.assertEqual(answer.status, 200, answer.text)
        return answer.json

    def exported(self, shop, payout):
        """The batch of the payout, which has left."""
        found = eventually(lambda: self.get(shop, f"/v1/payouts/{payout}")["batch"])
        self.assertTrue(found, "it is in no batch")
        answer = shop.post(f"/v1/payout_batches/{found}/export")
        self.assertEqual(answer.status, 200, answer.text)
        return found

    def in_transit(self, shop, **settings):
        """A payout of 59.50 that is with the bank: its seller and its id."""
        seller = self.seller(shop)
        self.put(shop, seller, **settings)
        payout = self.ask(shop, seller)["id"]
        self.exported(shop, payout)
        return seller, payout

    def status_of(self, shop, seller, order=None):
        about = f"&payment_order_id={order}" if order else ""
        return self.get(shop, f"/v1/sellers/{seller}/payout_status?currency=EUR{about}")

    def proved(self, shop, payout):
        found = self.get(shop, f"/v1/payouts/{payout}/explain?limit=100")
        proof = found["proof"]
        self.assertTrue(proof["equal"], found)
        items = sum(round(100 * float(item["amount"])) for item in found["items"])
        self.assertEqual(items, round(100 * float(proof["items_sum"])))
        parts = sum(round(100 * float(proof[name])) for name in ("netted", "reserved", "paid"))
        self.assertEqual(items, parts)
        return found
