"""Makes the image files of ImageFileTest and what Pillow makes of them.

    /usr/bin/python3 make_images.py        # Debian's python3-pil 9.4, numpy 1.24

golden.json has for each case a file, a preprocessing as `compress --preprocess` takes it, and the bytes of the resized
and cropped image in row, column, channel order, before scale, mean and deviation. Resize and centre crop are written
out as torchvision 0.13 does them on Pillow images.
"""

import json
import os

import numpy as np
from PIL import Image

here = os.path.dirname(os.path.abspath(__file__))
random = np.random.default_rng(5)


def picture(height, width, channels):
    """Smooth waves with some noise: both matter to a filter."""
    y, x = np.mgrid[:height, :width]
    waves = [128 + 90 * np.sin(x / (3.0 + c) + c) * np.cos(y / (5.0 - c)) for c in range(channels)]
    noise = random.normal(0, 25, (height, width, channels))
    return np.clip(np.stack(waves, -1) + noise, 0, 255).astype(np.uint8)


def save(image, name, **options):
    image.save(os.path.join(here, name), **options)


save(Image.fromarray(picture(61, 47, 3)), "rgb.png")
save(Image.fromarray(picture(30, 41, 4), "RGBA"), "rgba.png")
save(Image.fromarray(picture(33, 29, 1)[..., 0]), "gray.png")
save(Image.fromarray(picture(26, 37, 3)).quantize(40), "palette.png")
save(Image.fromarray(picture(26, 37, 3)).quantize(60), "palette.gif")
save(Image.fromarray(picture(25, 31, 3)), "rgb.bmp")
save(Image.fromarray(picture(25, 31, 1)[..., 0]), "gray.bmp")
save(Image.fromarray(picture(50, 64, 3)), "rgb.jpg", quality=92, subsampling=0)
save(Image.fromarray(picture(40, 33, 1)[..., 0]), "gray.jpg", quality=92)


def prepared(name, resize, crop, order):
    image = Image.open(os.path.join(here, name)).convert("L" if order == "gray" else "RGB")
    width, height = image.size
    if isinstance(resize, int):
        short, long = min(width, height), max(width, height)
        longer = int(resize * long / short)
        size = (resize, longer) if width <= height else (longer, resize)
    else:
        size = (resize[1], resize[0])
    image = image.resize(size, Image.BILINEAR)
    top = int(round((image.height - crop[0]) / 2.0))
    left = int(round((image.width - crop[1]) / 2.0))
    return np.asarray(image.crop((left, top, left + crop[1], top + crop[0])))


cases = []
for name, resize, crop, order in [
    ("rgb.png", 20, (16, 16), "rgb"),  # shrinks to the centre
    ("rgb.png", (61, 47), (61, 47), "rgb"),  # as it is
    ("rgb.png", (13, 90), (10, 81), "rgb"),  # shrinks and grows
    ("rgb.png", 60, (51, 60), "gray"),  # grows
    ("rgba.png", 11, (11, 10), "rgb"),
    ("gray.png", (28, 28), (28, 28), "gray"),
    ("gray.png", 14, (14, 14), "rgb"),
    ("palette.png", 12, (12, 12), "rgb"),
    ("palette.gif", 12, (12, 11), "rgb"),
    ("rgb.bmp", 12, (12, 12), "rgb"),
    ("gray.bmp", 12, (12, 12), "gray"),
    ("rgb.jpg", 22, (16, 20), "rgb"),
    ("gray.jpg", 14, (14, 14), "gray"),
]:
    text = resize if isinstance(resize, int) else "%dx%d" % resize
    cases.append(
        {
            "file": name,
            "preprocess": "resize=%s,crop=%dx%d,order=%s" % (text, *crop, order),
            "bytes": prepared(name, resize, crop, order).reshape(-1).tolist(),
        }
    )

with open(os.path.join(here, "golden.json"), "w") as out:
    json.dump(cases, out, separators=(",", ":"))
    out.write("\n")
