#!/usr/bin/env python3
"""Write the named files as one C table (see src/base/embed.h). Usage: embed.py ROOT OUT FILE..."""
import os
import sys

root, out, names = sys.argv[1], sys.argv[2], sys.argv[3:]
with open(out, 'w') as f:
    f.write('#include "base/embed.h"\n')
    rows = []
    for i, path in enumerate(sorted(names)):
        data = open(path, 'rb').read()
        f.write('static const unsigned char d%d[] = {' % i)
        f.write(','.join(map(str, data)) + (',' if data else '') + '0};\n')
        rows.append('{"%s", d%d, %d}' % (os.path.relpath(path, root), i, len(data)))
    f.write('const struct embed embed_files[] = {%s};\n' % ',\n'.join(rows + ['{0, 0, 0}']))
