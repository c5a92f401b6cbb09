"""What the parts of the demonstration share: its order, and how it prints."""

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "bench")]
import kit  # noqa: E402

ORDER = kit.order(checkout_id="chk_1001", capture="manual")


def heading(text):
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n{text}")


def table(rows, right=()):
    """Aligned columns; those whose heading is in `right` end at the same place."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for number, row in enumerate(rows):
        cells = [cell.rjust(width) if head in right else cell.ljust(width)
                 for cell, width, head in zip(row, widths, rows[0])]
        print("    " + "  ".join(cells).rstrip())
        if number == 0:
            print("    " + "  ".join("-" * width for width in widths))


def need(answer, what):
    if answer.status >= 300:
        raise RuntimeError(f"{what} was refused with {answer.status}:\n{answer.text}")
    return answer.json
