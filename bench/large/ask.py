#!/usr/bin/env python3
"""A large register asked: damaged copies of its serials as one batch (the engine's time), and a server's start, memory and search pages.
Usage: ask.py ATHAR DATA FIRST.CSV (rows of the register)"""
import csv
import io
import json
import random
import socket
import statistics
import subprocess
import sys
import time

athar, data, table = sys.argv[1:4]
draw = random.Random(9)
EACH = 300


def wrong(s):
    i = draw.randrange(len(s))
    return s[:i] + draw.choice('0123456789') + s[i + 1:]


def unread(s, k):
    at = draw.sample(range(len(s)), k)
    return ''.join('?' if i in at else c for i, c in enumerate(s))


KINDS = {'exact': lambda s: s, 'one ?': lambda s: unread(s, 1), 'two ?': lambda s: unread(s, 2), 'one error': wrong,
         'two errors': lambda s: wrong(wrong(s)), 'lost start': lambda s: '*' + s[2:]}


def batch(rows):
    asked = [{'qid': kind, 'pattern': damage(r['serial']), 'truth': r['id'], 'limit': 50} for kind, damage in KINDS.items() for r in draw.sample(rows, EACH)]
    out = subprocess.run([athar, 'search', '--data', data, '--batch', '/dev/stdin'], input=''.join(json.dumps(q) + '\n' for q in asked), text=True,
                         capture_output=True, check=True).stdout
    found = {kind: [] for kind in KINDS}
    for q, line in zip(asked, out.splitlines()):
        a = json.loads(line)
        found[q['qid']].append((a['micros'], q['truth'] in a['ids'], q['truth'] in a['ids'][:10]))
    print('| class | median | p99 | in 50 | in 10 |\n|---|---|---|---|---|')
    for kind, all_ in found.items():
        took = sorted(f[0] for f in all_)
        print('| %s | %.1f µs | %.1f µs | %.3f | %.3f |' % (kind, statistics.median(took), took[len(took) * 99 // 100], sum(f[1] for f in all_) / EACH,
                                                            sum(f[2] for f in all_) / EACH))


def get(port, path):
    with socket.create_connection(('127.0.0.1', port)) as s:
        s.sendall(b'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' % path.encode())
        whole = b''
        while part := s.recv(1 << 16):
            whole += part
    return whole


def server(serial):
    begun = time.time()
    p = subprocess.Popen([athar, 'serve', '--data', data, '--open', '--listen', '127.0.0.1:0'], stdout=subprocess.PIPE, text=True)
    port = int(p.stdout.readline().strip().rstrip('/').rsplit(':', 1)[1])
    there = time.time() - begun
    while not get(port, '/search?pattern=' + serial).startswith(b'HTTP/1.1 200'):
        time.sleep(0.05)
    answered, pages = time.time() - begun, []
    for i in range(200):
        at = time.time()
        get(port, '/search?pattern=%s%02d%%3F' % (serial[:-3], i % 100))
        pages.append(time.time() - at)
    pages.sort()
    memory = ' '.join(line.strip().replace('\t', ' ') for line in open('/proc/%d/status' % p.pid) if line.startswith(('VmHWM', 'VmRSS', 'RssAnon')))
    print('address after %.1f s, first search %.1f s; a search page %.2f ms, p99 %.2f ms; %s' % (there, answered, pages[100] * 1e3, pages[197] * 1e3, memory))
    p.terminate()
    p.wait()


rows = [r for r in csv.DictReader(io.open(table, encoding='utf-8')) if len(r['serial']) >= 6 and r['serial'].isascii() and r['serial'].isalnum()]
batch(rows)
for _ in range(2):
    server(rows[0]['serial'])
