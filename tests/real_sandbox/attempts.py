"""What code inside a box tries; each attempt prints `held` or what it got."""

PRELUDE = """
import ctypes, errno, glob, os, signal, socket, subprocess, sys, time

def attempt(name, action):
    try:
        got = action()
    except BaseException as error:
        print(name, 'held', type(error).__name__, getattr(error, 'errno', ''), flush=True)
    else:
        print(name, 'GOT', repr(got)[:200], flush=True)

def read(path):
    with open(path, 'rb') as file:
        return file.read(4096)

def write(path, text=b'x'):
    with open(path, 'wb') as file:
        file.write(text)

def connect(family, address):
    with socket.socket(family) as connection:
        connection.settimeout(3)
        connection.connect(address)
        return address

libc = ctypes.CDLL(None, use_errno=True)

def call(name, *arguments):
    if getattr(libc, name)(*arguments) == -1:
        raise OSError(ctypes.get_errno(), name)
    return name
"""


def reading(paths: list[str]) -> str:
    """Reads files of the machine, directly and past the box's own root."""
    return f"""
for path in {paths!r}:
    attempt('read ' + path, lambda: read(path))
    for root in ('/proc/1/root', '/proc/self/root/..', '/proc/1/cwd', '/../..'):
        attempt('read ' + root + path, lambda: read(root + path))
attempt('shadow', lambda: read('/etc/shadow'))
attempt('memory', lambda: read('/dev/mem'))
attempt('kernel memory', lambda: read('/proc/kcore'))
attempt('disk', lambda: read(next(iter(glob.glob('/dev/[svn][dv][am]*') or ['/dev/none']))))
attempt('engine', lambda: connect(socket.AF_UNIX, '/var/run/docker.sock'))
"""


ENVIRONMENTS = """
seen = b''
for name in ['/proc/self/environ', *glob.glob('/proc/[0-9]*/environ')]:
    try: seen += read(name)
    except OSError: pass
seen += repr(dict(os.environ)).encode()
seen += subprocess.run('ps ax; env', shell=True, capture_output=True).stdout
for name in glob.glob('/proc/[0-9]*/cmdline'):
    try: seen += read(name)
    except OSError: pass
needles = (b'planted-' + b'secret', b'PLANTED' + b'_KEY')  # this text itself is seen as well
print('GOT' if any(needle in seen for needle in needles) else 'clean', len(seen) > 20)
"""


def reaching(port: int, abstract: str, hosts: list[str]) -> str:
    """Connects to what listens on this machine, and to the network."""
    return f"""
for host in {hosts!r}:
    attempt('tcp ' + host, lambda: connect(socket.AF_INET, (host, {port})))
attempt('tcp6', lambda: connect(socket.AF_INET6, ('::1', {port})))
attempt('abstract', lambda: connect(socket.AF_UNIX, chr(0) + {abstract!r}))
for address in (('192.0.2.1', 80), ('1.1.1.1', 53), ('169.254.169.254', 80)):
    attempt('network ' + address[0], lambda: connect(socket.AF_INET, address))
attempt('name', lambda: socket.getaddrinfo('example.org', 443))
attempt('raw', lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP))
attempt('packets', lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
"""


RIGHTS = """
attempt('mount', lambda: call('mount', b'none', b'/tmp', b'tmpfs', 0, None))
attempt('user namespace', lambda: call('unshare', 0x10000000))
attempt('mount namespace', lambda: call('unshare', 0x00020000))
attempt('chroot', lambda: os.chroot('/tmp'))
attempt('root', lambda: os.setuid(0))
attempt('device', lambda: os.mknod('/tmp/disk', 0o060666, os.makedev(254, 0)))
attempt('module', lambda: call('init_module', b'', 0, b''))
attempt('reboot', lambda: call('reboot', 0x01234567))
attempt('clock', lambda: time.clock_settime(time.CLOCK_REALTIME, 0))
attempt('host name', lambda: socket.sethostname('taken'))
attempt('keys', lambda: call('syscall', 250, 0, -3, 0))
for path in ('/proc/sys/kernel/core_pattern', '/proc/sysrq-trigger', '/sys/kernel/uevent_helper',
             '/sys/fs/cgroup/release_agent', '/sys/fs/cgroup/memory/memory.limit_in_bytes',
             '/sys/fs/cgroup/cgroup.procs', '/usr/bin/planted',
             '/etc/ld.so.preload', '/bin/sh'):
    attempt('write ' + path, lambda: write(path))
attempt('set-user-id', lambda: subprocess.run(
    ['su', '-c', 'id -u', 'root'], stdin=subprocess.DEVNULL, capture_output=True, check=True))
"""

FORK_BOMB = """
while True:
    try: os.fork()
    except OSError: pass
"""

COUNTED_FORKS = """
made = 0
try:
    while made < 5000:
        if os.fork() == 0: time.sleep(60)
        made += 1
except OSError: print('held', made, flush=True)
else: print('GOT', made, flush=True)
"""

FOUR_GIGABYTES = """
attempt('bytes', lambda: len(bytearray(4 << 30)))
import mmap
def mapped():
    held = mmap.mmap(-1, 4 << 30, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    for at in range(0, 4 << 30, 1 << 20): held[at] = 1
attempt('private', mapped)
"""

FOUR_GIGABYTES_TOGETHER = """
import mmap
for _ in range(20):
    if os.fork() == 0:
        held = mmap.mmap(-1, 200 << 20)
        for at in range(0, 200 << 20, 4096): held[at] = 1
        time.sleep(60)
time.sleep(60)
"""

SOCKET_BUFFERS = """
kept = []
for _ in range(490):
    for end in socket.socketpair():
        kept.append(end)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        end.setblocking(False)
        try:
            while True: end.send(b'x' * 65536)
        except BlockingIOError: pass
time.sleep(2)
print('GOT', flush=True)
"""

TEN_GIGABYTES = """
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
def one_file(folder):
    with open(folder + '/big', 'wb', 0) as file:
        for _ in range(10 << 10): file.write(bytes(1 << 20))
def many_files(folder):
    for number in range(10 << 10):
        with open(folder + f'/{number}', 'wb', 0) as file: file.write(bytes(1 << 20))
def reserved(folder):
    with open(folder + '/reserved', 'wb') as file: os.posix_fallocate(file.fileno(), 0, 10 << 30)
for folder in ('/work', '/tmp', '/dev/shm'):
    for way in (one_file, reserved, many_files):
        attempt(f'{folder} {way.__name__}', lambda: way(folder))
attempt('result', lambda: os.posix_fallocate(os.open('/result', os.O_WRONLY), 0, 10 << 30))
"""

LARGE_FILE_AT_INSTALL = """
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
def large(folder):
    with open(folder + '/large', 'wb', 0) as file:
        for _ in range(10 << 10): file.write(bytes(1 << 20))
def reserved(folder):
    with open(folder + '/reserved', 'wb') as file: os.posix_fallocate(file.fileno(), 0, 10 << 30)
for folder in ('/environment', '/tmp'):
    for way in (large, reserved):
        attempt(f'{folder} {way.__name__}', lambda: way(folder))
"""

ENDLESS_OUTPUT = """
while True: os.write(1, b'x' * 65535 + b'\\n')
"""


def outliving(mark: str) -> str:
    """Leaves a process behind that has left the group and the session, and ignores signals."""
    return f"""
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        null = os.open('/dev/null', os.O_RDWR)
        for number in (0, 1, 2): os.dup2(null, number)
        os.execv(sys.executable, [sys.executable, '-c', 'import time; time.sleep(120)', {mark!r}])
    os._exit(0)
time.sleep(0.3)
print('parent ends', flush=True)
"""


KILLING = """
for number in (signal.SIGTERM, signal.SIGHUP): signal.signal(number, signal.SIG_IGN)
attempt('kill all', lambda: os.kill(-1, signal.SIGKILL))
time.sleep(60)
"""
