"""The fonts that a report is printed with, wherever that is done: Latin, Greek, Cyrillic, Hangul.

Each is a file of a locked npm package, pinned by its own hash, that `app.frontend` copies into
`app/static` with its licence (SEC-41). Standard library only, as that is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FAMILIES = {  # the first that a file's name begins with
    "noto-sans-math": "Noto Sans Math",  # arrows and shapes
    "noto-sans": "Noto Sans",
    "nanum-gothic": "Nanum Gothic",
}
SUFFIX = ".woff"  # of zlib, which opens in an instant; woff2 takes seconds for all of Hangul
FONTS = (
    (
        "node_modules/@fontsource/noto-sans/files/noto-sans-latin-400-normal.woff",
        "noto-sans-latin-400.woff",
        "sha384-NCTEs76bDIeB2XnclTQ5w5s6A+6g6n0iI/PAuvoTeRobhXharSr7VZmx9Kf4DSmK",
    ),
    (
        "node_modules/@fontsource/noto-sans/files/noto-sans-latin-ext-400-normal.woff",
        "noto-sans-latin-ext-400.woff",
        "sha384-z3u37sXW+/TNebPzzy8SeDsR7wLB8ZNoJR98Kr8CDssHyWcVwFRpKHV47Y611UMO",
    ),
    (
        "node_modules/@fontsource/noto-sans/files/noto-sans-vietnamese-400-normal.woff",
        "noto-sans-vietnamese-400.woff",
        "sha384-UALAgXNeLMdKMHffWmXYfnZ/BUBKcAsE0L2YmR2D9cl0DyHqAjqYs2wHAxsYfo3M",
    ),
    (
        "node_modules/@fontsource/noto-sans/files/noto-sans-greek-400-normal.woff",
        "noto-sans-greek-400.woff",
        "sha384-46UWS92wJryesbMUW4tO8DzJrY8QWvI3n7oBgW89rvc0u+rj96LeqG/s2dZ5rNHc",
    ),
    (
        "node_modules/@fontsource/noto-sans/files/noto-sans-cyrillic-400-normal.woff",
        "noto-sans-cyrillic-400.woff",
        "sha384-2w6l1XomadlmqEnsjmNlyDZqL1WaX/91RaQqnkCn5Q6jV72YAdyW5B0w1FDkNJLe",
    ),
    (
        "node_modules/@fontsource/noto-sans/files/noto-sans-latin-700-normal.woff",
        "noto-sans-latin-700.woff",
        "sha384-6aDNrbyI8VhRDvdq+s9Tc5+HLQTVucVL/E+JYhfccemVFn4iBP/nDeBhTswHT31d",
    ),
    (
        "node_modules/@fontsource/noto-sans/files/noto-sans-latin-ext-700-normal.woff",
        "noto-sans-latin-ext-700.woff",
        "sha384-Fq/Bb1OYtr9O3rUVqDUiVSbr6en01zRyKibmDK9u3Y10Av2g7lbGJDenv4p7FcD2",
    ),
    (
        "node_modules/@fontsource/noto-sans/files/noto-sans-vietnamese-700-normal.woff",
        "noto-sans-vietnamese-700.woff",
        "sha384-bt7haUbMbS8Ed9/LRnjxFepkwVlIDugSXvW6IAMMU79dIgvixcdbt9+MBVzpQxor",
    ),
    (
        "node_modules/@fontsource/noto-sans/files/noto-sans-greek-700-normal.woff",
        "noto-sans-greek-700.woff",
        "sha384-1q/RuVAswPtEDq7K2uHxp3ZqdWy/ruikua1ZbQRs8Wx2WiKtN7MrtNPYJjDKUq9T",
    ),
    (
        "node_modules/@fontsource/noto-sans/files/noto-sans-cyrillic-700-normal.woff",
        "noto-sans-cyrillic-700.woff",
        "sha384-9XGXAZ3NQH8cHe02hL/dBWSGJxMEidobkxYrJLAc4ifM8K88HESllWLC5qyiQWDI",
    ),
    (
        "node_modules/@fontsource/noto-sans/LICENSE",
        "noto-sans-license.txt",
        "sha384-ZODGT5WvU4nwJs+1ICNs1eA5i4RKzArgQEqii5GbUdHQ78Cf4GZo3jEP2hJxgsl7",
    ),
    (
        "node_modules/@fontsource/noto-sans-math/files/noto-sans-math-latin-400-normal.woff",
        "noto-sans-math-400.woff",
        "sha384-3mKal1bhy88EV162BZvPzICwqW887ZxwFJrx4Nmo8PqByksaIsBvPDkNKm4Lo90p",
    ),
    (
        "node_modules/@fontsource/noto-sans-math/LICENSE",
        "noto-sans-math-license.txt",
        "sha384-KNbkBDREsJkB1+XgSL+AjCnGUsUcwBVHizTjLZaqJ0DaviqRpjSholJZOzgwfHXP",
    ),
    (
        "node_modules/@fontsource/nanum-gothic/files/nanum-gothic-korean-400-normal.woff",
        "nanum-gothic-korean-400.woff",
        "sha384-1ayEDnWB8OTT6c9GMuXUbmypbJskYZH2bT4eXSBlQH1MVndnZEZ1FhPohC4f6mqR",
    ),
    (
        "node_modules/@fontsource/nanum-gothic/files/nanum-gothic-korean-700-normal.woff",
        "nanum-gothic-korean-700.woff",
        "sha384-f0H9b6yHDAivRQW0S0SDHp09KuNHDl8C9WndU7ptDTDyXuwhQ/qlSqXucSiS/6HS",
    ),
    (
        "node_modules/@fontsource/nanum-gothic/LICENSE",
        "nanum-gothic-license.txt",
        "sha384-CzvWv7vHZ2G55bThQh8Om0fno+Cpih0wwtDm8gSw/4JRRedqfDFYkJ3iA0nvl/UT",
    ),
)


def bundled(static: Path) -> dict[str, Path]:
    """Return the built font files by their names; empty where nothing was built."""
    return {path.name: path for path in sorted(static.glob(f"*{SUFFIX}"))}


def faces(names: list[str], scheme: str) -> str:
    """Return the CSS that names font files by `scheme`, under their families and weights."""
    rules = []
    for name in names:
        family, weight = _family(name), name.removesuffix(SUFFIX).rpartition("-")[2]
        rules.append(
            f'@font-face {{ font-family: "{family}"; font-weight: {weight};'
            f' src: url("{scheme}:{name}"); }}'
        )
    return "\n".join(rules)


def _family(name: str) -> str:
    return next(family for start, family in FAMILIES.items() if name.startswith(start))
