"""Starts a program in a terminal that nothing reads: in-terminal.py PROGRAM ARGUMENT...

Says the program's process id, and in the end its exit code. The line `read` on standard input has the terminal read from
then on, to standard error; the line `leave` closes it."""

import os
import pty
import subprocess
import sys
import threading

master, terminal = pty.openpty()
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=terminal, stderr=subprocess.DEVNULL)
os.close(terminal)
print(child.pid, flush=True)


def read():
    try:
        while data := os.read(master, 65536):
            os.write(2, data)
    except OSError:
        pass  # The program has ended.


def obey():
    for line in sys.stdin:
        if line == "read\n":
            threading.Thread(target=read, daemon=True).start()
        elif line == "leave\n":
            os.close(master)


threading.Thread(target=obey, daemon=True).start()
print(child.wait(), flush=True)
os._exit(0)
