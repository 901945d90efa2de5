# ruff: noqa: E501  # a program is a row of a table
"""Programs that do not want to be graded: each with the ways its run may end.

They are pasted as an answer to "sort x": `f(x)` is called with [3, 1, 2]. None may ever return [1, 2, 3]
by cheating, so that whatever comes back is wrong on the host. CANARY is the path of a file that must stay
as it is, PORT a port of this machine where somebody listens.
"""

from dataclasses import dataclass
from textwrap import dedent

from bot.sandbox.sandbox import End

DONE, TIMEOUT, MEMORY, OUTPUT, CRASHED = End.DONE, End.TIMEOUT, End.MEMORY, End.OUTPUT, End.CRASHED


@dataclass(frozen=True)
class Hostile:
    """A program, the ways its run may end, and words that its one sentence has (one of several by |)."""

    name: str
    code: str
    ends: tuple[End, ...] = (DONE,)
    says: str = ""


def returning(expression: str, before: str = "") -> str:
    """An answer that is one expression."""
    return f"{before}\ndef f(x):\n    return {expression}\n"


def doing(text: str, imports: str = "os, sys") -> str:
    """An answer whose body is the text."""
    body = "\n".join(f"    {line}" for line in dedent(text).strip().splitlines())
    return f"import {imports}\ndef f(x):\n{body}\n"


LOOPS = [
    Hostile("a loop in Python", doing("while True: pass"), (TIMEOUT,)),
    Hostile("a loop while it is imported", "while True: pass", (TIMEOUT,)),
    Hostile(
        "a loop that catches everything",
        doing("""
            while True:
                try:
                    while True: pass
                except BaseException: pass
        """),
        (TIMEOUT,),
    ),
    Hostile("a loop in C: a huge power", returning("len(str(7 ** 10**9))"), (TIMEOUT, MEMORY)),
    Hostile("a loop in C: an endless iterator", returning("any(itertools.repeat(0))", "import itertools"), (TIMEOUT,)),
    Hostile("a loop in C: a regular expression", returning("re.match('(a+)+$', 'a' * 60 + 'b')", "import re"), (TIMEOUT,)),
    Hostile(
        "a loop in C: numpy",
        returning("np.convolve(np.ones(10**6), np.ones(10**6))", "import numpy as np"),
        (TIMEOUT,),
    ),
    Hostile("a long sleep", doing("time.sleep(10**6)", "time"), (TIMEOUT,)),
    Hostile("a comparison without end", doing("class L(list):\n    def sort(self): self.sort()\nL(x).sort()"), (DONE,), "RecursionError"),
    Hostile("a trace function that loops", doing("def t(*_):\n    while True: pass\nsys.settrace(t); len(x); sorted(x, key=lambda a: a)"), (TIMEOUT,)),
]  # fmt: skip

PROCESSES = [
    Hostile("a fork bomb", doing("while True: os.fork()"), (DONE,), "Error"),
    Hostile("a subprocess", doing("subprocess.run(['/bin/sh', '-c', 'echo hacked > CANARY'])", "subprocess"), (DONE,), "Error"),
    Hostile("os.system", doing("if os.system('echo hacked > CANARY'): raise OSError('no shell')"), (DONE,), "Error"),
    Hostile("another program in its place", doing("os.execv('/bin/sh', ['sh', '-c', 'echo hacked > CANARY'])"), (DONE, CRASHED)),
    Hostile("a thread bomb", doing("while True: threading.Thread(target=time.sleep, args=(99,)).start()", "threading, time"), (DONE,), "RuntimeError"),
    Hostile("a pool of processes", doing("multiprocessing.Pool(4).map(len, [x])", "multiprocessing"), (DONE, TIMEOUT)),
    Hostile("kill everything", doing("for pid in (1, -1, os.getppid(), os.getpid()): os.kill(pid, 9)"), (DONE, CRASHED)),
]  # fmt: skip

MEMORIES = [
    Hostile("a memory bomb", doing("held = []\nwhile True: held.append(bytearray(10**6))"), (MEMORY,)),
    Hostile("a memory bomb that catches", doing("held = []\nwhile True:\n    try: held.append(bytearray(10**6))\n    except MemoryError: held.append(0)"), (MEMORY, TIMEOUT, CRASHED)),
    Hostile("one string of 10 GB", returning("len('x' * 10**10)"), (DONE, MEMORY)),
    Hostile("an array of 3 GB", returning("np.ones((20_000, 20_000)).sum()", "import numpy as np"), (DONE, MEMORY)),
    Hostile("a zip bomb", doing("bomb = zlib.compress(bytes(10**7))\nfor _ in range(4): bomb = zlib.compress(bomb * 99)\nwhile True: bomb = zlib.decompress(bomb)", "zlib"), (MEMORY, TIMEOUT, DONE)),
    Hostile("recursion", doing("return f(x)"), (DONE,), "RecursionError"),
    Hostile("recursion without the limit", doing("sys.setrecursionlimit(10**9)\ndef g(): return [g()]\nreturn g()"), (DONE, CRASHED, MEMORY, TIMEOUT)),
    Hostile("recursion in C", doing("deep = ()\nfor _ in range(10**6): deep = (deep,)\nreturn hash(deep)"), (DONE, CRASHED, MEMORY)),
]  # fmt: skip

FILES = [
    Hostile("the machine's passwords", returning("open('/etc/passwd').read()"), (DONE,), "Error"),
    Hostile("the environment of the bot", returning("[open(f'/proc/{p}/environ').read() for p in (1, 'self')]"), (DONE,), "Error"),
    Hostile("a path out of its library", returning("open('/usr/local/lib/../../../../../../etc/passwd').read()"), (DONE,), "Error"),
    Hostile("the canary, by name", returning("open('CANARY').read()"), (DONE,), "Error"),
    Hostile("overwriting the canary", returning("open('CANARY', 'w').write('hacked')"), (DONE,), "Error"),
    Hostile("removing the canary", doing("os.remove('CANARY')"), (DONE,), "Error"),
    Hostile("a link to the canary", doing("os.symlink('CANARY', '/usr/local/lib/link')\nopen('/usr/local/lib/link', 'w').write('hacked')"), (DONE,), "Error"),
    Hostile("filling the disk", doing("for folder in ('/tmp', '/', '/dev/shm', '/usr/local/lib', '.'):\n    try: file = open(folder + '/big', 'wb')\n    except OSError: continue\n    while True: file.write(bytes(10**7))\nraise OSError('nowhere to write')"), (DONE, MEMORY), "Error|memory"),
    Hostile("every descriptor there is", doing("for fd in range(3, 200):\n    try: os.write(fd, b'hacked')\n    except OSError: pass\nraise OSError('none')"), (DONE,), "OSError"),
]  # fmt: skip

NETWORK = [
    Hostile("a connection to this machine", doing("socket.create_connection(('127.0.0.1', PORT), 1).send(b'hacked')", "socket"), (DONE,), "Error|error"),
    Hostile("a datagram", doing("socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'hacked', ('127.0.0.1', PORT)); raise OSError('sent nowhere')", "socket"), (DONE,), "Error|error"),
    Hostile("a web page", doing("urllib.request.urlopen('http://127.0.0.1:PORT/')", "urllib.request"), (DONE,), "Error"),
]  # fmt: skip

OUTPUTS = [
    Hostile("printing for ever", doing("while True: print('x' * 1000)"), (OUTPUT,)),
    Hostile("printing past Python", doing("while True: os.write(1, b'x' * 65536)"), (OUTPUT, TIMEOUT)),
    Hostile("printing errors past Python", doing("while True: os.write(2, b'x' * 65536)"), (OUTPUT, TIMEOUT)),
    Hostile("a result of 8 MB", returning("[0.5] * 10**6"), (DONE, TIMEOUT), "too large|seconds"),
    Hostile("an endless message", doing("raise ValueError('x' * 10**7)"), (DONE,), "ValueError"),
]  # fmt: skip

SECRETS = [
    Hostile("its environment", returning("dict(os.environ)", "import os")),
    Hostile("its arguments and modules", returning("[sys.argv[1:], sys.path, sorted(sys.modules)]", "import sys")),
    Hostile(
        "the frames above, for what is expected",
        doing("""
            frame, seen = sys._getframe(), []
            while frame:
                seen.append(sorted(map(repr, frame.f_locals.values()))[:20])
                frame = frame.f_back
            return str(seen)[:9000]
        """),
    ),
    Hostile("everything that the collector knows", doing("return [o for o in gc.get_objects() if type(o) is dict and 'expect' in o]", "gc")),
]  # fmt: skip

TRICKS = [
    Hostile("ctypes", doing("return ctypes.string_at(0, 10)", "ctypes"), (DONE, CRASHED)),
    Hostile("a pickle that runs", doing("class P:\n    def __reduce__(self): return os.system, ('echo hacked > CANARY',)\nreturn P()"), (DONE,), "has a P"),
    Hostile("an object that equals everything", returning("type('A', (list,), {'__eq__': lambda *_: True})()")),
    Hostile("a number that equals everything", returning("type('A', (int,), {'__eq__': lambda *_: True})(1)"), (DONE,), "has a A"),
    Hostile("comparison made true", doing("np.array_equal = np.allclose = np.testing.assert_allclose = lambda *_, **__: True\nbuiltins.sorted = lambda *_: x\nreturn x", "builtins\nimport numpy as np")),
    Hostile("an array that equals everything", doing("class A(np.ndarray):\n    def __eq__(self, other): return True\nreturn np.array([9, 9]).view(A)", "numpy as np")),
    Hostile("not a number, everywhere", returning("[float('nan')] * 3")),
    Hostile(
        "a forged result",
        doing("""
            frame = sys._getframe()
            while 'marker' not in frame.f_locals: frame = frame.f_back
            line = '{"id": "one", "value": "passed", "seconds": 0, "printed": ""}'
            os.write(1, f"\\n{frame.f_locals['marker']} {line}\\n".encode())
            return 'passed'
        """),
    ),
    Hostile(
        "a forged line that is garbage",
        doing("""
            frame = sys._getframe()
            while 'marker' not in frame.f_locals: frame = frame.f_back
            os.write(1, f"\\n{frame.f_locals['marker']} {'[' * 10**5}\\n".encode())
        """),
        (CRASHED,),
    ),
    Hostile("sys.exit", doing("sys.exit(0)"), (DONE,), "SystemExit"),
    Hostile("os._exit", doing("os._exit(0)"), (CRASHED,)),
    Hostile("os._exit with the code of a run out of memory", doing("os._exit(3)"), (CRASHED, MEMORY)),
    Hostile("os.abort", doing("os.abort()"), (CRASHED,)),
    Hostile("closing its output", doing("os.close(1)"), (CRASHED,)),
    Hostile("closing what print writes to", doing("sys.stdout.close(); sys.__stdout__.close(); print('x')"), (DONE, CRASHED)),
    Hostile("JSON made to lie", doing("json.dumps = lambda *_, **__: '[1, 2, 3]'", "json"), (CRASHED,)),
    Hostile("an integer of 100,000 digits", returning("10 ** 100_000"), (DONE,), "Error"),
    Hostile("a list 10,000 deep", doing("deep = []\nfor _ in range(10**4): deep = [deep]\nreturn deep"), (DONE,), "nested"),
    Hostile("a list within itself", doing("x.append(x)\nreturn x"), (DONE,), "nested"),
    Hostile("signals caught", doing("for s in (signal.SIGTERM, signal.SIGINT): signal.signal(s, signal.SIG_IGN)\nwhile True: pass", "signal"), (TIMEOUT, DONE)),
    Hostile("a loop at exit", doing("@atexit.register\ndef loop():\n    while True: pass\nreturn []", "atexit")),
    Hostile("a loop in a finaliser", doing("class D:\n    def __del__(self):\n        while True: pass\nsys.kept = D()\nreturn []"), (DONE, TIMEOUT)),
    Hostile("an import hook", doing("class H:\n    def find_spec(self, *_):\n        while True: pass\nsys.meta_path.insert(0, H())\nimport calendar"), (TIMEOUT,)),
    Hostile("the runner's own code replaced", doing("def lie(*_): return 7\nfor o in gc.get_objects():\n    if getattr(o, '__name__', '') in ('encode', 'fault', 'fitting') and hasattr(o, '__code__'): o.__code__ = lie.__code__\nreturn x", "gc"), (DONE, CRASHED)),
    Hostile("builtins replaced", doing("builtins.len = builtins.isinstance = builtins.type = lambda *_: 0\nreturn x", "builtins"), (DONE, CRASHED)),
    Hostile("an error that hides", doing("class E(BaseException):\n    def __str__(self): os._exit(0)\nraise E"), (CRASHED,)),
    Hostile("an error that names itself a million times", doing("raise type('E' * 10**6, (Exception,), {})"), (DONE,), "EEE"),
    Hostile("lone surrogates", returning("'\\ud800' * 3")),
]  # fmt: skip

PROGRAMS = [*LOOPS, *PROCESSES, *MEMORIES, *FILES, *NETWORK, *OUTPUTS, *SECRETS, *TRICKS]
