"""A library whose symbols are cut off is still one to a linker and to the loader."""

import struct

from unpack_tensorflow import SECTION, strip

NULL, PROGRAM_BITS, SYMBOLS, STRINGS = range(4)


def library(*sections):
    """An ELF file of sections: type, flags, link, content."""
    content, headers = b"", b""
    for kind, flags, link, data in sections:
        headers += SECTION.pack(0, kind, flags, 0, 64 + len(content), len(data), link, 0, 1, 0)
        content += data
    header = b"\x7fELF\x02\x01".ljust(40, b"\0") + struct.pack("<Q12xH2x", 64 + len(content), len(sections))
    return header + content + headers


def sections_of(data):
    start, count = struct.unpack("<40xQ12xH2x", data[:64])
    for index in range(count):
        _, kind, _, _, offset, size, link, *_ = SECTION.unpack_from(data, start + index * SECTION.size)
        yield kind, link, data[offset : offset + size] if kind else b""


def test_only_the_table_of_symbols_and_its_names_go(tmp_path):
    path = tmp_path / "library.so"
    path.write_bytes(
        library(
            (NULL, 0, 0, b""),
            (PROGRAM_BITS, 2, 0, b"code" * 10),
            (SYMBOLS, 0, 4, b"symbols" * 1000),
            (STRINGS, 0, 0, b"names of sections"),
            (STRINGS, 0, 0, b"names of symbols" * 1000),
            (PROGRAM_BITS, 0, 0, b"comment"),
        )
    )
    loaded = path.read_bytes()[64:104]
    strip(path)
    assert path.read_bytes()[64:104] == loaded
    assert list(sections_of(path.read_bytes())) == [
        (NULL, 0, b""),
        (PROGRAM_BITS, 0, b"code" * 10),
        (NULL, 0, b""),
        (STRINGS, 0, b"names of sections"),
        (NULL, 0, b""),
        (PROGRAM_BITS, 0, b"comment"),
    ]
    assert path.stat().st_size < 1000


def test_what_is_no_elf_stays(tmp_path):
    path = tmp_path / "library.dylib"
    path.write_bytes(b"\xcf\xfa\xed\xfe" + bytes(100))
    strip(path)
    assert path.read_bytes() == b"\xcf\xfa\xed\xfe" + bytes(100)
