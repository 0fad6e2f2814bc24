"""Unpacks TensorFlow's two shared libraries and its C headers from a wheel, which is a zip archive.

python unpack_tensorflow.py WHEEL TARGET    makes TARGET/lib and TARGET/include
"""

import re
import shutil
import struct
import sys
import zipfile
from operator import itemgetter
from pathlib import Path

LIBRARY = re.compile(r"tensorflow/(libtensorflow_(?:cc|framework)(?:\.so\.2|\.2\.dylib))")
HEADER = re.compile(
    r"tensorflow/include/("
    r"tensorflow/c/(?:eager/)?c_api\.h"
    r"|tensorflow/c/(?:c_api_macros|tf_attrtype|tf_buffer|tf_datatype|tf_status|tf_tensor|tf_tstring)\.h"
    r"|(?:tensorflow/core|tsl)/platform/ctstring(?:_internal)?\.h"
    r"|xla/tsl/c/tsl_status\.h"
    r")"
)

# ELF for 64 bits, little-endian: of the file's header, where the section headers begin and how many there are; and a
# section header: name, type, flags, address, offset, size, link, info, alignment, entry size.
BEGINNING = struct.Struct("<40xQ12xH2x")
SECTION = struct.Struct("<IIQQQQIIQQ")
SYMBOLS, NO_BITS, ALLOCATED = 2, 8, 2


def unpack(wheel: str, target: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if match := LIBRARY.fullmatch(name):
                path = target / "lib" / match[1]
            elif match := HEADER.fullmatch(name):
                path = target / "include" / match[1]
            else:
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(name) as source, open(path, "wb") as copy:
                shutil.copyfileobj(source, copy, 1 << 20)
            if path.parent.name == "lib":
                strip(path)


def strip(library: Path) -> None:
    """Cuts off the table of all symbols and their names, which only debuggers read: a quarter of the library.

    They are behind all that is loaded. What else is there (the names of sections, which a linker reads) moves up.
    """
    with open(library, "r+b") as file:
        beginning = file.read(BEGINNING.size)
        if beginning[:6] != b"\x7fELF\x02\x01":
            return  # not Linux
        start, count = BEGINNING.unpack(beginning)
        file.seek(start)
        sections = [list(SECTION.unpack(file.read(SECTION.size))) for _ in range(count)]
        end = max(
            offset + size for _, kind, flags, _, offset, size, *_ in sections if flags & ALLOCATED and kind != NO_BITS
        )

        names = {section[6] for section in sections if section[1] == SYMBOLS}
        for index, section in enumerate(sections):
            if section[1] == SYMBOLS or index in names:
                sections[index] = [0] * len(section)
        rest = [section for section in sections if section[1] and not section[2] & ALLOCATED]
        for section in sorted(rest, key=itemgetter(4)):
            offset, size = section[4:6]
            file.seek(offset)
            content = file.read(size)
            file.seek(end)
            file.write(content)
            section[4], end = end, end + size

        start = end + -end % 8
        file.seek(start)
        file.write(b"".join(SECTION.pack(*section) for section in sections))
        file.truncate()
        file.seek(40)
        file.write(struct.pack("<Q", start))


if __name__ == "__main__":
    unpack(sys.argv[1], Path(sys.argv[2]))
