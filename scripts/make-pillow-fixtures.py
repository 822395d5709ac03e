#!/usr/bin/env python3
"""Writes tests/workloads/data/fixtures/pillow_images.json: what Pillow makes of two made images.

  python3 -m venv venv && venv/bin/pip install pillow==13.0.0
  venv/bin/python scripts/make-pillow-fixtures.py

AlgoPerf's PyTorch pipeline hands its images to Pillow through torchvision's transforms; the calls
here are those that torchvision makes (torchvision/transforms/_functional_pil.py, and for the matrix of
`affine` torchvision/transforms/functional.py, _get_inverse_affine_matrix), and AlgoPerf's own
(algoperf/workloads/imagenet_resnet/imagenet_pytorch/randaugment.py, commit 2c90454fc05d).

Small results are stored as hex, row by row, channels last; those of 224 x 224 images as SHA-256.
"""

import hashlib
import json
import math
import pathlib

import PIL
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

OUT = pathlib.Path(__file__).parent.parent / "tests/workloads/data/fixtures/pillow_images.json"


def pattern(height, width, low, span):
    """Slopes, edges and noise; the test makes the same."""
    values = bytes(
        low + (x * 3 + y * 5 + c * 40 + (x * y * 7 + c * x) % 31) % span
        for y in range(height) for x in range(width) for c in range(3))
    return Image.frombytes("RGB", (width, height), values)


def affine(image, shear=(0.0, 0.0), translate=(0, 0), center=None):
    """torchvision's `affine` without rotation or scale; shear in degrees."""
    sx, sy = (math.radians(angle) for angle in shear)
    cx, cy = center or (image.width * 0.5, image.height * 0.5)
    a = math.cos(-sy) / math.cos(sy)
    b = -math.cos(-sy) * math.tan(sx) / math.cos(sy)
    c = math.sin(-sy) / math.cos(sy)
    d = -math.sin(-sy) * math.tan(sx) / math.cos(sy) + 1.0
    m = [d, -b, 0.0, -c, a, 0.0]
    m[2] += m[0] * (-cx - translate[0]) + m[1] * (-cy - translate[1]) + cx
    m[5] += m[3] * (-cx - translate[0]) + m[4] * (-cy - translate[1]) + cy
    return image.transform(image.size, Image.Transform.AFFINE, m, Image.Resampling.NEAREST,
                           fillcolor=(128, 128, 128))


def shear(image, x, y):
    return affine(image, (math.degrees(math.atan(x)), math.degrees(math.atan(y))), center=(0, 0))


def rotate(image, degrees):
    return image.rotate(degrees, Image.Resampling.NEAREST, fillcolor=(128, 128, 128))


def cutout(image, corners):
    image = image.copy()
    ImageDraw.Draw(image).rectangle(corners, (128, 128, 128))
    return image


def operations(small):
    """Name, function; magnitudes of the small image are such that something is left of it."""
    shift = 5 if small else 100
    signed = [(f"{name} {'+' if sign > 0 else '-'}", function, sign)
              for sign in (1, -1)
              for name, function in (
                  ("ShearX", lambda i, s: shear(i, 0.3 * s, 0)),
                  ("ShearY", lambda i, s: shear(i, 0, 0.3 * s)),
                  ("TranslateX", lambda i, s: affine(i, translate=(shift * s, 0))),
                  ("TranslateY", lambda i, s: affine(i, translate=(0, shift * s))),
                  ("Rotate", lambda i, s: rotate(i, 30 * s)))]
    plain = [
        ("Brightness", lambda i: ImageEnhance.Brightness(i).enhance(1.9)),
        ("Color", lambda i: ImageEnhance.Color(i).enhance(1.9)),
        ("Contrast", lambda i: ImageEnhance.Contrast(i).enhance(1.9)),
        ("Sharpness", lambda i: ImageEnhance.Sharpness(i).enhance(1.9)),
        ("Posterize", lambda i: ImageOps.posterize(i, 4)),
        ("SolarizeAdd", lambda i: i.point([min(v + 110, 255) if v < 128 else v
                                           for v in range(256)] * 3)),
        ("AutoContrast", ImageOps.autocontrast),
        ("Equalize", ImageOps.equalize),
        ("Invert", ImageOps.invert),
        ("Cutout", lambda i: cutout(i, (3, 2, 9, 30) if small else (10, 150, 90, 224))),
    ]
    return [(name, lambda i, f=f, s=s: f(i, s)) for name, f, s in signed] + plain


def hexed(image):
    return {"size": [image.height, image.width], "hex": image.tobytes().hex()}


def resized(image, box, size):
    """`box`: top, left, height, width. `size`: height, width."""
    top, left, height, width = box
    part = image.crop((left, top, left + width, top + height))
    return hexed(part.resize((size[1], size[0]), Image.Resampling.BILINEAR)) | {
        "box": box, "to": size}


def main():
    small, large = pattern(18, 23, 30, 170), pattern(224, 224, 20, 200)
    wide = pattern(31, 57, 0, 256)
    record = {
        "source": f"Pillow {PIL.__version__}, scripts/make-pillow-fixtures.py",
        "operations": {name: hexed(f(small))["hex"] for name, f in operations(True)},
        "operations_224": {name: hashlib.sha256(f(large).tobytes()).hexdigest()
                           for name, f in operations(False)},
        "resized": [
            resized(wide, [0, 0, 31, 57], [16, 16]),
            resized(wide, [3, 5, 20, 30], [12, 14]),
            resized(wide, [10, 20, 7, 9], [16, 16]),  # larger than the box
            resized(wide, [0, 0, 31, 57], [31, 20]),  # one side stays
        ],
    }
    OUT.write_text(json.dumps(record, indent=1) + "\n")


main()
