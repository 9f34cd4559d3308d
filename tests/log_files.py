"""A register's public log read by other means than the program's own: RFC 6962 hashing and C2SP tiles, notes and keys in plain Python, Ed25519
by python3-cryptography. For the tests of the whole program."""
import base64
import hashlib
import os
import sqlite3
import struct

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


def sha(*parts):
    return hashlib.sha256(b''.join(parts)).digest()


def leaf(data):
    return sha(b'\0', data)


def root(leaves):
    """MTH of RFC 6962 2.1, by definition."""
    if not leaves:
        return sha()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha(b'\1', root(leaves[:k]), root(leaves[k:]))


def edge(leaves):
    """The tree as the database keeps it: size and the roots of the perfect subtrees (docs/formats/tree.md)."""
    out, at = struct.pack('>Q', len(leaves)), 0
    for bit in reversed(range(64)):
        if len(leaves) >> bit & 1:
            out += root(leaves[at:at + (1 << bit)])
            at += 1 << bit
    return out


def index(n):
    groups = []
    while True:
        groups.insert(0, '%03d' % (n % 1000))
        n //= 1000
        if not n:
            return '/'.join(['x' + g for g in groups[:-1]] + groups[-1:])


def tile_paths(size):
    """{path: (level or 'entries', number, width)} that a log of this size has."""
    out = {}
    for level in ('entries', *range(8)):
        n = size if level == 'entries' else size // 256 ** level
        for i in range((n + 255) // 256):
            width = min(256, n - 256 * i)
            out[f'tile/{level}/{index(i)}' + (f'.p/{width}' if width < 256 else '')] = (level, i, width)
    return out


def hashes(leaves, level):
    step = 256 ** level
    return [root(leaves[i * step:(i + 1) * step]) for i in range(len(leaves) // step)]


def split_bundle(data):
    out, at = [], 0
    while at < len(data):
        n = struct.unpack('>H', data[at:at + 2])[0]
        out.append(data[at + 2:at + 2 + n])
        at += 2 + n
    return out


def key_id(name, kind, public):
    return sha(name.encode(), b'\n', bytes([kind]), public)[:4]


def read_vkey(text):
    name, number, code = text.strip().split('+', 2)
    code = base64.b64decode(code)
    assert key_id(name, code[0], code[1:]).hex() == number
    return name, code[0], code[1:]


class Note:
    def __init__(self, text):
        at = text.rindex('\n\n') + 1
        self.text, self.signatures = text[:at], text[at + 1:].splitlines()
        lines = self.text.splitlines()
        self.origin, self.size, self.root = lines[0], int(lines[1]), base64.b64decode(lines[2])

    def signed_by(self, vkey):
        """The time of a cosignature, True for a signature, or False."""
        name, kind, public = read_vkey(vkey)
        for line in self.signatures:
            dash, who, code = line.split(' ')
            code = base64.b64decode(code)
            if dash != '\u2014' or who != name or code[:4] != key_id(name, kind, public):
                continue
            message, signature, at = self.text.encode(), code[4:], True
            if kind == 4:
                at = struct.unpack('>Q', signature[:8])[0]
                message, signature = f'cosignature/v1\ntime {at}\n'.encode() + message, signature[8:]
            try:
                Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
                return at
            except InvalidSignature:
                return False
        return False


def sign_checkpoint(key_file, size, root_hash):
    """A checkpoint by whoever has the log's key: the key file of docs/formats/checkpoint.md."""
    with open(key_file, encoding='utf-8') as f:
        kind, seed, name = f.read().splitlines()[1].split(' ')
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed))
    public = key.public_key().public_bytes_raw() if hasattr(key.public_key(), 'public_bytes_raw') else raw_public(key)
    text = f'{name}\n{size}\n{base64.b64encode(root_hash).decode()}\n'
    code = base64.b64encode(key_id(name, int(kind), public) + key.sign(text.encode())).decode()
    return f'{text}\n\u2014 {name} {code}\n'


def raw_public(key):
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def climb(at_leaf, position, receipt):
    """Root from an inclusion proof: RFC 9162 2.1.3.2 as its text has it."""
    fn, sn, r = position, Note(receipt['checkpoint']).size - 1, at_leaf
    for p in map(base64.b64decode, receipt['proof']):
        if fn & 1 or fn == sn:
            r = sha(b'\1', p, r)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = sha(b'\1', r, p)
        fn, sn = fn >> 1, sn >> 1
    assert sn == 0
    return r


def records(folder):
    """Bytes of every record in the database, in log order."""
    with sqlite3.connect(os.path.join(folder, 'register.db')) as db:
        return [bytes(row[0]) for row in db.execute('SELECT bytes FROM record ORDER BY position')]


def read(folder, name):
    with open(os.path.join(folder, 'log', name), 'rb') as f:
        return f.read()


def checkpoint(folder, name='checkpoint'):
    return Note(read(folder, name).decode())
