"""What every test of whole programs needs: the stack, a JSON client, and the logs of what failed.

    class CaptureTest(kit.StackTest):
        florins = 2                                  # processes of florin on one database

        def test_capture(self):
            shop = self.client()                     # a merchant of its own, with an API key
            paid = shop.post("/v1/payments", kit.order(capture="manual"))
            self.assertEqual(201, paid.status, paid.text)

The programs come from $FLORIN_BUILD (build/debug). Every port is chosen by the system; PostgreSQL
listens on a unix socket in a folder of its own. The processes and the cluster are bench/stack.py's.
"""

import atexit
import contextlib
import dataclasses
import http.client
import json
import os
import pathlib
import sys
import tempfile
import unittest
import urllib.parse
import uuid

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("FLORIN_BUILD", ROOT / "build/debug")).resolve()
sys.path.insert(0, str(ROOT / "bench"))
import stack  # noqa: E402

REQUEST_SECONDS_MAX = 90  # Longer than any answer of florin takes: it gives up after 60.


def order(**changes):
    """A payment for two sellers, 70 and 30 euros; named fields replace or add."""
    return {
        "checkout_id": "chk_" + uuid.uuid4().hex[:12],
        "buyer": {"id": "buyer_7", "email": "buyer@example.com"},
        "payment_method": {"type": "card", "token": "pm_card_visa"},
        "capture": "automatic",
        "currency": "EUR",
        "payment_orders": [
            {"payment_order_id": "ord_1", "seller_account": "seller_a", "amount": "70.00"},
            {"payment_order_id": "ord_2", "seller_account": "seller_b", "amount": "30.00"},
        ],
        **changes,
    }


@dataclasses.dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage  # Names in any case.
    text: str

    @property
    def json(self):
        return json.loads(self.text)


class Client:
    """One kept-alive connection. A request that fails raises and is never sent again by itself."""

    def __init__(self, url, key=None):
        self.key = key
        self.place = urllib.parse.urlsplit(url).netloc
        self.connection = None

    def request(self, method, path, body=None, headers=None):
        """`body`: what JSON can say, or bytes and text that are sent as they are."""
        sent = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        if body is not None:
            sent["Content-Type"] = "application/json"
            if not isinstance(body, (bytes, str)):
                body = json.dumps(body)
        # A header set to None is left out.
        sent = {name: value for name, value in {**sent, **(headers or {})}.items()
                if value is not None}
        if self.connection is None:
            self.connection = http.client.HTTPConnection(self.place, timeout=REQUEST_SECONDS_MAX)
        try:
            self.connection.request(method, path, body, sent)
            answer = self.connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read().decode())
        except (OSError, http.client.HTTPException):
            self.close()
            raise

    def get(self, path, headers=None):
        return self.request("GET", path, headers=headers)

    def post(self, path, body=None, key=None, headers=None):
        """`key`: the Idempotency-Key; a new one when none is given."""
        headers = {"Idempotency-Key": key or str(uuid.uuid4()), **(headers or {})}
        return self.request("POST", path, {} if body is None else body, headers)

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None


class Stack(stack.Stack):
    """PostgreSQL, florin-sandbox and some florins, migrated, for as long as the `with` lasts."""

    def __init__(self, florins=1, settings=None, sandbox_keeps_data=False):
        for name in ("florin", "florin-sandbox"):
            if not (BUILD / name).exists():
                raise FileNotFoundError(f"{BUILD / name} is missing: run ./dev build")
        logs = tempfile.mkdtemp(prefix="florin-logs-")
        atexit.register(self.close)  # Ctrl-C skips what unittest would clean up.
        super().__init__(str(BUILD), logs, settings, florins, sandbox_keeps_data)

    def new_key(self, name="test"):
        """A merchant of its own: {"id", "key", "merchant_id", "scopes"}."""
        merchant = "merchant_" + uuid.uuid4().hex[:12]
        return self.florin_json("keys", "create", "--name", name, "--merchant", merchant)

    def client(self, key=None, florin=0):
        """`key`: an API key; "" sends none, and without a value a new merchant is made."""
        key = self.new_key()["key"] if key is None else key
        return Client(self.florins[florin].url, key)

    def sql(self, statement):
        """The rows, each a list of texts."""
        rows = self.postgres.query(statement)
        return [line.split("|") for line in rows.splitlines()]

    def trial_balance(self):
        return self.florin_json("ledger", "trial-balance")

    def restart(self, florin=0, how="stop"):
        """Stops ("stop") or kills ("kill") one florin and starts it again, on a port of its own."""
        program = self.florins[florin]
        getattr(program, how)()
        return program.start()

    def tails(self):
        """The last lines of every log."""
        logs = sorted(pathlib.Path(self.logs).glob("*.log"))
        logs.append(pathlib.Path(self.folder) / "postgres.log")
        parts = []
        for log in logs:
            if log.exists():
                last = log.read_text(errors="replace").splitlines()[-25:]
                parts.append(f"---- {log.name}\n" + "\n".join(last))
        return "\n".join(parts)

    def close(self):
        atexit.unregister(self.close)
        super().close()
        with contextlib.suppress(OSError):
            for log in pathlib.Path(self.logs).iterdir():
                log.unlink()
            os.rmdir(self.logs)


class StackTest(unittest.TestCase):
    """Tests that share one stack. The logs are printed when one of them fails."""

    stack_type = Stack
    florins = 1
    settings = None  # Of PostgreSQL.
    sandbox_keeps_data = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stack = cls.enterClassContext(cls.stack_type(
            florins=cls.florins, settings=cls.settings,
            sandbox_keeps_data=cls.sandbox_keeps_data))

    def client(self, key=None, florin=0):
        client = self.stack.client(key, florin)
        self.addCleanup(client.close)
        return client

    def run(self, result=None):
        before = len(result.failures) + len(result.errors) if result else 0
        outcome = super().run(result)
        if result and len(result.failures) + len(result.errors) > before:
            print(f"\n{self.id()} failed; the last lines of the logs:\n{self.stack.tails()}")
        return outcome
