"""What one test has: a folder, chance that can be repeated, programs that end with it, and what it found wrong."""
import contextlib
import ctypes
import os
import random
import shutil
import struct
import subprocess
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))


class Skipped(Exception):
    """The kernel, a missing right or a missing program forbids the test."""


class World:
    def __init__(self, name, program, seconds, quick, seed, stage):
        self.name, self.program, self.seconds, self.quick = name, program, seconds, quick
        self.random = random.Random(f'{seed} {name}')
        self.stage = stage
        self.folder = tempfile.mkdtemp(prefix=name + '-', dir=stage)
        # Others of this machine play a part in some tests, and must come this far.
        os.chmod(self.folder, 0o755)
        self.wrong, self._ends = [], contextlib.ExitStack()
        self.began = time.monotonic()

    # ---- judgement

    def check(self, holds, what):
        if not holds:
            self.wrong.append(what() if callable(what) else what)
        return bool(holds)

    def left(self):
        """Seconds of what this test may take."""
        return max(0.0, self.seconds - (time.monotonic() - self.began))

    def until(self, condition, most=60.0, pause=0.1):
        """Waits for something that others bring about, with a generous end; what it came to, or what is false."""
        end = time.monotonic() + most
        while True:
            value = condition()
            if value or time.monotonic() > end:
                return value
            time.sleep(pause)

    # ---- what is ended with the test

    def at_end(self, function, *arguments):
        self._ends.callback(function, *arguments)

    def spawn(self, command, **more):
        """A program that is killed by its own number at the end."""
        process = subprocess.Popen(command, **{'stdin': subprocess.DEVNULL, **more})
        self.at_end(end_process, process)
        return process

    def close(self):
        try:
            self._ends.close()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    # ---- what the machine gives

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def shim(self, name):
        """A library to preload, compiled once for all tests."""
        compiler = shutil.which('gcc') or shutil.which('cc')
        if not compiler:
            raise Skipped('there is no C compiler (gcc or cc)')
        library = os.path.join(self.stage, name + '.so')
        if not os.path.exists(library):
            done = subprocess.run([compiler, '-O1', '-shared', '-fPIC', '-o', library + '.new',
                                   os.path.join(HERE, name + '.c'), '-ldl'], capture_output=True)
            if done.returncode:
                raise Skipped(f'{name}.c does not compile: {done.stderr.decode()[:200]}')
            os.rename(library + '.new', library)
        return library

    def mount(self, *arguments):
        """Mounts at a new folder; nothing outside this run sees it."""
        if os.geteuid() != 0:
            raise Skipped('mounting needs root')
        if not os.environ.get('TORTURE_OWN_MOUNTS'):
            raise Skipped('there is no mount namespace of our own (unshare -m)')
        folder = tempfile.mkdtemp(prefix='mount-', dir=self.folder)
        done = subprocess.run(['mount', *arguments, folder], capture_output=True)
        if done.returncode:
            raise Skipped(f'cannot mount: {done.stderr.decode().strip()[:200]}')
        self.at_end(unmount, folder)
        return folder


def end_process(process):
    if process.poll() is None:
        process.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(20)


def unmount(folder):
    for _ in range(50):
        if subprocess.run(['umount', folder], capture_output=True).returncode == 0:
            return True
        time.sleep(0.2)
    return subprocess.run(['umount', '-l', folder], capture_output=True).returncode == 0


class Clock:
    """A wall clock for the programs that get its environment."""

    def __init__(self, world):
        self.path = world.path('clock')
        self.set(0)
        self.environment = {'LD_PRELOAD': world.shim('shift'), 'SHIFT_FILE': self.path}

    def set(self, seconds):
        with open(self.path, 'r+b' if os.path.exists(self.path) else 'wb') as file:
            file.write(struct.pack('q', int(seconds)))


class Network:
    """Names and routes for the programs that get its environment, and whom they tried to reach."""

    def __init__(self, world, *lines):
        self.path, self.log = world.path('network'), world.path('connections')
        self.lines = list(lines)
        self.set()
        self.environment = {'LD_PRELOAD': world.shim('network'), 'NETWORK_FILE': self.path, 'NETWORK_LOG': self.log}

    def set(self, *more):
        with open(self.path + '.new', 'w') as file:
            file.write('\n'.join([*more, *self.lines]) + '\n')
        os.rename(self.path + '.new', self.path)

    def tried(self):
        """Addresses, in the order in which they were tried; forgets them."""
        try:
            with open(self.log) as file:
                addresses = [line.split()[0] for line in file]
            os.truncate(self.log, 0)
            return addresses
        except FileNotFoundError:
            return []


def become(user, group):
    """Makes a child process somebody else."""
    def change():
        os.setgroups([])
        os.setgid(group)
        os.setuid(user)
    return change


def memory(pid, what='VmRSS'):
    """Megabytes; 0 where the process has gone."""
    with contextlib.suppress(OSError), open(f'/proc/{pid}/status') as file:
        for line in file:
            if line.startswith(what):
                return int(line.split()[1]) // 1024
    return 0


def descriptors(pid):
    with contextlib.suppress(OSError):
        return len(os.listdir(f'/proc/{pid}/fd'))
    return 0


def limit_descriptors():
    """This program serves many, and so wants more than the usual number."""
    import resource
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 16384) if hard != resource.RLIM_INFINITY else 16384, hard))


libc = ctypes.CDLL(None, use_errno=True)
