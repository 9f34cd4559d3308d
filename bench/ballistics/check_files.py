#!/usr/bin/env python3
"""Hold what `athar ballistics info` reads of a folder of X3P files against a table of what is right, and against the file itself.
Usage: check_files.py ATHAR FOLDER   where FOLDER/files.csv has the columns file, size_x, size_y, list_points, feature, increment_x,
increment_y, z_type, invalid_share, z_min, z_max, main_xml_md5_ok, data_bin_md5_ok (empty = not known). Each file is also copied
(info --copy) and read again; the copy's points are compared bit for bit with the original's. By hand: the sets are not part of the project."""
import csv
import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import zipfile


def info(athar, path, *more):
    run = subprocess.run([athar, 'ballistics', 'info', str(path), '--json', *more], capture_output=True, text=True)
    if run.returncode:
        return None, run.stderr.strip()
    return json.loads(run.stdout), ''


def near(a, b, share=1e-6):
    return abs(a - b) <= share * max(abs(a), abs(b), 1e-300)


def ok_word(found, part):
    sums = found['checksums'].get(part, {})
    return {True: 'yes', False: 'NO', None: ''}[sums.get('ok')]


def differences(row, found):
    def say(name, want, got):
        return '%s: %s, not %s' % (name, got, want)
    bad = []
    for name, want, got in (('size_x', row['size_x'], found['size_x']), ('size_y', row['size_y'], found['size_y']),
                            ('list', row['list_points'], found['points'])):
        if want and (name == 'list' or not found['list']) and int(want) != got:
            bad.append(say(name, want, got))
    if row['feature'] != found['feature']:
        bad.append(say('feature', row['feature'], found['feature']))
    if row['z_type'] != found['axes']['z'].get('type'):
        bad.append(say('z_type', row['z_type'], found['axes']['z'].get('type')))
    for axis in 'xy':
        if row['increment_' + axis] and not near(float(row['increment_' + axis]), found['axes'][axis]['increment'], 1e-12):
            bad.append(say('increment', row['increment_' + axis], found['axes'][axis]['increment']))
    if row['invalid_share'] and abs(float(row['invalid_share']) - found['missing'] / found['points']) > 5e-5:
        bad.append(say('missing', row['invalid_share'], found['missing'] / found['points']))
    for name in ('z_min', 'z_max'):
        if row[name] and not near(float(row[name]), found[name], 1e-8):
            bad.append(say(name, row[name], found[name]))
    if row['main_xml_md5_ok'] != ok_word(found, 'main_xml'):
        bad.append(say('MD5 of main.xml', row['main_xml_md5_ok'], ok_word(found, 'main_xml')))
    if row['data_bin_md5_ok'] != ok_word(found, 'data_bin'):
        bad.append(say('MD5 of data.bin', row['data_bin_md5_ok'], ok_word(found, 'data_bin')))
    return bad


def data_bin(path):
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith('data.bin') and '__MACOSX' not in name:
                return archive.read(name)
    return b''


def counted(path, found):
    """Missing points and range of a binary float64 file, by other means."""
    data = data_bin(path)
    if not data or found['axes']['z'].get('type') != 'D' or found['list']:
        return []
    z = struct.unpack('<%dd' % (len(data) // 8), data)
    real = [v for v in z if v == v and abs(v) != float('inf')]
    valid = found['checksums'].get('valid_bin')
    if valid or not real:
        return []
    wrong = len(z) - len(real) != found['missing'] or min(real) != found['z_min'] or max(real) != found['z_max']
    return ['counted otherwise: %d missing, %r to %r' % (len(z) - len(real), min(real), max(real))] if wrong else []


def copied(athar, path, found):
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder, 'copy.x3p')
        info(athar, path, '--copy', str(copy))
        again, why = info(athar, copy)
        if not again:
            return ['the copy is not read: ' + why]
        bad = ['the copy differs in ' + k for k in ('size_x', 'size_y', 'size_z', 'points', 'missing', 'z_min', 'z_max', 'axes', 'comment')
               if again.get(k) != found.get(k)]
        if data_bin(path) != data_bin(copy):
            bad.append('the copy has other points')
        if any(not s['ok'] for s in again['checksums'].values()):
            bad.append('the copy has a wrong checksum')
        return bad


def main(athar, folder):
    good = warned = 0
    bad = []
    rows = list(csv.DictReader(open(pathlib.Path(folder, 'files.csv'), encoding='utf-8')))
    for row in rows:
        path = pathlib.Path(folder, row['file'])
        found, why = info(athar, path)
        wrong = [why] if not found else differences(row, found) + counted(path, found) + copied(athar, path, found)
        warned += bool(found and any(x['level'] == 'warning' for x in found['findings']))
        good += not wrong
        bad += ['%s: %s' % (row['file'], '; '.join(wrong))] if wrong else []
    print('\n'.join(bad + ['%s: %d files, %d with warnings' % (folder, len(rows), warned), '%d passed, %d failed' % (good, len(bad))]))
    sys.exit(len(bad) > 0)


main(*sys.argv[1:])
