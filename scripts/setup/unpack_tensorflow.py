"""Unpacks TensorFlow's two shared libraries and its C headers from a wheel, which is a zip archive.

python unpack_tensorflow.py WHEEL TARGET    makes TARGET/lib and TARGET/include
"""

import re
import shutil
import sys
import zipfile
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

wheel, target = sys.argv[1], Path(sys.argv[2])
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
