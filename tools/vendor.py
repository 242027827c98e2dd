"""Refresh ``static/vendor/`` and ``templates/rooms/icons.svg`` from npm packages.

Run ``npm ci``, which installs the versions that package.json pins, and then ``python
tools/vendor.py``. The product itself never needs npm: the result is committed, with the licences of
all its parts.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "static" / "vendor"
SPRITE = ROOT / "templates" / "rooms" / "icons.svg"

ENTRY = """
export * as Y from 'yjs';
export * as sync from 'y-protocols/sync';
export * as awareness from 'y-protocols/awareness';
export * as encoding from 'lib0/encoding';
export * as decoding from 'lib0/decoding';
export { QuillBinding } from 'y-quill';
export { default as Quill } from 'quill';
export { default as QuillCursors } from 'quill-cursors/core';
"""

ICONS = {
    "mic",
    "hand",
    "heart",
    "keyboard",
    "laugh",
    "party-popper",
    "smile-plus",
    "thumbs-up",
    "mic-off",
    "video",
    "video-off",
    "monitor-up",
    "ellipsis",
    "link",
    "notebook-pen",
    "external-link",
    "log-out",
    "log-in",
    "send-horizontal",
    "pin",
    "pin-off",
    "users",
    "triangle-alert",
    "audio-lines",
    "clipboard-copy",
    "chart-line",
    "gauge",
    "user-x",
    "download",
    "reply",
    "pencil",
    "trash",
    "chevron-left",
    "chevron-right",
    "maximize",
    "minimize",
    "picture-in-picture-2",
    "lock",
    "lock-open",
    "phone-off",
    "user-check",
    "x",
}


# What the effects on one's own picture and sound load, when a person asks for one.
EFFECTS = {
    "@jitsi/rnnoise-wasm": ["dist/rnnoise.wasm"],
    "@mediapipe/selfie_segmentation": [
        "selfie_segmentation.js",
        "selfie_segmentation.binarypb",
        "selfie_segmentation_landscape.tflite",
        "selfie_segmentation_solution_simd_wasm_bin.js",
        "selfie_segmentation_solution_simd_wasm_bin.wasm",
    ],
}


def main() -> None:
    packages = write_bundle()
    write_styles()
    write_types()
    write_effects()
    write_sprite()
    write_licences(packages | {"lucide-static"} | EFFECTS.keys())


def write_bundle() -> set[str]:
    """Bundle the notes editor's libraries into one ES module.

    Returns the names of the packages in it.
    """
    meta = VENDOR / "meta.json"
    subprocess.run(
        [
            str(MODULES / ".bin" / "esbuild"),
            "--bundle",
            "--format=esm",
            "--minify",
            "--target=es2022",
            "--legal-comments=none",
            f"--outfile={VENDOR / 'notes-editor.js'}",
            f"--metafile={meta}",
            "--log-level=warning",
        ],
        input=ENTRY.encode(),
        cwd=ROOT,
        check=True,
    )
    inputs = json.loads(meta.read_text())["inputs"]
    meta.unlink()
    found = (re.match(r"node_modules/((?:@[^/]+/)?[^/]+)/", path) for path in inputs)
    return {match.group(1) for match in found if match}


def write_styles() -> None:
    """Quill's own sheet and that of its cursors, in one file."""
    quill = (MODULES / "quill/dist/quill.snow.css").read_text()
    cursors = (MODULES / "quill-cursors/dist/quill-cursors.min.css").read_text()
    quill = re.sub(r"/\*# sourceMappingURL=.*?\*/", "", quill).strip()
    (VENDOR / "notes-editor.css").write_text(
        f"/* Quill and quill-cursors, see LICENSES.txt */\n{quill}\n{cursors.strip()}\n"
    )


def write_types() -> None:
    """Types of the bundle for tsc; they come from the packages themselves."""
    (VENDOR / "notes-editor.d.ts").write_text(ENTRY.lstrip())


def write_effects() -> None:
    """Files that a page loads as they are: nothing else can read the models in them."""
    folder = VENDOR / "effects"
    folder.mkdir(exist_ok=True)
    for package, files in EFFECTS.items():
        for file in files:
            target = folder / Path(file).name
            shutil.copyfile(MODULES / package / file, target)
            target.chmod(0o644)


def write_sprite() -> None:
    """The icons that the page uses, as symbols to be inlined once into each page."""
    symbols = []
    for name in sorted(ICONS):
        text = (MODULES / "lucide-static" / "icons" / f"{name}.svg").read_text()
        inner = re.search(r"<svg[^>]*>(.*)</svg>", text, re.DOTALL)
        if inner is None:
            raise SystemExit(f"{name}.svg has another form than expected")
        body = " ".join(line.strip() for line in inner.group(1).strip().splitlines())
        symbols.append(f'<symbol id="icon-{name}" viewBox="0 0 24 24">{body}</symbol>')
    head = (
        "<!-- Icons: Lucide, ISC licence, see static/vendor/LICENSES.txt."
        " Written by tools/vendor.py. -->"
    )
    SPRITE.write_text(
        head + '\n<svg class="sprite" aria-hidden="true">\n' + "\n".join(symbols) + "\n</svg>\n"
    )


MIT = """\
Permission is hereby granted, free of charge, to any person obtaining a copy of
this software and associated documentation files (the "Software"), to deal in
the Software without restriction, including without limitation the rights to
use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies
of the Software, and to permit persons to whom the Software is furnished to do
so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE."""


def write_licences(packages: set[str]) -> None:
    """Every package that is in static/vendor with its version and the text of its licence."""
    parts = [
        "What is in this folder and in templates/rooms/icons.svg. Written by tools/vendor.py.\n"
    ]
    for name in sorted(packages):
        about = json.loads((MODULES / name / "package.json").read_text())
        text = licence_text(MODULES / name, about)
        parts.append(
            f"{'=' * 78}\n{name} {about['version']} – {licence(about)}\n{'=' * 78}\n\n{text}\n"
        )
    (VENDOR / "LICENSES.txt").write_text("\n".join(parts))


def licence(about: dict[str, Any]) -> str:
    """The name of a package's licence. Old packages have a list."""
    return str(about.get("license") or about["licenses"][0]["type"])


# The package's own file is for the build; this is for what is in the build.
RNNOISE = """\
RNNoise: Copyright (c) 2017, Mozilla; 2007-2017, Jean-Marc Valin; 2005-2017, Xiph.Org Foundation;
2003-2004, Mark Borgerding

Redistribution and use in source and binary forms, with or without
modification, are permitted provided that the following conditions
are met:

- Redistributions of source code must retain the above copyright
notice, this list of conditions and the following disclaimer.

- Redistributions in binary form must reproduce the above copyright
notice, this list of conditions and the following disclaimer in the
documentation and/or other materials provided with the distribution.

- Neither the name of the Xiph.Org Foundation nor the names of its
contributors may be used to endorse or promote products derived from
this software without specific prior written permission.

THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS
``AS IS'' AND ANY EXPRESS OR IMPLIED WARRANTIES, INCLUDING, BUT NOT
LIMITED TO, THE IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS FOR
A PARTICULAR PURPOSE ARE DISCLAIMED. IN NO EVENT SHALL THE FOUNDATION
OR CONTRIBUTORS BE LIABLE FOR ANY DIRECT, INDIRECT, INCIDENTAL,
SPECIAL, EXEMPLARY, OR CONSEQUENTIAL DAMAGES (INCLUDING, BUT NOT
LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR SERVICES; LOSS OF USE,
DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER CAUSED AND ON ANY
THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY, OR TORT
(INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE
OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE."""


def licence_text(folder: Path, about: dict[str, Any]) -> str:
    """The licence file of a package.

    For a package that only names its licence: the text of MIT with the package's authors, or the
    text of Apache 2.0, which is the same for everyone.
    """
    texts = [
        p.read_text().strip()
        for p in sorted(folder.iterdir())
        if re.match(r"licen[cs]e", p.name, re.IGNORECASE)
    ]
    if about["name"] == "@jitsi/rnnoise-wasm":
        texts.append(RNNOISE)
    if texts:
        return "\n\n".join(texts)
    if about["license"] == "Apache-2.0":
        apache = (MODULES / "@jitsi/rnnoise-wasm" / "LICENSE").read_text().strip()
        return f"Copyright The MediaPipe Authors ({about['author']})\n\n{apache}"
    if about["license"] != "MIT":
        raise SystemExit(f"{about['name']} has no licence file: add its licence by hand")
    return f"Copyright (c) {', '.join(about['contributors'])}\n\n{MIT}"


if __name__ == "__main__":
    main()
