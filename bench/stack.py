"""The programs of a benchmark: a throw-away PostgreSQL, the sandbox and florin, each a process.

Everything is stopped and removed at the end. Ports are chosen by the system.
"""

import glob
import json
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import urllib.parse
import urllib.request

READY = re.compile(r"listens on (https?://\S+)")
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_of(pid):
    """CPU seconds that a process and its dead children used; 0 when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(int(field) for field in fields[11:15]) / CLOCK_TICKS


def children_of(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(child) for child in file.read().split()]
    except OSError:
        return []


class Program:
    """A process with its log. `url` is known once it says that it listens."""

    def __init__(self, name, command, folder, env=None):
        self.name, self.command, self.env = name, [str(part) for part in command], env
        self.log_path = os.path.join(folder, f"{name}.log")
        self.url, self.process, self._ready = None, None, threading.Event()
        with open(self.log_path, "wb"):
            pass  # The log tells of this run only, through all restarts.

    def start(self, patience=60):
        self._ready.clear()
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=log,
                                            env={**os.environ, **(self.env or {})})
        self._reader = threading.Thread(target=self._read, args=(self.process.stdout,), daemon=True)
        self._reader.start()
        if not self._ready.wait(patience) or self.process.poll() is not None:
            self.kill()
            raise RuntimeError(f"{self.name} did not become ready; its last words:\n{self.tail()}")
        return self

    def _read(self, lines):
        with open(self.log_path, "ab") as log:
            for line in lines:
                log.write(line)
                log.flush()
                found = READY.search(line.decode(errors="replace"))
                if found:
                    self.url = found.group(1).rstrip("/.")
                    self._ready.set()
        self._ready.set()  # It ended: who waits for it must not wait longer.

    def tail(self, lines=15):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return "".join(log.readlines()[-lines:])

    def is_running(self):
        process = self.process  # Another thread may be ending it.
        return process is not None and process.poll() is None

    def kill(self):
        return self._end(signal.SIGKILL)

    def stop(self):
        """Asks it to end, and returns its exit code; 0 too when it was stopped before."""
        return self._end(signal.SIGTERM)

    def _end(self, how):
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        code = self.process.returncode
        self._reader.join()
        self.process.stdout.close()
        self.process = None
        return code

    def cpu(self):
        return cpu_of(self.process.pid)


class Postgres:
    """A fresh cluster on a unix socket. Run as root, it steps down to another user."""

    def __init__(self, folder, settings):
        self.bin = self._find_binaries()
        self.data, self.socket = os.path.join(folder, "data"), os.path.join(folder, "socket")
        self.log_path = os.path.join(folder, "postgres.log")
        self.user = self._other_user() if os.geteuid() == 0 else None
        for path in (self.data, self.socket):
            os.mkdir(path, 0o700)
        os.chmod(self.socket, 0o755)
        if self.user:
            for path in (self.data, self.socket):
                os.chown(path, self.user.pw_uid, self.user.pw_gid)
        self._run("initdb", "--pgdata", self.data, "--username", "florin", "--auth", "trust",
                  "--encoding", "UTF8", "--locale", "C", "--no-sync")
        with open(os.path.join(self.data, "postgresql.conf"), "a", encoding="ascii") as conf:
            for name, value in {**settings, "listen_addresses": "", "port": 5432,
                                "unix_socket_directories": self.socket}.items():
                conf.write(f"{name} = '{value}'\n")
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen([self._binary("postgres"), "-D", self.data], cwd="/",
                                            stdout=log, stderr=log, **self._identity())
        self._wait_until_ready()
        self.query("create database florin", "postgres")

    @staticmethod
    def _find_binaries():
        homes = glob.glob("/usr/lib/postgresql/*/bin")
        for home in sorted(homes, key=lambda path: -int(path.split("/")[-2])):
            if os.path.exists(os.path.join(home, "initdb")):
                return home
        found = shutil.which("initdb")
        if not found:
            raise RuntimeError("PostgreSQL's server programs are missing: install postgresql")
        return os.path.dirname(found)

    @staticmethod
    def _other_user():
        for name in ("postgres", "nobody"):
            try:
                return pwd.getpwnam(name)
            except KeyError:
                continue
        raise RuntimeError("PostgreSQL does not run as root: add a user postgres or nobody")

    def _identity(self):
        if not self.user:
            return {}
        return {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}

    def _binary(self, name):
        return os.path.join(self.bin, name)

    def _run(self, name, *arguments):
        subprocess.run([self._binary(name), *arguments], check=True, cwd="/",
                       stdout=subprocess.DEVNULL, **self._identity())

    def _wait_until_ready(self):
        deadline = time.monotonic() + 60
        probe = [self._binary("pg_isready"), "--quiet", "--host", self.socket,
                 "--username", "florin", "--dbname", "postgres"]
        while subprocess.run(probe, check=False).returncode != 0:
            if self.process.poll() is not None or time.monotonic() > deadline:
                with open(self.log_path, encoding="utf-8", errors="replace") as log:
                    raise RuntimeError(f"PostgreSQL does not start:\n{log.read()[-2000:]}")
            time.sleep(0.05)

    @property
    def url(self):
        return "postgresql://florin@/florin?host=" + urllib.parse.quote(self.socket, safe="")

    def query(self, sql, database="florin"):
        answer = subprocess.run(
            [self._binary("psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", self.socket, "-U",
             "florin", "-d", database, "-c", sql], check=True, capture_output=True, text=True)
        return answer.stdout.strip()

    def wal_bytes(self):
        return int(self.query("select (pg_current_wal_insert_lsn() - '0/0')::bigint"))

    def fill_log(self):
        """Log files to use again, as a server has that runs for a while. A fresh one makes each of
        them when it needs it, and every commit waits for that."""
        self.query("create table public.filler as "
                   "select repeat(md5(n::text), 30) from generate_series(1, 1000000) n")
        self.query("drop table public.filler")
        self.query("checkpoint")

    def cpu(self):
        pid = self.process.pid
        return cpu_of(pid) + sum(cpu_of(child) for child in children_of(pid))

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Stack:
    """PostgreSQL, the sandbox and some florins against them."""

    def __init__(self, build, logs, settings=None, florins=1, sandbox_keeps_data=False):
        os.makedirs(logs, exist_ok=True)
        self.build, self.logs = build, logs
        # Not /tmp: that is memory on some machines, and then no commit would be durable.
        self.folder = tempfile.mkdtemp(prefix="florin-bench-", dir="/var/tmp")
        os.chmod(self.folder, 0o755)
        self.florins, self.sandbox, self.postgres = [], None, None
        try:
            self.postgres = Postgres(self.folder, settings or {})
            self._start_sandbox(sandbox_keeps_data)
            self.florin("migrate")
            self.key = self.florin_json("keys", "create", "--name", "bench")["key"]
            for number in range(florins):
                self.florins.append(Program(f"florin-{number}", [
                    self.binary("florin"), "serve", "--listen", "127.0.0.1:0",
                ], self.logs, self.environment()).start())
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def binary(self, name):
        return os.path.join(self.build, name)

    def _start_sandbox(self, keeps_data):
        command = [self.binary("florin-sandbox"), "--listen", "127.0.0.1:0",
                   *self.sandbox_options()]
        if keeps_data:
            data = os.path.join(self.folder, "sandbox")
            os.mkdir(data)
            command += ["--data", data]
        self.sandbox = Program("sandbox", command, self.logs).start()
        # Whoever knows its address must find it there again after a restart.
        command[2] = self.sandbox.url.removeprefix("http://")
        self.sandbox.command = command

    def sandbox_options(self):
        return []

    def environment(self):
        return {"FLORIN_DATABASE_URL": self.postgres.url, "FLORIN_STRIPE_URL": self.sandbox.url,
                "FLORIN_STRIPE_SECRET_KEY": "sk_test_sandbox"}

    def florin(self, *arguments):
        answer = subprocess.run([self.binary("florin"), *arguments], capture_output=True, text=True,
                                check=False, env={**os.environ, **self.environment()})
        if answer.returncode != 0:
            raise RuntimeError(f"florin {' '.join(arguments)} failed:\n{answer.stderr[-2000:]}")
        return answer.stdout

    def florin_json(self, *arguments):
        return json.loads(self.florin(*arguments, "--json"))

    def tell_sandbox(self, path, body):
        request = urllib.request.Request(self.sandbox.url + path, method="POST", data=body,
                                         headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())

    def set_faults(self, faults):
        self.tell_sandbox("/_sandbox/faults", json.dumps(faults).encode())

    def advance_sandbox(self):
        """What banks do days later happens now."""
        return self.tell_sandbox("/_sandbox/advance", b"")["changed"]

    def sandbox_charges(self):
        with urllib.request.urlopen(self.sandbox.url + "/_sandbox/charges", timeout=60) as answer:
            return [json.loads(line) for line in answer if line.strip()]

    def close(self):
        for program in [*self.florins, self.sandbox]:
            if program is not None:
                program.stop()
        if self.postgres is not None:
            self.postgres.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
