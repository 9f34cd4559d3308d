#!/usr/bin/env python3
"""The front door as bytes on a socket: what two readers could read differently is refused (RFC 9112; the probes that proxies and servers have failed), TLS,
proxies that are named and that are not, clients that are slow or too fast, and malformed requests by the thousand (MALFORMED=100000 for more)."""
import os
import random
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
import tool  # noqa: E402

PASSWORD = b'three otters carry a lantern'
H = b'Host: localhost\r\n'
GET = b'GET /api/v1/health HTTP/1.1\r\n'
POST = b'POST /api/v1/marks/read HTTP/1.1\r\n' + H + b'Content-Type: application/json\r\n'
NEXT = b'GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\nX-Second: yes\r\n\r\n'
LAST = b'GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'
# name, bytes, statuses that refuse it; 0 = the connection ends without an answer
PROBES = [
    ('Content-Length and Transfer-Encoding', POST + b'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', {400}),
    ('Transfer-Encoding and Content-Length', POST + b'Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n', {400}),
    ('Content-Length twice, different', POST + b'Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd', {400}),
    ('Content-Length twice, the same', POST + b'Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd', {400}),
    ('Content-Length as a list', POST + b'Content-Length: 4, 4\r\n\r\nabcd', {400}),
    ('Content-Length with a sign', POST + b'Content-Length: +4\r\n\r\nabcd', {400}),
    ('Content-Length negative', POST + b'Content-Length: -1\r\n\r\n', {400}),
    ('Content-Length hexadecimal', POST + b'Content-Length: 0x4\r\n\r\nabcd', {400}),
    ('Content-Length past 64 bits', POST + b'Content-Length: 99999999999999999999999\r\n\r\n', {400, 413}),
    ('Content-Length of nothing', POST + b'Content-Length: \r\n\r\n', {400}),
    ('Content-Length with a vertical tab', POST + b'Content-Length: \x0b4\r\n\r\nabcd', {400}),
    ('Content_Length', POST + b'Content_Length: 4\r\n\r\nabcd', {400}),
    ('a body that is too long', POST + b'Content-Length: 9999999\r\n\r\n', {413}),
    ('chunked', POST + b'Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n', {411}),
    ('chunked, size 0x5', POST + b'Transfer-Encoding: chunked\r\n\r\n0x5\r\nabcde\r\n0\r\n\r\n', {411}),
    ('chunked, bare LF', POST + b'Transfer-Encoding: chunked\r\n\r\n5\nabcde\n0\n\n', {411}),
    ('Transfer-Encoding: gzip, chunked', POST + b'Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n', {411}),
    ('Transfer-Encoding: identity', POST + b'Transfer-Encoding: identity\r\nContent-Length: 4\r\n\r\nabcd', {400}),
    ('Transfer-Encoding twice', POST + b'Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n', {400}),
    ('Transfer-Encoding behind a blank', POST + b'Transfer-Encoding : chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n', {400}),
    ('Transfer_Encoding', POST + b'Transfer_Encoding: chunked\r\nContent-Length: 4\r\n\r\nabcd', {400}),
    ('Transfer-Encoding folded', POST + b'Transfer-Encoding:\r\n chunked\r\nContent-Length: 4\r\n\r\nabcd', {400}),
    ('Transfer-Encoding with a control character', POST + b'Transfer-Encoding: \x0bchunked\r\nContent-Length: 4\r\n\r\nabcd', {400}),
    ('a blank before a colon', GET + H + b'X-A : b\r\n\r\n', {400}),
    ('a tab before a colon', GET + H + b'X-A\t: b\r\n\r\n', {400}),
    ('a folded line', GET + H + b'X-A: b\r\n c\r\n\r\n', {400}),
    ('a folded line by tab', GET + H + b'X-A: b\r\n\tc\r\n\r\n', {400}),
    ('a first field that begins with a blank', GET + b' X-A: b\r\n' + H + b'\r\n', {400}),
    ('a line without a colon', GET + H + b'X-A\r\n\r\n', {400}),
    ('a field without a name', GET + H + b': b\r\n\r\n', {400}),
    ('bare LF after the first line', b'GET /api/v1/health HTTP/1.1\n' + H + b'\r\n', {400}),
    ('bare LF after a field', GET + b'Host: localhost\nX-A: b\r\n\r\n', {400}),
    ('bare LF at the end', GET + H + b'\n', {400}),
    ('bare LF throughout', b'GET /api/v1/health HTTP/1.1\nHost: localhost\n\n', {400}),
    ('bare CR in a value', GET + H + b'X-A: b\rX-B: c\r\n\r\n', {400}),
    ('bare CR after the first line', b'GET /api/v1/health HTTP/1.1\r' + H + b'\r\n', {0, 400}),
    ('CR CR LF', GET + b'Host: localhost\r\r\nX-A: b\r\n\r\n', {400}),
    ('NUL in a value', GET + H + b'X-A: b\0c\r\n\r\n', {400}),
    ('NUL in a name', GET + H + b'X\0A: b\r\n\r\n', {400}),
    ('NUL, then a field', GET + H + b'X-A: b\0\0X-B: c\r\n\r\n', {400}),
    ('NUL in the address', b'GET /api/v1/health\0x HTTP/1.1\r\n' + H + b'\r\n', {0, 400}),
    ('NUL in the method', b'G\0ET /api/v1/health HTTP/1.1\r\n' + H + b'\r\n', {0, 400}),
    ('a control character in a value', GET + H + b'X-A: \x01\r\n\r\n', {400}),
    ('a name with a quote', GET + H + b'X"A": b\r\n\r\n', {400}),
    ('a name beyond ASCII', GET + H + b'X-\xc3\xa9: b\r\n\r\n', {400}),
    ('no Host', GET + b'\r\n', {400}),
    ('an empty Host', GET + b'Host:\r\n\r\n', {400}),
    ('two Hosts', GET + H + H + b'\r\n', {400}),
    ('two Hosts, different', GET + H + b'Host: other.example\r\n\r\n', {400}),
    ('a Host that is not ours', GET + b'Host: attacker.example\r\n\r\n', {421}),
    ('a Host with a user', GET + b'Host: localhost@attacker.example\r\n\r\n', {421}),
    ('a Host list', GET + b'Host: localhost, attacker.example\r\n\r\n', {421}),
    ('absolute form of another host', b'GET http://attacker.example/api/v1/health HTTP/1.1\r\n' + H + b'\r\n', {400}),
    ('absolute form of this host', b'GET http://localhost/api/v1/health HTTP/1.1\r\n' + H + b'\r\n', {400}),
    ('authority form', b'CONNECT localhost:80 HTTP/1.1\r\n' + H + b'\r\n', {400, 405}),
    ('asterisk form', b'OPTIONS * HTTP/1.1\r\n' + H + b'\r\n', {400, 405}),
    ('another method', b'PUT / HTTP/1.1\r\n' + H + b'Content-Length: 0\r\n\r\n', {405}),
    ('TRACE', b'TRACE / HTTP/1.1\r\n' + H + b'\r\n', {405}),
    ('a method in small letters', b'get / HTTP/1.1\r\n' + H + b'\r\n', {405}),
    ('two blanks before the address', b'GET  /api/v1/health HTTP/1.1\r\n' + H + b'\r\n', {400}),
    ('two blanks before the version', b'GET /api/v1/health  HTTP/1.1\r\n' + H + b'\r\n', {0, 400}),
    ('a blank after the version', b'GET /api/v1/health HTTP/1.1 \r\n' + H + b'\r\n', {0, 400}),
    ('a tab in the first line', b'GET\t/api/v1/health\tHTTP/1.1\r\n' + H + b'\r\n', {0, 400}),
    ('HTTP/0.9', b'GET /api/v1/health\r\n\r\n', {0, 400, 505}),
    ('HTTP/2.0', b'GET /api/v1/health HTTP/2.0\r\n' + H + b'\r\n', {0, 400, 505}),
    ('HTTP/1.10', b'GET /api/v1/health HTTP/1.10\r\n' + H + b'\r\n', {0, 400, 505}),
    ('http/1.1', b'GET /api/v1/health http/1.1\r\n' + H + b'\r\n', {0, 400, 505}),
    ('the preface of HTTP/2', b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', {0, 400, 405, 505}),
    ('a GET with a body', GET + H + b'Content-Length: 4\r\n\r\nabcd', {400}),
    ('a compressed body', POST + b'Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd', {415}),
    ('Expect of something else', POST + b'Expect: 200-maybe\r\nContent-Length: 4\r\n\r\nabcd', {417}),
    ('two Cookies', GET + H + b'Cookie: a=b\r\nCookie: c=d\r\n\r\n', {400}),
    ('two Origins', GET + H + b'Origin: http://a\r\nOrigin: http://b\r\n\r\n', {400}),
    ('Authorization twice', GET + H + b'Authorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n', {400}),
    ('X_Forwarded_For', GET + H + b'X_Forwarded_For: 1.2.3.4\r\n\r\n', {400}),
    ('a header of 40 KiB', GET + H + b'X-A: ' + b'a' * 40960 + b'\r\n\r\n', {0, 400, 431}),
    ('an address of 40 KiB', b'GET /' + b'a' * 40960 + b' HTTP/1.1\r\n' + H + b'\r\n', {0, 400, 414, 431}),
    ('a hundred headers', GET + H + b''.join(b'X-%d: a\r\n' % i for i in range(100)) + b'\r\n', {431}),
    ('dot segments', b'GET /static/../api HTTP/1.1\r\n' + H + b'\r\n', {400}),
    ('an encoded slash', b'GET /a%2Fb HTTP/1.1\r\n' + H + b'\r\n', {400}),
    ('a backslash and a blank', b'GET /a b HTTP/1.1\r\n' + H + b'\r\n', {0, 400}),
]
# What is right, and must go on being answered.
GOOD = [
    ('as a browser asks', GET + H + b'User-Agent: x\r\nAccept: */*\r\nAccept-Language: en;q=0.5\r\n\r\n', 200),
    ('HTTP/1.0', b'GET /api/v1/health HTTP/1.0\r\n' + H + b'\r\n', 200),
    ('a Host with a port', GET + b'Host: localhost:8080\r\n\r\n', 200),
    ('no blank after a colon', GET + b'Host:localhost\r\n\r\n', 200),
    ('blanks and tabs around a value', GET + b'Host:  localhost \t\r\nX-A:\t \r\n\r\n', 200),
    ('an empty line before', b'\r\n' + GET + H + b'\r\n', 200),
    ('bytes above 127 in a value', GET + H + b'X-A: \xc3\xa9\r\n\r\n', 200),
    ('a header with underscores of its own', GET + H + b'x_y_z: 1\r\n\r\n', 200),
    ('Upgrade is not followed', GET + H + b'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n', 200),
    ('a body', POST + b'Content-Length: 13\r\n\r\n{"text":"A1"}', 200),
    ('Expect: 100-continue', POST + b'Expect: 100-continue\r\nContent-Length: 13\r\n\r\n{"text":"A1"}', 200),
]


def talk(address, data, end=False, wait=4.0, wrap=None):
    """Sends bytes as they are; all that comes back until the server closes, or `wait` seconds are over. closed: whether it did."""
    s = socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET)
    s.settimeout(20)
    s.connect(address)
    if wrap:
        s = wrap(s)
    s.settimeout(wait)
    got, closed = b'', False
    try:
        s.sendall(data)
        if end and not wrap:
            s.shutdown(socket.SHUT_WR)
        while True:
            more = s.recv(65536)
            if not more:
                closed = True
                break
            got += more
    except (ConnectionError, ssl.SSLError):
        closed = True
    except (TimeoutError, OSError):
        pass
    s.close()
    return got, closed


def statuses(got):
    return [int(x) for x in re.findall(rb'HTTP/1\.1 (\d{3}) ', got) if x != b'100']


class Server:
    """athar serve over a register, and the address it listens on."""

    def __init__(self, register, *words, listen='127.0.0.1:0'):
        self.process = subprocess.Popen([tool.ATHAR, 'serve', '--data', register.dir, '--listen', listen, *words], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, env={**os.environ, 'ASAN_OPTIONS': 'detect_leaks=1:quarantine_size_mb=1'})
        line = self.process.stdout.readline().decode()
        if 'is ready' not in line:
            raise AssertionError(line + self.process.stderr.read().decode())
        port = re.search(r':(\d+)/?$', line.strip())
        self.address = ('127.0.0.1', int(port[1])) if port else listen[5:]

    def stop(self):
        """Ends it; what a sanitizer had to say is a failure."""
        self.process.send_signal(signal.SIGTERM)
        out, err = self.process.communicate(timeout=60)
        if self.process.returncode != 0 or b'Sanitizer' in err or b'runtime error' in err:
            raise AssertionError(f'exit {self.process.returncode}: {err.decode(errors="replace")[-3000:]}')

    def memory(self):
        with open(f'/proc/{self.process.pid}/statm', encoding='ascii') as f:
            return int(f.read().split()[1]) * 4096


def certificate(register, name, host='register.example'):
    """A key and a certificate signed by itself: files, and the serial number."""
    cert, key = register.path(f'{name}.crt'), register.path(f'{name}.key')
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', f'/CN={host}',
                    '-addext', f'subjectAltName=DNS:{host}', '-keyout', key, '-out', cert], check=True, capture_output=True)
    return cert, key


def with_account(register):
    a = tool.athar('account', 'add', '--data', register.dir, 'first', '--role', 'licensing_officer', '--password-stdin', stdin=PASSWORD)
    assert a.code == 0, a


class Bytes(unittest.TestCase):
    """On this computer, without TLS."""

    @classmethod
    def setUpClass(cls):
        cls.r = tool.Register().__enter__()
        cls.server = Server(cls.r, '--open')

    @classmethod
    def tearDownClass(cls):
        try:
            cls.server.stop()
        finally:
            cls.r.__exit__()

    def test_probes(self):
        for name, data, refusing in PROBES:
            with self.subTest(name):
                got, closed = talk(self.server.address, data + NEXT)
                answers = statuses(got)
                self.assertTrue(closed, 'the connection stays open')
                # the library writes the head of some refusals of its own twice, before it closes
                self.assertTrue(len(answers) <= 1 or answers == [400, 400] or answers == [413, 413], f'a second answer: {answers}')
                self.assertNotIn(b'application/json', got)
                self.assertIn(answers[0] if answers else 0, refusing, got[:300])

    def test_what_is_right_is_answered(self):
        for name, data, status in GOOD:
            with self.subTest(name):
                got, _ = talk(self.server.address, data + LAST)
                self.assertEqual(statuses(got), [status, 200][: 1 + (b'HTTP/1.0' not in data)], got[:300])

    def test_pipelined(self):
        got, closed = talk(self.server.address, NEXT + NEXT + b'garbage\x00\x01without end\r\n\r\n' + NEXT)
        self.assertEqual(statuses(got)[:2], [200, 200])
        self.assertNotIn(200, statuses(got)[2:])
        self.assertTrue(closed)
        body = b'{"text":"A1"}'
        got, _ = talk(self.server.address, POST + b'Content-Length: %d\r\n\r\n' % len(body) + body + LAST)
        self.assertEqual(statuses(got), [200, 200])

    def test_in_pieces(self):
        """One byte at a time it is read the same."""
        for data, want in ((LAST, [200]), (GET + H + b'X-A: b\r\n c\r\n\r\n', [400]), (GET + b'Host: localhost\nX: y\r\n\r\n', [400])):
            s = socket.create_connection(self.server.address)
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            s.settimeout(5)
            for i in range(len(data)):
                s.sendall(data[i:i + 1])
                time.sleep(0.001)
            got = b''
            while more := s.recv(65536):
                got += more
            s.close()
            self.assertEqual(statuses(got)[:1], want)

    def test_forwarding_of_a_stranger_is_ignored(self):
        got, _ = talk(self.server.address, GET + H + b'Connection: close\r\nX-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\nForwarded: for=198.51.100.1;proto=https\r\n\r\n')
        self.assertEqual(statuses(got), [200])
        self.assertNotIn(b'Strict-Transport-Security', got)

    def test_malformed_by_the_thousand(self):
        """Mutations of requests, from one seed: no crash, no leak, no hang, and it goes on answering."""
        number, rng = int(os.environ.get('MALFORMED', '1500')), random.Random(20)
        before, slow = 0, 0.0
        for i in range(number):
            data = malformed(rng)
            talk(self.server.address, data, end=True, wait=0.02)
            if i % 50 == 0:
                begun = time.monotonic()
                got = talk(self.server.address, LAST)[0]
                slow = max(slow, time.monotonic() - begun)
                self.assertEqual(statuses(got), [200], f'after request {i} of seed 20')
            if i == min(number // 2, 2000):
                before = self.server.memory()
        grown = self.server.memory() - before
        print(f'{number} malformed requests: a request between them took {slow * 1000:.0f} ms at most, memory grew by {grown >> 10} KiB in the second half')
        self.assertLess(slow, 2)
        self.assertLess(grown, 64 << 20)


SEEDS = [d for _, d, _ in PROBES if len(d) < 2000] + [d for _, d, _ in GOOD] + [
    b'POST /sign-in HTTP/1.1\r\n' + H + b'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 22\r\n\r\nlogin=a&password=bcdefg',
    b'GET /search?pattern=A%3F1&limit=3 HTTP/1.1\r\n' + H + b'Cookie: athar=' + b'A' * 43 + b'; athar-device=x\r\n\r\n',
    b'GET /log/tile/0/000 HTTP/1.1\r\n' + H + b'\r\n', b'GET /api/v1/search?pattern=A1 HTTP/1.1\r\n' + H + b'Authorization: Bearer x\r\n\r\n']
BITS = [b'\r\n', b'\n', b'\r', b'\0', b' ', b'\t', b':', b';', b',', b'%', b'\xff', b'\x80', b'Content-Length: 5\r\n', b'Transfer-Encoding: chunked\r\n', b'Host: localhost\r\n',
        b'0\r\n\r\n', b'GET / HTTP/1.1\r\n', b'HTTP/1.1', b'A' * 300, b'\r\n\r\n', b'%00', b'%zz', b'Cookie: athar=x\r\n', b'Expect: 100-continue\r\n']


def malformed(rng):
    """One or two requests with up to six changes: a piece put in, taken out, doubled, a bit turned, cut short."""
    data = bytearray(rng.choice(SEEDS))
    if rng.random() < 0.3:
        data += rng.choice(SEEDS)
    for _ in range(rng.randint(1, 6)):
        at, what = rng.randrange(len(data) + 1), rng.random()
        if what < 0.35:
            data[at:at] = rng.choice(BITS)
        elif what < 0.55:
            del data[at:at + rng.randint(1, 12)]
        elif what < 0.75 and data:
            data[at % len(data)] ^= 1 << rng.randrange(8)
        elif what < 0.9:
            data[at:at] = data[at:at + rng.randint(1, 80)]
        else:
            del data[at:]
    return bytes(data)


class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.r = tool.Register().__enter__()
        with_account(cls.r)
        cls.cert, cls.key = certificate(cls.r, 'one')
        cls.server = Server(cls.r, '--tls-cert', cls.cert, '--tls-key', cls.key, '--name', 'register.example')

    @classmethod
    def tearDownClass(cls):
        try:
            cls.server.stop()
        finally:
            cls.r.__exit__()

    def wrap(self, **options):
        c = ssl.create_default_context(cafile=self.cert)
        for name, value in options.items():
            setattr(c, name, value)
        return lambda s: c.wrap_socket(s, server_hostname='register.example')

    def ask(self, data, wrap=None):
        return talk(self.server.address, data, wrap=wrap or self.wrap(), wait=5)[0]

    def test_pages_over_tls(self):
        got = self.ask(b'GET /sign-in HTTP/1.1\r\nHost: register.example\r\nConnection: close\r\n\r\n')
        self.assertEqual(statuses(got), [200])
        self.assertIn(b'Strict-Transport-Security: max-age=31536000', got)
        self.assertNotIn(b'Access-Control', got)
        for path in re.findall(rb'/static/[^"]+', got)[:2]:
            self.assertIn(b'Strict-Transport-Security', self.ask(b'GET ' + path + b' HTTP/1.1\r\nHost: register.example\r\nConnection: close\r\n\r\n'))

    def test_cookies(self):
        body = b'login=first&password=' + PASSWORD.replace(b' ', b'+')
        got = self.ask(b'POST /sign-in HTTP/1.1\r\nHost: register.example\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n'
                       b'Origin: https://register.example\r\nContent-Length: %d\r\n\r\n' % len(body) + body)
        self.assertEqual(statuses(got), [303])
        cookies = re.findall(rb'Set-Cookie: ([^\r]+)', got)
        self.assertEqual(len(cookies), 2, cookies)
        for c in cookies:
            self.assertRegex(c, rb'^__Host-athar(-device)?=[\w-]{43}; Path=/; HttpOnly; SameSite=Strict; Secure')
        session = cookies[0].split(b';')[0]
        self.assertEqual(statuses(self.ask(b'GET / HTTP/1.1\r\nHost: register.example\r\nConnection: close\r\nCookie: ' + session + b'\r\n\r\n')), [200])
        without = session.replace(b'__Host-', b'')
        self.assertEqual(statuses(self.ask(b'GET / HTTP/1.1\r\nHost: register.example\r\nConnection: close\r\nCookie: ' + without + b'\r\n\r\n')), [303])
        got = self.ask(b'POST /sign-in HTTP/1.1\r\nHost: register.example\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n'
                       b'Origin: http://register.example\r\nContent-Length: %d\r\n\r\n' % len(body) + body)
        self.assertEqual(statuses(got), [403], 'a form of an unencrypted page was taken')

    def test_only_its_names(self):
        for host in (b'localhost', b'127.0.0.1', b'other.example'):
            self.assertEqual(statuses(self.ask(b'GET /api/v1/health HTTP/1.1\r\nHost: ' + host + b'\r\n\r\n')), [421])

    def test_versions(self):
        for version, works in ((ssl.TLSVersion.TLSv1_2, True), (ssl.TLSVersion.TLSv1_3, True), (ssl.TLSVersion.TLSv1_1, False), (ssl.TLSVersion.TLSv1, False)):
            c = ssl.create_default_context(cafile=self.cert)
            c.set_ciphers('ALL:@SECLEVEL=0')
            c.minimum_version = c.maximum_version = version
            try:
                s = c.wrap_socket(socket.create_connection(self.server.address), server_hostname='register.example')
                self.assertTrue(works, f'{version} is spoken')
                self.assertRegex(s.cipher()[0], 'GCM|CHACHA20')
                s.close()
            except (ssl.SSLError, ConnectionError):
                self.assertFalse(works, f'{version} is not spoken')
        c = ssl.create_default_context(cafile=self.cert)
        c.maximum_version = ssl.TLSVersion.TLSv1_2
        c.set_ciphers('AES128-SHA:ECDHE-ECDSA-AES128-SHA:AES256-GCM-SHA384:@SECLEVEL=0')
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            c.wrap_socket(socket.create_connection(self.server.address), server_hostname='register.example')

    def test_without_tls_it_says_nothing(self):
        got, closed = talk(self.server.address, b'GET / HTTP/1.1\r\nHost: register.example\r\n\r\n')
        self.assertTrue(closed)
        self.assertNotIn(b'HTTP/1.1', got)

    def test_a_new_certificate_at_sighup(self):
        other = tool.Register.path(self.r, 'live')
        cert, key = certificate(self.r, 'live-a')
        for src, dst in ((cert, other + '.crt'), (key, other + '.key')):
            os.replace(src, dst)
        server = Server(self.r, '--tls-cert', other + '.crt', '--tls-key', other + '.key', '--name', 'register.example')

        def serial():
            c = ssl.create_default_context()
            c.check_hostname, c.verify_mode = False, ssl.CERT_NONE
            with c.wrap_socket(socket.create_connection(server.address)) as s:
                return s.getpeercert(True)
        first = serial()
        with open(other + '.crt', 'wb') as f:
            f.write(b'no certificate')
        server.process.send_signal(signal.SIGHUP)
        time.sleep(0.6)
        self.assertEqual(serial(), first, 'a certificate that is none takes the place of one')
        cert, key = certificate(self.r, 'live-b')
        for src, dst in ((cert, other + '.crt'), (key, other + '.key')):
            os.replace(src, dst)
        server.process.send_signal(signal.SIGHUP)
        for _ in range(50):
            time.sleep(0.1)
            if serial() != first:
                break
        self.assertNotEqual(serial(), first)
        server.stop()

    def test_who_asks_too_fast_is_slowed_alone(self):
        """Over one connection, a thousand at once: the burst is answered, then 429."""
        begun, answers = time.monotonic(), []
        one = b'HEAD /api/v1/openapi.json HTTP/1.1\r\nHost: register.example\r\n'
        while 429 not in answers and len(answers) < 3000:
            answers += statuses(self.ask((one + b'\r\n') * 100 + one + b'Connection: close\r\n\r\n'))
        self.assertEqual(answers[-1], 429)
        self.assertGreaterEqual(answers.count(200), 400)
        self.assertLessEqual(answers.count(200), 501 + 50 * (time.monotonic() - begun))
        time.sleep(0.3)
        self.assertEqual(statuses(self.ask(GET + b'Host: register.example\r\nConnection: close\r\n\r\n')), [200])


class Where(unittest.TestCase):
    """Where it may listen."""

    @classmethod
    def setUpClass(cls):
        cls.r = tool.Register().__enter__()
        cls.cert, cls.key = certificate(cls.r, 'one')

    @classmethod
    def tearDownClass(cls):
        cls.r.__exit__()

    def refused(self, words, said):
        a = tool.athar('serve', '--data', self.r.dir, *words, timeout=60)
        self.assertEqual(a.code, 1, a)
        self.assertIn(said, a.err)

    def test_1_without_an_account_it_stays_on_this_computer(self):
        tls = ('--tls-cert', self.cert, '--tls-key', self.key, '--name', 'register.example')
        for words in (('--listen', '0.0.0.0:0', *tls), ('--listen', '127.0.0.1:0', *tls), ('--listen', '127.0.0.1:0', *tls, '--open'),
                      ('--listen', f'unix:{self.r.path("s")}', '--trusted-proxy', 'unix', '--name', 'register.example')):
            self.refused(words, 'athar account add')

    def test_2_beyond_this_computer_only_encrypted(self):
        with_account(self.r)
        self.refused(('--listen', '0.0.0.0:0'), '--tls-cert')
        self.refused(('--listen', '[::]:0'), '--tls-cert')
        self.refused(('--listen', '0.0.0.0:0', '--trusted-proxy', '127.0.0.1', '--name', 'register.example'), '--tls-cert')
        self.refused(('--listen', '0.0.0.0:0', '--tls-cert', self.cert, '--tls-key', self.key), '--name')
        self.refused(('--listen', '0.0.0.0:0', '--tls-cert', self.cert, '--name', 'register.example'), '--tls-key')
        self.refused(('--listen', '127.0.0.1:0', '--tls-cert', self.key, '--tls-key', self.cert, '--name', 'register.example'), '--tls-cert')
        self.refused(('--listen', f'unix:{self.r.path("s")}', '--name', 'register.example'), '--trusted-proxy')
        self.refused(('--listen', f'unix:{self.r.path("s")}', '--trusted-proxy', '127.0.0.1', '--name', 'register.example'), '--trusted-proxy')
        self.refused(('--listen', '127.0.0.1:0', '--trusted-proxy', 'anybody', '--name', 'register.example'), '--trusted-proxy')
        server = Server(self.r, '--tls-cert', self.cert, '--tls-key', self.key, '--name', 'register.example', listen='0.0.0.0:0')
        server.stop()

    def test_3_behind_a_named_proxy(self):
        path = self.r.path('athar.socket')
        server = Server(self.r, '--trusted-proxy', 'unix', '--name', 'register.example,www.register.example', listen=f'unix:{path}')
        self.assertEqual(os.stat(path).st_mode & 0o007, 0, 'anybody may open the socket')
        ask = b'GET /api/v1/health HTTP/1.1\r\nHost: register.example\r\n'

        def status(*fields):
            return statuses(talk(path, ask + b'Connection: close\r\n' + b''.join(f + b'\r\n' for f in fields) + b'\r\n')[0])
        https = b'X-Forwarded-Proto: https'
        self.assertEqual(status(b'X-Forwarded-For: 203.0.113.9', https), [200])
        self.assertEqual(status(b'Forwarded: for="[2001:db8::1]:4711";proto=https;host=register.example'), [200])
        self.assertEqual(status(), [403])
        self.assertEqual(status(b'X-Forwarded-For: 203.0.113.9'), [403])
        self.assertEqual(status(b'X-Forwarded-For: 203.0.113.9', b'X-Forwarded-Proto: http'), [403])
        self.assertEqual(status(b'X-Forwarded-For: unknown', https), [403])
        self.assertEqual(status(b'X-Forwarded-For: 203.0.113.9', b'Forwarded: for=198.51.100.1;proto=https', https), [403])
        self.assertEqual(status(b'X-Forwarded-For: 203.0.113.9', b'X-Forwarded-For: 198.51.100.1', https), [400])
        # one client asks too fast; he alone waits, and by what he writes himself he becomes nobody else
        ask = b'HEAD /api/v1/openapi.json HTTP/1.1\r\nHost: register.example\r\n'
        answers = statuses(talk(path, b''.join(ask + b'X-Forwarded-For: 198.51.100.%d, 203.0.113.9\r\n' % (i % 250) + https + b'\r\n\r\n' for i in range(1500)), wait=20)[0])
        self.assertEqual(answers[-1], 429)
        self.assertEqual(status(b'X-Forwarded-For: 198.51.100.77', https), [200])
        self.assertEqual(status(b'X-Forwarded-For: 203.0.113.10', https), [200])
        server.stop()
        self.assertFalse(os.path.exists(path))

    def test_4_on_a_port_only_the_named_proxy(self):
        server = Server(self.r, '--trusted-proxy', '192.0.2.1', '--name', 'register.example')
        got, _ = talk(server.address, b'GET /api/v1/health HTTP/1.1\r\nHost: register.example\r\nX-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\n\r\n')
        self.assertEqual(statuses(got), [403])
        server.stop()


if __name__ == '__main__':
    tool.main()
