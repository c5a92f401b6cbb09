"""The second half of the demonstration: from shipment to payout, and a refund after it.

After each step the trial balance is shown, and its difference has to be zero.
"""

import demo_kit
from shop import eventually

PAYING = {"FLORIN_RELEASE_HOLD_HOURS": "0", "FLORIN_PAYOUT_PERIOD_MS": "100",
          "FLORIN_PAYOUT_BANK_NAME": "Demo Market",
          "FLORIN_PAYOUT_BANK_IBAN": "GB82WEST12345698765432"}
RULES = ({"kind": "commission", "currency": "EUR", "rate": "10"},
         {"kind": "logistics", "currency": "EUR", "rate": "5"})
IBAN = "DE89370400440532013000"


class Market:
    """Two sellers of the demonstration's shop, and how they are paid."""

    def __init__(self, demo, client):
        self.demo, self.client = demo, client

    def open(self):
        self.sellers = {}
        for reference in ("seller_a", "seller_b"):
            made = self.post("/v1/sellers", {"reference": reference, "name": reference})
            self.sellers[reference] = made["id"]
            settings = {"rail": "bank_file", "destination": {"name": reference, "iban": IBAN}}
            self.demand(self.client.request(
                "PUT", f"/v1/sellers/{made['id']}/payout_settings/EUR", settings))
        for rule in RULES:
            self.post("/v1/fee_rules", rule)
        print("    two sellers; of each order 10 % are ours and 5 % the carrier's")

    def play(self, payment):
        demo_kit.heading("8. Both orders are delivered: their money leaves escrow")
        orders = self.get("/v1/payments/" + payment)["payment_orders"]
        for order in orders:
            self.ship(order["id"])
        self.balances()

        demo_kit.heading("9. The first seller is paid, by a file for the bank")
        payout = self.pay("seller_a")
        self.balances()

        demo_kit.heading("10. What he was paid for, and that it adds up")
        self.explain(payout)

        demo_kit.heading("11. His buyer gets the money back: after the payout it is his debt")
        self.post(f"/v1/payments/{payment}/refunds", {"payment_orders": [
            {"payment_order_id": "ord_1", "amount": "70.00"}]})
        self.balances()

        demo_kit.heading("12. He sells again, and the debt is taken out of the next payout")
        second = self.post("/v1/payments", {**demo_kit.ORDER, "checkout_id": "chk_1003",
                                            "capture": "automatic"})
        self.ship(second["payment_orders"][0]["id"])
        self.balances()
        self.explain(self.post("/v1/payouts", {"seller": self.sellers["seller_a"],
                                               "currency": "EUR"})["id"])
        self.balances()

        demo_kit.heading("13. Why the second seller has not been paid yet")
        found = self.get(f"/v1/sellers/{self.sellers['seller_b']}/payout_status?currency=EUR")
        print(f"    available {found['available']}: {', '.join(found['why'])}")

    def demand(self, answer):
        return demo_kit.need(answer, "a step of the market")

    def post(self, path, body=None):
        return self.demand(self.client.post(path, body))

    def get(self, path):
        return self.demand(self.client.get(path))

    def ship(self, order):
        self.post(f"/v1/payment_orders/{order}/shipment",
                  {"status": "delivered", "carrier": "dhl"})
        if not eventually(lambda: self.get("/v1/payment_orders/" + order)["release"]):
            raise RuntimeError("the order was not released")
        release = self.get("/v1/payment_orders/" + order)["release"]
        print(f"    {release['amount']}: {release['seller']} the seller's, "
              f"{release['commission']} ours, {release['logistics']} the carrier's")

    def pay(self, reference):
        payout = self.post("/v1/payouts", {"seller": self.sellers[reference], "currency": "EUR"})
        path = "/v1/payouts/" + payout["id"]
        batch = eventually(lambda: self.get(path)["batch"])
        self.post(f"/v1/payout_batches/{batch}/export")
        file = self.client.get(f"/v1/payout_batches/{batch}/file").text
        for line in file.splitlines():
            if "InstdAmt" in line or "EndToEndId" in line:
                print("    " + line.strip())
        paid = self.post(path + "/outcome", {"status": "paid", "reference": "bank-1",
                                             "fee": "0.25"})
        print(f"    {paid['id']} is {paid['status']}: {paid['amount']} {paid['currency']}")
        return payout["id"]

    def explain(self, payout):
        found = self.get(f"/v1/payouts/{payout}/explain")
        rows = [["", "amount"]]
        rows += [[item["kind"], item["amount"]] for item in found["items"]]
        proof = found["proof"]
        rows += [["less debts", proof["netted"]], ["less reserve", proof["reserved"]],
                 ["payout", proof["paid"]]]
        demo_kit.table(rows, right=("amount",))
        if not proof["equal"]:
            raise RuntimeError("the payout does not add up")

    def balances(self):
        print()
        rows = [["account", "balance"]]
        rows += [[one["id"], one["balance"]] for one in self.get("/v1/ledger/accounts")["data"]
                 if one["balance"] != "0.00" and not one["id"].startswith("interslot")]
        demo_kit.table(rows, right=("balance",))
        print()
        self.demo.show_trial_balance()
