#!/usr/bin/env python3
"""What a page costs the server, in CPU a request: search pages of damaged marks and firearm pages beside a static file and the start page,
in turn, over one kept connection. Prints each as a ratio to the static file and to the start page. Usage: run.py ATHAR [RECORDS [REQUESTS]]"""
import csv
import io
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse

root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
athar = os.path.abspath(sys.argv[1])
records = int(sys.argv[2]) if len(sys.argv) > 2 else 100000
requests = int(sys.argv[3]) if len(sys.argv) > 3 else 1000
ROUNDS = 8


class Server:
    def __init__(self, data):
        self.process = subprocess.Popen([athar, 'serve', '--data', data, '--open', '--listen', '127.0.0.1:0'], stdout=subprocess.PIPE, text=True)
        port = int(self.process.stdout.readline().strip().rstrip('/').rsplit(':', 1)[1])
        self.socket = socket.create_connection(('127.0.0.1', port))

    def cpu(self):
        return time.clock_gettime(~self.process.pid << 3 | 2)  # its processor time, of all its threads, in nanoseconds and not in ticks

    def get(self, path):
        self.socket.sendall(b'GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n' % path.encode())
        seen = b''
        while b'\r\n\r\n' not in seen:
            seen += self.socket.recv(1 << 16)
        head, body = seen.split(b'\r\n\r\n', 1)
        length = next(int(line.split(b':')[1]) for line in head.split(b'\r\n') if line.lower().startswith(b'content-length'))
        while len(body) < length:
            body += self.socket.recv(1 << 16)
        return body

    def cost(self, paths):
        for path in paths[:100]:
            self.get(path)
        before = self.cpu()
        size = sum(len(self.get(paths[i % len(paths)])) for i in range(requests))
        return (self.cpu() - before) / requests * 1e6, size / requests


def damaged(serial, kind, draw):
    at = draw.randrange(len(serial))
    if kind == 'one ?':
        return serial[:at] + '?' + serial[at + 1:]
    if kind == 'two ?':
        b = (at + 1 + draw.randrange(len(serial) - 1)) % len(serial)
        return ''.join('?' if i in (at, b) else c for i, c in enumerate(serial))
    if kind == 'one error':
        return serial[:at] + draw.choice('0123456789') + serial[at + 1:]
    if kind == 'lost start':
        return '*' + serial[2:]
    return serial


def main():
    draw = random.Random(5)
    with tempfile.TemporaryDirectory() as folder:
        data, table = folder + '/register', folder + '/sample.csv'
        with open(table, 'wb') as out:
            subprocess.run([athar, 'sample', '--records', str(records), '--seed', '5'], stdout=out, check=True)
        subprocess.run([athar, 'init', '--data', data], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([athar, 'import', '--data', data, '--map', root + '/maps/sample.json', table], check=True, stdout=subprocess.DEVNULL)
        rows = [r for r in csv.DictReader(io.open(table, encoding='utf-8')) if len(r['serial']) >= 5 and r['serial'].isascii()]
        picked = [draw.choice(rows) for _ in range(1000)]
        server = Server(data)
        start = server.get('/').decode()
        css = start.split('rel="stylesheet" href="', 1)[1].split('"', 1)[0]
        kinds = ['exact', 'one ?', 'two ?', 'one error', 'lost start']
        what = [('static file', [css]), ('start page', ['/'])]
        what += [('search page, ' + k, ['/search?pattern=' + urllib.parse.quote(damaged(r['serial'], k, draw), safe='') for r in picked]) for k in kinds]
        what += [('firearm page', ['/firearms/' + r['id'] for r in picked])]
        costs = {name: [] for name, _ in what}
        for _ in range(ROUNDS):  # in turn: the machine is not the same from minute to minute
            for name, paths in what:
                cost, size = server.cost(paths)
                costs[name].append((cost, size))
        mean = {name: sum(c for c, _ in all_) / ROUNDS for name, all_ in costs.items()}
        mean['search page, mean of these'] = sum(mean['search page, ' + k] for k in kinds) / len(kinds)
        print('%d firearms, %d requests each in %d rounds' % (records, requests * ROUNDS, ROUNDS))
        for name, cost in mean.items():
            size = '%7d bytes' % costs[name][0][1] if name in costs else ' ' * 13
            print('%-28s %8.1f us CPU  %s   %5.1f x static file %5.1f x start page' % (name, cost, size, cost / mean['static file'], cost / mean['start page']))
        server.process.terminate()
        server.process.wait()


main()
