#!/usr/bin/env python3
"""The proxy configurations of docs/howto/put-it-on-a-network.md as they stand there, with paths and ports of the test put in: what they let through, and whether a request can be
smuggled past one of them into the answer of somebody else."""
import os
import re
import socket
import ssl
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import front  # noqa: E402
from front import statuses  # noqa: E402
import tool  # noqa: E402

H = b'Host: register.example\r\n'
SMUGGLED = b'GET /static/smuggled HTTP/1.1\r\nHost: register.example\r\nX-Rest: '
OBFUSCATED = [b'Transfer-Encoding: chunked', b'Transfer-Encoding : chunked', b'Transfer-Encoding:\tchunked', b'Transfer-Encoding: chunked\r\nTransfer-Encoding: x',
              b'Transfer-Encoding: x\r\nTransfer-Encoding: chunked', b'Transfer-Encoding: xchunked', b'Transfer-Encoding: chunked, identity', b'Transfer-Encoding: identity, chunked',
              b'Transfer-Encoding: "chunked"', b'Transfer-Encoding: Chunked', b'Transfer-Encoding: \x0bchunked', b'Transfer-Encoding: chunked\x00', b'Transfer-Encoding:\r\n chunked',
              b'X-A: b\nTransfer-Encoding: chunked', b'X-A: b\rTransfer-Encoding: chunked', b'Transfer_Encoding: chunked', b'Transfer-Encoding\x00: chunked',
              b'Transfer-Encoding: ,chunked', b'Transfer-Encoding: chunked;x', b'\x20Transfer-Encoding: chunked']


def desyncs():
    """Known ways: one reader ends the body where the other does not, and the rest begins the next client's request."""
    for te in OBFUSCATED:
        rest = b'0\r\n\r\n' + SMUGGLED
        yield b'CL.TE ' + te, b'POST /sign-in HTTP/1.1\r\n' + H + b'Content-Length: %d\r\n' % len(rest) + te + b'\r\n\r\n' + rest
        chunk = SMUGGLED + b'x\r\nContent-Length: 15\r\n\r\nx=1'
        yield b'TE.CL ' + te, b'POST /sign-in HTTP/1.1\r\n' + H + b'Content-Length: 4\r\n' + te + b'\r\n\r\n%x\r\n' % len(chunk) + chunk + b'\r\n0\r\n\r\n'
    yield b'CL.CL', b'POST /sign-in HTTP/1.1\r\n' + H + b'Content-Length: 0\r\nContent-Length: %d\r\n\r\n' % len(SMUGGLED) + SMUGGLED
    yield b'CL.0', b'GET /api/v1/health HTTP/1.1\r\n' + H + b'Content-Length: %d\r\n\r\n' % len(SMUGGLED) + SMUGGLED
    yield b'Content_Length', b'POST /sign-in HTTP/1.1\r\n' + H + b'Content_Length: %d\r\n\r\n' % len(SMUGGLED) + SMUGGLED
    yield b'chunk extension', b'POST /sign-in HTTP/1.1\r\n' + H + b'Transfer-Encoding: chunked\r\n\r\n1;\nxx\r\nx\r\n0\r\n\r\n' + SMUGGLED
    yield b'chunk size with LF', b'POST /sign-in HTTP/1.1\r\n' + H + b'Transfer-Encoding: chunked\r\n\r\n1\nx\n0\n\n' + SMUGGLED
    yield b'h2c', b'GET /api/v1/health HTTP/1.1\r\n' + H + b'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n' + SMUGGLED


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def block(language):
    with open(os.path.join(tool.ROOT, 'docs', 'howto', 'put-it-on-a-network.md'), encoding='utf-8') as f:
        return re.search(f'```{language}\n(.*?)```', f.read(), re.S)[1]


class Proxy:
    """What both have in common; `start` writes the configuration and gives the command."""

    @classmethod
    def setUpClass(cls):
        cls.r = tool.Register().__enter__()
        os.chmod(cls.r.top, 0o755)  # the proxies give up root for a user of their own
        front.with_account(cls.r)
        cls.cert, cls.key = front.certificate(cls.r, 'one')
        cls.socket = cls.r.path('athar.socket')
        cls.server = front.Server(cls.r, '--trusted-proxy', 'unix', '--name', 'register.example', listen=f'unix:{cls.socket}')
        os.chmod(cls.socket, 0o666)
        cls.port = free_port()
        cls.log = open(cls.r.path('proxy.log'), 'wb')
        cls.proxy = subprocess.Popen(cls.command(), stdout=cls.log, stderr=cls.log)
        for _ in range(100):
            try:
                socket.create_connection(('127.0.0.1', cls.port)).close()
                break
            except ConnectionRefusedError:
                time.sleep(0.05)

    @classmethod
    def tearDownClass(cls):
        cls.proxy.terminate()
        cls.proxy.wait(timeout=20)
        cls.log.close()
        try:
            cls.server.stop()
        finally:
            cls.r.__exit__()

    def ask(self, data, wait=3.0, name='register.example'):
        context = ssl.create_default_context(cafile=self.cert)
        return front.talk(('127.0.0.1', self.port), data, wait=wait, wrap=lambda s: context.wrap_socket(s, server_hostname=name))

    def victim(self, after):
        """Somebody else's requests over the connections that the proxy keeps: each gets its own answer."""
        for _ in range(2):
            got, _ = self.ask(b'GET /api/v1/health HTTP/1.1\r\n' + H + b'Connection: close\r\n\r\n')
            self.assertEqual(statuses(got), [200], (after, got[:300]))
            self.assertIn(b'application/json', got)

    def test_pages(self):
        got, _ = self.ask(b'GET /sign-in HTTP/1.1\r\n' + H + b'X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-Proto: http\r\nForwarded: for=10.0.0.1\r\nConnection: close\r\n\r\n')
        self.assertEqual(statuses(got), [200], got[:500])
        self.assertIn(b'max-age=31536000', got)
        body = b'login=first&password=' + front.PASSWORD.replace(b' ', b'+')
        got, _ = self.ask(b'POST /sign-in HTTP/1.1\r\n' + H + b'Connection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nOrigin: https://register.example\r\n'
                          b'Content-Length: %d\r\n\r\n' % len(body) + body)
        self.assertEqual(statuses(got), [303], got[:500])
        self.assertRegex(got.lower(), rb'set-cookie: __host-athar=')

    def test_http2(self):
        got = subprocess.run(['curl', '--silent', '--http2', '--cacert', self.cert, '--resolve', f'register.example:{self.port}:127.0.0.1', '-o', '/dev/null',
                              '-w', '%{http_version} %{http_code}', '-b', 'a=b; c=d', f'https://register.example:{self.port}/sign-in'], capture_output=True, timeout=20)
        self.assertEqual(got.stdout, b'2 200', got)

    def test_probes(self):
        for name, data, _ in front.PROBES:
            with self.subTest(name):
                data = data.replace(b'Host: localhost', b'Host: register.example')
                if b'a' * 9999 in data:
                    continue
                got, _ = self.ask(data + front.NEXT.replace(b'localhost', b'register.example').replace(b'\r\n\r\n', b'\r\nConnection: close\r\n\r\n'), wait=0.3)
                self.assertLessEqual(len(statuses(got)), 2, got[:1000])
                self.assertNotIn(b'smuggled', got)
        self.victim('all probes')

    def test_nothing_is_smuggled(self):
        for name, data in desyncs():
            with self.subTest(name):
                self.ask(data, wait=0.15)
                self.victim(name)


class Nginx(Proxy, unittest.TestCase):
    @classmethod
    def command(cls):
        text = block('nginx').replace('/run/athar/athar.socket', cls.socket).replace('/etc/ssl/athar/chain.pem', cls.cert).replace('/etc/ssl/athar/key.pem', cls.key)
        text = text.replace('listen 443', f'listen 127.0.0.1:{cls.port}')
        temp = ''.join(f'{t}_temp_path {cls.r.path(t)};\n' for t in ('client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'))
        path = cls.r.write('nginx.conf', f'daemon off;\nworker_processes 1;\npid {cls.r.path("nginx.pid")};\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n{temp}{text}}}\n')
        return ['nginx', '-p', cls.r.top, '-c', path]

    def test_another_name_gets_no_handshake(self):
        context = ssl.create_default_context(cafile=self.cert)
        context.check_hostname = False
        with self.assertRaises(ssl.SSLError):
            context.wrap_socket(socket.create_connection(('127.0.0.1', self.port)), server_hostname='other.example')


class Haproxy(Proxy, unittest.TestCase):
    @classmethod
    def command(cls):
        with open(cls.cert, 'rb') as c, open(cls.key, 'rb') as k:
            both = cls.r.write('both.pem', c.read() + k.read())
        text = block('haproxy').replace('/run/athar/athar.socket', cls.socket).replace('/etc/ssl/athar/chain-and-key.pem', both).replace('bind :443', f'bind 127.0.0.1:{cls.port}')
        text = text.replace('register.example:443', f'register.example:443 register.example:{cls.port}')
        return ['haproxy', '-db', '-f', cls.r.write('haproxy.cfg', text)]


if __name__ == '__main__':
    tool.main()
