"""Where the page finds what its effects on picture and sound need, when somebody asks for one."""

from __future__ import annotations

from django.templatetags.static import static

from rooms.looks.stylesheet import Look

OWN = "rooms/media/effects/workers"
VENDOR = "vendor/effects"
FILES = (
    f"{OWN}/background.js",
    f"{OWN}/compile.js",
    f"{OWN}/noise.js",
    f"{VENDOR}/rnnoise.wasm",
    f"{VENDOR}/selfie_segmentation.binarypb",
    f"{VENDOR}/selfie_segmentation.js",
    f"{VENDOR}/selfie_segmentation_landscape.tflite",
    f"{VENDOR}/selfie_segmentation_solution_simd_wasm_bin.js",
    f"{VENDOR}/selfie_segmentation_solution_simd_wasm_bin.wasm",
)


def files(appearance: Look | None) -> dict[str, str]:
    """Addresses by the name of the file. ``room`` is the picture of the room, if it has one."""
    found = {path.rsplit("/", 1)[1]: static(path) for path in FILES}
    return found | ({"room": appearance.url} if appearance else {})
