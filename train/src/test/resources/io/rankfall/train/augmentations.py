"""Writes augmentations.txt: moved, mirrored and turned images, by torchvision's transforms.

/usr/bin/python3 augmentations.py > augmentations.txt    (torchvision 0.14, PyTorch 1.13)

Number i of an image is (37*i mod 101)/101 - 1/2 in single precision. Each line: the case, what was
done (down, right, 1 if mirrored, degrees counter-clockwise), then the numbers of the changed image,
row by row. What comes in from outside is BLACK.
"""

import itertools

import torch
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as F

BLACK = -0.75


def image(height, width):
    numbers = [37 * i % 101 / 101 - 0.5 for i in range(height * width)]
    return torch.tensor(numbers).reshape(1, height, width)


def tell(name, image, *how):
    print(name, *how, *(f"{value:.9g}" for value in image.flatten().tolist()))


def crops(name, height, width, most):
    """RandomCrop(size, padding=most) and RandomHorizontalFlip, each of their draws."""
    padded = F.pad(image(height, width), [most], fill=BLACK)
    for top, left, mirrored in itertools.product(range(2 * most + 1), range(2 * most + 1), (0, 1)):
        cropped = F.crop(padded, top, left, height, width)
        changed = F.hflip(cropped) if mirrored else cropped
        tell(name, changed, most - top, most - left, mirrored, 0)


def turns(name, height, width):
    """RandomRotation about the centre; then moved in the same resampling, then mirrored."""
    # Above black, since torchvision weighs a fill that is not 0 twice where it meets the image.
    whole = image(height, width) - BLACK
    bilinear = InterpolationMode.BILINEAR
    for degrees in (-180, -90, -37, -5, 5, 15, 37, 90, 180):
        turned = F.rotate(whole, degrees, bilinear) + BLACK
        tell(name, turned, 0, 0, 0, degrees)
        moved = F.affine(whole, -degrees, [2, -1], 1, [0, 0], bilinear) + BLACK
        tell(name, moved, -1, 2, 0, degrees)
        tell(name, F.hflip(moved), -1, 2, 1, degrees)


crops("crop-6x8", 6, 8, 2)
turns("turn-6x8", 6, 8)
turns("turn-9x9", 9, 9)
