#!/usr/bin/env python3
"""Writes tests/workloads/data/fixtures/encoded/: small JPEG and PNG files, and what Pillow decodes them to.

  python3 -m venv venv && venv/bin/pip install pillow==13.0.0
  venv/bin/python scripts/make-encoded-image-fixtures.py

The files are of every kind that ImageNet has, and some more: chroma at a quarter, half and full
resolution, progressive, with restart markers, grey, CMYK; PNG with and without transparency, palette
and grey. index.json holds for each its height, width and the SHA-256 of Image.open(f).convert("RGB"),
row by row, which is what torchvision's ImageFolder hands on.
"""

import hashlib
import json
import math
import pathlib

import PIL
from PIL import Image, features

OUT = pathlib.Path(__file__).parent.parent / "tests/workloads/data/fixtures/encoded"
HEIGHT, WIDTH = 203, 333  # not whole blocks


def picture():
    """Soft waves, sharp edges, and some noise."""
    values = bytearray()
    for y in range(HEIGHT):
        for x in range(WIDTH):
            for c in range(3):
                wave = 90 + 60 * math.sin(x / (9 + 4 * c)) + 50 * math.cos(y / (13 - 3 * c))
                edge = 55 if (x // 40 + y // 30 + c) % 3 == 0 else 0
                values.append(max(0, min(255, int(wave + edge + (x * y * 7 + c * x) % 11))))
    return Image.frombytes("RGB", (WIDTH, HEIGHT), bytes(values))


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    image = picture()
    alpha = Image.linear_gradient("L").resize(image.size)
    transparent = image.copy()
    transparent.putalpha(alpha)
    small = image.resize((61, 47))
    palette = small.quantize(16)
    files = {
        "quarter.jpg": (image, dict(quality=60, subsampling=2)),
        "half.jpg": (image, dict(quality=60, subsampling=1)),
        "full.jpg": (image, dict(quality=60, subsampling=0)),
        "progressive.jpg": (image, dict(quality=60, subsampling=2, progressive=True)),
        "restarts.jpg": (image, dict(quality=60, subsampling=2, restart_marker_blocks=5)),
        "grey.jpg": (image.convert("L"), dict(quality=60)),
        "cmyk.jpg": (image.convert("CMYK"), dict(quality=60)),
        "tiny.jpg": (image.resize((1, 3)), dict(quality=60, subsampling=2)),
        "colour.png": (small, {}),
        "transparent.png": (transparent.resize(small.size), {}),
        "palette.png": (palette, dict(transparency=3)),
        "grey.png": (small.convert("L"), {}),
        "grey_transparent.png": (transparent.resize(small.size).convert("LA"), {}),
        "two_colours.png": (small.convert("1"), {}),
    }
    index = {}
    for name, (source, options) in files.items():
        source.save(OUT / name, **options)
        with Image.open(OUT / name) as opened:
            rgb = opened.convert("RGB")
        index[name] = {"height": rgb.height, "width": rgb.width,
                       "sha256": hashlib.sha256(rgb.tobytes()).hexdigest()}
    record = {"pillow": PIL.__version__, "libjpeg_turbo": features.version("libjpeg_turbo"),
              "files": index}
    (OUT / "index.json").write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
