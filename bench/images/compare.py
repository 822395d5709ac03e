#!/usr/bin/env python3
"""Images decoded and augmented per second of one core: ours against torchvision with Pillow, interleaved.

  python3 -m venv venv
  venv/bin/pip install torch==2.11.0 torchvision==0.26.0 pillow==13.0.0
  pip download --no-deps scikit-learn==1.7.2          # has two photographs, 640 x 427, CC BY 2.0
  unzip -j scikit_learn-*.whl 'sklearn/datasets/images/*.jpg' -d photos
  venv/bin/python bench/images/compare.py build/bench/image_inputs photos/*.jpg

First the evaluation inputs of both are compared, which no chance enters. Then each pair of runs is
timed one after the other, files held in memory; a line is images per processor second.
"""

import argparse
import io
import pathlib
import statistics
import subprocess
import time

import numpy as np
import torch
from PIL import Image
from torchvision import transforms

NORMALISE = [transforms.ToTensor(),
             transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])]
PIPELINES = {
    "train": transforms.Compose([transforms.RandomResizedCrop(224),
                                 transforms.RandomHorizontalFlip(), *NORMALISE]),
    "evaluate": transforms.Compose([transforms.Resize(256), transforms.CenterCrop(224), *NORMALISE]),
}


def decode(data):
    return Image.open(io.BytesIO(data)).convert("RGB")


def theirs(mode, images, files):
    begin = time.process_time()
    for i in range(images):
        PIPELINES[mode](decode(files[i % len(files)]))
    return images / (time.process_time() - begin)


def ours(program, mode, images, paths):
    out = subprocess.run([program, mode, str(images), *paths], check=True, capture_output=True)
    return float(out.stdout)


def largest_difference(program, path, data):
    out = subprocess.run([program, "inputs", path], check=True, capture_output=True).stdout
    found = np.frombuffer(out, np.float32).reshape(3, 224, 224)
    return float(np.abs(found - PIPELINES["evaluate"](decode(data)).numpy()).max())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("photographs", nargs="+")
    parser.add_argument("--images", type=int, default=200)
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--modes", nargs="+", choices=list(PIPELINES), default=list(PIPELINES))
    options = parser.parse_args()
    torch.set_num_threads(1)
    files = [pathlib.Path(path).read_bytes() for path in options.photographs]
    for path, data in zip(options.photographs, files):
        difference = largest_difference(options.program, path, data)
        print(f"{path}: largest difference of the evaluation inputs {difference:.1e}")
        assert difference < 1e-6, "the two do not compute the same"
    print("mode      ours  theirs  ratio")
    for mode in options.modes:
        ratios = []
        for pair in range(options.pairs):
            runs = [lambda: ours(options.program, mode, options.images, options.photographs),
                    lambda: theirs(mode, options.images, files)]
            if pair % 2 == 0:
                mine, other = runs[0](), runs[1]()
            else:
                other, mine = runs[1](), runs[0]()
            ratios.append(mine / other)
            print(f"{mode:8} {mine:6.1f} {other:7.1f} {ratios[-1]:6.2f}", flush=True)
        print(f"{mode}: median {statistics.median(ratios):.2f} x, "
              f"from {min(ratios):.2f} to {max(ratios):.2f}")


if __name__ == "__main__":
    main()
