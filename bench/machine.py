"""What the machine is, and how quiet it was: without that, a figure says nothing."""

import datetime
import os
import platform
import re
import statistics
import subprocess
import time


def _read(path, otherwise=""):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return otherwise


def memory_mb():
    return int(re.search(r"MemTotal:\s+(\d+)", _read("/proc/meminfo")).group(1)) // 1024


def cpu_model():
    found = re.search(r"model name\s*:\s*(.+)", _read("/proc/cpuinfo"))
    return found.group(1).strip() if found else platform.machine()


def disk_of(folder):
    """File system and kind of the disk that a folder is on."""
    mounts = [line.split()[:3] for line in _read("/proc/mounts").splitlines()]
    path = os.path.realpath(folder) + "/"
    inside = [mount for mount in mounts if path.startswith(mount[1].rstrip("/") + "/")]
    device, _, system = max(inside, key=lambda mount: len(mount[1]))
    name = os.path.basename(os.path.realpath(device))
    block = f"/sys/class/block/{name}"  # A partition's queue is that of its disk.
    rotates = _read(f"{block}/queue/rotational") or _read(f"{block}/../queue/rotational")
    kind = {"0": "solid state", "1": "reported as rotating"}.get(rotates.strip(), "unknown kind")
    return f"{system} on {name} ({kind})"


def sync_times_ms(folder, count=200):
    """How long a durable write of 8 KiB takes: the floor under every commit."""
    path, times = os.path.join(folder, "sync-probe"), []
    handle = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
    try:
        os.write(handle, b"\0" * 8192 * count)
        os.fsync(handle)
        for number in range(count):
            begin = time.perf_counter()
            os.pwrite(handle, b"\1" * 8192, number * 8192)
            os.fdatasync(handle)
            times.append(1000 * (time.perf_counter() - begin))
    finally:
        os.close(handle)
        os.unlink(path)
    return statistics.median(times), sorted(times)[int(0.99 * count)]


class Usage:
    """The CPU time of the whole machine since the object was made."""

    def __init__(self):
        self.begin = self._now()

    @staticmethod
    def _now():
        return [int(field) for field in _read("/proc/stat").split("\n", 1)[0].split()[1:9]]

    def shares(self):
        """(busy, steal) as shares of all CPU time."""
        user, nice, system, idle, wait, irq, soft, steal = (
            now - begin for now, begin in zip(self._now(), self.begin))
        total = max(user + nice + system + idle + wait + irq + soft + steal, 1)
        return (total - idle - wait - steal) / total, steal / total


def compiler(build):
    cache = _read(os.path.join(build, "CMakeCache.txt"))
    found = re.search(r"^CMAKE_CXX_COMPILER:\w+=(.+)$", cache, re.MULTILINE)
    if not found:
        return "unknown"
    kind = re.search(r"^CMAKE_BUILD_TYPE:\w+=(.*)$", cache, re.MULTILINE)
    version = subprocess.run([found.group(1), "--version"], capture_output=True, text=True,
                             check=False).stdout.split("\n", 1)[0]
    return f"{version}, {kind.group(1) if kind else 'unknown'} build"


def describe(build, data_folder, postgres_version):
    """Looks at the machine for a second before anything runs."""
    usage = Usage()
    time.sleep(1)
    busy, steal = usage.shares()
    median, high = sync_times_ms(data_folder)
    return {
        "Date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "CPU": f"{os.cpu_count()} cores, {cpu_model()}",
        "Memory": f"{memory_mb() / 1024:.0f} GiB",
        "Kernel": f"{platform.system()} {platform.release()}",
        "Disk": disk_of(data_folder),
        "Durable write of 8 KiB": f"median {median:.2f} ms, p99 {high:.2f} ms",
        "PostgreSQL": postgres_version,
        "Compiler": compiler(build),
        "Before the run": f"load average {os.getloadavg()[0]:.2f}, busy {busy:.0%}, "
                          f"steal {steal:.1%}",
    }
