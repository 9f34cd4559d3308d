#!/usr/bin/env python3
"""Records a second that a machine files by token, 500 lines a request (POST /api/v1/entries), each judged, all durable before the answer.
Usage: batch.py ATHAR [FIREARMS [REQUESTS]]   (60000 8: requests a client, with 1 and 4 clients)"""
import collections
import csv
import http.client
import io
import json
import os
import secrets
import subprocess
import sys
import tempfile
import threading
import time

root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
athar = os.path.abspath(sys.argv[1])
firearms = sys.argv[2] if len(sys.argv) > 2 else '60000'
requests = int(sys.argv[3]) if len(sys.argv) > 3 else 8
LINES = 500


def run(*args):
    return subprocess.run([athar, *args], check=True, capture_output=True, text=True).stdout


def line(firearm):
    return json.dumps({'kind': 'lost', 'key': secrets.token_hex(16), 'firearm': firearm, 'happened': '2026-11-01', 'purpose': 'licensing'}) + '\n'


def post(port, token, firearms):
    c = http.client.HTTPConnection('127.0.0.1', port)
    c.request('POST', '/api/v1/entries', ''.join(map(line, firearms)), {'Authorization': 'Bearer ' + token, 'Content-Type': 'application/x-ndjson'})
    answers = c.getresponse().read().decode().splitlines()
    c.close()
    return [json.loads(a)['status'] for a in answers]


def file(port, token, ids, clients):
    seen = collections.Counter()

    def one(k):
        for r in range(requests):
            at = (k * requests + r) * LINES
            seen.update(post(port, token, ids[at:at + LINES]))

    threads = [threading.Thread(target=one, args=(k,)) for k in range(clients)]
    begun = time.time()
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print('%d clients: %.0f records a second; statuses %s' % (clients, seen[201] / (time.time() - begun), dict(seen)))


def main():
    with tempfile.TemporaryDirectory() as folder:
        data, table = folder + '/register', folder + '/sample.csv'
        with open(table, 'w') as out:
            out.write(run('sample', '--records', firearms, '--seed', '1'))
        run('init', '--data', data)
        run('import', '--data', data, '--map', root + '/maps/sample.json', table)
        run('account', 'add', '--data', data, 'records', '--role', 'authority_system', '--office', 'north')
        token = next(w for w in run('account', 'token', '--data', data, 'records', '--name', 'bench', '--days', '1', '--kinds', 'lost').split()
                     if w.startswith('athar_'))
        rows = csv.DictReader(io.open(table, encoding='utf-8'))
        ids = [r['id'] for r in rows if not (r['destroyed_on'] or r['exported_on'] or r['lost_on'] or r['stolen_on'])]
        server = subprocess.Popen([athar, 'serve', '--data', data, '--listen', '127.0.0.1:0'], stdout=subprocess.PIPE, text=True)
        port = int(server.stdout.readline().strip().rstrip('/').rsplit(':', 1)[1])
        post(port, token, ids[:LINES])
        ids = ids[LINES:]
        for clients in 1, 4:
            file(port, token, ids, clients)
            ids = ids[clients * requests * LINES:]
        server.terminate()
        server.wait()


main()
